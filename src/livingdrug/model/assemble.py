"""Joins the mechanisms of a recipe into one model whose equations, names and units have been checked.

recipe ──► sheets + fragments ──► one Antimony text ──► SBML ──► checked by us (units with size) and by libSBML
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from livingdrug.foundation.errors import ModelError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor
from livingdrug.model.fragment import Mechanism, names_in, read_mechanism, units_in
from livingdrug.model.sheet import Neutral, Output, Recipe, State, find_file, read_recipe, read_sheet
from livingdrug.model.units import antimony_definition, parse_unit, unit_id, unit_text

HERE = Path(__file__).parent
TIME_UNIT = "day"


@dataclass(frozen=True)
class Model:
    """A checked model.

    Attributes
    ----------
    id, recipe
        Name and the recipe it follows.
    antimony, sbml
        The joined text; the same as SBML Level 3 with units on every number. Time in days.
    parameters
        Every parameter of the mechanisms with its origin, overrides applied, in the sheet's unit.
    states, outputs
        Every state and recorded algebraic quantity.
    mechanisms
        By id, in the recipe's order.
    neutral
        Names that no mechanism of this recipe provides, and the value standing in for them.
    """

    id: str
    recipe: Recipe
    antimony: str
    sbml: str
    parameters: dict[str, Quantity]
    states: dict[str, State]
    outputs: dict[str, Output]
    mechanisms: dict[str, Mechanism]
    neutral: dict[str, Neutral]

    @property
    def title(self) -> str:
        """The recipe's title."""
        return self.recipe.title

    @cached_property
    def log_scales(self) -> dict[str, float]:
        """Scale of each state integrated as ln(1 + y/scale), in the state's unit."""
        return {name: state.scale for name, state in self.states.items() if state.integrate == "log"}

    @cached_property
    def linear_scales(self) -> dict[str, float]:
        """Scale of each state integrated as it is, in the state's unit."""
        return {name: state.scale for name, state in self.states.items() if state.integrate == "linear"}


def assemble(
    recipe: str | Path,
    *,
    overrides: Mapping[str, Quantity] | None = None,
    states: Iterable[str] = (),
    folders: Sequence[Path] = (),
) -> Model:
    """The model of a recipe.

    Parameters
    ----------
    recipe
        A recipe's id, such as ``"core"``, or the path of a recipe file.
    overrides
        Parameters that differ from sheet and recipe; any unit that converts to the sheet's.
    states
        States the model must have (those that drugs enter); a mechanism that owns one and is not in the recipe joins it.
    folders
        Extra folders with sub-folders ``mechanisms`` and ``recipes``, searched before the package's own.

    Raises
    ------
    UnknownName
        No such recipe or mechanism.
    ModelError
        Names, equations or units do not join into a sound model; says file, line or key, and the next step.
    """
    places = (*folders, HERE)
    path = find_file("recipe", recipe, tuple(place / "recipes" for place in places), ".toml")
    scenario = read_recipe(path)
    homes = tuple(place / "mechanisms" for place in (*places, path.parent.parent))
    brought = _owners_of(states, scenario.mechanisms, homes)
    if brought:
        scenario = scenario.model_copy(update={"mechanisms": (*scenario.mechanisms, *brought)})
    parts = {name: read_mechanism(find_file("mechanism", name, homes, ".toml")) for name in scenario.mechanisms}
    _check_owners(parts.values())
    neutral = _neutral_values(parts, homes, path.name)
    parameters = _parameters(parts.values(), {**scenario.override, **(overrides or {})}, path.name)
    _check_used(parts.values())
    text, lines = _antimony(path.stem, scenario, parts.values(), parameters, neutral)
    sbml = _sound_sbml(path.stem, text, lines, parts.values(), _units_of(parts.values(), parameters, neutral), scenario)
    states = {name: state for part in parts.values() for name, state in part.sheet.state.items()}
    outputs = {name: output for part in parts.values() for name, output in part.sheet.output.items()}
    return Model(path.stem, scenario, text, sbml, parameters, states, outputs, parts, neutral)


