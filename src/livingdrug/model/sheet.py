"""What stands beside a mechanism's equations: its parameter sheet; and the recipe that lists mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from livingdrug.foundation.errors import CatalogError, ModelError, UnitError
from livingdrug.foundation.findings import sentence, telling
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.repeated import repeated
from livingdrug.foundation.sources import check_sources
from livingdrug.foundation.toml_files import own_table, parse_toml
from livingdrug.model.instance import Instance, Own
from livingdrug.model.names import Name, Part, Template, UnitText, kinds_in
from livingdrug.model.units import parse_unit

_Record = TypeVar("_Record", bound=BaseModel)

ROLES = {
    "clone_cells": "state that counts the cells of a clone",
    "clone_lineage": "state with the mean size of a clone's surviving lineage",
    "clone_survivors": "expected number of a clone's surviving lineages",
    "tumour_total": "tumour cells in the whole body",
    "tumour_start": "parameter: tumour cells at the start",
    "tumour_growth": "parameter: net growth of the tumour",
    "tumour_capacity": "parameter: the burden that counts as whole",
    "tumour_ceiling": "parameter: burden at which growth stops, relative to the capacity",
    "infused_cells": "state that infused cells enter",
}
"""What other rooms ask a model for without knowing its names."""


class State(Part):
    """A state variable: what it is and how it is integrated.

    Attributes
    ----------
    meaning, unit
        In words; pint text such as ``"cell"`` or ``"pg/mL"``.
    integrate
        ``"log"`` for x = ln(1 + y/scale), exact over decades; ``"linear"`` for y itself.
    scale
        In `unit`: where the logarithm begins, or the size below which an absolute error counts.
    initial
        A number or an expression of parameters.
    """

    meaning: str = Field(min_length=3)
    unit: UnitText
    integrate: Literal["log", "linear"]
    scale: float = Field(gt=0)
    initial: str = "0"

    @model_validator(mode="before")
    @classmethod
    def _number_as_text(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and isinstance(data.get("initial"), (int, float)):
            return {**data, "initial": repr(data["initial"])}
        return data


class Output(Part):
    """An algebraic quantity worth recording."""

    meaning: str = Field(min_length=3)
    unit: UnitText


class Neutral(Part):
    """The value a name takes in recipes without the mechanism that provides it."""

    value: float
    unit: UnitText


class Gathered(Part):
    """A kind made of others: all that a receptor may see, whatever it is besides.

    Attributes
    ----------
    kinds
        Kinds whose instances belong to it; a kind that a recipe does not list adds none.
    also
        Further instances that are no kind of their own: name -> in words.
    """

    kinds: tuple[Name, ...]
    also: dict[Name, str] = Field(default_factory=dict)


class MechanismSheet(Part):
    """The sheet `<id>.toml` beside the fragment `<id>.ant`.

    Attributes
    ----------
    title, summary
        One line; one paragraph.
    scenario
        Not calibrated on patients: every surface says so of an arm whose cells bring it.
    per
        Kinds of instances that its names speak of: ``["clone"]`` when it has names such as ``tumour_{clone}``.
    reads
        Names this mechanism uses and others own.
    shapes
        Parameters that give a law its form (powers, counts of stages): dimensionless, the same for everybody, built into the
        compiled equations as numbers; disease, product and user do not set them.
    offers
        Parameters that no equation needs but clinical rules, doses or the population do (weight, age …).
    neutral
        Values of names this mechanism provides, for recipes without it; of ``x_{lesion}_{shell}`` also as ``x_{clone}``, for recipes whose
        clones are not composed of lesions and shells.
    role
        What it has that other rooms ask for, by role (`ROLES`): ``{ tumour_total = "…" }``.
    shares
        Parameters such as ``{clone}_share`` that add up to 1: the first instance has what the others leave.
    scaled
        Parameters of each instance that an antigen or factor of the instance multiplies: ``{ "density_{clone}" = "CD19" }``.
    gathers
        Kinds made of others, for every mechanism that speaks of them: kind -> `Gathered`.
    own
        What certain instances have of their own in this sheet, wherever a recipe lists them: kind -> instance -> `Own`.
    state, parameter, output
        What it owns.
    """

    title: str = Field(min_length=3)
    summary: str = Field(min_length=3)
    scenario: bool = False
    per: tuple[Name, ...] = ()
    reads: tuple[Template, ...] = ()
    shapes: tuple[Template, ...] = ()
    offers: tuple[Template, ...] = ()
    neutral: dict[Template, Neutral] = Field(default_factory=dict)
    role: dict[str, Template] = Field(default_factory=dict)
    shares: tuple[Template, ...] = ()
    scaled: dict[Template, str] = Field(default_factory=dict)
    gathers: dict[Name, Gathered] = Field(default_factory=dict)
    own: dict[Name, dict[Name, Own]] = Field(default_factory=dict)
    state: dict[Template, State] = Field(default_factory=dict)
    parameter: dict[Template, Quantity] = Field(default_factory=dict)
    output: dict[Template, Output] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> MechanismSheet:
        several = [own for named in self.own.values() for own in named.values()]
        for name, quantity in [pair for own in (self, *several) for pair in own.parameter.items()]:
            try:
                parse_unit(quantity.unit)
            except UnitError as problem:
                raise ValueError(f"parameter.{name}.unit: {problem}") from None
        lost = sorted(
            {
                name
                for own in several
                for name in (own.parameter.keys() - self.parameter.keys()) | (own.state.keys() - self.state.keys())
            }
        )
        if lost:
            raise ValueError(f'"own" has {", ".join(lost)}, which is no parameter or state of this sheet')
        owned = [*self.state, *self.parameter, *self.output]
        twice = sorted(repeated(owned))
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in two tables of state, parameter and output")
        both = sorted(set(self.reads) & set(owned))
        if both:
            raise ValueError(f'{", ".join(both)} is owned here and also listed in "reads"; take it out of "reads"')
        for key, listed in (
            ("shapes", self.shapes),
            ("offers", self.offers),
            ("shares", self.shares),
            ("scaled", self.scaled),
        ):
            strange = sorted(set(listed) - set(self.parameter))
            if strange:
                raise ValueError(f'"{key}" lists {", ".join(strange)}, which is no parameter of this sheet')
        spread = [name for name in self.shapes if self.parameter[name].spread or self.parameter[name].unit]
        if spread:
            raise ValueError(f'"shapes" lists {", ".join(spread)}, which has a unit or a spread; a form has neither')
        unknown = sorted(set(self.role) - set(ROLES))
        if unknown:
            raise ValueError(f"role.{unknown[0]} is no known role; known: {', '.join(ROLES)}")
        return self

    @model_validator(mode="after")
    def _instances(self) -> MechanismSheet:
        spoken = " ".join([*self.reads, *self.state, *self.parameter, *self.output, *self.role.values()])
        strange = [kind for kind in (*kinds_in(spoken), *self.own) if kind not in self.per]
        if strange:
            raise ValueError(f'speaks of each {strange[0]} and needs "{strange[0]}" in its list "per"')
        for name in (*self.shares, *self.scaled):
            if len(kinds_in(name)) != 1:
                raise ValueError(f'"{name}" in shares or scaled needs exactly one placeholder, such as {{clone}}')
        return self


class AcceptedWarning(Part):
    """A libSBML warning that a recipe knows about: its code, a piece of its text, and why it may stand."""

    code: int
    contains: str
    why: str = Field(min_length=10)


class Composed(Own):
    """A kind made of others, and what each of its instances has of its own, in words of its parts: ``share_{lesion}``.

    Attributes
    ----------
    of
        The kinds it is made of; what an instance of these says of the composed kind counts before what stands here.
    """

    of: tuple[Name, ...] = Field(min_length=2)


class Recipe(Part):
    """A scenario: which mechanisms are joined, for which instances, and which parameters differ from their sheets.

    Attributes
    ----------
    title, summary
        One line; one paragraph.
    mechanisms
        In the order in which they stand in the model.
    instance
        Kind -> name -> clone, site, receptor …, in order.
    composed
        Kinds whose instances are every choice of one of some others: ``[composed.clone] of = ["lesion", "shell", "strain"]`` has a clone
        ``liver_rim_dim``; `Composed`.
    override
        Parameters that differ from the sheets, by their full names (``density_dim``).
    accepted_warnings
        What libSBML may say.
    """

    title: str = Field(min_length=3)
    summary: str = Field(min_length=3)
    mechanisms: tuple[str, ...] = Field(min_length=1)
    instance: dict[Name, dict[Name, Instance]] = Field(default_factory=dict)
    composed: dict[Name, Composed] = Field(default_factory=dict)
    override: dict[Name, Quantity] = Field(default_factory=dict)
    accepted_warnings: tuple[AcceptedWarning, ...] = ()


@lru_cache(maxsize=512)  # a mechanism reads its sheet, and so do those who want the sheet alone
def sheet_from(file: str, text: str, own: bool = False) -> MechanismSheet:
    """The sheet in a TOML text; `file` names it in errors. The package's `own` texts are kept as tables between processes.

    Raises
    ------
    ModelError
        Not TOML, a key missing or unknown, a value of the wrong sort: says file and key.
    """
    return _record(file, text, MechanismSheet, own)


def recipe_from(file: str, text: str, own: bool = False) -> Recipe:
    """The recipe in a TOML text; errors as in `sheet_from`."""
    return _record(file, text, Recipe, own)


def _record(file: str, text: str, record: type[_Record], own: bool) -> _Record:
    try:
        data = own_table(text, file) if own else parse_toml(text.encode("utf-8"), file)
        check_sources(data, file)
    except CatalogError as problem:
        raise ModelError(str(problem)) from None
    try:
        return record.model_validate(data)
    except ValidationError as problem:
        raise ModelError(f"{faults(problem, file)}\n  Compare with another file of the same folder.") from None


def faults(problem: ValidationError, file: str) -> str:
    """What does not hold together, one line for each fault: file, key and what is wrong."""
    return "\n".join(
        f'{file}, "{".".join(str(part) for part in error["loc"]) or "file"}": {sentence(error)}'
        for error in telling(problem.errors())[:8]
    )
