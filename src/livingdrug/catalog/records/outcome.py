"""An outcome: one number a patient, reduced from what was seen, so a new one is a file and no simulation."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.expressions import read_formula

Frame = Literal["visits", "ward", "grades", "events", "log", "exits", "response", "truth"]
PLACEHOLDERS = ("scale", "drug", "drug_class", "quantity", "day", "grade")
"""What the name of a family of outcomes may leave open: `{scale}_max` is one file for every scale."""
Role = Literal[
    "best response", "first response", "treatment failure", "relapse", "antigen-negative relapse", "recovery of B cells",
    "further therapy", "death", "cause of death", "last contact", "peak of cells", "day of the peak", "days at a grade",
    "doses of a drug",
]  # fmt: skip
"""What flow, stories and headlines have to find: each is played by one outcome, whatever it is called."""
DIARY_WORDS = ("Look", "best", "lost", "Lost", "target", "cause")
"""What the sentence of a diary may leave open."""
_BRACES = re.compile(r"{(\w+)}")


class DiaryLine(Part):
    """How a dated outcome is told in a patient's diary.

    Attributes
    ----------
    sentence
        With open words in braces: what was looked at (``{Look}``), the best response (``{best}``), the loss of it (``{lost}``,
        ``{Lost}``), the ``{malignancy}``, whether it ``{still}`` carried or had lost the ``{antigen}``, the ``{cause}`` of death.
    mark
        What kind of turn it is.
    order
        Place among what happened on the same day, low first.
    """

    sentence: str = Field(min_length=3)
    mark: Literal["plain", "good", "alarm"] = "plain"
    order: int = 1000

    @field_validator("sentence")
    @classmethod
    def _known_words(cls, text: str) -> str:
        strangers = sorted(set(_BRACES.findall(text)) - set(DIARY_WORDS))
        if strangers:
            raise ValueError(f'leaves "{strangers[0]}" open; it may leave open {", ".join(DIARY_WORDS)}')
        return text


class Outcome(CatalogRecord):
    """One outcome, or a family of them with one name for each scale, drug, class of drugs, assay, day or grade.

    Attributes
    ----------
    name
        Its name in formulas of endpoints; the file's name when empty. A family leaves parts open: ``"doses_{drug}"``.
    definition
        What is told of a patient.
    of
        The frame that is read: ``visits`` (assays), ``ward`` (worst signs of each day), ``grades``, ``events``, ``log``
        (drugs given by rules), ``exits`` (how follow-up ended), ``response`` (by the disease's criterion), ``truth``.
    match
        Rows read: column -> value, or list of values. In ``grades``, ``toxicity`` means the first scale recorded of it.
    days
        First and last day read; absent for the whole follow-up.
    when
        Rows counted among those read: a formula over the frame's columns and the trial's numbers (``[conduct]``).
    reduce
        How rows become one value: a file of `livingdrug.outcome.reducers`.
    column
        The column reduced.
    option
        What the reducer needs besides, e.g. the scale of a grade: name -> text or number.
    absent
        What a patient without any row read has: ``unknown``, or ``none`` (zero, no).
    kind
        ``number``, ``whole``, ``yes_no``, ``day`` (infinite in formulas when it never came) or ``text``.
    unit
        Of the value.
    values
        For a text: the words every run may meet; each is a yes-or-no name ``<name>_<word>`` in formulas.
    listed
        Whether it is a column of the patients table; families are so for every scale graded when true.
    compared
        Whether comparisons of arms show it besides endpoints, as a difference of means or a ratio of geometric means.
    role
        What it is to flow, stories and headlines; one outcome plays each role.
    ready_made
        A yes-or-no name for formulas: whether the day came, or whether it holds (``"died"``); unknown is no.
    diary
        How it is told in a patient's diary; absent for not at all.
    event, event_detail, event_grade
        The event that a day stands for; a text about it, and the outcome that grades it.
    """

    name: str = ""
    definition: str = Field(min_length=10)
    of: Frame
    match: dict[str, str | float | bool | tuple[str, ...]] = Field(default_factory=dict)
    days: tuple[float, float] | None = None
    when: str = ""
    reduce: str
    column: str = "value"
    option: dict[str, str | float | bool] = Field(default_factory=dict)
    absent: Literal["unknown", "none"] = "unknown"
    kind: Literal["number", "whole", "yes_no", "day", "text"] = "number"
    unit: str = ""
    values: tuple[str, ...] = ()
    listed: bool = True
    event: str = ""
    event_detail: str = ""
    event_grade: str = ""
    compared: Literal["", "mean", "ratio"] = ""
    note: str = ""
    role: Role | Literal[""] = ""
    ready_made: str = ""
    diary: DiaryLine | None = None

    @field_validator("when")
    @classmethod
    def _readable(cls, text: str) -> str:
        if text and not _BRACES.search(text):
            read_formula(text)
        return text

    @model_validator(mode="after")
    def _sound(self) -> Outcome:
        strangers = sorted(set(self.open) - set(PLACEHOLDERS))
        if strangers:
            raise ValueError(f'name leaves "{strangers[0]}" open; it may leave open {", ".join(PLACEHOLDERS)}')
        if self.days is not None and self.days[1] < self.days[0]:
            raise ValueError(f"days: {self.days[1]:g} comes before {self.days[0]:g}")
        if bool(self.values) and self.kind != "text":
            raise ValueError("values are the words of a text")
        if self.diary is not None and self.kind != "day":
            raise ValueError("diary tells of a day")
        if self.ready_made and self.kind not in ("day", "yes_no"):
            raise ValueError("ready_made is made of a day or a yes-or-no")
        if self.open and (self.ready_made or self.diary):
            raise ValueError("a family of outcomes has no ready-made name and no line in the diary")
        return self

    def setting(self, name: str) -> str | float | bool:
        """An option that the reducer needs.

        Raises
        ------
        CatalogError
            The file does not give it.
        """
        if name not in self.option:
            raise CatalogError(
                f'outcome/{self.id}.toml, "option": the reducer "{self.reduce}" needs "{name}".\n  Add it.'
            )
        return self.option[name]

    @property
    def pattern(self) -> str:
        """The name with its open parts, e.g. ``"doses_{drug}"``."""
        return self.name or self.id

    @property
    def open(self) -> tuple[str, ...]:
        """Parts of the name left open, in order."""
        return tuple(_BRACES.findall(self.pattern))

    def filled(self, parts: dict[str, str]) -> Outcome:
        """The member of a family with these parts put in everywhere."""

        def put(value: object) -> object:
            if isinstance(value, str):
                return _BRACES.sub(lambda found: parts.get(found[1], found[0]), value)
            if isinstance(value, tuple):
                return tuple(put(part) for part in value)
            return value

        update = {
            "name": put(self.pattern), "title": put(self.title), "definition": put(self.definition),
            "match": {key: put(value) for key, value in self.match.items()}, "when": put(self.when),
            "column": put(self.column), "option": {key: put(value) for key, value in self.option.items()},
            "unit": put(self.unit),
        }  # fmt: skip
        return self.model_copy(update=update)
