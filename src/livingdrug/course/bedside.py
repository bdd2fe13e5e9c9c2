"""What the ward saw day by day: grades, their onset and duration, support needed, drugs given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.scale import Record as Scale
from livingdrug.clinic.grading import grade
from livingdrug.clinic.management import RuleInfo, reason_text
from livingdrug.engine.ensemble import Firings

WATCHED_DAYS = 56
"""Grades are recorded for eight weeks, the window in which ELIANA counted CRS and neurological events."""
DIALYSIS_CREATININE_RATIO = 6.0
SHOWN_DAYS = 30
"""To this day a row stands for every day in care, also with grade 0."""


@dataclass(frozen=True)
class DailyGrades:
    """Worst grade of each day on one scale: days (D,), grades (n, D), -1 where the patient was not there."""

    scale: str
    days: NDArray[np.int64]
    grades: NDArray[np.int64]

    @property
    def highest(self) -> NDArray[np.int64]:
        """Highest grade of each patient (n,), 0 for never."""
        return np.maximum(self.grades.max(axis=1), 0)

    def first_and_last(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First and last day with any grade (n,), NaN for never."""
        any_grade = self.grades >= 1
        ever = any_grade.any(axis=1)
        first = np.where(ever, self.days[any_grade.argmax(axis=1)], np.nan)
        last = np.where(ever, self.days[len(self.days) - 1 - any_grade[:, ::-1].argmax(axis=1)], np.nan)
        return first, last


def daily_grades(
    checks: NDArray[np.float64],
    truth: Mapping[str, NDArray[np.float64]],
    scale: Scale,
    last_day: NDArray[np.float64],
    until: float = WATCHED_DAYS,
) -> DailyGrades:
    """Worst grade of each day, from the signs at its checks.

    Parameters
    ----------
    checks, truth
        Check days (C,) and signs, each (n, C).
    scale
        Grading scale.
    last_day
        Last day in care (n,).
    until
        Grades are read until this day; infinity for a toxicity that may come late.
    """
    acute = (checks >= 0) & (checks < until)
    signs = {name: values[:, acute] for name, values in truth.items()}
    signs["died_of_toxicity"] = np.zeros_like(signs["temperature"])
    here = ~np.isnan(signs["temperature"]) & (checks[acute] <= last_day[:, None])
    graded = np.where(here, grade(scale, signs).astype(np.int64), -1)
    day = np.floor(checks[acute] + 1e-9).astype(np.int64)
    days, begins = np.unique(day, return_index=True)
    return DailyGrades(scale.id, days, np.maximum.reduceat(graded, begins, axis=1))


def grade_rows(graded: Sequence[DailyGrades], patients: NDArray[np.int64]) -> pl.DataFrame:
    """The grades frame: patient, day, scale, grade."""
    pieces = []
    for one in graded:
        wanted = (one.grades >= 1) | ((one.grades >= 0) & (one.days <= SHOWN_DAYS))
        row, column = np.nonzero(wanted)
        pieces.append(
            pl.DataFrame(
                {"patient": patients[row], "day": one.days[column], "grade": one.grades[row, column]}
            ).with_columns(scale=pl.lit(one.scale))
        )
    return pl.concat(pieces).sort("patient", "scale", "day", maintain_order=True)


def log_rows(
    firings: Firings,
    rules: Sequence[RuleInfo],
    checks: NDArray[np.float64],
    truth: Mapping[str, NDArray[np.float64]],
    patients: NDArray[np.int64],
    last_day: NDArray[np.float64],
) -> pl.DataFrame:
    """The log frame: who was given what, when and why."""
    rows = []
    for who, check, firing, value in zip(firings.patient, firings.check, firings.firing, firings.value, strict=True):
        day, rule = float(checks[check]), rules[firing]
        if day > last_day[who]:
            continue
        signs = {name: float(truth[name][who, check]) for name in rule.reads if name in truth}
        rows.append((int(patients[who]), day, rule.id, rule.drug, float(value), rule.unit, reason_text(rule, signs)))
    kinds = {"patient": pl.Int64, "day": pl.Float64, "rule": pl.String, "drug": pl.String, "amount": pl.Float64,
             "unit": pl.String, "reason": pl.String}  # fmt: skip
    return pl.DataFrame(rows, schema=kinds, orient="row")


def support(
    checks: NDArray[np.float64], truth: Mapping[str, NDArray[np.float64]], last_day: NDArray[np.float64]
) -> dict[str, NDArray[np.bool_]]:
    """Whether a patient ever needed support of an organ within eight weeks: name -> (n,).

    Intensive care: a vasopressor, more than low-flow oxygen, or an ICE score of 2 or less (our definition). Dialysis:
    creatinine above six times its limit, which is CTCAE grade 4 (our definition).
    """
    here = (checks >= 0) & (checks < WATCHED_DAYS) & (checks <= last_day[:, None])
    pressor = (truth["pressor_level"] >= 2) & here
    oxygen = truth["oxygen_level"]
    intensive = pressor | ((oxygen >= 2) & here) | ((truth["ice_score"] <= 2) & here)
    needed = {
        "hypotension_treated": truth["pressor_level"] >= 1,
        "vasopressor": pressor,
        "vasopressor_high_dose": truth["pressor_level"] >= 3,
        "oxygen": oxygen >= 1,
        "ventilation": oxygen >= 4,
        "dialysis": truth["creatinine_ratio"] > DIALYSIS_CREATININE_RATIO,
        "icu": intensive,
    }
    return {name: np.asarray((moments & here).any(axis=1)) for name, moments in needed.items()}
