"""Two arms, a time to event: the difference of mean event-free times within a horizon."""

from __future__ import annotations

from typing import Any

from scipy.special import ndtri

from livingdrug.catalog.arms import duration_days
from livingdrug.design.method import GO, NO_GO, UNTESTED, Analysis, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.design.two_samples import restricted_mean_difference
from livingdrug.foundation.errors import BadInput


class Keys(Analysis):
    """
    Attributes
    ----------
    horizon
        Within which times are counted: ``"24 month"``.
    alpha
        One-sided level.
    """

    horizon: str
    alpha: float = 0.025


class RestrictedMean(Method):
    Keys = Keys
    kind = "time_to_event"
    arms = 2

    def planned(self, keys: Any, n: int) -> Any:
        probability("alpha", keys.alpha)
        keys.refuse()
        if not 0 < duration_days(keys.horizon, "horizon") <= 36525:
            raise BadInput(f'horizon: got "{keys.horizon}", expected more than 0 days and at most 100 years.')
        return keys

    def decide(self, design: Any, seen: Observed) -> Decision:
        day = design.day(seen)
        now = seen.by(day)
        try:
            apart, error = restricted_mean_difference(
                now.time, now.event, now.arm, duration_days(design.horizon, "horizon")
            )
        except BadInput:  # a group was not watched until the horizon, or has nobody
            return Decision(UNTESTED, 1, seen.enrolled_by(day), day)
        z = apart / error if error > 0 else 0.0
        return Decision(GO if z >= ndtri(1 - design.alpha) else NO_GO, 1, seen.enrolled_by(day), day, z)

    def short(self, design: Any, seen: Observed, decision: Decision) -> bool:
        return not design.after_last and design.too_few(seen)

    def told(self, design: Any) -> str:
        return f"difference of restricted means within {design.horizon} at one-sided {design.alpha:g}"


METHOD = RestrictedMean()
