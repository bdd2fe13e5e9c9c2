"""Grading scales: rows of conditions on the signs a clinician reads, with the published wording beside each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import Inheriting, Part
from livingdrug.foundation.errors import ExpressionError
from livingdrug.foundation.expressions import read_formula
from livingdrug.foundation.quantities import Status


@dataclass(frozen=True)
class Sign:
    """A physiological quantity a grade is read from.

    Attributes
    ----------
    unit
        Canonical unit; ``""`` for a level or score.
    meaning
        What it is, with its levels.
    well
        Its value in a well patient.
    worse
        +1 when a higher value is worse, -1 when a lower one is.
    low, high
        What a value written by a person may be; outside it is a slip of the pen or another unit.
    whole
        True for levels and scores counted in whole points.
    laboratory
        True for what only an assay tells; the ward does not see it.
    """

    unit: str
    meaning: str
    well: float
    worse: int
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    laboratory: bool = False


SIGNS: dict[str, Sign] = {
    "temperature": Sign("degC", "Body temperature", 36.8, +1, 25.0, 45.0),
    "mean_arterial_pressure": Sign("mmHg", "Mean arterial pressure on the support in place", 80.0, -1, 10.0, 200.0),
    "pressor_level": Sign(
        "", "0 none, 1 fluid boluses, 2 one low-dose, 3 high-dose, 4 multiple vasopressors", 0.0, +1, 0.0, 4.0, True
    ),
    "oxygen_level": Sign(
        "",
        "0 none, 1 low flow, 2 high flow or mask, 3 CPAP or BiPAP, 4 mechanical ventilation",
        0.0,
        +1,
        0.0,
        4.0,
        True,
    ),
    "creatinine_ratio": Sign("", "Creatinine over its upper limit of normal", 0.6, +1, 0.0, 50.0),
    "transaminase_ratio": Sign("", "Transaminases over their upper limit of normal", 0.6, +1, 0.0, 1000.0),
    "ice_score": Sign("", "ICE encephalopathy score, 10 is unimpaired", 10.0, -1, 0.0, 10.0),
    "arousal": Sign("", "0 awakens spontaneously, 1 to voice, 2 to touch, 3 unarousable", 0.0, +1, 0.0, 3.0, True),
    "seizure": Sign("", "0 none, 1 brief and resolving, 2 longer than 5 min or repetitive", 0.0, +1, 0.0, 2.0, True),
    "motor_weakness": Sign("", "1 with deep focal motor weakness", 0.0, +1, 0.0, 1.0, True),
    "cerebral_oedema": Sign("", "0 none, 1 focal, 2 diffuse", 0.0, +1, 0.0, 2.0, True),
    "tremor": Sign("", "0 none, 1 mild, 2 limits daily activities, 3 limits self-care", 0.0, +1, 0.0, 3.0, True),
    "headache": Sign("", "0 none, 1 mild, 2 limits daily activities, 3 limits self-care", 0.0, +1, 0.0, 3.0, True),
    "distress": Sign(
        "",
        "Insomnia, anxiety or dizziness: 0 none, 1 mild, 2 limits daily activities, 3 limits self-care",
        0.0,
        +1,
        0.0,
        3.0,
        True,
    ),
    "neutrophils": Sign("1e9/L", "Absolute neutrophil count", 3.5, -1, 0.0, 500.0, laboratory=True),
    "platelets": Sign("1e9/L", "Platelet count", 250.0, -1, 0.0, 5000.0, laboratory=True),
    "igg": Sign("g/L", "Serum immunoglobulin G", 9.0, -1, 0.0, 200.0, laboratory=True),
    "crp": Sign("mg/L", "C-reactive protein", 2.0, +1, 0.0, 2000.0, laboratory=True),
    "ferritin": Sign("ng/mL", "Ferritin", 100.0, +1, 0.0, 1e6, laboratory=True),
    "il6": Sign("pg/mL", "Interleukin 6", 3.0, +1, 0.0, 1e7, laboratory=True),
}
"""What a check can see. The model's outputs carry these names."""

COMPLAINTS = ("tremor", "headache", "distress")
"""Signs that a table may lack: then nobody looked, and a grade is told with the highest it might be."""

FLAGS: dict[str, Sign] = {
    "fever_treated": Sign(
        "", "1 once an antipyretic, tocilizumab or a steroid was given in this episode", 0.0, +1, 0.0, 1.0, True
    ),
    "admitted": Sign(
        "", "1 while in hospital for symptoms of CRS, including febrile neutropenia", 0.0, +1, 0.0, 1.0, True
    ),
    "pressor_hours": Sign("hour", "Uninterrupted hours on a vasopressor", 0.0, +1, 0.0, 2000.0),
    "died_of_toxicity": Sign("", "1 when the patient died of this toxicity", 0.0, +1, 0.0, 1.0, True),
}
"""What the ward knows besides the signs; 0 when nobody says otherwise."""

