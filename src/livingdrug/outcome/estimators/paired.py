"""Differences between two treatments of the same people: of shares, of means, and of curves over time.

The same virtual patient is treated twice, so most of the noise is common to both and cancels in the difference. The
intervals tell how far the number of simulated patients blurs it, not how much two real groups of patients would differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import check_causes, check_events, check_finite, check_level, check_number, check_times

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Second minus first.

    Attributes
    ----------
    estimate, ci_low, ci_high
        The difference and its interval.
    n
        Pairs.
    n_only_first, n_only_second
        For shares: pairs in which only the first, or only the second, had it.
    """

    estimate: float
    ci_low: float
    ci_high: float
    n: int
    n_only_first: int | None = None
    n_only_second: int | None = None


def paired_shares(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Difference:
    """Difference of two shares among the same people.

    Parameters
    ----------
    first, second
        Yes or no of each person, shaped (n,).
    level
        Confidence level.

    Notes
    -----
    Interval: Wald's for paired proportions with one discordant pair added on either side (Bonett and Price 2012,
    doi:10.3102/1076998611411915), which does not collapse when nobody differs.
    """
    a, b = _flags(first), _flags(second)
    n = _pairs(a, b)
    only_first, only_second = int((a & ~b).sum()), int((b & ~a).sum())
    if n == 0:
        return Difference(np.nan, np.nan, np.nan, 0, 0, 0)
    p, q = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    half = _z(level) * np.sqrt((p + q - (q - p) ** 2) / (n + 2))
    estimate = (only_second - only_first) / n
    low, high = max(q - p - half, -1.0), min(q - p + half, 1.0)
    return Difference(estimate, float(low), float(high), n, only_first, only_second)


def paired_means(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Difference:
    """Mean of the differences within persons, with Student's interval; NaN in its place where all pairs differ alike.

    Parameters
    ----------
    first, second
        A number of each person, shaped (n,).
    """
    a, b, level = check_finite("values", first), check_finite("values", second), check_level(level)
    n = _pairs(a, b)
    if n == 0:
        return Difference(np.nan, np.nan, np.nan, 0)
    apart = b - a
    mean = float(apart.mean())
    spread = float(apart.std(ddof=1)) if n > 1 else 0.0
    # pairs that all differ alike (not at all, say) tell of no spread, and of no interval
    half = float(stdtrit(n - 1, 0.5 + level / 2) * spread / np.sqrt(n)) if spread > 0 else np.nan
    return Difference(mean, mean - half, mean + half, n)


def paired_incidences(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], at: float, *, level: float = 0.95
) -> Difference:
    """Difference of two cumulative incidences at a time, among the same people.

    Parameters
    ----------
    first, second
        (time, cause) of each person, shaped (n,): cause 0 censored, 1 the event, 2 a competing event. Without competing
        events this is the difference of one minus Kaplan-Meier.
    at
        The time.

    Notes
    -----
    Each person's influence on either estimate is known in closed form (the derivative of the estimator with respect to
    that person's weight); the variance of the difference is the sum of squares of the differences of influences. For
    one curve alone this gives Greenwood's variance up to terms of order 1/n. Where few pairs differ by then, that variance
    is too small: one discordant pair is added on either side, as `paired_shares` does, to as many pairs as are known at
    that time (`interval_with_two_more`).
    """
    (time_1, cause_1), (time_2, cause_2) = first, second
    level = check_level(level)
    one, influence_1 = incidence_influence(time_1, cause_1, at)
    two, influence_2 = incidence_influence(time_2, cause_2, at)
    n = _pairs(influence_1, influence_2)
    if n == 0:
        return Difference(np.nan, np.nan, np.nan, 0)
    variance = float(((influence_2 - influence_1) ** 2).sum())
    n_known = int((_known(time_1, cause_1, at) & _known(time_2, cause_2, at)).sum())
    low, high = interval_with_two_more(two - one, variance, n_known, largest=1.0, level=level)
    return Difference(two - one, low, high, n)


def interval_with_two_more(
    difference: float, variance: float, n: int, *, largest: float, level: float
) -> tuple[float, float]:
    """The interval of a mean difference within pairs, with one pair added on either side that differs as much as a pair can.

    Where few pairs differ, the variance seen is too small, and none where none does; the two pairs keep the interval open, by
    about what n equal pairs leave possible. With shares this is the interval of `paired_shares`.

    Parameters
    ----------
    difference, variance
        The estimate and its variance.
    n
        Pairs it rests on; 0 leaves everything possible.
    largest
        The most by which a pair can differ.
    level
        Confidence level.
    """
    if n == 0:
        return -largest, largest
    middle = difference * n / (n + 2)
    square = (n * (variance * n + difference**2) + 2 * largest**2) / (n + 2)
    half = _z(level) * float(np.sqrt((square - middle**2) / (n + 2)))
    return max(middle - half, -largest), min(middle + half, largest)


def _known(time: ArrayLike, cause: ArrayLike, at: float) -> NDArray[np.bool_]:
    """Of whom it is known whether the event came by a time: watched until then, or an event seen."""
    return (np.asarray(time, dtype=np.float64) >= at) | (np.asarray(cause) > 0)


def incidence_influence(time: ArrayLike, cause: ArrayLike, at: float) -> tuple[float, Floats]:
    """Cumulative incidence of cause 1 at a time (Aalen-Johansen), and how much each person moves it.

    Returns
    -------
    The estimate, and influences shaped (n,) that add up to nothing; the sum of their squares estimates its variance.
    """
    t, at = check_times(time), check_number("at", at, at_least=0.0)
    c = check_causes(cause, t.size)
    if t.size == 0:
        return np.nan, t
    days = np.unique(t[(c > 0) & (t <= at)])
    if days.size == 0:
        return 0.0, np.zeros(t.shape)
    place = np.searchsorted(days, t, side="left")  # the first event day not before the person's own time
    exact = (place < days.size) & (days[np.minimum(place, days.size - 1)] == t) & (c > 0) & (t <= at)
    any_event = np.bincount(place[exact], minlength=days.size).astype(np.float64)
    event = np.bincount(place[exact & (c == 1)], minlength=days.size).astype(np.float64)
    at_risk = t.size - np.searchsorted(np.sort(t), days, side="left").astype(np.float64)
    free = np.cumprod(1 - any_event / at_risk)
    before = np.concatenate([[1.0], free[:-1]])
    incidence = np.cumsum(before * event / at_risk)
    total = float(incidence[-1])
    # dF = sum before(u) dL1(u) - sum [F(at) - F(u)] / (1 - dL(u)) dL(u), L the hazards of cause 1 and of any cause
    stays = 1 - any_event / at_risk
    later = np.divide(total - incidence, stays, out=np.zeros(days.size), where=stays > 0)
    jump_event, jump_any = before / at_risk, later / at_risk
    drift = np.cumsum((before * event - later * any_event) / at_risk**2)
    seen = np.searchsorted(days, np.minimum(t, at), side="right") - 1
    influence = -np.where(seen >= 0, drift[np.maximum(seen, 0)], 0.0)
    here = np.minimum(place, days.size - 1)
    influence += np.where(exact & (c == 1), jump_event[here], 0.0) - np.where(exact, jump_any[here], 0.0)
    return total, influence


def _pairs(first: NDArray, second: NDArray) -> int:
    if first.shape != second.shape or first.ndim != 1:
        raise BadInput(
            f"pairs need two columns of one length, got {first.shape} and {second.shape}.\n"
            "  Give the same patients in the same order."
        )
    return int(first.size)


def _flags(values: ArrayLike) -> NDArray[np.bool_]:
    column = np.atleast_1d(np.asarray(values))
    return check_events(column, column.size)


def _z(level: float) -> float:
    return float(ndtri(0.5 + check_level(level) / 2))
