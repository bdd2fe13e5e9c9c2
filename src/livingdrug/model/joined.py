"""One Antimony text out of the mechanisms of a recipe, where each of its lines came from, and its SBML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from livingdrug.foundation.errors import ModelError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.model.fragment import Mechanism, units_in
from livingdrug.model.kept_sbml import kept_sbml
from livingdrug.model.sheet import Neutral, Recipe
from livingdrug.model.units import antimony_definition, parse_unit, unit_id, unit_text

TIME_UNIT = "day"


def units_of(
    parts: Iterable[Mechanism], parameters: Mapping[str, Quantity], neutral: Mapping[str, Neutral]
) -> dict[str, str]:
    """Unit text of every name that has a sheet entry."""
    units = {name: quantity.unit for name, quantity in parameters.items()}
    units |= {name: value.unit for name, value in neutral.items()}
    for part in parts:
        units |= {name: state.unit for name, state in part.sheet.state.items()}
        units |= {name: output.unit for name, output in part.sheet.output.items()}
    return units


def joined_text(
    identifier: str,
    recipe: Recipe,
    parts: Iterable[Mechanism],
    parameters: Mapping[str, Quantity],
    neutral: Mapping[str, Neutral],
) -> tuple[str, dict[int, str]]:
    """The joined text, and for each of its lines that came from a fragment the file and line it came from."""
    parts = list(parts)
    names = units_of(parts, parameters, neutral)
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


def sound_sbml(
    identifier: str,
    text: str,
    lines: Mapping[int, str],
    parts: Iterable[Mechanism],
    units: Mapping[str, str],
    recipe: Recipe,
) -> str:
    """The joined text as SBML that has passed every check; converted and checked once for each text, and kept on disk.

    Raises
    ------
    ModelError
        The text cannot be read, a unit does not fit, or libSBML objects.
    """
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
    def convert() -> str:
        from livingdrug.model.soundness import check_sbml, to_sbml

        raw = to_sbml(identifier, text, dict(lines))
        identifiers = {name: parse_unit(unit) for name, unit in known}
        names = {name: parse_unit(unit) for name, unit in units}
        return check_sbml(raw, names, identifiers, parse_unit(TIME_UNIT), accepted, dict(places))

    return kept_sbml((identifier, text, lines, units, known, accepted, places), convert)
