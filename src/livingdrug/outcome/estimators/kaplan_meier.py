"""Kaplan-Meier: the probability of still being event-free, with Greenwood's variance and log-log intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.units import factor
from livingdrug.outcome.checks import (
    check_column,
    check_events,
    check_finite,
    check_level,
    check_number,
    check_somebody,
    check_times,
)
from livingdrug.outcome.estimator import Asked, GroupTest, Row, Steps
from livingdrug.outcome.estimators.log_rank import between_arms
from livingdrug.outcome.over_time import CARRIED, OverTime, counted, without_events

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalCurve:
    """A step function of time, right-continuous; every array shaped (m,) over the distinct observed times.

    Attributes
    ----------
    time
        Distinct times of events or censoring, ascending.
    survival
        Probability of being event-free just after `time`.
    variance
        Greenwood's variance of `survival`.
    ci_low, ci_high
        Interval on the log(-log) scale; 1 before the first event (`at` gives the exact limit there), NaN once `survival` is 0.
    n_at_risk
        Just before `time`.
    n_events, n_censored
        At `time`.
    level
        Confidence level.
    """

    time: Floats
    survival: Floats
    variance: Floats
    ci_low: Floats
    ci_high: Floats
    n_at_risk: NDArray[np.int64]
    n_events: NDArray[np.int64]
    n_censored: NDArray[np.int64]
    level: float

    def at(self, times: ArrayLike, *, beyond: float = 0.0) -> dict[str, Floats]:
        """Survival, interval and number at risk at given times (not beyond what was observed).

        Parameters
        ----------
        times
            Same unit as the data, shaped (k,).
        beyond
            Share of the last observed time by which its value is carried on.

        Returns
        -------
        estimate, ci_low, ci_high, standard_error, n_at_risk: each shaped (k,); estimate is NaN after the last time
        anybody was watched, unless everybody had the event. Before the first event the lower limit is that of a share of
        those still watched, none of whom had it (Clopper and Pearson).
        """
        wanted = check_finite("times", times)
        place = np.searchsorted(self.time, wanted, side="right") - 1
        ahead = np.searchsorted(self.time, wanted, side="left")
        known = np.ones(wanted.shape, dtype=bool)
        if self.time.size == 0:
            known[:] = False
        elif self.survival[-1] > 0:
            known = wanted <= self.time[-1] * (1 + beyond)

        def read(values: Floats, before: float) -> Floats:
            found = np.where(place >= 0, values[np.maximum(place, 0)] if values.size else before, before)
            return np.where(known, found, np.nan)

        at_risk = np.append(self.n_at_risk, 0)[ahead].astype(np.float64)
        estimate, low = read(self.survival, 1.0), read(self.ci_low, 1.0)
        none_yet = (estimate == 1) & (wanted > 0)
        return {
            "estimate": estimate,
            "ci_low": np.where(none_yet, without_events(at_risk, self.level), low),
            "ci_high": read(self.ci_high, 1.0),
            "standard_error": np.sqrt(read(self.variance, 0.0)),
            "n_at_risk": at_risk,
        }

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """Time by which `share` had the event, with its interval (+infinity when not reached).

        The interval collects the times whose log-log interval still holds 1 - share (Brookmeyer and Crowley 1982).

        Raises
        ------
        BadInput
            The share is not between 0 and 1.
        """
        if not 0 < check_number("share", share) < 1:
            raise BadInput(f"got share={share}; expected a share between 0 and 1.\n  Write 0.5 for the median.")
        return (
            _crossing(self.time, self.survival, 1 - share),
            _crossing(self.time, self.ci_low, 1 - share),
            _crossing(self.time, self.ci_high, 1 - share),
        )


def kaplan_meier(times: ArrayLike, events: ArrayLike, *, level: float = 0.95) -> SurvivalCurve:
    """The Kaplan-Meier curve.

    Parameters
    ----------
    times
        Time to event or censoring, not negative, shaped (n,).
    events
        1 where the event was seen, 0 where censored, shaped (n,). Events come before censorings of the same time.
    level
        Confidence level of the intervals.

    Raises
    ------
    BadInput
        Nobody is given, shapes differ, a time is negative or not finite, an event is missing or neither 0 nor 1, or the
        level is not between 0 and 1.

    Notes
    -----
    Times that differ by rounding alone are one time (`livingdrug.outcome.checks.joined_ties`, R's ``timefix``).
    Kaplan and Meier 1958; variance: Greenwood 1926; log(-log) interval: Kalbfleisch and Prentice 1980.

    Examples
    --------
    >>> kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0]).at([3])["estimate"]
    array([0.375])
    """
    check_somebody("times", check_column("times", times).size)
    return survival_curve(times, events, level=level)


def survival_curve(times: ArrayLike, events: ArrayLike, *, level: float = 0.95) -> SurvivalCurve:
    """`kaplan_meier` also of nobody, whose curve has no steps: an arm of a run may be empty."""
    time, level = check_times(times), check_level(level)
    distinct, n_events, n_censored, n_at_risk = risk_table(time, check_events(events, time.size))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        survival: Floats = np.cumprod(1.0 - n_events / n_at_risk).astype(np.float64)
        hazard_variance = np.cumsum(n_events / (n_at_risk * (n_at_risk - n_events).astype(np.float64)))
        variance = np.where(survival > 0, survival**2 * hazard_variance, 0.0)
        z = ndtri(0.5 + level / 2)
        width = z * np.sqrt(hazard_variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(width), survival ** np.exp(-width)
    inside = (survival > 0) & (survival < 1)
    low, high = (np.where(inside, side, np.where(survival == 1, 1.0, np.nan)) for side in (low, high))
    return SurvivalCurve(distinct, survival, variance, low, high, n_at_risk, n_events, n_censored, level)


def risk_table(
    time: Floats, event: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct times, and at each the number of events, of censorings, and at risk just before."""
    distinct, place = np.unique(time, return_inverse=True)
    n_all = np.bincount(place, minlength=distinct.size)
    n_events = np.bincount(place[event], minlength=distinct.size)
    n_at_risk = time.size - np.concatenate([[0], np.cumsum(n_all)[:-1]])[: distinct.size]
    return distinct, n_events.astype(np.int64), (n_all - n_events).astype(np.int64), n_at_risk.astype(np.int64)


