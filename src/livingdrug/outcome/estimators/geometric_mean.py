"""The geometric mean and its geometric coefficient of variation, as cellular kinetics are reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import check_column, check_level, check_somebody


@dataclass(frozen=True)
class GeometricMean:
    """Geometric mean with its t interval on the log scale.

    Attributes
    ----------
    cv_percent
        Geometric coefficient of variation, 100 sqrt(exp(s^2) - 1), s the standard deviation of the logarithms.
    """

    n: int
    estimate: float
    ci_low: float
    ci_high: float
    cv_percent: float


def geometric_mean(values: ArrayLike, *, level: float = 0.95) -> GeometricMean:
    """The geometric mean of positive values.

    Parameters
    ----------
    values
        Positive and finite, shaped (n,).
    level
        Confidence level.

    Raises
    ------
    BadInput
        Nobody is given, or a value is zero, negative or not finite: it has no logarithm.

    Examples
    --------
    >>> round(geometric_mean([1.0, 100.0]).estimate, 9)
    10.0
    """
    numbers, level = check_column("values", values), check_level(level)
    check_somebody("values", numbers.size)
    wrong = ~(numbers > 0) | ~np.isfinite(numbers)
    if wrong.any():
        raise BadInput(
            f"{int(wrong.sum())} of {numbers.size} values are zero, negative or missing (first: {numbers[wrong][0]});"
            " a geometric mean needs positive ones.\n  Leave those patients out with `among`, or use the median."
        )
    n = numbers.size
    logs = np.log(numbers)
    middle = float(logs.mean())
    if n == 1:
        return GeometricMean(1, float(numbers[0]), float("nan"), float("nan"), float("nan"))
    spread = float(logs.std(ddof=1))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * spread / np.sqrt(n)
    with np.errstate(over="ignore", under="ignore"):
        ends = np.exp([middle - half, middle + half])
        cv_percent = 100.0 * float(np.sqrt(np.expm1(spread**2)))
    low, high, cv_percent = (float(one) if np.isfinite(one) else float("nan") for one in (*ends, cv_percent))
    return GeometricMean(n, float(np.exp(middle)), low, high, cv_percent)
