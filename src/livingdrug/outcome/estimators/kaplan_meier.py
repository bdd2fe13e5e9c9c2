"""Kaplan-Meier: the probability of still being event-free, with Greenwood's variance and log-log intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from livingdrug.foundation.errors import BadInput

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
        Interval on the log(-log) scale; NaN before the first event and once `survival` is 0, as R prints NA.
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
        anybody was watched, unless everybody had the event.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=np.float64))
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
        return {
            "estimate": read(self.survival, 1.0),
            "ci_low": read(self.ci_low, 1.0),
            "ci_high": read(self.ci_high, 1.0),
            "standard_error": np.sqrt(read(self.variance, 0.0)),
            "n_at_risk": at_risk,
        }

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """Time by which `share` had the event, with its interval (+infinity when not reached).

        The interval collects the times whose log-log interval still holds 1 - share (Brookmeyer and Crowley 1982).
        """
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
        Shapes differ, or a time is negative or not finite.

    Notes
    -----
    Kaplan and Meier 1958; variance: Greenwood 1926; log(-log) interval: Kalbfleisch and Prentice 1980.

    Examples
    --------
    >>> kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0]).at([3])["estimate"]
    array([0.375])
    """
    time, event = check_times(times, events)
    distinct, n_events, n_censored, n_at_risk = risk_table(time, event > 0)
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


def check_times(times: ArrayLike, events: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    """Times [float, (n,)] and event codes [int, (n,)], proven usable."""
    time = np.atleast_1d(np.asarray(times, dtype=np.float64))
    event = np.atleast_1d(np.asarray(events)).astype(np.int64)
    if time.shape != event.shape or time.ndim != 1:
        raise BadInput(f"times are shaped {time.shape} and events {event.shape}; expected two columns of one length.")
    wrong = ~np.isfinite(time) | (time < 0)
    if wrong.any():
        raise BadInput(
            f"{int(wrong.sum())} of {time.size} times are negative or not finite (first: {time[wrong][0]}).\n"
            "  Every patient needs a finite day of event or last contact, not before the origin."
        )
    return time, event


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
