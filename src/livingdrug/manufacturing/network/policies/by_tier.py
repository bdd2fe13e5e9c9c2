"""By class of patients; within a class, whoever has waited longest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.network.people import People

TITLE = "By tier"


def order(people: People) -> NDArray[np.float64]:
    """The tier's rank, 1 first."""
    return people.rank.astype(np.float64)
