"""Counts measured over weeks, told in a few numbers: how many days below a limit, and how deep.

Scales that grade duration (early and late ICAHT) read these.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.sign import Summary
from livingdrug.catalog.signs import SHIPPED, Signs

LONGEST_GAP_DAYS = 7
"""Up to so many missing days are interpolated, as for weekly blood draws.

Source: automatedicahtgrading (Liang), index.Rmd, "Linear interpolation of missing ANC data"; read.
"""


def daily_counts(days: NDArray[np.float64], counts: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    """The lowest count of each day from `first` to `last`, interpolated across gaps of up to a week.

    Parameters
    ----------
    days
        Day of each measurement from infusion (m,); the part of the day is dropped.
    counts
        Counts in any unit (m,); NaN where nothing was measured.
    first, last
        First and last day wanted.

    Returns
    -------
    One value per day (last - first + 1,); NaN where nothing is known.

    Examples
    --------
    >>> daily_counts(np.array([0.0, 2.0, 2.4]), np.array([1.0, 0.6, 0.5]), 0, 4).tolist()
    [1.0, 0.75, 0.5, nan, nan]
    """
    every = np.full(last - first + 1, np.nan)
    for day, count in zip(np.floor(days) - first, counts, strict=True):
        if 0 <= day <= last - first and not np.isnan(count):
            every[int(day)] = np.fmin(every[int(day)], count)
    known = np.flatnonzero(~np.isnan(every))
    for before, after in pairwise(known):
        if 1 < after - before <= LONGEST_GAP_DAYS + 1:
            every[before : after + 1] = np.interp(np.arange(before, after + 1), [before, after], every[[before, after]])
    return every


def course_signs(
    days: NDArray[np.float64], counts: dict[str, NDArray[np.float64]], known: Signs = SHIPPED
) -> dict[str, float]:
    """What duration scales read, from one patient's counts.

    Parameters
    ----------
    days
        Days from infusion (m,).
    counts
        ``"neutrophils"`` and/or ``"platelets"`` [1e9/L], each (m,).
    known
        The signs there are.

    Returns
    -------
    The course signs that these counts allow; NaN where the period was never looked at.

    Examples
    --------
    >>> days = np.arange(31.0)
    >>> course_signs(days, {"neutrophils": np.where(days < 8, 0.3, 2.0)})["days_neutrophils_at_most_500"]
    8.0
    """
    every: dict[tuple[str, int, int], NDArray[np.float64]] = {}
    found = {}
    for name, summary in _summaries(counts, known):
        values = counts[summary.counts]
        if summary.how == "confirmed_lowest":
            found[name] = _confirmed_lowest(days, values, summary)
            continue
        key = (summary.counts, *summary.days)
        if key not in every:
            every[key] = daily_counts(days, values, *summary.days)
        found[name] = _told(every[key], summary)
    return found


def _summaries(counts: Collection[str], known: Signs) -> list[tuple[str, Summary]]:
    """Each course sign that these counts allow, and how it is read off."""
    found = [(name, sign.summary) for name, sign in known.course.items()]
    return [(name, summary) for name, summary in found if summary is not None and summary.counts in counts]


def _told(daily: NDArray[np.float64], summary: Summary) -> float:
    """One sign from the counts of every day of its period; NaN where the period was never looked at."""
    seen = daily[~np.isnan(daily)]
    if not seen.size:
        return np.nan
    if summary.how == "never_above":
        # A patient seen for a few days only has not shown that counts never recover.
        return float((seen <= summary.limit).all() and not np.isnan(daily[-1]))
    return float((seen < summary.limit).sum() if summary.how == "days_below" else (seen <= summary.limit).sum())


PATIENTS_AT_ONCE = 20_000


def course_signs_of_many(
    patients: NDArray[np.int64],
    days: NDArray[np.float64],
    counts: dict[str, NDArray[np.float64]],
    n: int,
    known: Signs = SHIPPED,
) -> dict[str, NDArray[np.float64]]:
    """`course_signs` of many patients at once, in time and memory that grow with the rows.

    Parameters
    ----------
    patients
        Whose measurement each one is (m,), from 0 to n - 1.
    days, counts, known
        As in `course_signs`, the first two each (m,).
    n
        Number of patients.

    Returns
    -------
    Each sign (n,).
    """
    order = np.argsort(patients, kind="stable")
    starts = np.searchsorted(patients[order], np.arange(0, n + PATIENTS_AT_ONCE, PATIENTS_AT_ONCE))
    parts = []
    for number, first in enumerate(range(0, n, PATIENTS_AT_ONCE)):
        rows = order[starts[number] : starts[number + 1]]
        here = {name: values[rows] for name, values in counts.items()}
        parts.append(_signs_of(patients[rows] - first, days[rows], here, min(PATIENTS_AT_ONCE, n - first), known))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _signs_of(
    who: NDArray[np.int64], days: NDArray[np.float64], counts: dict[str, NDArray[np.float64]], n: int, known: Signs
) -> dict[str, NDArray[np.float64]]:
    every: dict[tuple[str, int, int], NDArray[np.float64]] = {}
    found = {}
    for name, summary in _summaries(counts, known):
        values = counts[summary.counts]
        if summary.how == "confirmed_lowest":
            found[name] = _confirmed_lowest_of_many(who, days, values, n, summary)
            continue
        key = (summary.counts, *summary.days)
        if key not in every:
            every[key] = _daily_of_many(who, days, values, n, *summary.days)
        found[name] = _told_of_many(every[key], summary)
    return found


def _told_of_many(daily: NDArray[np.float64], summary: Summary) -> NDArray[np.float64]:
    """`_told` of each patient (n,)."""
    unseen = np.isnan(daily)
    if summary.how == "never_above":
        held = (unseen | (daily <= summary.limit)).all(axis=1) & ~unseen[:, -1]
        return np.where(unseen.all(axis=1), np.nan, held)
    held = daily < summary.limit if summary.how == "days_below" else daily <= summary.limit
    return np.where(unseen.all(axis=1), np.nan, held.sum(axis=1))


def _daily_of_many(
    who: NDArray[np.int64], days: NDArray[np.float64], counts: NDArray[np.float64], n: int, first: int, last: int
) -> NDArray[np.float64]:
    """`daily_counts` of each patient (n, days)."""
    width = last - first + 1
    place = np.floor(days) - first
    here = (place >= 0) & (place < width) & ~np.isnan(counts)
    every = np.full((n, width), np.nan)
    np.fmin.at(every, (who[here], place[here].astype(np.int64)), counts[here])
    known, column = ~np.isnan(every), np.arange(width)
    before = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, column, width)[:, ::-1], axis=1)[:, ::-1]
    row, day = np.nonzero(~known & (before >= 0) & (after < width) & (after - before <= LONGEST_GAP_DAYS + 1))
    left, right = before[row, day], after[row, day]
    low, high = every[row, left], every[row, right]
    every[row, day] = (high - low) / (right - left) * (day - left) + low
    return every


def _confirmed_lowest_of_many(
    who: NDArray[np.int64], days: NDArray[np.float64], counts: NDArray[np.float64], n: int, summary: Summary
) -> NDArray[np.float64]:
    """`_confirmed_lowest` of each patient (n,)."""
    first, last = summary.days
    late = (np.floor(days) >= first) & (np.floor(days) <= last) & ~np.isnan(counts)
    who, counts = who[late], counts[late]
    order = np.lexsort((counts, who))
    who, counts = who[order], counts[order]
    start = np.searchsorted(who, np.arange(n))
    n_late = np.bincount(who, minlength=n)
    lowest = np.full(n, np.nan)
    lowest[n_late > 0] = counts[start[n_late > 0]]
    second = np.full(n, np.nan)
    second[n_late > 1] = counts[start[n_late > 1] + 1]
    return np.where(second > summary.limit, second, lowest)


def _confirmed_lowest(days: NDArray[np.float64], counts: NDArray[np.float64], summary: Summary) -> float:
    """Lowest count of the period; without a second one at or below the limit the dip was transient, and the second counts."""
    first, last = summary.days
    late = np.sort(counts[(np.floor(days) >= first) & (np.floor(days) <= last) & ~np.isnan(counts)])
    if not late.size:
        return np.nan
    return float(late[0] if late.size == 1 or late[1] <= summary.limit else late[1])