def _crossing(time: Floats, curve: Floats, level: float) -> float:
    # Where the curve lies exactly on the level for a while, the middle of that stretch is the quantile (as in R).
    with np.errstate(invalid="ignore"):
        below = np.flatnonzero(curve <= level + 1e-12)
    if below.size == 0:
        return float("inf")
    first = int(below[0])
    if abs(curve[first] - level) <= 1e-12:
        further = np.flatnonzero(curve[first:] < level - 1e-12)
        if further.size:
            return float((time[first] + time[first + int(further[0])]) / 2)
    return float(time[first])


class KaplanMeier(OverTime):
    """The share free of the event, or with ``curve = "incidence"`` of those who had it; nothing competes."""

    def fit(self, asked: Asked, patients: pl.DataFrame) -> SurvivalCurve:
        return survival_curve(patients["time_days"].to_numpy(), patients["cause"].to_numpy() == 1, level=asked.level)

    def free(self, asked: Asked) -> bool:
        return asked.keys.curve == "survival"

    def rows(self, asked: Asked, patients: pl.DataFrame) -> list[Row]:
        """The shares at the endpoint's times, and the median time."""
        month, curve, n = factor("month", "day"), self.fitted(asked, patients), counted(patients)
        middle, low, high = (day / month for day in curve.quantile(0.5))
        last = Row("median time", middle, low, high, "month", *n, absent="not reached")
        return [*self.rows_at(asked, lambda days: self._at(asked, curve, days), n), last]

    def at(self, asked: Asked, patients: pl.DataFrame, days: Floats) -> dict[str, Floats]:
        return self._at(asked, self.fitted(asked, patients), days)

    def _at(self, asked: Asked, curve: SurvivalCurve, days: Floats) -> dict[str, Floats]:
        found = curve.at(days, beyond=CARRIED)
        if self.free(asked):
            return found
        low, high = 1 - found["ci_high"], 1 - found["ci_low"]
        return {**found, "estimate": 1 - found["estimate"], "ci_low": low, "ci_high": high}

    def curve(self, asked: Asked, patients: pl.DataFrame) -> Steps:
        c = self.fitted(asked, patients)
        counts = (c.n_at_risk, c.n_events, c.n_censored)
        low = np.where(c.survival == 1, without_events(c.n_at_risk.astype(np.float64), c.level), c.ci_low)
        if self.free(asked):
            return Steps(c.time, c.survival, low, c.ci_high, *counts, start=1.0)
        return Steps(c.time, 1 - c.survival, 1 - c.ci_high, 1 - low, *counts, start=0.0)

    def tests(self) -> dict[str, Callable[[pl.DataFrame, Asked], GroupTest]]:
        return {"log_rank": between_arms, "peto_peto": partial(between_arms, name="Peto-Peto", rho=1.0)}


ESTIMATOR = KaplanMeier()