REPORTED: dict[str, Sign] = {
    "capd_score": Sign(
        "", "Cornell Assessment of Pediatric Delirium, under 12 years; 0 is unimpaired", 0.0, +1, 0.0, 32.0, True
    ),
    "hlh_like": Sign(
        "", "HLH-like inflammation apart from CRS: 0 none, 1 observed only, 2 treated for it", 0.0, +1, 0.0, 2.0, True
    ),
    "movement_sign": Sign(
        "", "Slowness, tremor, flat affect, poor memory: 0 none, 1 mild, 2 moderate, 3 severe", 0.0, +1, 0.0, 3.0, True
    ),
}
"""What only a person at the bedside can report; 0 when nobody does, and for the rules at a simulated check.

A model with an HLH-like second wave has its own `hlh_like`, one with delayed neurotoxicity its own `movement_sign`; both grade
a simulated course afterwards.
"""

COURSE_SIGNS: dict[str, Sign] = {
    "days_neutrophils_at_most_500": Sign(
        "day", "Days 0-30 with neutrophils at or below 500 per uL", 0.0, +1, 0.0, 31.0
    ),
    "days_neutrophils_at_most_100": Sign(
        "day", "Days 0-30 with neutrophils at or below 100 per uL", 0.0, +1, 0.0, 31.0
    ),
    "neutrophils_never_above_500": Sign(
        "", "1 when neutrophils stayed at or below 500 per uL on days 0-30", 0.0, +1, 0.0, 1.0, True
    ),
    "days_platelets_below_50": Sign("day", "Days 0-30 with platelets below 50e9/L", 0.0, +1, 0.0, 31.0),
    "days_platelets_below_20": Sign("day", "Days 0-30 with platelets below 20e9/L", 0.0, +1, 0.0, 31.0),
    "late_neutrophil_nadir": Sign(
        "1e9/L", "Lowest neutrophils of days 31-100 when a second count is low, too", 3.5, -1, 0.0, 500.0
    ),
    "days_late_platelets_below_100": Sign("day", "Days 31-100 with platelets below 100e9/L", 0.0, +1, 0.0, 70.0),
    "days_late_platelets_below_50": Sign("day", "Days 31-100 with platelets below 50e9/L", 0.0, +1, 0.0, 70.0),
    "days_late_platelets_below_20": Sign("day", "Days 31-100 with platelets below 20e9/L", 0.0, +1, 0.0, 70.0),
}
"""Summaries of a whole course, for scales that grade duration and not a moment."""

READABLE: dict[str, Sign] = {**SIGNS, **FLAGS, **REPORTED, **COURSE_SIGNS}


def read_names(formula: str, where: str) -> tuple[str, ...]:
    """The names a formula reads; a formula outside the language becomes a ValueError that says where it stands."""
    try:
        return read_formula(formula).names
    except ExpressionError as problem:
        raise ValueError(f"{where}: {problem}") from None


class ScaleRow(Part):
    """One line of a published grading table.

    Attributes
    ----------
    grade
        From 1 to 5.
    domain
        What the line is about: fever, oxygen …
    condition
        Formula of signs; the line holds where it is true.
    text
        The published wording, in short.
    """

    grade: int = Field(ge=1, le=5)
    domain: str
    condition: str
    text: str = Field(min_length=3)
    source: str = Field(min_length=3)
    where: str = ""
    status: Status
    note: str = ""


class Scale(Inheriting):
    """A grading scale: the grade is the highest one with a row whose condition holds.

    Attributes
    ----------
    toxicity
        What is graded, e.g. "CRS".
    requires
        A formula that must hold for any grade above 0 (fever for ASTCT); empty for none.
    requires_text
        The published or chosen wording of that rule.
    graded_on
        "check" for signs at a moment, "course" for durations over a whole course.
    after_infusion
        True when the toxicity cannot exist before the CAR T cells are given.
    graded_when_modelled
        Recorded in every trial whose model has all its signs, named by the trial or not.
    whole_course
        Recorded to the end of follow-up; others for eight weeks.
    stands_in
        Sign -> another sign that may be given in its place (CAPD for ICE in young children).
    row
        The rows, in the file's order; a scale that extends another adds rows to the other's.
    """

    toxicity: str
    summary: str = ""
    note: str = ""
    requires: str = ""
    requires_text: str = ""
    graded_on: Literal["check", "course"] = "check"
    after_infusion: bool = True
    graded_when_modelled: bool = False
    whole_course: bool = False
    stands_in: dict[str, str] = Field(default={})
    appended = ("row",)
    row: tuple[ScaleRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _readable(self) -> Scale:
        known = (
            {**SIGNS, **FLAGS, **REPORTED} if self.graded_on == "check" else {**COURSE_SIGNS, "died_of_toxicity": None}
        )
        texts = [(f"row {i + 1} (grade {row.grade}, {row.domain})", row.condition) for i, row in enumerate(self.row)]
        if self.requires:
            texts.append(("requires", self.requires))
        for where, text in texts:
            unknown = sorted(set(read_names(text, where)) - known.keys())
            if unknown:
                raise ValueError(f'{where}: "{text}" reads {", ".join(unknown)}; a scale may read {", ".join(known)}')
        strangers = sorted({*self.stands_in, *self.stands_in.values()} - set(self.names))
        if strangers:
            raise ValueError(f"stands_in names {', '.join(strangers)}, which no row reads")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every sign and flag the scale reads, sorted."""
        texts = [row.condition for row in self.row] + ([self.requires] if self.requires else [])
        return tuple(sorted({name for text in texts for name in read_formula(text).names}))
