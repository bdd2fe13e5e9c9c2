"""Infections drawn from the hazard a course accumulated: when, of what class, how severe.

The hazard is the model's (neutrophils, IgG, steroids); here it becomes events by time change: the k-th infection happens
when the accumulated hazard reaches the sum of k exponential numbers of mean 1. This is exact for any hazard, and
the same patient has the same numbers whatever the arm, so two arms differ only through their hazards.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.infection import SEVERITIES, Infection
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.streams import exponential, uniform

FATAL_GRADE = 5
_DRAWN_TOGETHER = 16
SCHEMA = {"patient": pl.Int64, "day": pl.Float64, "infection_class": pl.String, "grade": pl.Int64, "fatal": pl.Boolean}


def draw_infections(
    days: NDArray[np.float64],
    cumulative_hazard: NDArray[np.float64],
    patients: NDArray[np.int64],
    seed: int,
    pattern: Infection,
    *,
    at_most: int = 200,
) -> pl.DataFrame:
    """Every infection of every patient.

    Parameters
    ----------
    days
        Check days, ascending, shaped (checks,).
    cumulative_hazard
        Expected number of infections so far, shaped (patients, checks); never falling; NaN after the end of a course.
    patients
        Patient numbers, shaped (patients,).
    seed
        The run's seed.
    pattern
        Shares of classes and severities.
    at_most
        A patient with more infections than this has a hazard that cannot be meant.

    Returns
    -------
    One row per infection: patient, day (interpolated between checks), infection_class, grade (1 mild … 5 fatal), fatal.
    A fatal infection is the patient's last. Sorted by patient (in the order given), then day.

    Raises
    ------
    BadInput
        Shapes that do not fit, or a hazard that gives more than `at_most` infections.
    """
    hazard = np.ascontiguousarray(cumulative_hazard, dtype=np.float64)
    if hazard.shape != (len(patients), len(days)):
        raise BadInput(
            f"cumulative_hazard is shaped {hazard.shape}, expected ({len(patients)}, {len(days)}): patients by checks."
        )
    hazard = hazard - np.where(np.isfinite(hazard[:, :1]), hazard[:, :1], 0.0)
    hazard = np.fmax.accumulate(hazard, axis=1)  # NaN after the end: nothing is added there
    rows, number, threshold = _arrivals(hazard[:, -1], patients, seed, at_most)
    if not rows.size:
        return pl.DataFrame(schema=SCHEMA)
    when = _reached(days, hazard, rows, threshold)
    kind, grade = _marks(when, patients[rows], seed, number, pattern)
    last = np.full(len(patients), at_most)  # a fatal one is the patient's last
    np.minimum.at(last, rows[grade == FATAL_GRADE], number[grade == FATAL_GRADE])
    kept = number <= last[rows]
    if (number[kept] == at_most).any():
        worst = rows[kept & (number == at_most)].min()
        raise BadInput(
            f"patient {patients[worst]} would have more than {at_most} infections: the accumulated hazard is "
            f"{hazard[worst, -1]:g}.\n  Check the unit of the infection hazard (1/day)."
        )
    place, when, kind, grade = rows[kept], when[kept], kind[kept], grade[kept]
    order = np.lexsort((when, place))
    classes = np.array(list(pattern.early))
    return pl.DataFrame(
        {
            "patient": np.asarray(patients, dtype=np.int64)[place[order]],
            "day": when[order],
            "infection_class": classes[kind[order]].tolist(),
            "grade": grade[order].astype(np.int64),
            "fatal": grade[order] == FATAL_GRADE,
        },
        schema=SCHEMA,
    )


def _arrivals(
    total: NDArray[np.float64], patients: NDArray[np.int64], seed: int, at_most: int
) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]]:
    """Every infection that a total hazard allows: row of the patient, its number, and the hazard at which it happens."""
    found, open_rows, before = [], np.flatnonzero(total > 0), np.zeros(len(total))
    for first in range(0, at_most + 1, _DRAWN_TOGETHER):
        numbers = np.arange(first, min(first + _DRAWN_TOGETHER, at_most + 1))
        waits = exponential(seed, "clinic/infection/arrival", patients[open_rows], numbers[None])
        waits[:, 0] += before[open_rows]
        thresholds = np.cumsum(waits, axis=1)
        before[open_rows] = thresholds[:, -1]
        row, column = np.nonzero(thresholds < total[open_rows, None])
        found.append((open_rows[row], numbers[column], thresholds[row, column]))
        open_rows = open_rows[thresholds[:, -1] < total[open_rows]]
        if not open_rows.size:
            break
    rows, number, threshold = (np.concatenate([part[i] for part in found]) for i in range(3))
    return rows, number, threshold


def _reached(
    days: NDArray[np.float64], hazard: NDArray[np.float64], rows: NDArray[np.intp], threshold: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The day on which the rising curve of a row (n, checks) first reaches a level (m,), linear between checks."""
    # first check at or above the level: a curve that rises is halved until it is found
    after = np.zeros(len(rows), dtype=np.int64)
    most = np.full(len(rows), hazard.shape[1])
    while (open_ := after < most).any():
        middle = (after + most) // 2
        below = open_ & (hazard[rows, np.minimum(middle, hazard.shape[1] - 1)] < threshold)
        after, most = np.where(below, middle + 1, after), np.where(open_ & ~below, middle, most)
    before = np.maximum(after - 1, 0)
    low, high = hazard[rows, before], hazard[rows, after]
    share = np.where(high > low, (threshold - low) / np.where(high > low, high - low, 1.0), 0.0)
    return days[before] + share * (days[after] - days[before])


def _marks(
    when: NDArray[np.float64], patients: NDArray[np.int64], seed: int, number: NDArray[np.int64], pattern: Infection
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Class index and grade of the patients' infections of these numbers."""
    early, late = (np.cumsum([table[name].value for name in pattern.early]) for table in (pattern.early, pattern.late))
    early[-1] = late[-1] = 1.0  # shares add up to 1 only within rounding
    draw = uniform(seed, "clinic/infection/class", patients, number)
    steps = np.where((when <= pattern.early_until.value)[:, None], early, late)
    kind = (draw[:, None] >= steps).sum(axis=1)
    severities = np.array([np.cumsum([pattern.severity[name][s].value for s in SEVERITIES]) for name in pattern.early])
    severities[:, -1] = 1.0
    draw = uniform(seed, "clinic/infection/severity", patients, number)
    grade = 1 + (draw[:, None] >= severities[kind]).sum(axis=1)
    return kind, grade
