"""Other people's models, as recipes of one mechanism each, with the numbers that a reproduction has to reach.

    published/<id>.toml              citation, scenarios, targets        this file reads it
    published/mechanisms/<id>.ant    the equations      <id>.toml  their parameters with origins
    published/recipes/<id>.toml      makes them a model: units checked, exportable, runnable like our own

A new published model is four small files here and a page in docs/reproductions. `interop.reproduction` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from livingdrug.foundation.errors import CatalogError, UnknownName
from livingdrug.foundation.findings import sentence, telling
from livingdrug.foundation.toml_files import read_toml_file

if TYPE_CHECKING:
    from livingdrug.model.assemble import Model

FOLDER = Path(__file__).parent
Measure = Literal["value", "max", "day_of_max", "min", "day_of_min", "first_day_below"]
Provenance = Literal["paper", "second computation", "data"]
Formula = Annotated[str, BeforeValidator(lambda given: repr(given) if isinstance(given, (int, float)) else given)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScenarioDose(_Part):
    """Something given: day and amount are numbers or formulas of the model's parameters."""

    state: str
    day: Formula = "0"
    amount: Formula


class Scenario(_Part):
    """One simulation of the model.

    Attributes
    ----------
    meaning
        In words, for the page.
    until
        Last day.
    set
        Parameters that differ from the sheet.
    dose
        What is given when.
    switch_days
        Formulas of days at which the equations change; the integrator stops there.
    """

    meaning: str = Field(min_length=3)
    until: float = Field(gt=0)
    set: dict[str, float] = {}
    dose: tuple[ScenarioDose, ...] = ()
    switch_days: tuple[Formula, ...] = ()


class Target(_Part):
    """One number to reach.

    Attributes
    ----------
    quantity
        State or output of the model.
    measure
        What is read off its course; `value` needs `at`.
    at
        Day.
    between
        Days within which an extreme is sought; the whole course by default.
    below
        Level of `first_day_below`.
    printed
        The number as printed; the last digit is the tolerance, half a unit of it, unless `tolerance` is given. With
        ``<`` before it, ours has to be smaller.
    tolerance, why
        Relative tolerance, and its reason.
    provenance
        ``"paper"``: printed by the authors. ``"second computation"``: the same equations in another integrator, before
        this package existed. ``"data"``: measured in patients; shown for comparison, a model need not meet it.
    where
        Table, figure or computation.
    scenario
        Which simulation.
    """

    quantity: str
    printed: str
    provenance: Provenance
    where: str = Field(min_length=3)
    scenario: str = "typical"
    measure: Measure = "value"
    at: float | None = None
    between: tuple[float, float] | None = None
    below: float | None = None
    tolerance: float | None = Field(default=None, gt=0, le=0.2)
    why: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Target:
        float(self.printed.removeprefix("<"))
        if (self.measure == "value") != (self.at is not None):
            raise ValueError('"at" belongs to the measure "value", and only to it')
        if (self.measure == "first_day_below") != (self.below is not None):
            raise ValueError('"below" belongs to the measure "first_day_below", and only to it')
        if (self.tolerance is not None) != bool(self.why):
            raise ValueError("a tolerance other than the last printed digit needs a reason in why")
        return self

    @property
    def value(self) -> float:
        """The printed number."""
        return float(self.printed.removeprefix("<"))

    def accepts(self, ours: float) -> bool:
        """Whether a number agrees with the printed one."""
        if self.printed.startswith("<"):
            return ours < self.value
        return bool(abs(ours - self.value) <= self.room * (1 + 1e-9))

    @property
    def room(self) -> float:
        """Largest accepted distance from it.

        Examples
        --------
        >>> Target(quantity="car_t", printed="1.640e10", provenance="paper", where="Fig 1", measure="max").room
        5000000.0
        """
        if self.tolerance is not None:
            return self.tolerance * abs(self.value)
        mantissa, _, exponent = self.printed.removeprefix("<").lower().partition("e")
        decimals = len(mantissa.partition(".")[2])
        return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


class Published(_Part):
    """A published model and what its reproduction has to reach.

    Attributes
    ----------
    id
        The file's name; also the name of the recipe.
    title, citation, doi
        Of the publication.
    obtained
        Where equations and values were read, and what has not been seen.
    scenario, target
        Simulations by name; numbers to reach.
    """

    id: str
    title: str = Field(min_length=3)
    citation: str = Field(min_length=10)
    doi: str = Field(pattern=r"^10\.\d{4,}/\S+$")
    obtained: str = Field(min_length=10)
    scenario: dict[str, Scenario] = Field(min_length=1)
    target: tuple[Target, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _scenarios_exist(self) -> Published:
        for number, target in enumerate(self.target, start=1):
            if target.scenario not in self.scenario:
                raise ValueError(f'target {number} names the scenario "{target.scenario}", which is not described')
            if target.at is not None and not 0 <= target.at <= self.scenario[target.scenario].until:
                raise ValueError(f"target {number} is at day {target.at:g}, outside its scenario")
        return self


@dataclass(frozen=True)
class PublishedModel:
    """A published model, ready to be read by the engine.

    Attributes
    ----------
    about
        Citation, scenarios, targets.
    model
        Assembled and unit-checked like any other.
    """

    about: Published
    model: Model


def published_models() -> list[str]:
    """The ids of all published models, sorted.

    Examples
    --------
    >>> "stein_2019" in published_models()
    True
    """
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def about_published(name: str) -> Published:
    """Citation, scenarios and targets of a published model.

    Raises
    ------
    UnknownName
        No such model.
    CatalogError
        Its file does not hold together.
    """
    path = FOLDER / f"{name}.toml"
    if name not in published_models():
        raise UnknownName("published model", name, published_models())
    try:
        return Published.model_validate({"id": name, **read_toml_file(path, called=path.name)})
    except ValidationError as problem:
        lines = [
            f'{path.name}, "{".".join(map(str, e["loc"])) or "file"}": {sentence(e)}'
            for e in telling(problem.errors())[:8]
        ]
        raise CatalogError("\n".join(lines) + "\n  Compare with another file of the same folder.") from None


def open_published(name: str) -> PublishedModel:
    """A published model with its equations; errors as in `about_published` and `assemble`."""
    from livingdrug.model.assemble import assemble

    about = about_published(name)
    return PublishedModel(about, assemble(FOLDER / "recipes" / f"{name}.toml"))
