"""The log-rank test: do groups have the same hazard of the event?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import check_events, check_labels, check_number, check_times
from livingdrug.outcome.estimator import Asked, GroupTest
from livingdrug.outcome.strata import strata_of, stratified

if TYPE_CHECKING:
    import polars as pl


MOST_GROUPS = 500


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
        Chi-squared test. Where the data hold nothing to compare (all events tied, one group in each stratum) the
        statistic is 0 and p is 1.
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
        Fewer than two groups or more than `MOST_GROUPS`, a missing label, shapes that differ, or times and events that `kaplan_meier` refuses.

    Notes
    -----
    Times that differ by rounding alone are one time (`livingdrug.outcome.checks.joined_ties`, R's ``timefix``).
    """
    time, rho = check_times(times), check_number("rho", rho)
    event = check_events(events, time.size)
    label, member = np.unique(check_labels("groups", groups, time.size), return_inverse=True)
    if label.size < 2:
        raise BadInput(
            f"a log-rank test needs two groups, got {label.size} ({', '.join(label)}).\n  Give each group its label."
        )
    if label.size > MOST_GROUPS:
        raise BadInput(
            f"a log-rank test of {label.size:,} groups, expected at most {MOST_GROUPS:,}: it needs the square of their number.\n"
            "  Give each patient the label of the group, not of the patient."
        )
    layer = np.zeros(time.size, dtype=np.int64)
    if strata is not None:
        layer = np.unique(check_labels("strata", strata, time.size), return_inverse=True)[1]
    observed, expected = np.zeros(label.size), np.zeros(label.size)
    variance = np.zeros((label.size, label.size))
    for number in np.unique(layer):
        inside = layer == number
        o, e, v = _one_stratum(time[inside], event[inside], member[inside], label.size, rho)
        observed, expected, variance = observed + o, expected + e, variance + v
    statistic, freedom = chi_squared_of(observed - expected, variance, expected > 0)
    p_value = float(gammaincc(freedom / 2, statistic / 2)) if statistic > 0 else 1.0
    return LogRank(tuple(map(str, label)), observed, expected, variance, statistic, freedom, p_value)


def between_arms(patients: pl.DataFrame, asked: Asked, *, name: str = "log-rank", rho: float = 0.0) -> GroupTest:
    """The test between the arms of an endpoint's patients, within strata: of the hazard of cause 1, others censored."""
    time, cause, arm = (patients[column].to_numpy() for column in ("time_days", "cause", "arm"))
    found = log_rank(time, cause == 1, arm, rho=rho, strata=strata_of(patients))
    return GroupTest(stratified(name, patients), found.statistic, float(found.degrees_of_freedom), found.p_value)


def chi_squared_of(
    difference: NDArray[np.float64], variance: NDArray[np.float64], seen: NDArray[np.bool_]
) -> tuple[float, int]:
    """Statistic and degrees of freedom; groups or strata that share nothing leave directions without any variance."""
    first = np.flatnonzero(seen)[:-1]  # the differences sum to zero: one group is redundant
    if first.size == 0:
        return 0.0, 0
    if first.size == 1:  # two groups
        spread, apart = float(variance[first[0], first[0]]), float(difference[first[0]])
        return (apart**2 / spread if spread > 0 else 0.0), 1
    within, apart = variance[np.ix_(first, first)], difference[first]
    spread, direction = np.linalg.eigh(within)
    kept = spread > 1e-12 * max(float(np.abs(np.diag(variance)).max()), 1e-300)
    if kept.all():
        return float(apart @ np.linalg.solve(within, apart)), int(first.size)
    if not kept.any():
        return 0.0, int(first.size)
    along = direction[:, kept].T @ apart
    return float((along**2 / spread[kept]).sum()), int(kept.sum())


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
