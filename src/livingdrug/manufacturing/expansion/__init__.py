"""Laws of growth in culture: one file each with a function ``expand(seeded, days, doubling_time, steps)``; the making file names it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import UnknownName
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]


class Expand(Protocol):
    """A law of growth."""

    def __call__(self, seeded: Array, days: Array, doubling_time: Array, steps: Steps) -> Array:
        """Living cells after so many days [cell], shaped (n,).

        Parameters
        ----------
        seeded
            Cells put into culture [cell], shaped (n,).
        days
            Days since then, shaped (n,).
        doubling_time
            Of each patient's cells when nothing holds them back [day], shaped (n,).
        steps
            The making numbers of this attempt.
        """
        ...


def expansions() -> tuple[str, ...]:
    """Every law of growth there is."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem[0] != "_"))


def expansion(name: str) -> Expand:
    """The law of this name.

    Raises
    ------
    UnknownName
        There is none.
    """
    if name not in expansions():
        raise UnknownName("law of expansion", name, expansions(), 'It stands in "expansion" of the making file.')
    return import_module(f"{__name__}.{name}").expand
