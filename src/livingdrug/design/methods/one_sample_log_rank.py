"""One arm, a time to event, against a historical curve: fewer events than that curve expects?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from scipy.special import ndtri

from livingdrug.catalog.arms import duration_days
from livingdrug.design.method import GO, NO_GO, Analysis, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.foundation.errors import CatalogError

Floats = NDArray[np.float64]


class Keys(Analysis):
    """
    Attributes
    ----------
    median
        Of the historical curve: ``"6 month"``; exponential, or Weibull with `shape`.
    shape
        Of the Weibull; 1 is exponential.
    months, survival
        The historical curve as it was read: survival after so many months, between which hazards are constant; the last hazard
        goes on. In place of `median`.
    alpha
        One-sided level.
    variance
        ``"expected"``: (O - E) / sqrt(E), conservative in small trials; ``"mean"``: (O - E) / sqrt((O + E) / 2).
    """

    median: str = ""
    shape: float = 1.0
    months: tuple[float, ...] = ()
    survival: tuple[float, ...] = ()
    alpha: float = 0.025
    variance: str = "mean"

    @model_validator(mode="after")
    def _sound(self) -> Keys:
        if bool(self.median) == bool(self.months):
            raise CatalogError('the historical curve: expected "median", or "months" with "survival".')
        if len(self.months) != len(self.survival):
            raise CatalogError('"months" and "survival" are not of one length.')
        if self.months and (
            list(self.months) != sorted(set(self.months)) or self.months[0] <= 0
            or any(not 0 < s < 1 for s in self.survival) or list(self.survival) != sorted(self.survival, reverse=True)
        ):  # fmt: skip
            raise CatalogError('"months" must rise from above 0, "survival" must fall between 1 and 0.')
        if not 0.1 <= self.shape <= 10:
            raise CatalogError(f'"shape": got {self.shape:g}, expected 0.1 to 10.')
        if self.variance not in ("expected", "mean"):
            raise CatalogError(f'"variance": got "{self.variance}", expected "expected" or "mean".')
        return self

    def cumulative_hazard(self, days: Floats) -> Floats:
        """Of the historical curve, shaped like `days`."""
        if self.median:
            return np.log(2.0) * (np.asarray(days) / duration_days(self.median, "median")) ** self.shape
        at, hazard = self._table()
        slope = (hazard[-1] - hazard[-2]) / (at[-1] - at[-2])
        return np.where(days > at[-1], hazard[-1] + slope * (days - at[-1]), np.interp(days, at, hazard))

    def days_of(self, hazard: Floats) -> Floats:
        """The day by which so much hazard has gathered: the inverse of `cumulative_hazard`."""
        if self.median:
            return duration_days(self.median, "median") * (np.asarray(hazard) / np.log(2.0)) ** (1 / self.shape)
        at, known = self._table()
        slope = (known[-1] - known[-2]) / (at[-1] - at[-2])
        beyond = np.inf if slope <= 0 else at[-1] + (hazard - known[-1]) / slope
        return np.where(hazard > known[-1], beyond, np.interp(hazard, known, at))

    def _table(self) -> tuple[Floats, Floats]:
        at = np.concatenate([[0.0], np.asarray(self.months) * 365.25 / 12])
        return at, np.concatenate([[0.0], -np.log(self.survival)])


class OneSampleLogRank(Method):
    """Source: Wu 2014, Pharmaceutical Statistics 14:26-33, doi:10.1002/pst.1654 (variance as the mean of O and E)."""

    Keys = Keys
    kind = "time_to_event"

    def planned(self, keys: Any, n: int) -> Any:
        probability("alpha", keys.alpha)
        keys.refuse()
        return keys

    def decide(self, design: Any, seen: Observed) -> Decision:
        day = design.day(seen)
        now = seen.by(day)
        z = statistic(now.time, now.event, design)
        return Decision(GO if z >= ndtri(1 - design.alpha) else NO_GO, 1, seen.enrolled_by(day), day, z)

    def null(self, design: Any, seen: Observed, numbers: Floats, effect: float | None) -> Observed:
        """Times from the historical curve (or with a hazard ratio to it), watched as long as each person could be."""
        ratio = 1.0 if effect is None else effect
        drawn = design.days_of(-np.log(numbers) / ratio)
        # who had the event would have been watched as long as anybody was
        watched = np.where(seen.event, seen.time.max(initial=0.0), seen.time)
        return replace(seen, time=np.minimum(drawn, watched), event=drawn <= watched)

    def short(self, design: Any, seen: Observed, decision: Decision) -> bool:
        return not design.after_last and design.too_few(seen)

    def told(self, design: Any) -> str:
        curve = f"a median of {design.median}" if design.median else "a historical curve"
        return f"one-sample log-rank test against {curve} at one-sided {design.alpha:g}"


def statistic(time: Floats, event: NDArray[np.bool_], keys: Keys) -> float:
    """Standardised, positive where fewer events came than expected; 0 where nobody was watched."""
    expected, observed = float(keys.cumulative_hazard(time).sum()), float(event.sum())
    spread = expected if keys.variance == "expected" else 0.5 * (expected + observed)
    return (expected - observed) / np.sqrt(spread) if spread > 0 else 0.0


METHOD = OneSampleLogRank()
