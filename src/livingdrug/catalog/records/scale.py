"""Grading scales: rows of conditions on the signs a clinician reads, with the published wording beside each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import Inheriting, Part
from livingdrug.foundation.errors import CatalogError, ExpressionError, UnknownName
from livingdrug.foundation.expressions import compared, read_formula
from livingdrug.foundation.quantities import Status

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


def read_names(formula: str, where: str) -> tuple[str, ...]:
    """The names a formula reads; a formula outside the language becomes a ValueError that says where it stands."""
    try:
        return read_formula(formula).names
    except ExpressionError as problem:
        raise ValueError(f"{where}: {problem}") from None


DIED = "died_of_toxicity"
"""The flag that a scale of a whole course may read, too; rules never see it, for the patient is dead."""


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
    seen_at: str = ""
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
        for where, text in self._texts():
            read_names(text, where)
        strangers = sorted({*self.stands_in, *self.stands_in.values()} - set(self.names))
        if strangers:
            raise ValueError(f"stands_in names {', '.join(strangers)}, which no row reads")
        return self

    def check_in(self, catalog: Lookup) -> None:
        """Every name is a sign of the catalogue that this kind of scale may read, and every limit one that it can reach."""
        kinds = ("moment", "flag", "reported") if self.graded_on == "check" else ("course",)
        signs = {name: catalog.load("sign", name) for name in self.names if catalog.has("sign", name)}
        for where, text in self._texts():
            for name in read_names(text, where):
                if name not in signs or (signs[name].kind not in kinds and (name, *kinds) != (DIED, "course")):
                    every = [catalog.load("sign", one) for one in catalog.names("sign")]
                    known = [one.id for one in sorted(every, key=lambda sign: sign.order) if one.kind in kinds]
                    raise CatalogError(f'{where}, "{text}": {UnknownName("sign", name, known)}')
            for name, limit in compared(text):
                sign = signs[name]
                if name != DIED and not sign.low <= limit <= sign.high:
                    raise CatalogError(
                        f'{where}, "{text}": {name} lies from {sign.low:g} to {sign.high:g}{f" {sign.unit}" * bool(sign.unit)}, so'
                        f" {limit:g} is never met, or always.\n  Correct the limit, or its unit."
                    )

    def _texts(self) -> list[tuple[str, str]]:
        """Every formula, with its place."""
        texts = [(f"row {i + 1} (grade {row.grade}, {row.domain})", row.condition) for i, row in enumerate(self.row)]
        return [*texts, ("requires", self.requires)] if self.requires else texts

    @property
    def names(self) -> tuple[str, ...]:
        """Every sign and flag the scale reads, sorted."""
        texts = [row.condition for row in self.row] + ([self.requires] if self.requires else [])
        return tuple(sorted({name for text in texts for name in read_formula(text).names}))
