"""Two groups of times to event: weighted log-rank scores and restricted means, fast enough for thousands of trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.restricted_mean import restricted_mean
from livingdrug.outcome.over_time import CARRIED

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Weighted log-rank scores of the second group: observed minus expected (w,), and their covariance (w, w).

    Attributes
    ----------
    difference
        Negative where the second group has fewer events than expected.
    covariance
        Of the differences under equal hazards.
    """

    difference: Floats
    covariance: Floats

    @property
    def z(self) -> Floats:
        """Standardised, positive where the second group does better (w,); 0 where there is nothing to compare."""
        spread = np.sqrt(np.diag(self.covariance))
        return np.where(spread > 0, -self.difference / np.where(spread > 0, spread, 1.0), 0.0)


def scores(
    time: Floats, event: NDArray[np.bool_], group: NDArray[np.int64], weights: Sequence[tuple[float, float]] = ((0.0, 0.0),),
    stratum: NDArray[np.int64] | None = None,
) -> Scores:  # fmt: skip
    """Fleming-Harrington weighted log-rank scores.

    Parameters
    ----------
    time, event
        Shaped (n,).
    group
        0 or 1 (n,).
    weights
        (rho, gamma) of each weight S(t-)^rho (1 - S(t-))^gamma of the pooled Kaplan-Meier curve.
    stratum
        Groups are compared within these (n,).

    Notes
    -----
    Source: Fleming and Harrington 1991, "Counting Processes and Survival Analysis", chapter 7; covariances as in
    Karrison 2016, Stata Journal 16:678-690, doi:10.1177/1536867X1601600308. Times are taken as they are: ties are equal numbers.
    """
    difference, covariance = np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    layers = [np.ones(time.size, dtype=bool)] if stratum is None else [stratum == one for one in np.unique(stratum)]
    for inside in layers:
        d, c = _one_stratum(time[inside], event[inside], group[inside], weights)
        difference, covariance = difference + d, covariance + c
    return Scores(difference, covariance)


def _one_stratum(
    time: Floats, event: NDArray[np.bool_], group: NDArray[np.int64], weights: Sequence[tuple[float, float]]
) -> tuple[Floats, Floats]:
    order = np.argsort(time, kind="stable")
    time, event, group = time[order], event[order], group[order]
    moments, first = np.unique(time, return_index=True)
    if not moments.size:
        return np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    deaths = np.add.reduceat(event.astype(float), first)
    deaths_1 = np.add.reduceat((event & (group == 1)).astype(float), first)
    at_risk = (time.size - first).astype(float)
    ones = np.concatenate([[0], np.cumsum(group == 1)])
    at_risk_1 = (ones[-1] - ones[first]).astype(float)
    died = deaths > 0
    d, d1, r, r1 = deaths[died], deaths_1[died], at_risk[died], at_risk_1[died]
    before = np.concatenate([[1.0], np.cumprod(1 - d / r)[:-1]])
    share = r1 / r
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(r > 1, d * share * (1 - share) * (r - d) / (r - 1), 0.0)
    table = np.stack([before**rho * (1 - before) ** gamma for rho, gamma in weights])
    return table @ (d1 - d * share), (table * variance) @ table.T


def max_combo(found: Scores) -> tuple[float, float]:
    """The greatest of several standardised scores, and its one-sided p value, from their joint normal law.

    Notes
    -----
    Source: Lee 2007, Computational Statistics and Data Analysis 51:6557-6564, doi:10.1016/j.csda.2007.03.006.
    """
    z = found.z
    most = float(z.max())
    spread = np.sqrt(np.diag(found.covariance))
    if not (spread > 0).all():
        return 0.0, 1.0
    correlation = found.covariance / np.outer(spread, spread)
    below = multivariate_normal.cdf(
        np.full(z.size, most), cov=cast("Any", correlation), allow_singular=True, maxpts=20_000, abseps=1e-4, releps=1e-4,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    return most, float(np.clip(1.0 - below, 0.0, 1.0))


def restricted_mean_difference(
    time: Floats, event: NDArray[np.bool_], group: NDArray[np.int64], horizon: float
) -> tuple[float, float]:
    """Difference of the restricted means of group 1 and group 0, and its standard error, in the unit of the times.

    Raises
    ------
    BadInput
        A group was not watched until the horizon.
    """
    if not all((group == one).any() for one in (0, 1)):
        raise BadInput("a group has nobody.\n  Enrol more patients.")
    sides = [restricted_mean(time[group == one], event[group == one], horizon, beyond=CARRIED) for one in (0, 1)]
    error = float(np.hypot(sides[0].standard_error, sides[1].standard_error))
    return sides[1].estimate - sides[0].estimate, error


def schoenfeld_events(hazard_ratio: float, alpha: float, power: float, *, sided: int = 2, ratio: float = 1.0) -> float:
    """Events that a log-rank test needs.

    Parameters
    ----------
    hazard_ratio
        To be found.
    alpha, sided
        Level of a test of so many sides.
    power
        Wanted.
    ratio
        Patients of one group for each of the other.

    Notes
    -----
    Source: Schoenfeld 1983, Biometrics 39:499-503, doi:10.2307/2531021.

    Examples
    --------
    >>> round(schoenfeld_events(0.6, 0.05, 0.9))
    161
    """
    from scipy.special import ndtri

    z = ndtri(1 - alpha / sided) + ndtri(power)
    return float(z**2 * (1 + ratio) ** 2 / ratio / np.log(hazard_ratio) ** 2)
