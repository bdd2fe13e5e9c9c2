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
    total = hazard[:, -1]
    rows = np.arange(len(patients))
    open_rows = np.ones(len(patients), dtype=bool)
    threshold = np.zeros(len(patients))
    found: list[tuple[NDArray, ...]] = []
    for number in range(at_most + 1):
        threshold = threshold + exponential(seed, "clinic/infection/arrival", patients, number)
        open_rows = open_rows & (threshold < total)
        if not open_rows.any():
            break
        if number == at_most:
            worst = patients[open_rows][0]
            raise BadInput(
                f"patient {worst} would have more than {at_most} infections: the accumulated hazard is "
                f"{total[open_rows][0]:g}.\n  Check the unit of the infection hazard (1/day)."
            )
        here = rows[open_rows]
        when = _reached(days, hazard[here], threshold[here])
        kind, grade = _marks(when, patients[here], seed, number, pattern)
        found.append((here, when, kind, grade))
        open_rows[here[grade == FATAL_GRADE]] = False
    if not found:
        return pl.DataFrame(schema=SCHEMA)
    place, when, kind, grade = (np.concatenate([part[i] for part in found]) for i in range(4))
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


def _reached(
    days: NDArray[np.float64], hazard: NDArray[np.float64], threshold: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The day a rising curve first reaches a level, linear between checks; hazard (n, checks), threshold (n,)."""
    after = (hazard < threshold[:, None]).sum(axis=1)  # first check at or above the level; integers, so exact
    before = np.maximum(after - 1, 0)
    row = np.arange(len(threshold))
    low, high = hazard[row, before], hazard[row, after]
    share = np.where(high > low, (threshold - low) / np.where(high > low, high - low, 1.0), 0.0)
    return days[before] + share * (days[after] - days[before])


def _marks(
    when: NDArray[np.float64], patients: NDArray[np.int64], seed: int, number: int, pattern: Infection
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Class index and grade of the patients' `number`-th infections."""
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
