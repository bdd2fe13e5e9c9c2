"""What the ward saw day by day: grades, the worst of each sign, drugs given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.scale import Scale
from livingdrug.catalog.signs import SHIPPED, Signs
from livingdrug.clinic.grading import grade
from livingdrug.clinic.management import reason_texts
from livingdrug.course.course import Course

WATCHED_DAYS = 56
"""Grades and signs are recorded for eight weeks, the window in which ELIANA counted CRS and neurological events."""
PLANNED = "planned"
"""Rule in the log of what the plan gives; every other rule is the guideline's."""
SHOWN_DAYS = 30
"""To this day a row stands for every day in care, also with grade 0."""
Floats = NDArray[np.float64]


def grade_rows(course: Course, scales: Sequence[Scale], last_day: Floats, known: Signs = SHIPPED) -> pl.DataFrame:
    """The grades frame: patient, day, scale, grade; the worst of each day, from the signs at its checks.

    Parameters
    ----------
    course
        The truth.
    scales
        Grading scales; one whose signs the model lacks is not graded.
    last_day
        Last day in care (n,).
    known
        The signs there are.
    """
    parts: list[tuple[NDArray, NDArray, NDArray]] = []
    words: list[str] = []
    for scale in scales:
        if not set(scale.names) - set(course) - {*known.unseen, *scale.stands_in} and scale.graded_on == "check":
            days, grades = daily_grades(course.days, course, scale, last_day, known)
            row, column = np.nonzero((grades >= 1) | ((grades >= 0) & (days <= SHOWN_DAYS)))
            parts.append((course.patients[row], days[column], grades[row, column]))
            words.append(scale.id)
    if not parts:
        return pl.DataFrame(schema={"patient": pl.Int64, "day": pl.Int64, "grade": pl.Int64, "scale": pl.String})
    patient, day, found = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    which = np.repeat(np.arange(len(words)), [len(part[0]) for part in parts])
    rank = np.argsort(np.argsort(words))[which]  # scales in the order of the alphabet
    order = np.lexsort((day, rank, patient))
    return pl.DataFrame(
        {"patient": patient[order], "day": day[order], "grade": found[order], "scale": pl.Series(words)[which[order]]}
    )  # fmt: skip


