"""What a trial counts: an endpoint as formulas over the patients frame, so a new one is a file and no code."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.expressions import read_formula

FORMULAS = ("among", "success", "value")
GROUPS = {
    "manufacturing": "Getting the cells",
    "efficacy": "Response",
    "survival": "Survival",
    "kinetics": "Cellular kinetics",
    "toxicity": "Toxicity",
    "management": "Management of toxicity",
    "laboratory": "Cytokines and laboratory values",
    "cytopenia": "Blood counts",
    "b_cells": "B cells",
    "infection": "Infections and immunoglobulin",
    "other": "Other",
}
"""What an endpoint is about, with the heading it is told under, in the order in which groups are told."""


class Endpoint(CatalogRecord):
    """One endpoint.

    Formulas are written in the language of `livingdrug.foundation.expressions` over the columns of the patients frame:
    yes/no columns read as 1/0, a column ending in ``_day`` is +infinity when the thing never happened, text columns
    give 0/1 names such as ``death_cause_toxicity``; ``infused``, ``responder``, ``relapsed`` … are ready made.

    Further keys (``success``, ``event_day``, ``curve``, ``summary``, ``horizon`` …) belong to the kind or the estimator,
    each one file in `livingdrug.outcome.kinds` or `livingdrug.outcome.estimators`; they are held against these by
    `livingdrug.outcome.asked.ask`.

    Attributes
    ----------
    definition
        What is counted, in the words of a protocol.
    kind
        ``proportion``, ``time_to_event``, ``quantity`` …: a file in `livingdrug.outcome.kinds`.
    estimator
        How a group is told: a file in `livingdrug.outcome.estimators`; the kind's usual one when empty (exact binomial
        interval; Kaplan-Meier, or Aalen-Johansen when `competing_day` is given; median or geometric mean with spread).
    among
        Who is in the denominator: a formula, nonzero = counted.
    unit
        Of a quantity.
    at, at_unit
        Of a curve: the times a table shows by default.
    group
        What it is about, a word of `GROUPS`: tables, reports and comparisons gather endpoints by it.
    short
        Name for narrow tables, with what sets it apart from its neighbours; the title when empty.
    order
        Place within its group.
    card
        Place among the key numbers at the top of a report; 0 for none.
    shown_at
        Of a time to event: the time that a single number is told at, in `at_unit`; the middle one of `at` when omitted.
    beside
        Another endpoint in whose figure this one is drawn, thinner: the same question among other patients.
    from_enrolment
        The endpoint that asks the same question of everyone enrolled, from enrolment: tests between randomised arms
        count it.
    harm_of_window
        Whether it limits the therapeutic window of a product, unless another harm is asked for: one endpoint does.
    source, where, status
        Where the definition was read.
    """

    model_config = ConfigDict(extra="allow")

    definition: str = Field(min_length=10)
    kind: str
    estimator: str = ""
    among: str = "treated"
    unit: str = ""
    at: tuple[float, ...] = ()
    at_unit: str = "month"
    group: str = "other"
    short: str = ""
    order: int = 100
    card: int = Field(default=0, ge=0)
    shown_at: float | None = Field(default=None, ge=0)
    beside: str = ""
    from_enrolment: str = ""
    harm_of_window: bool = False
    source: str = Field(min_length=3)
    where: str = ""
    seen_at: str = ""
    status: Literal["read", "unverified", "own"] = "own"
    note: str = ""

    @field_validator("group")
    @classmethod
    def _known_group(cls, word: str) -> str:
        if word not in GROUPS:
            raise UnknownName("group of endpoints", word, GROUPS)
        return word

    @model_validator(mode="after")
    def _readable(self) -> Endpoint:
        for text in self.formulas.values():
            read_formula(text)
        if any(time < 0 for time in self.at):
            raise ValueError(f'"at" must not be negative, got {self.at}')
        return self

    @property
    def further(self) -> dict[str, Any]:
        """The keys that belong to the kind or the estimator, as the file gives them."""
        return {key: value for key, value in (self.model_extra or {}).items() if value is not None}

    @property
    def formulas(self) -> dict[str, str]:
        """Every formula of the file by its key."""
        texts = {key: text for key, text in self.further.items() if is_formula(key) and isinstance(text, str)}
        return {"among": self.among, **texts}

    @property
    def name(self) -> str:
        """The short name, or else the title."""
        return self.short or self.title

    @property
    def time_shown(self) -> float | None:
        """The time that a single number is told at, in `at_unit`; None for what has no time."""
        if self.shown_at is not None or not self.at:
            return self.shown_at
        return self.at[len(self.at) // 2]

    def at_months(self, times: tuple[float, ...]) -> Endpoint:
        """This endpoint at a trial's own times [month]; it is shown at its usual time when that is among them."""
        shown = self.shown_at if self.shown_at in times and self.at_unit == "month" else None
        return self.model_copy(update={"at": times, "at_unit": "month", "shown_at": shown})

    @property
    def place(self) -> tuple[int, int, str]:
        """Sorts endpoints as they are told: by group, then by order, then by name."""
        return list(GROUPS).index(self.group), self.order, self.id

    @property
    def needs(self) -> tuple[str, ...]:
        """Every name the formulas read, sorted."""
        return tuple(sorted({name for text in self.formulas.values() for name in read_formula(text).names}))


def is_formula(key: str) -> bool:
    """Whether a key of an endpoint file holds a formula: ``among``, ``success``, ``value`` and all that end in ``_day``.

    >>> is_formula("event_day"), is_formula("curve")
    (True, False)
    """
    return key in FORMULAS or key.endswith("_day")
