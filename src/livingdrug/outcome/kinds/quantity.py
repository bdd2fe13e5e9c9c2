"""A quantity: one number of each patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.outcome import estimator


class Keys(estimator.Keys):
    """
    Attributes
    ----------
    value
        The number, in the file's `unit`; a patient for whom it is not finite is left out and counted as such.
    """

    value: str


class Amount(estimator.Kind):
    """The column ``value``; those without one are left out."""

    Keys = Keys

    def usual(self, given: Mapping[str, Any]) -> str:
        return "amount"

    def columns(self, asked: Any, formula: Any, counted: Any, patients: Any) -> Any:
        value = formula(asked.keys.value)
        return {"value": value}, np.isfinite(value)


KIND = Amount()
