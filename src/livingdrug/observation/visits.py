"""Courses to visits: what a clinic and its assays would have seen, on the days it looked, above its limits.

Truth is a table of outputs at every check; a visit reads it on its own day (planned day, moved within the window),
multiplies by the assay's error, and keeps values below the limit with a flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

Floats = NDArray[np.float64]
SCHEMA: dict[str, Any] = {
    "patient": pl.Int64, "day_planned": pl.Float64, "day": pl.Float64, "value": pl.Float64, "lower_limit": pl.Float64,
    "below_limit": pl.Boolean, "missed": pl.Boolean, "quantity": pl.String, "unit": pl.String,
}  # fmt: skip
"""Columns of results, when there is none."""


@dataclass(frozen=True)
class Moments:
    """Days on which patients are looked at, and where each lies between the checks of their course.

    Attributes
    ----------
    day
        Shaped (n,), or (n, m) where each has m.
    after
        The check at or after each day, at least the second.
    share
        How far each day is from the check before to that one, 0 to 1.
    within
        Whether the course was followed on that day.
    """

    day: Floats
    after: NDArray[np.intp]
    share: Floats
    within: NDArray[np.bool_]

    @classmethod
    def of(cls, checks: Floats, day: Floats) -> Moments:
        """These days, between checks (C,) in ascending order."""
        after = np.clip(np.searchsorted(checks, day), 1, len(checks) - 1)
        share = (day - checks[after - 1]) / (checks[after] - checks[after - 1])
        return cls(day, after, share, (day >= checks[0]) & (day <= checks[-1]))

    def read(self, truth: Floats) -> Floats:
        """Values on these days by linear interpolation; NaN where the course has ended or not begun.

        Parameters
        ----------
        truth
            Shaped (n, C); NaN after the end of a course.
        """
        row = np.arange(len(truth)).reshape(-1, *[1] * (self.day.ndim - 1))
        before, after = truth[row, self.after - 1], truth[row, self.after]
        value = np.where(self.share >= 1.0, after, before + self.share * (after - before))
        return np.where(self.within, value, np.nan)


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
    done = [one for one in measured if one.days and _is_done(course, one)]
    if not done:
        return pl.DataFrame(schema=SCHEMA)
    planned = np.concatenate([one.days for one in done])
    which = np.repeat(np.arange(len(done)), [len(one.days) for one in done])
    # every table is filled in the order of its rows: by quantity and planned day
    order = np.lexsort((planned, np.array([one.assay.quantity for one in done])[which]))
    place = np.argsort(order)
    table = Results.empty(len(course), len(planned))
    comings: dict[object, tuple[Moments, NDArray[np.bool_]]] = {}
    for number, one in enumerate(done):
        key = (one.assay.schedule, one.days, one.window_days)
        if key not in comings:
            comings[key] = _coming(course, one, missed, seed)
        table.put(
            place[which == number], _result(course, one.assay, *comings[key], _numbers(one)[None], seed, last_day)
        )
    table.day_planned[:] = planned[order]
    return _frame(table, course.patients, [done[k].assay for k in which[order]])


def _is_done(course: Course, one: Measured) -> bool:
    if one.assay.reads in course:
        return True
    if one.asked:
        raise UnknownName("model output", one.assay.reads, course, f'Assay "{one.assay.id}" reads it.')
    return False


def _numbers(one: Measured) -> NDArray[np.int64]:
    """The numbers of an assay's visits in the random streams; those before treatment have their own."""
    days, place = np.array(one.days), np.arange(len(one.days))
    return np.where(days >= 0, place - (days < 0).sum(), BEFORE + place)


