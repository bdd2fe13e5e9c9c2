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
        Area under the level from day 0 to `until` [unit x day]; 0 when every result is below the limit, NaN when
        there are not two points to put an area between.
    last_detectable_day
        Last day with a result at or above the limit, over the whole follow-up; a result of 0 is below any limit.
    n_results
        Results counted within `until`, from day 0.
    """

    cmax: Floats
    tmax_day: Floats
    auc: Floats
    last_detectable_day: Floats
    n_results: NDArray[np.int64]


@dataclass(frozen=True)
class Results:
    """Results of many patients, proven usable; every array shaped (n, v).

    Attributes
    ----------
    day
        Ascending within each patient; NaN where there is no result.
    value
        As measured; anything where there is none or it is below the limit.
    known
        Whether there is a result, from day 0 on.
    quantified
        Whether it is a number above 0 and not below the limit.
    """

    day: Floats
    value: Floats
    known: NDArray[np.bool_]
    quantified: NDArray[np.bool_]


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
        Days of the results, shaped (n, v), ascending within each patient; NaN where a visit was missed. Results before
        day 0 (screening) are left out: the cells were not there.
    values
        Results, shaped (n, v); NaN where missed, or where a result below the limit was reported without a number.
    below_limit
        True where a result is below the limit of quantification, shaped (n, v).
    until
        Last day of the area and of the search for the highest level.
    start_at_zero
        Whether the level counts as 0 on day 0 when nothing was measured there (cells were not there before infusion).

    Raises
    ------
    BadInput
        Shapes differ, days are not ascending, a value is negative or infinite, or `until` is not a day after 0.

    Notes
    -----
    A result below the limit counts as 0 in the area and never as the highest level. The area is linear where the
    level rises, stays or touches 0, and logarithmic where it falls ("linear up, log down"). Between two results
    around `until` the level on that day is interpolated by the same rule; after the last result the area is not
    extrapolated, so it is a lower bound for a patient who left early.

    Each patient's numbers depend on that patient's row alone. Half-life, areas to other days and other treatments of
    results below the limit: `livingdrug.outcome.non_compartmental`.

    Examples
    --------
    >>> found = non_compartmental([[0.0, 10.0, 20.0]], [[0.0, 100.0, 50.0]])
    >>> found.cmax, found.tmax_day, found.auc.round(2)
    (array([100.]), array([10.]), array([1221.35]))
    """
    if (
        isinstance(until, bool)
        or not isinstance(until, (int, float, np.integer, np.floating))
        or not 0 < until < np.inf
    ):
        raise BadInput(f"got until={until!r}; expected a day after day 0.\n  Write until=28 for the first four weeks.")
    seen = read_results(days, values, below_limit)
    inside = seen.known & (seen.day <= until)
    cmax, tmax = highest(seen, inside)
    area = area_until(seen.day, np.where(seen.quantified, seen.value, 0.0), seen.known, until, start_at_zero)
    n_results = inside.sum(axis=1)
    return Kinetics(cmax, tmax, np.where(n_results > 0, area, np.nan), last_quantified(seen)[1], n_results)


