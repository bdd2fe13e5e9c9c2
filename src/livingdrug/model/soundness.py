"""From Antimony to SBML, and everything that can be wrong on the way, said with the fragment's own file and line."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

import antimony
import libsbml

from livingdrug.foundation.antimony_numbers import TAKEN_IN_PART, number_read_in_part
from livingdrug.foundation.errors import ModelError
from livingdrug.model.consistency import objections
from livingdrug.model.unit_check import UnitChecker, UnitMismatch, Unknown
from livingdrug.model.units import Unit

_ANTIMONY = threading.Lock()  # libantimony keeps one global state
_ITEMS = {"cell", "copy", "molecule"}
_KINDS = {
    "gram": libsbml.UNIT_KIND_GRAM, "second": libsbml.UNIT_KIND_SECOND, "meter": libsbml.UNIT_KIND_METRE,
    "kelvin": libsbml.UNIT_KIND_KELVIN, "mole": libsbml.UNIT_KIND_MOLE,
}  # fmt: skip


def to_sbml(identifier: str, text: str, lines: Mapping[int, str]) -> str:
    """The SBML of an Antimony text; `lines` says where a line of it came from.

    Raises
    ------
    ModelError
        libantimony cannot read it.
    """
    with _ANTIMONY:
        antimony.clearPreviousLoads()
        antimony.freeAll()
        if antimony.loadAntimonyString(text) < 0:
            message = str(antimony.getLastError() or "").strip()
            place = _place(message, text, lines)
            plain = re.sub(r"^Error in model string, line \d+:\s*", "", message)
            raise ModelError(f"{place}: {plain}\n  Mend the statement there.")
        if found := number_read_in_part(text):
            raise ModelError(f"{lines.get(found[1], 'the joined text')}: {TAKEN_IN_PART.format(number=found[0])}")
        sbml = antimony.getSBMLString(identifier)
        antimony.clearPreviousLoads()
    return str(sbml)


def _place(message: str, text: str, lines: Mapping[int, str]) -> str:
    """Where libantimony's complaint belongs: it reports unknown functions only at the end of the model."""
    function = re.search(r"'(\w+)' was used as a function", message)
    if function:
        for number, line in enumerate(text.splitlines(), start=1):
            if number in lines and re.search(rf"\b{function[1]}\s*\(", line):
                return lines[number]
    found = re.search(r"line (\d+)", message)
    return lines.get(int(found[1]), f"line {found[1]} of the joined text") if found else "the joined text"


def check_sbml(
    sbml: str,
    names: Mapping[str, Unit],
    identifiers: dict[str, Unit],
    time: Unit,
    accepted: tuple[tuple[int, str], ...],
    places: Mapping[str, str],
) -> str:
    """The SBML with units on every number and name, once every check has passed.

    Parameters
    ----------
    names
        Unit of each name that has one in a sheet; the others are inferred from their formulas.
    identifiers
        Units by their name in the SBML.
    accepted
        (code, piece of text) of libSBML warnings that may stand.
    places
        File and line of each variable's rule.

    Raises
    ------
    ModelError
        A unit does not fit, or libSBML objects.
    """
    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    values = {p.getId(): p.getValue() for p in model.getListOfParameters() if p.getConstant() and p.isSetValue()}
    checker = UnitChecker(names, values, {"dimensionless": Unit(1.0), **identifiers}, time)
    given = set(checker.identifiers)
    _infer(model, checker, places)
    for rule in model.getListOfRules():
        node = rule.getMath().deepCopy()
        wanted = checker.names[rule.getVariable()]
        _check(checker, node, wanted.times(time, -1) if rule.isRate() else wanted, rule.getVariable(), places)
        rule.setMath(node)
    for initial in model.getListOfInitialAssignments():
        node = initial.getMath().deepCopy()
        _check(checker, node, checker.names[initial.getSymbol()], f"{initial.getSymbol()} (initial value)", places)
        initial.setMath(node)
    for name in checker.identifiers.keys() - given:
        _define(model, name, checker.identifiers[name])
    text = libsbml.writeSBMLToString(document)
    _consistency(text, accepted)
    return text


def _check(checker: UnitChecker, node: Any, wanted: Unit, name: str, places: Mapping[str, str]) -> None:
    place = places.get(name.split(" ")[0], "")
    try:
        checker.check(node, wanted)
    except UnitMismatch as problem:
        raise ModelError(
            f"{place + ': ' if place else ''}unit of {name}: {problem}\n"
            "  Correct the formula or the sheet's unit; write a number's unit after it, as in 3 day or 1 cell."
        ) from None


def _infer(model: Any, checker: UnitChecker, places: Mapping[str, str]) -> None:
    """Units of assigned names without an entry in a sheet, from their formulas."""
    waiting = {rule.getVariable(): rule for rule in model.getListOfRules() if rule.getVariable() not in checker.names}
    while waiting:
        before = len(waiting)
        for name, rule in list(waiting.items()):
            try:
                unit = checker.unit(rule.getMath().deepCopy())
            except Unknown:
                continue
            except UnitMismatch as problem:
                raise ModelError(f"{places.get(name, 'model')}: unit of {name}: {problem}") from None
            checker.names[name] = unit
            model.getParameter(name).setUnits(checker.identifier(unit))
            del waiting[name]
        if len(waiting) == before:
            raise ModelError(f"the assignments {', '.join(sorted(waiting))} need one another in a circle\n  Break it.")


def _define(model: Any, name: str, unit: Unit) -> None:
    definition = model.createUnitDefinition()
    definition.setId(name)
    parts: dict[int, float] = {}
    for base, power in unit.powers:
        kind = libsbml.UNIT_KIND_ITEM if base in _ITEMS else _KINDS[base]
        parts[kind] = parts.get(kind, 0.0) + power
    parts = {kind: power for kind, power in parts.items() if abs(power) > 1e-12}
    if unit.factor != 1 or not parts:
        _add(definition, libsbml.UNIT_KIND_DIMENSIONLESS, 1.0, unit.factor)
    for kind, power in parts.items():
        _add(definition, kind, power, 1.0)


def _add(definition: Any, kind: int, power: float, multiplier: float) -> None:
    unit = definition.createUnit()
    unit.setKind(kind)
    unit.setExponent(power)
    unit.setScale(0)
    unit.setMultiplier(multiplier)


def _consistency(sbml: str, accepted: tuple[tuple[int, str], ...]) -> None:
    for one in objections(sbml):
        if not any(one.code == code and piece in one.message for code, piece in accepted):
            raise ModelError(
                f"libSBML objects ({one.code}, {one.severity}): {one.message}\n"
                "  Mend the equation; if it must stand, explain it in the recipe's accepted_warnings."
            )
