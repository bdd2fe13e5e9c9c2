"""What a trial counts: an endpoint as formulas over the patients frame, so a new one is a file and no code."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.expressions import read_formula

GROUPS = {
    "manufacturing": "Getting the cells",
    "efficacy": "Response",
    "survival": "Survival",
    "kinetics": "Cellular kinetics",
    "toxicity": "Toxicity",
    "management": "Management of toxicity",
    "cytopenia": "Blood counts",
    "b_cells": "B cells",
    "infection": "Infections and immunoglobulin",
    "other": "Other",
}
"""What an endpoint is about, with the heading it is told under, in the order in which groups are told."""

FORMULAS = ("among", "success", "origin_day", "event_day", "censor_day", "competing_day", "value")
_NEEDED = {
    "proportion": ("success",),
    "time_to_event": ("event_day", "censor_day"),
    "quantity": ("value",),
}


class Record(CatalogRecord):
    """One endpoint.

    Formulas are written in the language of `livingdrug.foundation.expressions` over the columns of the patients frame:
    yes/no columns read as 1/0, a column ending in ``_day`` is +infinity when the thing never happened, text columns
    give 0/1 names such as ``death_cause_toxicity``; ``infused``, ``responder``, ``relapsed`` … are ready made.

    Attributes
    ----------
    definition
        What is counted, in the words of a protocol.
    kind
        ``proportion`` (exact binomial interval), ``time_to_event`` (Kaplan-Meier, or Aalen-Johansen when
        `competing_day` is given) or ``quantity`` (median or geometric mean, with spread).
    among
        Who is in the denominator: a formula, nonzero = counted.
    success
        For a proportion: nonzero = has it.
    origin_day, event_day, censor_day, competing_day
        For a time to event: days; the first of event, competing event and censoring counts, the event winning ties.
    curve
        ``survival`` reports the probability of being event-free, ``incidence`` of having had the event.
    value, unit, summary
        For a quantity: the formula, its unit, and which number is the headline.
    at, at_unit
        The times a table shows by default.
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
    source, where, status
        Where the definition was read.
    """

    definition: str = Field(min_length=10)
    kind: Literal["proportion", "time_to_event", "quantity"]
    among: str = "infused"
    success: str | None = None
    origin_day: str = "0"
    event_day: str | None = None
    censor_day: str | None = None
    competing_day: str | None = None
    curve: Literal["survival", "incidence"] = "survival"
    value: str | None = None
    unit: str = ""
    summary: Literal["median", "geometric_mean", "mean"] = "median"
    at: tuple[float, ...] = ()
    at_unit: str = "month"
    group: str = "other"
    short: str = ""
    order: int = 100
    card: int = Field(default=0, ge=0)
    shown_at: float | None = Field(default=None, ge=0)
    beside: str = ""
    source: str = Field(min_length=3)
    where: str = ""
    status: Literal["read", "unverified", "own"] = "own"
    note: str = ""

    @field_validator(*FORMULAS)
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is not None:
            read_formula(text)
        return text

    @field_validator("group")
    @classmethod
    def _known_group(cls, word: str) -> str:
        if word not in GROUPS:
            raise UnknownName("group of endpoints", word, GROUPS)
        return word

    @model_validator(mode="after")
    def _complete(self) -> Record:
        for kind, fields in _NEEDED.items():
            for field in fields:
                given = getattr(self, field) is not None
                if kind == self.kind and not given:
                    raise ValueError(f'a {kind} endpoint needs "{field}"')
                if kind != self.kind and given:
                    raise ValueError(f'"{field}" belongs to a {kind} endpoint, but kind = "{self.kind}"')
        if self.kind != "time_to_event" and (self.competing_day is not None or self.at or self.shown_at is not None):
            raise ValueError('"competing_day", "at" and "shown_at" belong to a time_to_event endpoint')
        if any(time < 0 for time in self.at):
            raise ValueError(f'"at" must not be negative, got {self.at}')
        return self

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

    @property
    def place(self) -> tuple[int, int, str]:
        """Sorts endpoints as they are told: by group, then by order, then by name."""
        return list(GROUPS).index(self.group), self.order, self.id

    @property
    def needs(self) -> tuple[str, ...]:
        """Every name the formulas read, sorted."""
        texts = [getattr(self, field) for field in FORMULAS]
        return tuple(sorted({name for text in texts if text is not None for name in read_formula(text).names}))
