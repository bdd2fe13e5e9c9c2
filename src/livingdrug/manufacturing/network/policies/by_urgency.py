"""Whoever is lost soonest by waiting: highest hazard first. Assumes that the clinic can tell the hazard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.network.people import People

TITLE = "By urgency"


def order(people: People) -> NDArray[np.float64]:
    """Minus the patient's own hazard of loss."""
    return -people.hazard
