"""Courses to visits: what a clinic and its assays would have seen, on the days it looked, above its limits.

Truth is a table of outputs at every check; a visit reads it on its own day (planned day, moved within the window),
multiplies by the assay's error, and keeps values below the limit with a flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.plan import Measured
from livingdrug.catalog.records.assay import Assay
from livingdrug.clinic.criterion import Overt
from livingdrug.course.course import Course
from livingdrug.foundation import streams
from livingdrug.foundation.errors import UnknownName

SCHEMA: dict[str, Any] = {
    "patient": pl.Int64, "day_planned": pl.Float64, "day": pl.Float64, "value": pl.Float64, "lower_limit": pl.Float64,
    "below_limit": pl.Boolean, "missed": pl.Boolean, "quantity": pl.String, "unit": pl.String,
}  # fmt: skip
"""Columns of results, when there is none."""


def at_days(checks: NDArray[np.float64], truth: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values on the patients' own days, by linear interpolation between checks.

    Parameters
    ----------
    checks
        Days of the checks, ascending, shaped (C,).
    truth
        Shaped (n, C); NaN after the end of a course.
    days
        Shaped (n,).

    Returns
    -------
    Shaped (n,); NaN where the course has ended or not begun.
    """
    right = np.clip(np.searchsorted(checks, days), 1, len(checks) - 1)
    row = np.arange(len(days))
    span = checks[right] - checks[right - 1]
    share = (days - checks[right - 1]) / span
    inside = (days >= checks[0]) & (days <= checks[-1])
    before, after = truth[row, right - 1], truth[row, right]
    value = np.where(share >= 1.0, after, before + share * (after - before))
    return np.where(inside, value, np.nan)


def observe(
    course: Course,
    measured: Sequence[Measured],
    missed: float,
    last_day: NDArray[np.float64],
    seed: int,
) -> pl.DataFrame:
    """What was measured at planned visits.

    Parameters
    ----------
    course
        The truth.
    measured
        Which assay is done when; one that nobody asked for is left out where the model lacks what it reads.
    missed
        Probability that a patient misses a visit, independently.
    last_day
        Last day in follow-up (n,); later visits do not exist.
    seed
        The run's seed; errors are addressed by assay, patient and visit.

    Returns
    -------
    One row per patient, quantity and planned visit in follow-up: patient, quantity, day_planned, day, value,
    lower_limit, below_limit, missed, unit. A missed visit has no value.

    Raises
    ------
    UnknownName
        An assay the trial asks for reads what the model does not have.
    """
    pieces, text = [], {"quantity": [], "unit": []}
    for one in measured:
        if one.assay.reads not in course:
            if one.asked:
                raise UnknownName("model output", one.assay.reads, course, f'Assay "{one.assay.id}" reads it.')
            continue
        earlier = sum(day < 0 for day in one.days)
        for place, planned in enumerate(one.days):
            number = place - earlier if planned >= 0 else BEFORE + place
            pieces.append(_one_visit(course, one, number, planned, missed, last_day, seed))
            for name, words in text.items():
                words += [getattr(one.assay, name)] * len(course)
    if not pieces:
        return pl.DataFrame(schema=SCHEMA)
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    frame = pl.DataFrame({**columns, **text})
    return frame.filter(pl.col("seen")).drop("seen").sort("patient", "quantity", "day_planned", maintain_order=True)


def _one_visit(
    course: Course, one: Measured, number: int, planned: float, missing: float, last_day: NDArray[np.float64], seed: int
) -> dict[str, NDArray]:
    assay, patients = one.assay, course.patients
    group = f"visit/{assay.schedule}"  # assays of one group are drawn at the same visit
    shift = (2.0 * streams.uniform(seed, f"{group}/day", patients, number) - 1.0) * one.window(planned)
    # blood before treatment is drawn on its day: a window must not carry it into treatment
    day = np.maximum(planned + shift, 0.0) if planned >= 0 else np.full(len(course), planned)
    # nobody begins treatment without the blood counts before it
    missed = streams.uniform(seed, f"{group}/missed", patients, number) < (missing if planned >= 0 else 0.0)
    return _result(course, assay, day, np.full(len(course), planned), number, seed, last_day, missed)


