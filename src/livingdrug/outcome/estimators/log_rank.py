"""The log-rank test: do groups have the same hazard of the event?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.kaplan_meier import check_times


@dataclass(frozen=True)
class LogRank:
    """The test's result.

    Attributes
    ----------
    groups
        Labels, in the order of `observed` and `expected`.
    observed, expected
        Events, and events expected were the hazards equal (weighted when rho > 0); shaped (g,).
    variance
        Covariance of observed - expected, shaped (g, g).
    statistic, degrees_of_freedom, p_value
        Chi-squared test.
    """

    groups: tuple[str, ...]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    variance: NDArray[np.float64]
    statistic: float
    degrees_of_freedom: int
    p_value: float


def log_rank(
    times: ArrayLike, events: ArrayLike, groups: ArrayLike, *, rho: float = 0.0, strata: ArrayLike | None = None
) -> LogRank:
    """The (stratified) log-rank test of two or more groups.

    Parameters
    ----------
    times, events
        As for `kaplan_meier`, shaped (n,).
    groups
        Group labels, shaped (n,).
    rho
        Weight S(t-)^rho: 0 the log-rank test, 1 the Peto-Peto form of the Wilcoxon test (Harrington and Fleming 1982).
    strata
        Labels within which groups are compared, shaped (n,).

    Raises
    ------
    BadInput
        Fewer than two groups.
    """
    time, event = check_times(times, events)
    label, member = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    if label.size < 2:
        raise BadInput(f"a log-rank test needs two groups, got {label.size} ({', '.join(label)}).")
    layer = np.zeros(time.size, dtype=np.int64)
    if strata is not None:
        layer = np.unique(np.asarray(strata).astype(str), return_inverse=True)[1]
    observed, expected = np.zeros(label.size), np.zeros(label.size)
    variance = np.zeros((label.size, label.size))
    for number in np.unique(layer):
        inside = layer == number
        o, e, v = _one_stratum(time[inside], event[inside] > 0, member[inside], label.size, rho)
        observed, expected, variance = observed + o, expected + e, variance + v
    seen = expected > 0
    first = np.flatnonzero(seen)[:-1]  # the differences sum to zero: one group is redundant
    difference = (observed - expected)[first]
    statistic = float(difference @ np.linalg.solve(variance[np.ix_(first, first)], difference)) if first.size else 0.0
    p_value = float(gammaincc(first.size / 2, statistic / 2)) if first.size else 1.0
    return LogRank(tuple(map(str, label)), observed, expected, variance, statistic, int(first.size), p_value)


def _one_stratum(
    time: NDArray[np.float64], event: NDArray[np.bool_], member: NDArray[np.int64], n_groups: int, rho: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    distinct, place = np.unique(time, return_inverse=True)
    cell = place * n_groups + member
    shape = (distinct.size, n_groups)
    everyone = np.bincount(cell, minlength=distinct.size * n_groups).reshape(shape).astype(np.float64)
    died = np.bincount(cell[event], minlength=distinct.size * n_groups).reshape(shape).astype(np.float64)
    at_risk = np.cumsum(everyone[::-1], axis=0)[::-1]
    r, d = at_risk.sum(axis=1), died.sum(axis=1)
    weight = np.ones(distinct.size)
    if rho:
        weight = np.concatenate([[1.0], np.cumprod(1 - d / r)[:-1]]) ** rho
    share = at_risk / r[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = weight**2 * np.where(r > 1, d * (r - d) / (r - 1), 0.0)
    variance = np.diag((scale[:, None] * share).sum(axis=0)) - np.einsum("t,ti,tj->ij", scale, share, share)
    return (weight[:, None] * died).sum(axis=0), (weight[:, None] * d[:, None] * share).sum(axis=0), variance
