"""Cellular kinetics read off the visits: highest level and its day, exposure, last day above the limit.

Non-compartmental: no model is assumed, only what the clinic measured on its visit days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kinetics:
    """One number per patient, each shaped (n,); NaN when it does not exist.

    Attributes
    ----------
    cmax
        Highest level within `until`, in the unit of the values; NaN without any result above the limit.
    tmax_day
        Day of `cmax`; the first of equals.
    auc
        Area under the level from day 0 to `until` [unit x day]; 0 when every result is below the limit.
    last_detectable_day
        Last day with a result at or above the limit, over the whole follow-up.
    n_results
        Results counted within `until`.
    """

    cmax: Floats
    tmax_day: Floats
    auc: Floats
    last_detectable_day: Floats
    n_results: NDArray[np.int64]


def non_compartmental(
    days: ArrayLike,
    values: ArrayLike,
    below_limit: ArrayLike | None = None,
    *,
    until: float = 28.0,
    start_at_zero: bool = True,
) -> Kinetics:
    """Non-compartmental kinetics of many patients at once.

    Parameters
    ----------
    days
        Days of the results, shaped (n, v), ascending within each patient; NaN where a visit was missed.
    values
        Results, shaped (n, v); NaN where missed.
    below_limit
        True where a result is below the limit of quantification, shaped (n, v).
    until
        Last day of the area and of the search for the highest level.
    start_at_zero
        Whether the level counts as 0 on day 0 when nothing was measured there (cells were not there before infusion).

    Raises
    ------
    BadInput
        Shapes differ, or days are not ascending.

    Notes
    -----
    A result below the limit counts as 0 in the area and never as the highest level. The area is linear where the
    level rises, stays or touches 0, and logarithmic where it falls ("linear up, log down"). Between two results
    around `until` the level on that day is interpolated by the same rule; after the last result the area is not
    extrapolated, so it is a lower bound for a patient who left early.

    Each patient's numbers depend on that patient's row alone.

    Examples
    --------
    >>> found = non_compartmental([[0.0, 10.0, 20.0]], [[0.0, 100.0, 50.0]])
    >>> found.cmax, found.tmax_day, found.auc.round(2)
    (array([100.]), array([10.]), array([1221.35]))
    """
    day = np.array(np.atleast_2d(np.asarray(days, dtype=np.float64)))
    value = np.array(np.atleast_2d(np.asarray(values, dtype=np.float64)))
    low = np.zeros(day.shape, dtype=bool) if below_limit is None else np.atleast_2d(np.asarray(below_limit, dtype=bool))
    if not day.shape == value.shape == low.shape:
        raise BadInput(
            f"days are shaped {day.shape}, values {value.shape}, below_limit {low.shape}; expected one shape."
        )
    n, visits = day.shape
    known = np.isfinite(day) & np.isfinite(value)
    level = np.where(known & ~low, value, 0.0)

    cmax, tmax, last = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    n_results = np.zeros(n, dtype=np.int64)
    area = np.zeros(n)
    # The result before, going through the visits; day -inf = none yet.
    before_day = np.zeros(n) if start_at_zero else np.full(n, -np.inf)
    before = np.zeros(n)
    for visit in range(visits):
        here_day, here, seen = day[:, visit], level[:, visit], known[:, visit]
        if (seen & (here_day < before_day)).any():
            raise BadInput("days are not ascending within a patient.\n  Sort each patient's results by day.")
        inside = seen & (here_day <= until)
        counted = inside & ~low[:, visit]
        higher = counted & ~(here <= cmax)  # also true while cmax is NaN
        cmax, tmax = np.where(higher, here, cmax), np.where(higher, here_day, tmax)
        n_results += inside
        last = np.where(seen & ~low[:, visit], here_day, last)
        area += np.where(
            seen & (before_day < until) & np.isfinite(before_day),
            _piece(before_day, before, here_day, here, until),
            0.0,
        )
        before_day, before = np.where(seen, here_day, before_day), np.where(seen, here, before)
    return Kinetics(cmax, tmax, np.where(n_results > 0, area, np.nan), last, n_results)


def _piece(t1: Floats, c1: Floats, t2: Floats, c2: Floats, until: float) -> Floats:
    """Area between two results, up to `until`."""
    falls = (c2 < c1) & (c2 > 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        width = np.minimum(t2, until) - t1
        share = np.where(t2 > t1, width / (t2 - t1), 1.0)
        end_log = c1 * (c2 / c1) ** share
        end = np.where(falls, end_log, c1 + share * (c2 - c1))
        # log1p keeps the digits of nearly equal levels; log those of a fall over many decades.
        drop = np.where(end > 0.5 * c1, -np.log1p((end - c1) / c1), -np.log(end / c1))
        logarithmic = np.where(drop > 1e-9, (c1 - end) * width / drop, c1 * width)
        linear = 0.5 * (c1 + end) * width
    return np.where(falls, logarithmic, linear)