def _result(
    course: Course,
    assay: Assay,
    day: NDArray[np.float64],
    planned: NDArray[np.float64],
    number: int,
    seed: int,
    last_day: NDArray[np.float64],
    missed: NDArray[np.bool_],
) -> dict[str, NDArray]:
    """What one assay reports at one visit of each patient; `seen` says whether the visit exists."""
    value = _measured(assay, at_days(course.days, course[assay.reads], day), course.patients, number, seed)
    limit = assay.lower_limit.value
    return {
        "patient": course.patients,
        "day_planned": planned,
        "day": day,
        "value": np.where(missed, np.nan, value),
        "lower_limit": np.full(len(course), limit),
        "below_limit": ~missed & (value < limit),
        "missed": missed,
        "seen": (day <= last_day) & ~np.isnan(value),
    }


def _measured(
    assay: Assay, level: NDArray[np.float64], patients: NDArray[np.int64], number: int, seed: int
) -> NDArray[np.float64]:
    """What the assay reports of a true level at the patients' visit of this number; NaN stays NaN."""
    error = np.exp(assay.error_log_sd.value * streams.normal(seed, f"assay/{assay.id}", patients, number))
    value = np.maximum(level, 0.0) * assay.factor * error
    return value if assay.upper_limit is None else np.minimum(value, assay.upper_limit.value)


RESPONSE = "response"
"""The group of visits at which response is judged."""
UNPLANNED, RELAPSE, BEFORE = 10_000, 10_001, 20_000
"""Numbers of the unplanned visits, and of those before infusion, in the assays' random streams, beyond all others."""


def unscheduled(
    course: Course, measured: Sequence[Measured], overt: Overt, last_day: NDArray[np.float64], seed: int
) -> pl.DataFrame:
    """The unplanned look at patients whose tumour becomes overt between visits, by the criterion's own limits.

    Parameters and rows as in `observe`; `day_planned` is the day itself.
    """
    shows = course[overt.reads] >= overt.limit
    # only a rise after that day counts: overt now, not at the check before
    begins = shows[:, 1:] & ~shows[:, :-1] & (course.days[1:] > overt.after_day)
    ever = begins.any(axis=1)
    first = course.days[1:][begins.argmax(axis=1)]
    day = first + overt.within_days * streams.uniform(seed, "visit/unplanned/day", course.patients)
    last = np.where(ever, np.minimum(last_day, course.days[-1]), -np.inf)
    wanted = [one.assay for one in measured if one.assay.schedule == RESPONSE or one.assay.reads in overt.beside]
    return unplanned(course, wanted, day, last, UNPLANNED, seed)


def unplanned(
    course: Course,
    assays: Sequence[Assay],
    day: NDArray[np.float64],
    last_day: NDArray[np.float64],
    number: int,
    seed: int,
) -> pl.DataFrame:
    """One unplanned visit of each patient, on a day of their own; rows as in `observe`.

    Parameters
    ----------
    assays
        What is done.
    day, last_day
        Day of the visit and last day in follow-up (n,); no visit where the first is not finite or after the second.
    number
        Address of the visit in the assays' random streams, beyond all planned ones.
    """
    nobody = np.zeros(len(course), dtype=bool)
    on = np.where(np.isfinite(day), day, course.days[0])
    last = np.where(np.isfinite(day), last_day, -np.inf)
    pieces = [
        pl.DataFrame(_result(course, assay, on, on, number, seed, last, nobody))
        .filter("seen")
        .drop("seen")
        .with_columns(quantity=pl.lit(assay.quantity), unit=pl.lit(assay.unit))
        for assay in assays
        if assay.reads in course
    ]
    return pl.concat(pieces) if pieces else pl.DataFrame(schema=SCHEMA)
