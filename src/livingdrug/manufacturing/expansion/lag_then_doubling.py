"""A lag, then doublings: N(t) = N0 2^((t - lag) / doubling time). The capacity of the vessel is kept by the culture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]


def expand(seeded: Array, days: Array, doubling_time: Array, steps: Steps) -> Array:
    """Living cells after so many days [cell]; see `livingdrug.manufacturing.expansion.Expand`."""
    dividing = np.maximum(days - steps.drawn("lag"), 0.0)
    return seeded * np.exp2(dividing / doubling_time)