def _owners_of(states: Iterable[str], mechanisms: Sequence[str], homes: tuple[Path, ...]) -> tuple[str, ...]:
    """Mechanisms that own these states and are not listed yet, sorted."""
    wanted = set(states)
    for name in mechanisms if wanted else ():
        wanted -= read_sheet(find_file("mechanism", name, homes, ".toml")).state.keys()
    found: set[str] = set()
    for path in sorted({path for home in homes for path in home.glob("*.toml")}) if wanted else ():
        owned = read_sheet(path).state.keys() & wanted
        if owned:
            found.add(path.stem)
            wanted -= owned
    if wanted:
        raise ModelError(
            f"a drug enters the state {', '.join(sorted(wanted))}, which no mechanism owns\n"
            "  Correct the name, or write the mechanism (model/mechanisms/<id>.ant and .toml) that has it."
        )
    return tuple(sorted(found))


def _check_owners(parts: Iterable[Mechanism]) -> None:
    owner: dict[str, str] = {}
    for part in parts:
        for name in sorted(part.provides):
            if name in owner:
                raise ModelError(
                    f'"{name}" has two owners: mechanisms {owner[name]} and {part.id}\n'
                    f'  Rename it in one of them, or let one list it in "reads".'
                )
            owner[name] = part.id


def _neutral_values(parts: Mapping[str, Mechanism], homes: tuple[Path, ...], recipe: str) -> dict[str, Neutral]:
    """Values for what is read and not provided, from the sheets of the mechanisms that are left out."""
    provided = {name for part in parts.values() for name in part.provides}
    wanted = {name: part.id for part in parts.values() for name in part.sheet.reads if name not in provided}
    if not wanted:
        return {}
    known: dict[str, Neutral] = {}
    for path in sorted({path for home in homes for path in home.glob("*.toml")}):
        if path.stem not in parts:
            for name, value in read_sheet(path).neutral.items():
                known.setdefault(name, value)
    for name, reader in wanted.items():
        if name not in known:
            raise ModelError(
                f'{recipe}: mechanism {reader} reads "{name}", which no mechanism of the recipe provides '
                "and which has no neutral value.\n"
                f'  Add the mechanism that owns it to the recipe, or "{name}" to the [neutral] table of its sheet.'
            )
    return {name: known[name] for name in wanted}


def _parameters(parts: Iterable[Mechanism], overrides: Mapping[str, Quantity], recipe: str) -> dict[str, Quantity]:
    parameters = {name: quantity for part in parts for name, quantity in part.sheet.parameter.items()}
    for name, quantity in overrides.items():
        if name not in parameters:
            raise ModelError(f"{recipe}: override of {name}, which is no parameter of this model\n  Is it misspelt?")
        unit = parameters[name].unit
        try:
            value = quantity.value * (1.0 if quantity.unit == unit else factor(quantity.unit, unit))
        except UnitError as problem:
            raise ModelError(f"{recipe}: override of {name}: {problem}") from None
        parameters[name] = quantity.model_copy(update={"value": value, "unit": unit})
    return parameters


def _check_used(parts: Iterable[Mechanism]) -> None:
    parts = list(parts)
    used = frozenset().union(*(names_in(formula) for part in parts for formula in part.formulas))
    for part in parts:
        idle = sorted(set(part.sheet.parameter) - used - set(part.sheet.offers))
        if idle:
            raise ModelError(
                f"{part.id}.toml: no equation of this model uses the parameter {', '.join(idle)}\n"
                '  Use it, take it out, or list it in "offers" when rules, doses or the population need it.'
            )


def _units_of(
    parts: Iterable[Mechanism], parameters: Mapping[str, Quantity], neutral: Mapping[str, Neutral]
) -> dict[str, str]:
    """Unit text of every name that has a sheet entry."""
    units = {name: quantity.unit for name, quantity in parameters.items()}
    units |= {name: value.unit for name, value in neutral.items()}
    for part in parts:
        units |= {name: state.unit for name, state in part.sheet.state.items()}
        units |= {name: output.unit for name, output in part.sheet.output.items()}
    return units


