"""Clopper-Pearson: the exact interval of a proportion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import betaincinv

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import check_count, check_level, check_somebody
from livingdrug.outcome.estimator import Asked, Contrast, Estimator, GroupTest, Reading, Row
from livingdrug.outcome.estimators.log_rank import log_rank
from livingdrug.outcome.estimators.paired import paired_shares
from livingdrug.outcome.kinds import proportion
from livingdrug.outcome.strata import not_stratified, strata_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Proportion:
    """A proportion with its exact interval; NaN when nobody was counted."""

    n: int
    n_events: int
    estimate: float
    ci_low: float
    ci_high: float


def exact_binomial(n_events: int, n: int, *, level: float = 0.95) -> Proportion:
    """The proportion and its exact (Clopper-Pearson 1934) interval.

    Parameters
    ----------
    n_events
        How many have it.
    n
        Out of how many.
    level
        Confidence level.

    Raises
    ------
    BadInput
        Not whole numbers with 0 <= n_events <= n, nobody, or a level that is not between 0 and 1.

    Examples
    --------
    ELIANA's primary result, 61 of 75:

    >>> p = exact_binomial(61, 75)
    >>> f"{p.estimate:.0%} ({p.ci_low:.0%} to {p.ci_high:.0%})"
    '81% (71% to 89%)'
    """
    check_somebody("n", check_count("n", n))
    return share_of(n_events, n, level=level)


def share_of(n_events: int, n: int, *, level: float = 0.95) -> Proportion:
    """`exact_binomial` also of nobody, whose share is NaN: an arm of a run may be empty."""
    n_events, n, level = check_count("n_events", n_events), check_count("n", n), check_level(level)
    if n_events > n:
        raise BadInput(f"got {n_events} of {n}; expected a count between 0 and {n}.\n  Give n_events first, then n.")
    if n == 0:
        return Proportion(0, 0, float("nan"), float("nan"), float("nan"))
    tail = (1 - level) / 2
    low = 0.0 if n_events == 0 else float(betaincinv(n_events, n - n_events + 1, tail))
    high = 1.0 if n_events == n else float(betaincinv(n_events + 1, n - n_events, 1 - tail))
    return Proportion(n, n_events, n_events / n, low, high)


class ExactBinomial(Estimator):
    """The share of those counted, with its exact interval."""

    kind = "proportion"
    Keys = proportion.Keys
    shares = ("proportion",)

    def fit(self, asked: Asked, patients: pl.DataFrame) -> Proportion:
        return share_of(int(patients["success"].sum()), patients.height, level=asked.level)

    def rows(self, asked: Asked, patients: pl.DataFrame) -> list[Row]:
        p = self.fit(asked, patients)
        return [Row("proportion", p.estimate, p.ci_low, p.ci_high, "", p.n, p.n_events)]

    def contrasts(self, asked: Asked, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
        one, two = first["success"].to_numpy(), second["success"].to_numpy()
        apart = paired_shares(one, two, level=asked.level)
        values = (float(one.mean()), float(two.mean())) if apart.n else (np.nan, np.nan)
        return [Contrast("share", *values, apart, "share")]

    def tests(self) -> dict[str, Callable[[pl.DataFrame, Asked], GroupTest]]:
        return {"chi_squared": chi_squared, "fisher_exact": fisher_exact}

    def reading(self, asked: Asked, patients: pl.DataFrame, *, day: float | None, statistic: str) -> Reading | None:
        p = self.fit(asked, patients)
        return Reading(p.estimate, p.ci_low, p.ci_high) if p.n else None


def chi_squared(patients: pl.DataFrame, asked: Asked) -> GroupTest:
    """Pearson's test of equal shares in two or more groups; within strata Cochran-Mantel-Haenszel's. No correction."""
    strata = strata_of(patients)
    if strata is not None:  # hypergeometric means and variances added up: a log-rank test of one day
        success = patients["success"].to_numpy()
        one = log_rank(np.zeros(success.size), success, patients["arm"].to_numpy(), strata=strata)
        return GroupTest("Cochran-Mantel-Haenszel", one.statistic, float(one.degrees_of_freedom), one.p_value)
    counts = _counts(patients)
    counts = counts[:, counts.sum(axis=0) > 0]
    freedom = float(counts.shape[0] - 1)
    if counts.shape[1] < 2:  # everybody or nobody has it: no difference to see
        return GroupTest("chi-squared", 0.0, freedom, 1.0)
    from scipy.stats import chi2_contingency

    found: Any = chi2_contingency(counts, correction=False)
    return GroupTest("chi-squared", float(found.statistic), freedom, float(found.pvalue))


def fisher_exact(patients: pl.DataFrame, asked: Asked) -> GroupTest:
    """Fisher's exact test of equal shares in two groups, two-sided."""
    counts = _counts(patients)
    if counts.shape[0] != 2:
        raise BadInput(
            f"got {counts.shape[0]} groups, Fisher's exact test compares two.\n  Ask for two arms at a time."
        )
    from scipy.stats import fisher_exact as exact

    found: Any = exact(counts)
    return GroupTest(not_stratified("Fisher's exact", patients), float("nan"), float("nan"), float(found.pvalue))


def _counts(patients: pl.DataFrame) -> np.ndarray:
    """Patients without and with it, one row per group."""
    member, arm = patients["success"].to_numpy(), patients["arm"].to_numpy()
    return np.array([[(~member[arm == name]).sum(), member[arm == name].sum()] for name in np.unique(arm)])


ESTIMATOR = ExactBinomial()
