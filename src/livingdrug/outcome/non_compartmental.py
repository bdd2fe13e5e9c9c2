"""Non-compartmental analysis of cellular kinetics: what can be said of a course of levels without any model.

Highest level and its day, areas to given days, to the last level above the limit and to infinity, terminal half-life with
the points it rests on, doubling time of the expansion, persistence. Rules are those of PKNCA (Denney and others 2015,
doi:10.1007/s10928-015-9432-2): linear up and logarithmic down, the half-life from the window of last points that a straight
line fits best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.checks import check_finite
from livingdrug.outcome.kinetics import Floats, Results, area_until, highest, last_quantified, read_results

Counts = NDArray[np.int64]
FEWEST = 3
"""Points a half-life rests on at least."""
AS_GOOD = 1e-4
"""A longer window is taken when its adjusted r² is less than this below the best."""


@dataclass(frozen=True)
class NonCompartmental:
    """One number per patient, each shaped (n,) unless said otherwise; NaN when it does not exist.

    Attributes
    ----------
    n_results, n_quantified
        Results from day 0 on, and those above the limit.
    cmax, tmax_day
        Highest level and its day, the first of equals, over all results (PKNCA's whole interval).
    first_day, last_day, last_level
        First and last day with a level above the limit, and that last level: persistence.
    last_result_day
        Day of the last result, above the limit or not.
    areas_to
        The days asked for, shaped (k,).
    areas
        Area from day 0 to each of them [unit x day], shaped (n, k); not extrapolated beyond the last result
        (PKNCA's aucint.last).
    areas_extrapolated
        The same where the last level lies before that day and falls on with the terminal half-life from there (PKNCA's
        aucint.inf.obs); NaN without a half-life.
    area_last
        Area to `last_day`.
    area_infinity
        `area_last` and what the terminal half-life adds: last_level / terminal_rate.
    extrapolated_percent
        Share of `area_infinity` that lies beyond `last_day`.
    terminal_rate, half_life
        Slope of the fall of the logarithm [1/day], and ln 2 over it [day].
    half_life_points, half_life_from, half_life_r2
        Points of the window, its first day, and its adjusted r²; the window ends on `last_day`.
    doubling_time, doubling_points
        ln 2 over the slope of the logarithm from the first level above the limit to the highest [day], and its points.
    """

    n_results: Counts
    n_quantified: Counts
    cmax: Floats
    tmax_day: Floats
    first_day: Floats
    last_day: Floats
    last_level: Floats
    last_result_day: Floats
    areas_to: Floats
    areas: Floats
    areas_extrapolated: Floats
    area_last: Floats
    area_infinity: Floats
    extrapolated_percent: Floats
    terminal_rate: Floats
    half_life: Floats
    half_life_points: Counts
    half_life_from: Floats
    half_life_r2: Floats
    doubling_time: Floats
    doubling_points: Counts


def analyse(
    days: ArrayLike,
    values: ArrayLike,
    below_limit: ArrayLike | None = None,
    limits: ArrayLike | None = None,
    *,
    areas_to: Sequence[float] | float = (28.0, 84.0),
    below_limit_as: str = "zero",
    start_at_zero: bool = True,
    peak_in_half_life: bool = False,
) -> NonCompartmental:
    """Non-compartmental analysis of many patients at once.

    Parameters
    ----------
    days, values, below_limit
        As for `livingdrug.outcome.kinetics.non_compartmental`, shaped (n, v).
    limits
        Lower limit of quantification of each result, shaped (n, v); needed for ``"half_limit"`` only.
    areas_to
        Days to which areas are wanted, shaped (k,).
    below_limit_as
        What a result below the limit counts as in an area: one of `POLICIES`. It is never a peak and never a point of
        a slope.
    start_at_zero
        Whether the level counts as 0 on day 0 when nothing was measured there.
    peak_in_half_life
        Whether the highest level may be a point of the half-life.

    Raises
    ------
    BadInput
        As `non_compartmental`; or a day of `areas_to` is not after 0, or a limit is missing where it is needed.
    UnknownName
        No such policy.

    Examples
    --------
    >>> found = analyse([[0, 7, 14, 21, 28]], [[0, 800, 400, 200, 100]], areas_to=28)
    >>> found.half_life, found.doubling_points, found.areas.round(1)
    (array([7.]), array([1]), array([[9869.2]]))
    """
    ends = _ends(areas_to)
    if below_limit_as not in POLICIES:
        raise UnknownName("treatment of results below the limit", below_limit_as, POLICIES)
    seen = read_results(days, values, below_limit)
    level, counted = POLICIES[below_limit_as](seen, _limits(limits, seen.day.shape))
    areas = np.stack([area_until(seen.day, level, counted, end, start_at_zero) for end in ends], axis=1)
    reached = np.stack([(seen.known & (seen.day <= end)).any(axis=1) for end in ends], axis=1)
    last_level, last_day = last_quantified(seen)
    area_last = np.where(
        np.isnan(last_day), 0.0, area_until(seen.day, level, counted, np.nan_to_num(last_day), start_at_zero)
    )
    some = seen.known.any(axis=1)
    cmax, tmax = highest(seen, seen.known)
    after = seen.day >= tmax[:, None] if peak_in_half_life else seen.day > tmax[:, None]
    rate, points, start, fit = terminal_slope(seen, seen.quantified & after)
    growth, grown = _growth(seen, tmax)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = last_level / rate
        infinity = area_last + beyond
        return NonCompartmental(
            n_results=seen.known.sum(axis=1),
            n_quantified=seen.quantified.sum(axis=1),
            cmax=cmax,
            tmax_day=tmax,
            first_day=_edge(seen.day, seen.quantified),
            last_day=last_day,
            last_level=last_level,
            last_result_day=_edge(seen.day, seen.known, last=True),
            areas_to=ends,
            areas=np.where(reached, areas, np.nan),
            areas_extrapolated=_extrapolated(seen.day, level, counted, ends, last_day, beyond, rate, start_at_zero),
            area_last=np.where(some, area_last, np.nan),
            area_infinity=infinity,
            extrapolated_percent=100 * beyond / infinity,
            terminal_rate=rate,
            half_life=np.log(2) / rate,
            half_life_points=points,
            half_life_from=start,
            half_life_r2=fit,
            doubling_time=np.log(2) / growth,
            doubling_points=grown,
        )


def _extrapolated(
    day: NDArray[np.float64],
    level: NDArray[np.float64],
    counted: NDArray[np.bool_],
    ends: NDArray[np.float64],
    last_day: NDArray[np.float64],
    beyond: NDArray[np.float64],
    rate: NDArray[np.float64],
    start_at_zero: bool,
) -> NDArray[np.float64]:
    """Areas to each end (n, k): as measured to the last quantified result, along the terminal slope from there."""
    up_to = np.minimum(last_day[:, None], ends)
    sampled = [area_until(day, level, counted, np.nan_to_num(up_to[:, k]), start_at_zero) for k in range(ends.size)]
    rest = beyond[:, None] * -np.expm1(-rate[:, None] * (ends - up_to))
    return np.stack(sampled, axis=1) + np.where(up_to < ends, rest, 0.0)


def _ends(areas_to: Sequence[float] | float) -> NDArray[np.float64]:
    ends = check_finite("areas_to", areas_to)
    if ends.size == 0 or ends.min() <= 0:
        raise BadInput(f"got areas_to={ends.tolist()}; expected days after day 0.\n  Write areas_to=(28, 84).")
    return ends


def terminal_slope(seen: Results, eligible: NDArray[np.bool_]) -> tuple[Floats, Counts, Floats, Floats]:
    """The terminal rate by PKNCA's choice of window.

    Parameters
    ----------
    seen
        Results.
    eligible
        Which may be points, shaped (n, v).

    Returns
    -------
    rate [1/day], number of points (0 without a rate), first day of the window, adjusted r²; each shaped (n,).

    Notes
    -----
    Of all windows of the last 3, 4, … points the one with the best adjusted r², among those less than 0.0001 below it the
    longest; none when the level does not fall in it.
    """
    n, visits = seen.day.shape
    nothing = np.full(n, np.nan)
    if visits < FEWEST:
        return nothing, np.zeros(n, dtype=np.int64), nothing, nothing
    # Points packed to the left, the last one first, so that window k is the first k of them.
    order = np.argsort(~eligible[:, ::-1], axis=1, kind="stable")
    there = np.take_along_axis(eligible[:, ::-1], order, axis=1)
    day = np.where(there, np.take_along_axis(seen.day[:, ::-1], order, axis=1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(there, np.log(np.take_along_axis(seen.value[:, ::-1], order, axis=1)), 0.0)
    count = np.arange(1, visits + 1, dtype=np.float64)
    slope, fit = _lines(np.where(there, day - day[:, :1], 0.0), np.where(there, logs - logs[:, :1], 0.0), count)
    usable = there & (count >= FEWEST) & np.isfinite(fit)
    fit = np.where(usable, fit, -np.inf)
    near = usable & (slope < 0) & (fit > fit.max(axis=1, keepdims=True) - AS_GOOD)
    chosen = visits - 1 - near[:, ::-1].argmax(axis=1)
    line, some = np.arange(n), near.any(axis=1)
    return (
        np.where(some, -slope[line, chosen], np.nan),
        np.where(some, chosen + 1, 0),
        np.where(some, day[line, chosen], np.nan),
        np.where(some, fit[line, chosen], np.nan),
    )


def _lines(x: Floats, y: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Slope and adjusted r² of straight lines through the first 1, 2, … points of each row; shaped like `x`."""
    sums = [np.cumsum(part, axis=1) for part in (x, y, x * x, x * y, y * y)]
    with np.errstate(divide="ignore", invalid="ignore"):
        sxx = sums[2] - sums[0] ** 2 / count
        sxy = sums[3] - sums[0] * sums[1] / count
        syy = sums[4] - sums[1] ** 2 / count
        slope = sxy / sxx
        # A level that does not move is fitted by a flat line as well as can be, yet explains nothing: r² 0.
        r2 = np.where(syy > 0, np.minimum(sxy**2 / (sxx * syy), 1.0), 0.0)
        return slope, 1 - (1 - r2) * (count - 1) / (count - 2)


def _growth(seen: Results, tmax: Floats) -> tuple[Floats, Counts]:
    """Slope of the logarithm over all levels above the limit up to the highest [1/day], and how many they are."""
    inside = seen.quantified & (seen.day <= tmax[:, None])
    count = inside.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs, day = np.where(inside, np.log(seen.value), 0.0), np.where(inside, seen.day, 0.0)
        mean_day, mean_log = day.sum(axis=1) / count, logs.sum(axis=1) / count
        away = np.where(inside, day - mean_day[:, None], 0.0)
        slope = (away * np.where(inside, logs - mean_log[:, None], 0.0)).sum(axis=1) / (away**2).sum(axis=1)
    return np.where((count > 1) & (slope > 0), slope, np.nan), count.astype(np.int64)


def _edge(day: Floats, chosen: NDArray[np.bool_], *, last: bool = False) -> Floats:
    """The first (or last) of the chosen days of each patient, shaped (n,)."""
    sign = -1.0 if last else 1.0
    first = np.where(chosen, sign * day, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isfinite(first), sign * first, np.nan)


# ── results below the limit ──


def _zero(seen: Results, limits: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """each counts as 0"""
    return np.where(seen.quantified, seen.value, 0.0), seen.known


def _dropped(seen: Results, limits: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """each is left out"""
    return np.where(seen.quantified, seen.value, 0.0), seen.quantified


def _middle_dropped(seen: Results, limits: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """0 before the first and after the last level above the limit, left out between them (PKNCA's usual rule)"""
    earlier = np.maximum.accumulate(seen.quantified, axis=1)
    later = np.maximum.accumulate(seen.quantified[:, ::-1], axis=1)[:, ::-1]
    between = earlier & later & ~seen.quantified
    return np.where(seen.quantified, seen.value, 0.0), seen.known & ~between


def _half_limit(seen: Results, limits: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """each counts as half the limit"""
    below = seen.known & ~seen.quantified
    without = int((~np.greater(limits[below], 0)).sum())
    if without:
        raise BadInput(
            f"{without} results below the limit come without their limit.\n"
            '  Give limits (a column lower_limit), or treat them as "zero".'
        )
    return np.where(seen.quantified, seen.value, np.where(below, 0.5 * limits, 0.0)), seen.known


Policy = Callable[[Results, Floats], tuple[Floats, NDArray[np.bool_]]]
POLICIES: dict[str, Policy] = {
    "zero": _zero,
    "dropped": _dropped,
    "middle_dropped": _middle_dropped,
    "half_limit": _half_limit,
}
"""What results below the limit count as in an area, by name; the docstring of each says it in words."""


def _limits(limits: ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    if limits is None:
        return np.full(shape, np.nan)
    found = np.atleast_2d(np.asarray(limits, dtype=np.float64))
    if found.shape != shape:
        raise BadInput(f"limits are shaped {found.shape}, values {shape}; expected one shape.\n  Give one per result.")
    return found