def _antimony(
    identifier: str,
    recipe: Recipe,
    parts: Iterable[Mechanism],
    parameters: Mapping[str, Quantity],
    neutral: Mapping[str, Neutral],
) -> tuple[str, dict[int, str]]:
    """The joined text, and for each of its lines that came from a fragment the file and line it came from."""
    parts = list(parts)
    names = _units_of(parts, parameters, neutral)
    written = {name for part in parts for formula in part.formulas for name in units_in(formula)}
    try:
        units = {unit_id(text): text for text in [TIME_UNIT, *names.values(), *(unit_text(name) for name in written)]}
        definitions = {
            name: antimony_definition(text) for name, text in sorted(units.items()) if name != "dimensionless"
        }
    except UnitError as problem:
        raise ModelError(f"{identifier}: {problem}") from None
    for text in names.values():
        if not parse_unit(text).same(parse_unit(units[unit_id(text)])):
            raise ModelError(f'the units "{text}" and "{units[unit_id(text)]}" have one name\n  Write them alike.')
    every = {name for part in parts for name in part.provides} | neutral.keys()
    clash = sorted(every & units.keys())
    if clash:
        raise ModelError(
            f"{', '.join(clash)} is the name of a unit and of something in the model\n  Rename the latter."
        )

    out: list[str] = [f"// {recipe.title}", "// simulation; not for patient care", f"model {identifier}"]
    came: dict[int, str] = {}
    out += [f"  unit {name} = {text};" for name, text in definitions.items()]
    out.append(f"  unit time_unit = {definitions[TIME_UNIT]};")
    if neutral:
        out.append("\n  // stand-ins for mechanisms that are left out")
        out += [
            f"  const {name} = {value.value!r}; {name} has {unit_id(value.unit)};" for name, value in neutral.items()
        ]
    for part in parts:
        sheet = part.sheet
        out += ["", f"  // {part.id}: {sheet.title}"]
        for name in sheet.parameter:
            value = parameters[name]
            out.append(
                f"  const {name} = {value.value!r}; {name} has {unit_id(value.unit)};  // {_line(value.meaning)}"
            )
        for name, state in sheet.state.items():
            out.append(f"  var {name} = {state.initial}; {name} has {unit_id(state.unit)};  // {_line(state.meaning)}")
            came[len(out)] = f"{part.id}.toml, state.{name}.initial"
        for statement in part.statements:
            name = statement.target
            if not statement.is_rate:
                has = f" {name} has {unit_id(sheet.output[name].unit)};" if name in sheet.output else ""
                out.append(f"  var {name};{has}")
            out.append(f"  {statement.text}")
            came[len(out)] = f"{part.id}.ant, line {statement.line}"
    out.append("end")
    # a blank line above a banner is one list entry but two lines: count lines, not entries
    shift, lines = 0, {}
    for number, entry in enumerate(out, start=1):
        if number in came:
            lines[number + shift] = came[number]
        shift += entry.count("\n")
    return "\n".join(out) + "\n", lines


def _line(text: str) -> str:
    return " ".join(text.split())


def _sound_sbml(
    identifier: str,
    text: str,
    lines: Mapping[int, str],
    parts: Iterable[Mechanism],
    units: Mapping[str, str],
    recipe: Recipe,
) -> str:
    accepted = tuple((warning.code, warning.contains) for warning in recipe.accepted_warnings)
    places = tuple((s.target, f"{part.id}.ant, line {s.line}") for part in parts for s in part.statements)
    written = {unit_text(name) for part in parts for formula in part.formulas for name in units_in(formula)}
    known = {unit_id(unit): unit for unit in [TIME_UNIT, *units.values(), *written]}
    return _convert(
        identifier, text, tuple(lines.items()), tuple(units.items()), tuple(known.items()), accepted, places
    )


@lru_cache(maxsize=64)
def _convert(
    identifier: str,
    text: str,
    lines: tuple[tuple[int, str], ...],
    units: tuple[tuple[str, str], ...],
    known: tuple[tuple[str, str], ...],
    accepted: tuple[tuple[int, str], ...],
    places: tuple[tuple[str, str], ...],
) -> str:
    from livingdrug.model.soundness import check_sbml, to_sbml

    raw = to_sbml(identifier, text, dict(lines))
    identifiers = {name: parse_unit(unit) for name, unit in known}
    names = {name: parse_unit(unit) for name, unit in units}
    return check_sbml(raw, names, identifiers, parse_unit(TIME_UNIT), accepted, dict(places))
