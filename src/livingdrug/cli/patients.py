"""What commands on one patient share."""

from __future__ import annotations

LAST = 2**31


def check_patient(number: int) -> None:
    """Patients are numbered from 1, and no run has more than `LAST`."""
    from livingdrug.foundation.errors import BadInput

    if number < 1:
        raise BadInput(f"--patient {number}: patients are numbered from 1.\n  Give --patient 1 or a later one.")
    if number > LAST:
        raise BadInput(f"--patient: got a number above {LAST:,}, the last that a run can have.\n  Give an earlier one.")