def _coming(course: Course, one: Measured, missing: float, seed: int) -> tuple[Moments, NDArray[np.bool_]]:
    """When patients came to the visits of a group, and which they missed, each shaped (n, visits)."""
    group, number = (
        f"visit/{one.assay.schedule}",
        _numbers(one)[None],
    )  # assays of one group are drawn at the same visit
    planned, window = np.array(one.days), np.array([one.window(day) for day in one.days])
    shift = (2.0 * streams.uniform(seed, f"{group}/day", course.patients, number) - 1.0) * window
    # blood before treatment is drawn on its day: a window must not carry it into treatment
    day = np.where(planned >= 0, np.maximum(planned + shift, 0.0), planned)
    # nobody begins treatment without the blood counts before it
    chance = np.where(planned >= 0, missing, 0.0)
    missed = streams.uniform(seed, f"{group}/missed", course.patients, number) < chance
    return Moments.of(course.days, day), missed


@dataclass(frozen=True)
class Results:
    """What assays report, one column a planned visit, each shaped (n, visits); `seen` says which visits exist."""

    day_planned: Floats
    day: Floats
    value: Floats
    below_limit: NDArray[np.bool_]
    missed: NDArray[np.bool_]
    seen: NDArray[np.bool_]

    @classmethod
    def empty(cls, n: int, visits: int) -> Results:
        """Room for n patients' visits."""
        day_planned, day, value = (np.empty((n, visits)) for _ in range(3))
        below_limit, missed, seen = (np.empty((n, visits), dtype=bool) for _ in range(3))
        return cls(day_planned, day, value, below_limit, missed, seen)

    def put(self, places: NDArray[np.intp], other: Results) -> None:
        """Another table's columns at these places; days planned are left."""
        for name in ("day", "value", "below_limit", "missed", "seen"):
            getattr(self, name)[:, places] = getattr(other, name)


def _result(
    course: Course,
    assay: Assay,
    when: Moments,
    missed: NDArray[np.bool_],
    number: NDArray[np.int64],
    seed: int,
    last_day: Floats,
) -> Results:
    """What one assay reports at the patients' visits, shaped (n, visits); planned are the days themselves."""
    value = _measured(assay, when.read(course[assay.reads]), course.patients, number, seed)
    below = ~missed & (value < assay.lower_limit.value)
    seen = (when.day <= last_day[:, None]) & ~np.isnan(value)
    return Results(when.day, when.day, np.where(missed, np.nan, value), below, missed, seen)


def _measured(assay: Assay, level: Floats, patients: NDArray[np.int64], number: NDArray[np.int64], seed: int) -> Floats:
    """What the assay reports of true levels (n, visits) at the visits of these numbers (1, visits); NaN stays NaN."""
    error = np.exp(assay.error_log_sd.value * streams.normal(seed, f"assay/{assay.id}", patients, number))
    value = np.maximum(level, 0.0) * assay.factor * error
    return value if assay.upper_limit is None else np.minimum(value, assay.upper_limit.value)


def _frame(table: Results, patients: NDArray[np.int64], assays: Sequence[Assay]) -> pl.DataFrame:
    """The rows of the visits that exist, patient by patient, columns in the order of `assays` (one for each visit)."""
    rows = np.argsort(patients, kind="stable")
    row, column = np.nonzero(table.seen[rows])
    row = rows[row]
    limits = np.array([assay.lower_limit.value for assay in assays])
    words = {name: pl.Series(name, [getattr(assay, name) for assay in assays]) for name in ("quantity", "unit")}
    return pl.DataFrame(
        {
            "patient": patients[row],
            "day_planned": table.day_planned[row, column],
            "day": table.day[row, column],
            "value": table.value[row, column],
            "lower_limit": limits[column],
            "below_limit": table.below_limit[row, column],
            "missed": table.missed[row, column],
            **{name: word[column] for name, word in words.items()},
        }
    )


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
    done = [assay for assay in assays if assay.reads in course]
    if not done:
        return pl.DataFrame(schema=SCHEMA)
    comes = np.isfinite(day)
    when = Moments.of(course.days, np.where(comes, day, course.days[0])[:, None])
    last = np.where(comes, last_day, -np.inf)
    nobody, numbers = np.zeros((len(course), 1), dtype=bool), np.array([[number]])
    seen = [(_result(course, assay, when, nobody, numbers, seed, last), assay) for assay in done]
    return pl.concat([_frame(result, course.patients, [assay]) for result, assay in seen])
