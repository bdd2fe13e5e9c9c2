"""A sign: what a check can see, a person report or a table hold, and what it is worth to grades, wards and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part


class Summary(Part):
    """How a sign of a whole course is read off a count that is measured over weeks.

    Attributes
    ----------
    counts
        The sign that is counted, a moment's: ``"neutrophils"``.
    how
        A file's word for one of the summaries of `livingdrug.clinic.course_signs`: days at most or below a limit, never above it, the
        lowest count that a second one confirms.
    limit
        In the unit of `counts`.
    days
        First and last day looked at.
    """

    counts: str
    how: Literal["days_at_most", "days_below", "never_above", "confirmed_lowest"]
    limit: float
    days: tuple[int, int]


class Shown(Part):
    """How a sign is told of one patient.

    Attributes
    ----------
    heading
        Short heading of its column in a terminal; empty where it has none.
    digits
        Behind the decimal point.
    always
        In the table also when it never left its healthy value.
    before, after
        Words before and behind a value in a sentence: ``"vasopressor level 2"``, ``"38.4 °C"``; both empty: not told so.
    support_from, support
        From this value on days count as days on a support, with its name: ``"Vasopressor"``.
    """

    heading: str = ""
    digits: int = 0
    always: bool = False
    before: str = ""
    after: str = ""
    support_from: float | None = None
    support: str = ""


class Sign(CatalogRecord):
    """A sign that a scale may read; its title is its meaning, with its levels.

    Attributes
    ----------
    kind
        ``moment``: a check of a simulated course sees it. ``flag``: what the ward knows besides; 0 when nobody says otherwise.
        ``reported``: what only a person at the bedside can report; 0 when nobody does, and for the rules at a simulated check (a model
        that has it all the same grades a course afterwards). ``course``: a summary of a whole course, for scales of duration.
    read_from
        Where a simulated course has it from: the mechanism whose output has its name; ``"rules"`` for what the check program keeps;
        ``"counts"`` for a summary; ``""`` for what no simulation has.
    order
        Place among the signs: columns of tables and templates follow it.
    unit
        Canonical unit; ``""`` for a level or score.
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
    complaint
        True for what a table may lack: then nobody looked, and a grade is told with the highest it might be.
    unseen_is_zero
        Whether a scale that reads it grades a simulated course although no output has its name: it stands at 0 there.
    kept_from
        From this value on (or below, where lower is worse) a day late in a course has a row on the ward; absent for never.
    at_checks
        Of a reported sign: rules at a simulated check see it where the model has it; elsewhere it is 0 for them.
    headings
        Other headings of a table that mean this sign.
    levels
        Words that stand for its values in a table; yes and no where it is one or the other.
    needs_unit
        The heading has to say the unit, because two usual units have values that overlap.
    high_without_unit
        Where no unit is stated, a value above this is in another unit; 0 for `high`.
    summary
        Of a sign of a whole course.
    shown
        How it is told of one patient; absent for not at all.
    """

    kind: Literal["moment", "flag", "reported", "course"]
    read_from: str = ""
    order: int
    unit: str = ""
    well: float = 0.0
    worse: Literal[1, -1] = 1
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    laboratory: bool = False
    complaint: bool = False
    unseen_is_zero: bool = False
    kept_from: float | None = None
    at_checks: bool = False
    headings: tuple[str, ...] = ()
    levels: Mapping[str, float] = Field(default_factory=dict)
    needs_unit: bool = False
    high_without_unit: float = 0.0
    summary: Summary | None = None
    shown: Shown | None = None
    note: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Sign:
        if not self.low <= self.well <= self.high:
            raise ValueError(f"well: {self.well:g} lies outside low to high ({self.low:g} to {self.high:g})")
        for word, value in self.levels.items():
            if not self.low <= value <= self.high:
                raise ValueError(f'levels: "{word}" is {value:g}, outside low to high ({self.low:g} to {self.high:g})')
        if (self.summary is not None) != (self.kind == "course"):
            raise ValueError('a sign of kind "course" has a summary, and no other has one')
        return self

    @property
    def meaning(self) -> str:
        """What it is, with its levels."""
        return self.title
