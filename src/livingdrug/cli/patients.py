"""What commands on one patient share."""

from __future__ import annotations


def check_patient(number: int) -> None:
    """Patients are numbered from 1."""
    from livingdrug.foundation.errors import BadInput

    if number < 1:
        raise BadInput(f"--patient {number}: patients are numbered from 1.\n  Give --patient 1 or a later one.")
