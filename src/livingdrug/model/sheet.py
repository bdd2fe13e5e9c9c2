"""What stands beside a mechanism's equations: its parameter sheet; and the recipe that lists mechanisms."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from livingdrug.foundation.errors import CatalogError, ModelError, UnitError, UnknownName
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.toml_files import read_toml_file
from livingdrug.model.units import parse_unit

RESERVED = frozenset({"time", "exp", "log", "ln", "sqrt", "abs", "floor", "min", "max", "piecewise", "dimensionless"})
_Record = TypeVar("_Record", bound=BaseModel)


def _name(text: str) -> str:
    if not text.isidentifier() or not text.isascii() or keyword.iskeyword(text) or text in RESERVED:
        raise ValueError(
            f'"{text}" cannot be a name in a model: use letters, digits and _, and no word of the language'
        )
    return text


def _unit(text: str) -> str:
    try:
        parse_unit(text)
    except UnitError as problem:
        raise ValueError(str(problem)) from None
    return text


Name = Annotated[str, AfterValidator(_name)]
UnitText = Annotated[str, AfterValidator(_unit)]


class _Sheet(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class State(_Sheet):
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


class Output(_Sheet):
    """An algebraic quantity worth recording."""

    meaning: str = Field(min_length=3)
    unit: UnitText


class Neutral(_Sheet):
    """The value a name takes in recipes without the mechanism that provides it."""

    value: float
    unit: UnitText


class MechanismSheet(_Sheet):
    """The sheet `<id>.toml` beside the fragment `<id>.ant`.

    Attributes
    ----------
    title, summary
        One line; one paragraph.
    reads
        Names this mechanism uses and others own.
    offers
        Parameters that no equation needs but clinical rules, doses or the population do (weight, age …).
    neutral
        Values of names this mechanism provides, for recipes without it.
    state, parameter, output
        What it owns.
    """

    title: str = Field(min_length=3)
    summary: str = Field(min_length=3)
    reads: tuple[Name, ...] = ()
    offers: tuple[Name, ...] = ()
    neutral: dict[Name, Neutral] = {}
    state: dict[Name, State] = {}
    parameter: dict[Name, Quantity] = {}
    output: dict[Name, Output] = {}

    @model_validator(mode="after")
    def _whole(self) -> MechanismSheet:
        for name, quantity in self.parameter.items():
            try:
                _unit(quantity.unit)
            except ValueError as problem:
                raise ValueError(f"parameter.{name}.unit: {problem}") from None
        owned = [*self.state, *self.parameter, *self.output]
        twice = sorted({name for name in owned if owned.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in two tables of state, parameter and output")
        both = sorted(set(self.reads) & set(owned))
        if both:
            raise ValueError(f'{", ".join(both)} is owned here and also listed in "reads"; take it out of "reads"')
        strange = sorted(set(self.offers) - set(self.parameter))
        if strange:
            raise ValueError(f'"offers" lists {", ".join(strange)}, which is no parameter of this sheet')
        return self


class AcceptedWarning(_Sheet):
    """A libSBML warning that a recipe knows about: its code, a piece of its text, and why it may stand."""

    code: int
    contains: str
    why: str = Field(min_length=10)


class Recipe(_Sheet):
    """A scenario: which mechanisms are joined, and which parameters differ from their sheets."""

    title: str = Field(min_length=3)
    summary: str = Field(min_length=3)
    mechanisms: tuple[str, ...] = Field(min_length=1)
    override: dict[Name, Quantity] = {}
    accepted_warnings: tuple[AcceptedWarning, ...] = ()


def read_sheet(path: Path) -> MechanismSheet:
    """The sheet in a TOML file.

    Raises
    ------
    ModelError
        Not TOML, a key missing or unknown, a value of the wrong sort: says file and key.
    """
    return _read(path, MechanismSheet)


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; errors as in `read_sheet`."""
    return _read(path, Recipe)


def _read(path: Path, record: type[_Record]) -> _Record:
    try:
        data = read_toml_file(path, called=path.name)
    except CatalogError as problem:
        raise ModelError(str(problem)) from None
    try:
        return record.model_validate(data)
    except ValidationError as problem:
        lines = [
            f'{path.name}, "{".".join(str(part) for part in error["loc"]) or "file"}": {_plain(error["msg"])}'
            for error in problem.errors()[:8]
        ]
        raise ModelError("\n".join(lines) + "\n  Compare with another file of the same folder.") from None


def _plain(message: str) -> str:
    if message == "Extra inputs are not permitted":
        return "this key is unknown here; is it misspelt?"
    return message.removeprefix("Value error, ")


def find_file(kind: str, name: str | Path, folders: tuple[Path, ...], ending: str) -> Path:
    """The file of a mechanism or recipe: a path as given, or an id looked up in the folders, first found wins.

    Raises
    ------
    UnknownName
        No folder has it; offers the nearest known name.
    """
    if isinstance(name, Path) or "/" in name or name.endswith(ending):
        path = Path(name)
        if path.is_file():
            return path
    else:
        for folder in folders:
            if (folder / f"{name}{ending}").is_file():
                return folder / f"{name}{ending}"
    known = {path.stem for folder in folders if folder.is_dir() for path in folder.glob(f"*{ending}")}
    raise UnknownName(kind, str(name), known, f"Looked in: {', '.join(str(folder) for folder in folders)}.")
