"""One stage, one arm: go if so many respond that the null would give as many too rarely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field
from scipy.stats import binom

from livingdrug.catalog.records.base import Part
from livingdrug.design.binary import last_known, redrawn
from livingdrug.design.method import GO, NO_GO, Decision, Method, probability
from livingdrug.design.observed import Observed


class Keys(Part):
    """
    Attributes
    ----------
    p0
        Response that is not enough.
    alpha
        One-sided level.
    known_after
        From treatment to the day on which a response is known.
    """

    p0: float
    alpha: float = 0.025
    known_after: str = Field(default="3 month")


class ExactBinomial(Method):
    Keys = Keys
    kind = "proportion"

    def planned(self, keys: Any, n: int) -> Any:
        probability("p0", keys.p0)
        probability("alpha", keys.alpha)
        return keys

    def decide(self, design: Any, seen: Observed) -> Decision:
        k = int(seen.success.sum())
        needed = responses_needed(seen.m, design.p0, design.alpha)
        return Decision(GO if k >= needed else NO_GO, 1, seen.n, last_known(seen), float(k))

    def null(self, design: Any, seen: Observed, numbers: Any, effect: float | None) -> Observed:
        return redrawn(seen, numbers, design.p0 if effect is None else effect)

    def exact(self, design: Any, truth: float, m: int) -> Mapping[str, float]:
        go = power(m, design.p0, design.alpha, truth)
        return {GO: go, NO_GO: 1.0 - go}

    def told(self, design: Any) -> str:
        return f"exact binomial test of p0 = {design.p0:g} at one-sided {design.alpha:g}"


def responses_needed(m: int, p0: float, alpha: float) -> int:
    """The least number of responses of m whose probability at p0, or of more, is at most alpha; m + 1 where there is none.

    Examples
    --------
    >>> responses_needed(56, 0.2, 0.025)
    18
    """
    counts = np.arange(m + 2)
    return int(counts[binom.sf(counts - 1, m, p0) <= alpha][0])


def power(m: int, p0: float, alpha: float, truth: float) -> float:
    """Probability of go among m patients with this true response."""
    return float(binom.sf(responses_needed(m, p0, alpha) - 1, m, truth))


METHOD = ExactBinomial()
