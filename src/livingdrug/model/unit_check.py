"""What unit a formula yields, size included: libSBML compares only dimensions and leaves powers by a parameter unchecked.

A bare number is a plain number; a bare zero takes the unit of its neighbour in a sum, comparison, min, max or piecewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libsbml

from livingdrug.model.units import PLAIN, Unit, unit_text

_SUMS = {libsbml.AST_PLUS, libsbml.AST_MINUS, libsbml.AST_FUNCTION_MIN, libsbml.AST_FUNCTION_MAX}
_SAME = {libsbml.AST_FUNCTION_ABS, libsbml.AST_FUNCTION_FLOOR, libsbml.AST_FUNCTION_CEILING}
_COMPARISONS = {
    libsbml.AST_RELATIONAL_EQ, libsbml.AST_RELATIONAL_NEQ, libsbml.AST_RELATIONAL_GT, libsbml.AST_RELATIONAL_GEQ,
    libsbml.AST_RELATIONAL_LT, libsbml.AST_RELATIONAL_LEQ,
}  # fmt: skip
_LOGIC = {libsbml.AST_LOGICAL_AND, libsbml.AST_LOGICAL_OR, libsbml.AST_LOGICAL_NOT, libsbml.AST_LOGICAL_XOR}
_CONSTANTS = {libsbml.AST_CONSTANT_E, libsbml.AST_CONSTANT_PI, libsbml.AST_CONSTANT_TRUE, libsbml.AST_CONSTANT_FALSE}


class UnitMismatch(Exception):
    """Two units that should be one; the message says which part of the formula."""


class Unknown(Exception):
    """A name whose unit is not known (yet)."""


class UnitChecker:
    """Derives units of libSBML formulas and writes the units of bare numbers into them.

    Parameters
    ----------
    names
        Unit of each name of the model.
    values
        Value of each constant parameter, for exponents such as ``x^n``.
    identifiers
        Unit names (as in the SBML text) and their units; new ones are added when a zero needs one.
    time
        Unit of time.
    """

    def __init__(
        self, names: Mapping[str, Unit], values: Mapping[str, float], identifiers: dict[str, Unit], time: Unit
    ) -> None:
        self.names, self.values, self.identifiers, self.time = dict(names), values, identifiers, time

    def unit(self, node: Any) -> Unit:
        """The unit a formula yields, as `derive`, a bare zero counting as a plain number."""
        found = self.derive(node)
        if found is None:
            self._give_zero(node, PLAIN)
        return found or PLAIN

    def derive(self, node: Any) -> Unit | None:
        """The unit of a formula; None for a zero that fits any."""
        kind = node.getType()
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if node.isNumber():
            return self._number(node)
        if kind == libsbml.AST_NAME:
            if node.getName() not in self.names:
                raise Unknown(node.getName())
            return self.names[node.getName()]
        if kind == libsbml.AST_NAME_TIME:
            return self.time
        if kind in _CONSTANTS:
            return PLAIN
        if kind in _SUMS:
            return self._common(children, node)
        if kind in _SAME:
            return self.derive(children[0])
        if kind == libsbml.AST_TIMES:
            return self._product(children)
        if kind == libsbml.AST_DIVIDE:
            return self.unit(children[0]).times(self.unit(children[1]), -1)
        if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
            return self._power(children[0], children[1], node)
        if kind == libsbml.AST_FUNCTION_ROOT:
            degree = children[0].getValue() if len(children) == 2 else 2.0
            return self.unit(children[-1]).to_power(1 / degree)
        if kind == libsbml.AST_FUNCTION_PIECEWISE:
            for condition in children[1::2]:
                self.derive(condition)
            return self._common([*children[:-1:2], *(children[-1:] if len(children) % 2 else [])], node)
        if kind in _COMPARISONS:
            self._common(children, node)
            return PLAIN
        if kind in _LOGIC:
            for child in children:
                self.derive(child)
            return PLAIN
        for child in children:  # exp, log, trigonometry …
            found = self.unit(child)
            if not found.same(PLAIN):
                raise UnitMismatch(
                    f'"{_text(child)}" has unit {self.show(found)}, but "{_text(node)}" needs a plain number'
                )
        return PLAIN

    def _number(self, node: Any) -> Unit | None:
        if node.isSetUnits():
            name = node.getUnits()
            if name not in self.identifiers:
                raise UnitMismatch(f'the unit "{name}" in "{_text(node)}" is not defined')
            return self.identifiers[name]
        if node.getValue() == 0:
            return None
        node.setUnits("dimensionless")
        return PLAIN

    def _product(self, children: list[Any]) -> Unit:
        result = PLAIN
        for child in children:
            result = result.times(self.unit(child))
        return result

    def _common(self, children: list[Any], node: Any) -> Unit | None:
        units = [self.derive(child) for child in children]
        known = [(unit, child) for unit, child in zip(units, children, strict=True) if unit is not None]
        if not known:
            return None
        first, shown = known[0]
        for unit, child in known[1:]:
            if not unit.same(first):
                raise UnitMismatch(
                    f'in "{_text(node)}", "{_text(shown)}" has unit {self.show(first)}, but "{_text(child)}" has {self.show(unit)}'
                )
        for unit, child in zip(units, children, strict=True):
            if unit is None:
                self._give_zero(child, first)
        return first

    def _power(self, base: Any, exponent: Any, node: Any) -> Unit | None:
        below, above = self.unit(base), self.unit(exponent)
        if not above.same(PLAIN):
            raise UnitMismatch(
                f'the exponent "{_text(exponent)}" has unit {self.show(above)}, but must be a plain number'
            )
        value = self._constant(exponent)
        if value is None:
            if not below.same(PLAIN):
                raise UnitMismatch(
                    f'"{_text(node)}": a varying exponent needs a base without unit, but it has {self.show(below)}'
                )
            return PLAIN
        return below.to_power(value)

    def _constant(self, node: Any) -> float | None:
        if node.isNumber():
            return float(node.getValue())
        if node.getType() == libsbml.AST_NAME and node.getName() in self.values:
            return self.values[node.getName()]
        if node.getType() == libsbml.AST_MINUS and node.getNumChildren() == 1:
            inner = self._constant(node.getChild(0))
            return None if inner is None else -inner
        return None

    def _give_zero(self, node: Any, unit: Unit) -> None:
        if node.isNumber() and not node.isSetUnits():
            node.setUnits(self.identifier(unit))
        elif node.getType() in _SUMS | _SAME | {libsbml.AST_FUNCTION_PIECEWISE}:
            for i in range(node.getNumChildren()):
                self._give_zero(node.getChild(i), unit)

    def check(self, node: Any, wanted: Unit) -> None:
        """Raise UnitMismatch unless the formula yields the unit wanted; a formula that is just zero takes it."""
        found = self.derive(node)
        if found is None:
            self._give_zero(node, wanted)
        elif not found.same(wanted):
            raise UnitMismatch(f'"{_text(node)}" yields {self.show(found)}, expected {self.show(wanted)}')

    def show(self, unit: Unit) -> str:
        """A unit for people: as the sheets write it, where they do."""
        for name, known in self.identifiers.items():
            if known.same(unit) and not name.startswith("derived_"):
                return "no unit" if name == "dimensionless" else f'"{unit_text(name)}"'
        return f'"{unit}"'

    def identifier(self, unit: Unit) -> str:
        """The SBML name of a unit, made when there is none yet."""
        for name, known in self.identifiers.items():
            if known.same(unit):
                return name
        name = f"derived_{sum(name.startswith('derived_') for name in self.identifiers) + 1}"
        self.identifiers[name] = unit
        return name


def _text(node: Any) -> str:
    return str(libsbml.formulaToL3String(node)).replace(" dimensionless", "")
