"""What a group's amounts are told by: median, geometric mean or mean first, then all the others and the spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import ndtri

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimator import Asked, Cell, Contrast, Estimator, Floats, GroupTest, Reading, Row
from livingdrug.outcome.estimators.geometric_mean import geometric_mean
from livingdrug.outcome.estimators.log_rank import chi_squared_of
from livingdrug.outcome.estimators.paired import Difference, paired_means
from livingdrug.outcome.estimators.quantiles import median, quantiles
from livingdrug.outcome.kinds import quantity
from livingdrug.outcome.strata import not_stratified, strata_of

if TYPE_CHECKING:
    import polars as pl

PERCENTILES = (5, 25, 75, 95)
BESIDE = {"median": "median (range)", "geometric_mean": "geometric mean (CV %)", "mean": "mean (range)"}


class Keys(quantity.Keys):
    """
    Attributes
    ----------
    summary
        Which number is the headline; a comparison of the same patients gives a ratio for a geometric mean, else the
        mean of the differences.
    """

    summary: Literal["median", "geometric_mean", "mean"] = "median"


class Amount(Estimator):
    """Median and geometric mean with intervals, spread, and range."""

    kind = "quantity"
    Keys = Keys

    def fit(self, asked: Asked, patients: pl.DataFrame) -> Floats:
        """The values themselves."""
        return patients["value"].to_numpy()

    def rows(self, asked: Asked, patients: pl.DataFrame) -> list[Row]:
        values, unit = self.fit(asked, patients), asked.record.unit
        n, headline = values.size, asked.keys.summary.replace("_", " ")
        if n == 0:
            return [Row(headline, None, unit=unit)]
        m = median(values, level=asked.level)
        rows = [Row("median", m.estimate, m.ci_low, m.ci_high, unit, n)]
        if (values > 0).all():
            g = geometric_mean(values, level=asked.level)
            rows.append(Row("geometric mean", g.estimate, g.ci_low, g.ci_high, unit, n))
            rows.append(Row("geometric CV", g.cv_percent, unit="%", n=n))
        rows.append(Row("mean", float(values.mean()), unit=unit, n=n))
        for percent, value in zip(PERCENTILES, quantiles(values, [p / 100 for p in PERCENTILES]), strict=True):
            rows.append(Row(f"{percent}th percentile", float(value), unit=unit, n=n))
        rows.append(Row("minimum", float(values.min()), unit=unit, n=n))
        rows.append(Row("maximum", float(values.max()), unit=unit, n=n))
        return sorted(rows, key=lambda row: row.measure != headline)

    def cell(self, asked: Asked, patients: pl.DataFrame) -> Cell | None:
        values = self.fit(asked, patients)
        if not values.size:
            return None
        middle = {"mean": np.mean}.get(asked.keys.summary, np.median)
        if asked.keys.summary == "geometric_mean" and (values > 0).all():
            mean = geometric_mean(values, level=asked.level)
            return Cell(mean.estimate, cv_percent=mean.cv_percent)
        return Cell(float(middle(values)), low=float(values.min()), high=float(values.max()))

    def beside(self, asked: Asked) -> str:
        return BESIDE[asked.keys.summary]

    def contrasts(self, asked: Asked, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
        one, two = first["value"].to_numpy(), second["value"].to_numpy()
        return [CONTRASTS.get(asked.keys.summary, _mean_difference)(one, two, asked)]

    def tests(self) -> dict[str, Callable[[pl.DataFrame, Asked], GroupTest]]:
        return {"kruskal_wallis": kruskal_wallis, "welch": welch}

    def reading(self, asked: Asked, patients: pl.DataFrame, *, day: float | None, statistic: str) -> Reading | None:
        """The geometric or arithmetic mean, or the median, of positive values, as the publication tells it.

        Of an arithmetic mean the spread is told by the coefficient of variation, as the log-normal law has it: a few low values widen the
        logarithms and hardly the deviation.
        """
        values = self.fit(asked, patients)
        values = values[values > 0]
        if values.size < 2:
            return None
        if "arithmetic" in statistic:
            return _arithmetic(values, asked.level)
        logs, mean = np.log(values), "mean" in statistic
        middle = float(np.mean(logs) if mean else np.median(logs))
        found = geometric_mean(values, level=asked.level) if mean else median(values, level=asked.level)
        return Reading(float(np.exp(middle)), found.ci_low, found.ci_high, middle, float(np.std(logs)))


def _arithmetic(values: Floats, level: float) -> Reading:
    """Mean with its interval by the normal law, logarithm, and the log-normal deviation of the coefficient of variation."""
    mean, cv = float(values.mean()), float(values.std(ddof=1) / values.mean())
    half = float(ndtri(0.5 + level / 2)) * cv / np.sqrt(values.size)
    return Reading(mean, mean * (1 - half), mean * (1 + half), float(np.log(mean)), float(np.sqrt(np.log1p(cv**2))))


def _mean_difference(first: Floats, second: Floats, asked: Asked) -> Contrast:
    apart = paired_means(first, second, level=asked.level)
    return Contrast("mean", _mean(first), _mean(second), apart, unit=asked.record.unit)


def _ratio(first: Floats, second: Floats, asked: Asked) -> Contrast:
    positive = (first > 0) & (second > 0)
    one, two = np.log(first[positive]), np.log(second[positive])
    apart = paired_means(one, two, level=asked.level)
    estimate, low, high = (float(np.exp(x)) for x in (apart.estimate, apart.ci_low, apart.ci_high))
    ratio = Difference(estimate, low, high, apart.n)
    values = float(np.exp(_mean(one))), float(np.exp(_mean(two)))
    return Contrast("ratio of geometric means", *values, ratio, "ratio", asked.record.unit)


CONTRASTS = {"geometric_mean": _ratio}


def kruskal_wallis(patients: pl.DataFrame, asked: Asked) -> GroupTest:
    """The rank test of equal amounts in two or more groups (of two: Wilcoxon's, without continuity correction).

    Within strata it is van Elteren's: rank sums weighted by one over the stratum's size and one (van Elteren 1960).
    """
    strata = strata_of(patients)
    if strata is not None:
        return _van_elteren(patients["value"].to_numpy(), patients["arm"].to_numpy(), strata)
    groups = _groups(patients)
    values = patients["value"].to_numpy()
    if np.ptp(values) == 0:  # all values are equal: no difference to see
        return GroupTest("Kruskal-Wallis", 0.0, float(len(groups) - 1), 1.0)
    from scipy.stats import kruskal

    found = kruskal(*groups)
    return GroupTest("Kruskal-Wallis", float(found.statistic), float(len(groups) - 1), float(found.pvalue))


def _van_elteren(values: Floats, arm: Any, strata: Any) -> GroupTest:
    from scipy.special import gammaincc
    from scipy.stats import rankdata

    label, member = np.unique(arm, return_inverse=True)
    apart, variance, seen = np.zeros(label.size), np.zeros((label.size, label.size)), np.zeros(label.size)
    for number in np.unique(strata):
        inside = strata == number
        n, ranks, groups = int(inside.sum()), rankdata(values[inside]), member[inside]
        size = np.bincount(groups, minlength=label.size).astype(np.float64)
        seen += size
        if n > 1:
            weight = 1.0 / (n + 1)
            apart += weight * (np.bincount(groups, ranks, label.size) - size * ranks.mean())
            variance += weight**2 * ranks.var(ddof=1) * (np.diag(size) - np.outer(size, size) / n)
    statistic, freedom = chi_squared_of(apart, variance, seen > 0)
    p_value = float(gammaincc(freedom / 2, statistic / 2)) if statistic > 0 else 1.0
    return GroupTest("van Elteren's", statistic, float(freedom), p_value)


def welch(patients: pl.DataFrame, asked: Asked) -> GroupTest:
    """Welch's t test of two groups; of logarithms where the geometric mean is the headline."""
    groups = _groups(patients)
    if len(groups) != 2 or min(group.size for group in groups) < 2:
        raise BadInput("Welch's test needs two groups of two patients or more.\n  Ask for two arms at a time.")
    if asked.keys.summary == "geometric_mean":
        if any((group <= 0).any() for group in groups):
            raise BadInput("a value is zero or negative and has no logarithm.\n  Ask for kruskal_wallis.")
        groups = [np.log(group) for group in groups]
    from scipy.stats import ttest_ind

    found: Any = ttest_ind(*groups, equal_var=False)
    name = not_stratified("Welch's t", patients)
    return GroupTest(name, float(found.statistic), float(found.df), float(found.pvalue))


def _groups(patients: pl.DataFrame) -> list[Floats]:
    values, arm = patients["value"].to_numpy(), patients["arm"].to_numpy()
    return [values[arm == name] for name in np.unique(arm)]


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else np.nan


ESTIMATOR = Amount()
