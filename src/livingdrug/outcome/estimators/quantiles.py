"""The median with a distribution-free interval, and other quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import check_finite, check_level, check_somebody


@dataclass(frozen=True)
class Median:
    """The median with its interval from order statistics (coverage at least `level`; infinite when n is too small)."""

    n: int
    estimate: float
    ci_low: float
    ci_high: float


def median(values: ArrayLike, *, level: float = 0.95) -> Median:
    """The median and its exact interval from the binomial distribution of ranks.

    Parameters
    ----------
    values
        Finite, shaped (n,).
    level
        Confidence level; the interval covers at least this.

    Raises
    ------
    BadInput
        There is no value, one is missing or infinite, or the level is not between 0 and 1.

    Examples
    --------
    >>> median([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    Median(n=10, estimate=5.5, ci_low=2.0, ci_high=9.0)
    """
    numbers, level = np.sort(check_finite("values", values)), check_level(level)
    n = numbers.size
    check_somebody("values", n)
    # Largest rank k with P(fewer than k of n below the median) <= (1 - level)/2; then (x[k], x[n+1-k]) covers.
    tails = bdtr(np.arange(n, dtype=np.float64), n, 0.5)
    k = int(np.searchsorted(tails, (1 - level) / 2, side="right"))
    if k == 0:
        return Median(n, float(np.median(numbers)), -np.inf, np.inf)
    return Median(n, float(np.median(numbers)), float(numbers[k - 1]), float(numbers[n - k]))


def quantiles(values: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Quantiles by linear interpolation between order statistics (R's type 7), shaped like `shares`.

    Examples
    --------
    >>> quantiles([1, 2, 3, 4], [0.25, 0.75])
    array([1.75, 3.25])
    """
    numbers, wanted = check_finite("values", values), np.asarray(shares, dtype=np.float64)
    if not ((wanted >= 0) & (wanted <= 1)).all():
        raise BadInput(f"got the shares {wanted.tolist()}; expected each between 0 and 1.\n  Write 0.25 for 25 %.")
    check_somebody("values", numbers.size)
    return np.quantile(numbers, wanted)
