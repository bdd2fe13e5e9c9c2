"""Aalen-Johansen: the probability of having had an event when another event can come first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from livingdrug.outcome.checks import (
    check_causes,
    check_column,
    check_finite,
    check_level,
    check_somebody,
    check_times,
)
from livingdrug.outcome.estimator import Asked, GroupTest, Steps
from livingdrug.outcome.estimators import gray
from livingdrug.outcome.estimators.log_rank import between_arms
from livingdrug.outcome.over_time import CARRIED, OverTime, without_events

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class IncidenceCurve:
    """A rising step function; every array shaped (m,) over the distinct observed times.

    Attributes
    ----------
    time
        Distinct times, ascending.
    incidence
        Probability of having had the event of interest by `time`.
    variance
        Aalen's variance of `incidence`.
    ci_low, ci_high
        Interval on the log(-log) scale.
    n_at_risk, n_events, n_competing, n_censored
        Just before, and at, `time`.
    level
        Confidence level.
    """

    time: Floats
    incidence: Floats
    variance: Floats
    ci_low: Floats
    ci_high: Floats
    n_at_risk: NDArray[np.int64]
    n_events: NDArray[np.int64]
    n_competing: NDArray[np.int64]
    n_censored: NDArray[np.int64]
    level: float

    def at(self, times: ArrayLike, *, beyond: float = 0.0) -> dict[str, Floats]:
        """Incidence, interval, standard error and number at risk at given times.

        NaN beyond the last observed time, which may be stretched by the share `beyond`. Before the first event the upper limit is
        that of a share of those of whom it is known, none of whom had it (Clopper and Pearson).
        """
        wanted = check_finite("times", times)
        place = np.searchsorted(self.time, wanted, side="right") - 1
        ahead = np.searchsorted(self.time, wanted, side="left")
        last = self.time[-1] if self.time.size else -np.inf
        ended = bool(self.time.size) and self.n_censored[-1] == 0  # nobody was left to be watched
        known = (wanted <= last * (1 + beyond)) | ended

        def read(values: Floats) -> Floats:
            found = np.where(place >= 0, values[np.maximum(place, 0)] if values.size else 0.0, 0.0)
            return np.where(known, found, np.nan)

        estimate, high = read(self.incidence), read(self.ci_high)
        at_risk = np.append(self.n_at_risk, 0)[ahead].astype(np.float64)
        competed = np.where(place >= 0, np.cumsum(self.n_competing)[np.maximum(place, 0)] if self.time.size else 0, 0)
        # who has a competing event just then is still at risk, and counted once
        still = at_risk - np.where(
            np.append(self.time, np.nan)[ahead] == wanted, np.append(self.n_competing, 0)[ahead], 0
        )
        none_yet = (estimate == 0) & (wanted > 0)
        return {
            "estimate": estimate,
            "ci_low": read(self.ci_low),
            "ci_high": np.where(none_yet, 1 - without_events(still + competed, self.level), high),
            "standard_error": np.sqrt(read(self.variance)),
            "n_at_risk": at_risk,
        }


def cumulative_incidence(times: ArrayLike, causes: ArrayLike, *, level: float = 0.95) -> IncidenceCurve:
    """The Aalen-Johansen cumulative incidence of cause 1.

    Parameters
    ----------
    times
        Time of the first event or of censoring, not negative, shaped (n,).
    causes
        1 the event of interest, 2 or more a competing event, 0 censored, shaped (n,).
    level
        Confidence level of the intervals.

    Raises
    ------
    BadInput
        Nobody is given, shapes differ, a time is negative or not finite, a cause is missing, negative or broken, or the level is not
        between 0 and 1.

    Notes
    -----
    Times that differ by rounding alone are one time (`livingdrug.outcome.checks.joined_ties`).
    Aalen and Johansen 1978. Variance: Aalen 1978, each cause's events at one time counted as a sample without
    replacement from those at risk, as R's cmprsk does.

    Examples
    --------
    >>> cumulative_incidence([1, 2, 3, 4], [1, 2, 1, 0]).at([3])["estimate"]
    array([0.5])
    """
    check_somebody("times", check_column("times", times).size)
    return incidence_curve(times, causes, level=level)


def incidence_curve(times: ArrayLike, causes: ArrayLike, *, level: float = 0.95) -> IncidenceCurve:
    """`cumulative_incidence` also of nobody, whose curve has no steps: an arm of a run may be empty."""
    time, level = check_times(times), check_level(level)
    cause = check_causes(causes, time.size)
    distinct, place = np.unique(time, return_inverse=True)
    m = distinct.size
    count = [np.bincount(place[chosen], minlength=m) for chosen in (cause == 1, cause > 1, cause == 0)]
    n_events, n_competing, n_censored = (c.astype(np.int64) for c in count)
    n_all = n_events + n_competing + n_censored
    n_at_risk = time.size - np.concatenate([[0], np.cumsum(n_all)[:-1]])[:m]

    d1, d2, r = n_events.astype(np.float64), n_competing.astype(np.float64), n_at_risk.astype(np.float64)
    d = d1 + d2
    survival: Floats = np.cumprod(1.0 - d / r).astype(np.float64)
    before = np.concatenate([[1.0], survival[:-1]])[:m]
    incidence = np.cumsum(before * d1 / r)
    variance = _aalen_variance(d1, d2, r, before, survival, incidence)

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = ndtri(0.5 + level / 2)
        width = z * np.sqrt(variance) / np.abs(incidence * np.log(incidence))
        low, high = incidence ** np.exp(width), incidence ** np.exp(-width)
    inside = (incidence > 0) & (incidence < 1)
    low, high = (np.where(inside, side, np.where(incidence <= 0, 0.0, np.nan)) for side in (low, high))
    return IncidenceCurve(distinct, incidence, variance, low, high, n_at_risk, n_events, n_competing, n_censored, level)


def _aalen_variance(d1: Floats, d2: Floats, r: Floats, before: Floats, after: Floats, incidence: Floats) -> Floats:
    # A chance surplus of events at u moves F(t) by S(u-) for the event itself, and by -S(u-) (F(t) - F(u)) / S(u)
    # through those no longer at risk. F(t) is fixed inside each sum, so running sums of three terms suffice.
    with np.errstate(divide="ignore", invalid="ignore"):
        per_survivor = np.where(after > 0, 1.0 / np.where(after > 0, after, 1.0), 0.0)
        tied = 1.0 / np.maximum(r - 1, 1.0)
        own, other = (before**2 * d / r**2 * np.where(d > 1, 1 - (d - 1) * tied, 1.0) for d in (d1, d2))
    lost = incidence * per_survivor
    constant = np.cumsum((1 + lost) ** 2 * own + lost**2 * other)
    linear = np.cumsum((1 + lost) * per_survivor * own + lost * per_survivor * other)
    square = np.cumsum(per_survivor**2 * (own + other))
    return np.maximum(constant - 2 * incidence * linear + incidence**2 * square, 0.0)


class CumulativeIncidence(OverTime):
    """The share who had the event, while a competing event can come first."""

    def fit(self, asked: Asked, patients: pl.DataFrame) -> IncidenceCurve:
        return incidence_curve(patients["time_days"].to_numpy(), patients["cause"].to_numpy(), level=asked.level)

    def at(self, asked: Asked, patients: pl.DataFrame, days: Floats) -> dict[str, Floats]:
        return self.fitted(asked, patients).at(days, beyond=CARRIED)

    def curve(self, asked: Asked, patients: pl.DataFrame) -> Steps:
        c = self.fitted(asked, patients)
        known = (c.n_at_risk - c.n_competing + np.cumsum(c.n_competing)).astype(np.float64)
        high = np.where(c.incidence == 0, 1 - without_events(known, c.level), c.ci_high)
        return Steps(c.time, c.incidence, c.ci_low, high, c.n_at_risk, c.n_events, c.n_censored, start=0.0)

    def tests(self) -> dict[str, Callable[[pl.DataFrame, Asked], GroupTest]]:
        return {"gray": gray.between_arms, "log_rank": partial(between_arms, name="log-rank of the event's own hazard")}


ESTIMATOR = CumulativeIncidence()
