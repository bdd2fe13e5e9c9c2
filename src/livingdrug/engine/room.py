"""Room for the outputs of runs: large memory that is used again when nobody holds it any more.

Memory fresh from the system costs more than what is written there: it comes in small pages, each emptied first. Sizes are
rounded up, so that the next run finds it large enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
MOST_KEPT, LARGEST = 4, 16_000_000
"""How many pieces of memory are kept for the next run, and the numbers that the largest of them holds (128 MB)."""
MOST_GB = 4.0
"""Of outputs that nobody made room for."""
_free: list[Floats] = []


class _Lent:
    """A piece of memory that goes back when the last array over it is gone."""

    def __init__(self, memory: Floats) -> None:
        self.memory = memory

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.memory.__array_interface__

    def __del__(self, free: list[Floats] = _free) -> None:
        if self.memory.size <= LARGEST and len(free) < MOST_KEPT:
            free.append(self.memory)


def room_for(patients: int, checks: int, outputs: int) -> Floats:
    """Room for the outputs of a run, shaped (patients, checks, outputs): one output of a patient lies side by side, as it is read.

    What stands there is left over.
    """
    size = patients * checks * outputs
    values = np.asarray(_Lent(_memory(size)))[:size] if size else np.empty(0)
    return values.reshape(patients, outputs, checks).transpose(0, 2, 1)


def refuse_room(patients: int, checks: int, outputs: int) -> None:
    """Refuse outputs that would take more than `MOST_GB`, before any of them is made.

    Raises
    ------
    BadInput
        With what they would take, and what to give fewer of.
    """
    gigabytes = 8.0 * patients * checks * outputs / 1e9
    if gigabytes > MOST_GB:
        raise BadInput(
            f"outputs: {patients:,} patients at {checks:,} times with {outputs:,} outputs each would take about {gigabytes:.1f} GB of memory,"
            f" and {MOST_GB:g} GB are allowed.\n  Give fewer patients at one time, fewer times, or name fewer outputs."
        )


def side_by_side(outputs: Floats) -> Floats:
    """The same memory as the integrator fills it, shaped (patients, outputs, checks)."""
    return outputs.transpose(0, 2, 1)


def _memory(size: int) -> Floats:
    """Memory for at least so many numbers: some that is free and not twice too large, or new."""
    for _ in range(len(_free)):
        try:
            found = _free.pop(0)
        except IndexError:  # another thread was faster
            break
        if size <= found.size <= 2 * size:
            return found
        _free.append(found)
    return np.empty(_rounded(size))


def _rounded(size: int) -> int:
    """So many numbers or up to an eighth more: runs of nearly equal size find each other's memory. What is not written takes no room."""
    step = 1 << max(size.bit_length() - 4, 0)
    return -(-size // step) * step
