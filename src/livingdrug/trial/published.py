"""What a published number says about itself: its 95 % limits and its standard error.

A published number is an estimate with an error of its own, never a point: a share has its binomial or Kaplan-Meier
interval, a median or geometric mean the error that follows from the spread between patients and their number.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livingdrug.catalog.records.evidence import Published

Z95 = 1.959964
MEDIAN_LOSS = 1.2533
"""Standard error of a median over that of a mean, for normal numbers: sqrt(pi/2)."""
USUAL_N = 75
"""Patients behind a number that does not say how many: the infused of ELIANA's primary analysis (assumed)."""
LEAST_LOG_ERROR = 0.02
"""Rounding alone leaves a quantity uncertain by about this share."""
_MONTH = 365.25 / 12
_DAYS = {"d": 1.0, "day": 1.0, "wk": 7.0, "week": 7.0, "mo": _MONTH, "month": _MONTH, "y": 365.25, "year": 365.25}


def published_limits(row: Published) -> tuple[float, float, str]:
    """95 % limits of a published number, in its unit, and where they come from.

    Returns
    -------
    (low, high, origin): ``"reported"``; ``"exact"`` when we derived them from a count, or from a geometric coefficient
    of variation and n; ``""`` with NaN limits when there is no way to know.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> row = SimpleNamespace(ci_low=None, ci_high=None, unit="percent", n=75, numerator=61, statistic="", cv_percent=None)
    >>> [round(limit) for limit in published_limits(row)[:2]]          # printed in the paper: 71 to 89 %
    [71, 89]
    """
    if row.ci_low is not None or row.ci_high is not None:
        return _or_nan(row.ci_low), _or_nan(row.ci_high), "reported"
    if row.unit == "percent" and row.n and "Kaplan" not in row.statistic and row.statistic != "median":
        from livingdrug.outcome.estimators.exact_binomial import exact_binomial

        exact = exact_binomial(row.numerator if row.numerator is not None else round(row.value * row.n / 100), row.n)
        return 100 * exact.ci_low, 100 * exact.ci_high, "exact"
    if row.cv_percent and row.n and row.value > 0:
        # Geometric CV -> standard deviation of the logarithms -> interval of the geometric mean (normal approximation).
        half = Z95 * log_sd(row.cv_percent) / math.sqrt(row.n)
        return row.value * math.exp(-half), row.value * math.exp(half), "exact"
    return math.nan, math.nan, ""


def share_error(row: Published) -> float:
    """Standard error of a published share [percentage points], from its interval or else from its count."""
    if row.ci_low is not None and row.ci_high is not None:
        return (row.ci_high - row.ci_low) / (2 * Z95)
    n = row.n or USUAL_N
    p = (row.value / 100 * n + 0.5) / (n + 1)  # half an event added: a published 100 % is not without error
    return 100 * math.sqrt(p * (1 - p) / n)


def log_error(row: Published, sd: float) -> float:
    """Standard error of the logarithm of a published median or (geometric) mean.

    Parameters
    ----------
    sd
        Standard deviation of the logarithms between patients: the published one, or the simulated when none is.
    """
    error = sd / math.sqrt(row.n or USUAL_N) * (1.0 if "mean" in row.statistic else MEDIAN_LOSS)
    return max(error, LEAST_LOG_ERROR)


def log_sd(cv_percent: float) -> float:
    """Standard deviation of the logarithms for a geometric coefficient of variation [%].

    Examples
    --------
    >>> round(log_sd(100.0) ** 2, 4)                                   # ln 2
    0.6931
    """
    return math.sqrt(math.log1p((cv_percent / 100) ** 2))


def days_of(at: str) -> float | None:
    """Days of a time written as ``"6 month"``, ``"3 mo"``, ``"day 28"`` or ``"8 wk"``.

    Examples
    --------
    >>> days_of("8 wk"), days_of("day 28"), days_of("best")
    (56.0, 28.0, None)
    """
    text = at.strip().lower()
    match = re.match(r"^(\d+(?:\.\d+)?)\s*([a-z]+?)s?$", text) or re.match(r"^([a-z]+?)s?\s*(\d+(?:\.\d+)?)$", text)
    if not match:
        return None
    number, word = (match[1], match[2]) if match[1][0].isdigit() else (match[2], match[1])
    return float(number) * _DAYS[word] if word in _DAYS else None


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
