"""A proportion: who of the counted has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.outcome import estimator


class Keys(estimator.Keys):
    """
    Attributes
    ----------
    success
        Nonzero = has it.
    """

    success: str


class Proportion(estimator.Kind):
    """The column ``success``, true or false."""

    Keys = Keys

    def usual(self, given: Mapping[str, Any]) -> str:
        return "exact_binomial"

    def columns(self, asked: Any, formula: Any, counted: Any, patients: Any) -> Any:
        return {"success": formula(asked.keys.success) > 0}, np.ones(patients.height, dtype=bool)


KIND = Proportion()
