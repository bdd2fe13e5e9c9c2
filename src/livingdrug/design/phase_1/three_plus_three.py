"""3+3: three patients, three more after one toxicity; up after none of three or one of six, down after two."""

from __future__ import annotations

from typing import Any

from livingdrug.design.finder import END, STOP, Data, DoseKeys, Finder
from livingdrug.foundation.errors import BadInput


class Keys(DoseKeys):
    """
    Attributes
    ----------
    cohort
        Three, as the name says.
    """

    most: int = 60


class ThreePlusThree(Finder):
    """The dose found is the highest at which at most one of six had a toxicity; three more are treated to make six."""

    Keys = Keys

    def refuse(self, keys: Any, n_doses: int) -> None:
        keys.refuse(n_doses)
        if keys.cohort != 3:
            raise BadInput(f"cohort: got {keys.cohort}, expected 3.\n  For other cohorts take boin or crm.")

    def next(self, keys: Any, data: Data) -> tuple[int, int]:
        n, x, here = data.count(), data.toxicities(), data.current
        ceiling = data.eliminated
        if x[here] >= 2:
            ceiling = min(ceiling, here)
            if here == 0:
                return STOP, 0
            return (END, ceiling) if n[here - 1] >= 6 else (here - 1, ceiling)
        if n[here] == 3 and x[here] == 1:
            return here, ceiling
        if here + 1 < ceiling:
            return here + 1, ceiling
        return (END, ceiling) if n[here] >= 6 else (here, ceiling)

    def choose(self, keys: Any, data: Data) -> int:
        n, x = data.count(), data.toxicities()
        fine = [
            dose for dose in range(data.eliminated) if n[dose] >= 3 and x[dose] <= 1 and (n[dose] >= 6 or x[dose] == 0)
        ]
        return max(fine, default=STOP)


FINDER = ThreePlusThree()
