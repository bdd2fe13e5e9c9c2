"""Two arms, a time to event: a log-rank test, weighted for late or early differences, or the greatest of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import model_validator
from scipy.special import ndtr, ndtri

from livingdrug.design.method import GO, NO_GO, Analysis, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.design.two_samples import max_combo, scores
from livingdrug.foundation.errors import CatalogError


class Keys(Analysis):
    """
    Attributes
    ----------
    alpha
        One-sided level.
    weights
        (rho, gamma) of Fleming and Harrington's weight S^rho (1 - S)^gamma; of several the greatest counts (max-combo).
    stratified
        Whether arms are compared within the trial's strata.
    """

    alpha: float = 0.025
    weights: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    stratified: bool = True

    @model_validator(mode="after")
    def _sound(self) -> Keys:
        if not self.weights or any(part < 0 for pair in self.weights for part in pair):
            raise CatalogError('"weights": expected pairs [rho, gamma] of numbers from 0, such as [[0, 0], [0, 1]].')
        return self


class LogRank(Method):
    Keys = Keys
    kind = "time_to_event"
    arms = 2

    def planned(self, keys: Any, n: int) -> Any:
        probability("alpha", keys.alpha)
        keys.refuse()
        return keys

    def decide(self, design: Any, seen: Observed) -> Decision:
        day = design.day(seen)
        now = seen.by(day)
        found = scores(now.time, now.event, now.arm, design.weights, now.stratum if design.stratified else None)
        if len(design.weights) == 1:
            z = float(found.z[0])
            won = z >= ndtri(1 - design.alpha)
        else:
            z, p = max_combo(found)
            won = p <= design.alpha
        return Decision(GO if won else NO_GO, 1, seen.enrolled_by(day), day, z)

    def exact(self, design: Any, truth: float, m: int) -> Mapping[str, float] | None:
        events = design.wanted(m)
        if not events or tuple(design.weights) != ((0.0, 0.0),):
            return None
        go = float(ndtr(-np.log(truth) * np.sqrt(events) / 2 - ndtri(1 - design.alpha)))
        return {GO: go, NO_GO: 1.0 - go}

    def short(self, design: Any, seen: Observed, decision: Decision) -> bool:
        return not design.after_last and design.too_few(seen)

    def told(self, design: Any) -> str:
        if len(design.weights) > 1:
            return f"max-combo of {len(design.weights)} weighted log-rank tests at one-sided {design.alpha:g}"
        rho, gamma = design.weights[0]
        name = "log-rank test" if (rho, gamma) == (0, 0) else f"log-rank test weighted S^{rho:g}(1-S)^{gamma:g}"
        return f"{name} at one-sided {design.alpha:g}"


METHOD = LogRank()