def read_results(days: ArrayLike, values: ArrayLike, below_limit: ArrayLike | None) -> Results:
    """The results as arrays, proven usable: see `non_compartmental`."""
    try:
        day, value = (np.array(np.atleast_2d(np.asarray(part, dtype=np.float64))) for part in (days, values))
    except (TypeError, ValueError):
        raise BadInput(
            "days or values hold something that is not a number.\n"
            "  Give results below the limit as NaN, flagged in below_limit."
        ) from None
    low = np.zeros(day.shape, dtype=bool) if below_limit is None else np.atleast_2d(_flags(below_limit))
    if not day.shape == value.shape == low.shape:
        raise BadInput(
            f"days are shaped {day.shape}, values {value.shape}, below_limit {low.shape}; expected one shape.\n"
            "  Give one row to each patient, NaN where a visit was missed."
        )
    given = np.isfinite(day) & (~np.isnan(value) | low)
    wrong = given & ~low & ~((value >= 0) & np.isfinite(value))
    if wrong.any():
        who, visit = (int(index) for index in np.argwhere(wrong)[0])
        raise BadInput(
            f"got the value {value[who, visit]:g} on day {day[who, visit]:g} (row {who + 1}); expected a level of 0 or more.\n"
            "  Flag results below the limit in below_limit; leave a failed assay blank."
        )
    before = np.where(given, day, -np.inf)
    if (given[:, 1:] & (day[:, 1:] < np.maximum.accumulate(before, axis=1)[:, :-1])).any():
        raise BadInput("days are not ascending within a patient.\n  Sort each patient's results by day.")
    known = given & (day >= 0)
    return Results(np.where(given, day, np.nan), value, known, known & ~low & (np.nan_to_num(value) > 0))


def highest(seen: Results, inside: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Highest quantified level among some results and its day, the first of equals; each shaped (n,)."""
    level = np.where(inside & seen.quantified, seen.value, -np.inf)
    if level.shape[1] == 0:
        return np.full(level.shape[0], np.nan), np.full(level.shape[0], np.nan)
    place = level.argmax(axis=1)
    line = np.arange(level.shape[0])
    some = level[line, place] > -np.inf
    return np.where(some, level[line, place], np.nan), np.where(some, seen.day[line, place], np.nan)


def last_quantified(seen: Results) -> tuple[Floats, Floats]:
    """The last quantified level and its day, each shaped (n,)."""
    n, visits = seen.day.shape
    if visits == 0:
        return np.full(n, np.nan), np.full(n, np.nan)
    place = visits - 1 - seen.quantified[:, ::-1].argmax(axis=1)
    line, some = np.arange(n), seen.quantified.any(axis=1)
    return np.where(some, seen.value[line, place], np.nan), np.where(some, seen.day[line, place], np.nan)


def area_until(
    day: Floats, level: Floats, counted: NDArray[np.bool_], until: ArrayLike, start_at_zero: bool = True
) -> Floats:
    """Area under the level from day 0 to `until`, linear up and logarithmic down; shaped (n,).

    Parameters
    ----------
    day, level, counted
        Days, levels and which of them count, shaped (n, v); days ascending, none before 0.
    until
        One day, or one for each patient.
    start_at_zero
        Whether the level counts as 0 on day 0 when nothing was measured there.

    Returns
    -------
    NaN where there are not two points, day 0 included when `start_at_zero`.
    """
    n, visits = day.shape
    end = np.broadcast_to(np.asarray(until, dtype=np.float64), (n,))
    area, points = np.zeros(n), np.full(n, int(start_at_zero))
    # The result before, going through the visits; day -inf = none yet.
    before_day = np.zeros(n) if start_at_zero else np.full(n, -np.inf)
    before = np.zeros(n)
    for visit in range(visits):
        here_day, here, seen = day[:, visit], level[:, visit], counted[:, visit]
        area += np.where(
            seen & (before_day < end) & np.isfinite(before_day),
            _piece(before_day, before, here_day, here, end),
            0.0,
        )
        points += seen & ~(start_at_zero & (here_day == 0))
        before_day, before = np.where(seen, here_day, before_day), np.where(seen, here, before)
    return np.where(points > 1, area, np.nan)


def _flags(values: ArrayLike) -> NDArray[np.bool_]:
    flags = np.asarray(values)
    if flags.dtype == bool or (flags.dtype.kind in "iuf" and np.isin(flags, (0, 1)).all()):
        return flags.astype(bool)
    raise BadInput(
        f"below_limit holds {flags.dtype} values; expected true or false.\n  Write flags such as Y and N as true and false."
    )


def _piece(t1: Floats, c1: Floats, t2: Floats, c2: Floats, until: Floats) -> Floats:
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
