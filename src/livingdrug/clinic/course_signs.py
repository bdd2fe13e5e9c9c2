"""Counts measured over weeks, told in a few numbers: how many days below a limit, and how deep.

Scales that grade duration (early and late ICAHT) read these.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

EARLY, LATE = (0, 30), (31, 100)
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


def course_signs(days: NDArray[np.float64], counts: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    """What duration scales read, from one patient's counts.

    Parameters
    ----------
    days
        Days from infusion (m,).
    counts
        ``"neutrophils"`` and/or ``"platelets"`` [1e9/L], each (m,).

    Returns
    -------
    The course signs that these counts allow; NaN where the period was never looked at.

    Examples
    --------
    >>> days = np.arange(31.0)
    >>> course_signs(days, {"neutrophils": np.where(days < 8, 0.3, 2.0)})["days_neutrophils_at_most_500"]
    8.0
    """
    signs: dict[str, float] = {}
    if "neutrophils" in counts:
        early = daily_counts(days, counts["neutrophils"], *EARLY)
        signs["days_neutrophils_at_most_500"] = _n_days(early <= 0.5, early)
        signs["days_neutrophils_at_most_100"] = _n_days(early <= 0.1, early)
        seen = early[~np.isnan(early)]
        # A patient seen for a few days only has not shown that neutrophils never recover.
        never = bool(seen.size) and bool((seen <= 0.5).all()) and not np.isnan(early[-1])
        signs["neutrophils_never_above_500"] = float(never) if seen.size else np.nan
        signs["late_neutrophil_nadir"] = _confirmed_nadir(days, counts["neutrophils"])
    if "platelets" in counts:
        early = daily_counts(days, counts["platelets"], *EARLY)
        late = daily_counts(days, counts["platelets"], *LATE)
        for limit in (50, 20):
            signs[f"days_platelets_below_{limit}"] = _n_days(early < limit, early)
        for limit in (100, 50, 20):
            signs[f"days_late_platelets_below_{limit}"] = _n_days(late < limit, late)
    return signs


PATIENTS_AT_ONCE = 20_000


def course_signs_of_many(
    patients: NDArray[np.int64], days: NDArray[np.float64], counts: dict[str, NDArray[np.float64]], n: int
) -> dict[str, NDArray[np.float64]]:
    """`course_signs` of many patients at once, in time and memory that grow with the rows.

    Parameters
    ----------
    patients
        Whose measurement each one is (m,), from 0 to n - 1.
    days, counts
        As in `course_signs`, each (m,).
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
        parts.append(_signs_of(patients[rows] - first, days[rows], here, min(PATIENTS_AT_ONCE, n - first)))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _signs_of(
    who: NDArray[np.int64], days: NDArray[np.float64], counts: dict[str, NDArray[np.float64]], n: int
) -> dict[str, NDArray[np.float64]]:
    signs: dict[str, NDArray[np.float64]] = {}
    if "neutrophils" in counts:
        early = _daily_of_many(who, days, counts["neutrophils"], n, *EARLY)
        unseen = np.isnan(early)
        signs["days_neutrophils_at_most_500"] = _n_days_of_many(early <= 0.5, unseen)
        signs["days_neutrophils_at_most_100"] = _n_days_of_many(early <= 0.1, unseen)
        never = (unseen | (early <= 0.5)).all(axis=1) & ~unseen[:, -1]
        signs["neutrophils_never_above_500"] = np.where(unseen.all(axis=1), np.nan, never)
        signs["late_neutrophil_nadir"] = _confirmed_nadirs(who, days, counts["neutrophils"], n)
    if "platelets" in counts:
        early = _daily_of_many(who, days, counts["platelets"], n, *EARLY)
        late = _daily_of_many(who, days, counts["platelets"], n, *LATE)
        for limit in (50, 20):
            signs[f"days_platelets_below_{limit}"] = _n_days_of_many(early < limit, np.isnan(early))
        for limit in (100, 50, 20):
            signs[f"days_late_platelets_below_{limit}"] = _n_days_of_many(late < limit, np.isnan(late))
    return signs


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


def _n_days_of_many(held: NDArray[np.bool_], unseen: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(unseen.all(axis=1), np.nan, held.sum(axis=1))


def _confirmed_nadirs(
    who: NDArray[np.int64], days: NDArray[np.float64], counts: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """`_confirmed_nadir` of each patient (n,)."""
    late = (np.floor(days) >= LATE[0]) & (np.floor(days) <= LATE[1]) & ~np.isnan(counts)
    who, counts = who[late], counts[late]
    order = np.lexsort((counts, who))
    who, counts = who[order], counts[order]
    start = np.searchsorted(who, np.arange(n))
    n_late = np.bincount(who, minlength=n)
    lowest = np.full(n, np.nan)
    lowest[n_late > 0] = counts[start[n_late > 0]]
    second = np.full(n, np.nan)
    second[n_late > 1] = counts[start[n_late > 1] + 1]
    return np.where(second > 1.5, second, lowest)


def _n_days(held: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    return np.nan if np.isnan(values).all() else float(held.sum())


def _confirmed_nadir(days: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """Lowest count after day 30; without a second one at or below 1.5e9/L the dip was transient."""
    late = np.sort(counts[(np.floor(days) >= LATE[0]) & (np.floor(days) <= LATE[1]) & ~np.isnan(counts)])
    if not late.size:
        return np.nan
    if late.size == 1 or late[1] <= 1.5:
        return float(late[0])
    return float(late[1])