def daily_grades(
    checks: Floats,
    signs: Course | Mapping[str, Floats],
    scale: Scale,
    last_day: Floats,
    known: Signs = SHIPPED,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Worst grade of each day on one scale, from the signs at its checks.

    Parameters
    ----------
    checks, signs
        Check days (C,), and by name what the scale reads, each (n, C); NaN after the end of a course.
    scale
        Grading scale.
    last_day
        Last day in care (n,).
    known
        The signs there are.

    Returns
    -------
    Days (D,), and grades (n, D); -1 where the patient was not there.
    """
    until = np.inf if scale.whole_course else WATCHED_DAYS
    acute = slice(*np.searchsorted(checks, [0.0, until]))
    read = {name: signs[name][:, acute] for name in scale.names if name in signs}
    here = ~np.isnan(next(iter(read.values()))) & (checks[acute] <= last_day[:, None])
    read["died_of_toxicity"] = np.zeros(here.shape)
    graded = np.where(here, grade(scale, read, known), np.int8(-1))
    days, begins = _days(checks[acute])
    return days, np.maximum.reduceat(graded, begins, axis=1).astype(np.int64)


def sign_rows(course: Course, last_day: Floats, known: Signs = SHIPPED) -> pl.DataFrame:
    """The ward frame: patient, day, and the worst value of each sign on that day, while a patient was in care.

    What a laboratory measures is told by assays at visits, not here.

    To day `SHOWN_DAYS` every day has a row, afterwards (to `WATCHED_DAYS`) only days on which a sign reached the value from which it
    is kept: organ support, or an abnormal kidney or brain.
    """
    acute = slice(*np.searchsorted(course.days, [0.0, WATCHED_DAYS]))
    here = _here(course, acute, last_day)
    days, begins = _days(course.days[acute])
    columns = {}
    for name, sign in known.moment.items():
        if name not in course or sign.laboratory:
            continue
        values, pick = course[name][:, acute], np.maximum if sign.worse > 0 else np.minimum
        columns[name] = pick.reduceat(np.where(here, values, -sign.worse * np.inf), begins, axis=1)
    there = np.maximum.reduceat(here, begins, axis=1)
    supported = np.zeros(there.shape, dtype=bool)
    for name, worst in columns.items():
        sign = known[name]
        if sign.kept_from is not None:
            supported |= worst >= sign.kept_from if sign.worse > 0 else worst <= sign.kept_from
    row, column = np.nonzero(there & ((days <= SHOWN_DAYS) | supported))
    return pl.DataFrame(
        {"patient": course.patients[row], "day": days[column],
         **{name: values[row, column] for name, values in columns.items()}}
    )  # fmt: skip


def _here(course: Course, acute: slice, last_day: Floats) -> NDArray[np.bool_]:
    """Who is in care at which of these checks, shaped (n, checks)."""
    alive = ~np.isnan(course[course.names[0]][:, acute])
    return alive & (course.days[acute] <= last_day[:, None])


def _days(checks: Floats) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Each day once, and the place of its first check."""
    return np.unique(np.floor(checks + 1e-9).astype(np.int64), return_index=True)


def log_rows(course: Course, last_day: Floats) -> pl.DataFrame:
    """The log frame: who was given what drug, when and why: as planned (rule `PLANNED`), or by a rule of the guideline."""
    order, pieces = np.arange(len(course)), []
    for dose in course.planned:
        given = order[dose.day <= last_day]
        pieces.append(
            _given(course, given, dose.day, PLANNED, dose.drug, dose.milligrams[given], dose.unit, "as planned")
        )
    fired = course.firings
    there = np.flatnonzero(course.days[fired.check] <= last_day[fired.patient])
    by_rule = []
    for number in np.unique(fired.firing[there]):
        rule, here = course.rules[number], there[fired.firing[there] == number]
        who, check = fired.patient[here], fired.check[here]
        signs = {name: course[name][who, check] for name in rule.reads if name in course}
        reasons = reason_texts(rule, signs, len(here))
        rows = _given(course, who, course.days[check], rule.id, rule.drug, fired.value[here], rule.unit, reasons)
        by_rule.append(rows.hstack([pl.Series("place", here)]))
    if by_rule:  # of one moment: in the order in which the rules fired
        pieces.append(pl.concat(by_rule).sort("place").drop("place"))
    kinds = {"patient": pl.Int64, "day": pl.Float64, "rule": pl.String, "drug": pl.String, "amount": pl.Float64,
             "unit": pl.String, "reason": pl.String}  # fmt: skip
    return pl.concat([pl.DataFrame(schema=kinds), *pieces]).sort("patient", "day", maintain_order=True)


def _given(
    course: Course, who: NDArray[np.int64], day: float | Floats, rule: str, drug: str, amount: Floats, unit: str,
    reason: str | list[str],
) -> pl.DataFrame:  # fmt: skip
    """Rows of the log: one drug under one rule, to the patients in these rows of the course."""
    n = len(who)
    word = {"rule": rule, "drug": drug, "unit": unit, **({"reason": reason} if isinstance(reason, str) else {})}
    texts = {name: pl.Series([text]).new_from_index(0, n) for name, text in word.items()}
    if not isinstance(reason, str):
        texts["reason"] = pl.Series(reason, dtype=pl.String)
    return pl.DataFrame(
        {"patient": course.patients[who], "day": np.broadcast_to(day, n).astype(np.float64), "rule": texts["rule"],
         "drug": texts["drug"], "amount": np.asarray(amount, dtype=np.float64), "unit": texts["unit"],
         "reason": texts["reason"]}
    )  # fmt: skip
