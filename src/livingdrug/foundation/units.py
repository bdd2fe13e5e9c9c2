"""Units at the door: text with a unit in, bare floats in canonical units out.

Canonical units: day, cell, cell/µL, pg/mL, mg, kg, m^2, °C for temperature, µg/mL for antibodies.
Inside the package there are only floats; this file is where units end.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from livingdrug.foundation.errors import UnitError

DEFINITIONS = (
    "cell = [cell]",
    "copy = [gene_copy]",
    "molecule = [molecule]",
    "percent = 0.01 = pct",
)
_NUMBER = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$")


@cache
def registry() -> Any:
    """The unit registry: pint's, with the cell and the gene copy as units of their own."""
    import pint

    units = pint.UnitRegistry()
    for line in DEFINITIONS:
        units.define(line)
    return units


def _tidy(unit: str) -> str:
    text = unit.replace("µ", "u").replace("μ", "u").replace("%", "percent").strip()
    text = re.sub(r"^[x×]?\s*10\s*(?:\^|\*\*)\s*(\d+)\s*/", r"1e\1/", text)  # laboratories write x10^9/L
    text = re.sub(r"°\s*([CF])\b", r"deg\1", text)
    return f"1{text}" if text.startswith("/") else text or "dimensionless"


def _one(unit: str) -> Any:
    """One of this unit as a pint quantity; a number may stand in it, as in 1e9/L and mL/min/(1.73 m^2)."""
    units, text = registry(), _tidy(unit)
    if not re.search("[a-zA-Z]", text):
        raise ValueError(f'"{unit}" is a number without a unit')
    try:
        return units.Quantity(1.0, text)
    except ValueError:  # pint's units carry no factors, its expressions do
        return units.parse_expression(text)


@cache
def factor(unit: str, to: str) -> float:
    """How many `to` make one `unit`.

    Raises
    ------
    UnitError
        One of the two is not a unit, their dimensions differ, or a temperature in another scale: no factor does that,
        `convert` does.

    Examples
    --------
    >>> factor("week", "day")
    7.0
    >>> factor("1/uL", "1e9/L")
    0.001
    >>> round(factor("mL/min/m^2", "mL/min/(1.73 m^2)"), 3)
    1.73
    """
    try:
        here, there = _one(unit), _one(to)
        if here.units != there.units and not (here._is_multiplicative and there._is_multiplicative):
            raise ValueError("temperatures in different scales have no common factor")
        return float(here.to(there.units).magnitude / there.magnitude)
    except Exception as problem:
        raise UnitError(f'got unit "{unit}", expected one that converts to "{to}" ({problem})') from None


def convert(value: Any, unit: str, to: str) -> Any:
    """A number or an array in the unit `to`; temperatures too, where the zero moves.

    Raises
    ------
    UnitError
        One of the two is not a unit, or their dimensions differ.

    Examples
    --------
    >>> round(convert(101.3, "degF", "degC"), 2)
    38.5
    >>> convert(800.0, "1/uL", "1e9/L")
    0.8
    """
    try:
        here, there = _one(unit), _one(to)
        if here.units == there.units or (here._is_multiplicative and there._is_multiplicative):
            return value * factor(unit, to)
        return registry().Quantity(value, here.units).to(there.units).magnitude
    except UnitError:
        raise
    except Exception as problem:
        raise UnitError(f'got unit "{unit}", expected one that converts to "{to}" ({problem})') from None


def read(text: str | float | int, to: str, *, where: str = "") -> float:
    """A quantity such as ``"500 mg/m^2"`` as a float in the unit `to`.

    Parameters
    ----------
    text
        Number and unit. A bare number is accepted only when `to` is dimensionless (``""``).
    to
        The unit wanted.
    where
        File and key, for the error message.

    Raises
    ------
    UnitError
        No number, no unit, or a unit of another dimension.

    Examples
    --------
    >>> read("2 week", "day"), read("0.8 1e9/L", "1/uL"), round(read("98.6 degF", "degC"), 2)
    (14.0, 800.0, 37.0)
    """
    place = f"{where}: " if where else ""
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise UnitError(f'{place}got {text!r}, expected text with a number and a unit, such as "1 {to}"')
    match = _NUMBER.match(str(text))
    if not match:
        raise UnitError(f'{place}got "{text}", expected a number and a unit, such as "1 {to}"')
    number, unit = float(match[1]), match[2].strip()
    if not unit and to not in ("", "dimensionless"):
        raise UnitError(f'{place}got "{text}" without a unit, expected "{to}"; write for example "{match[1]} {to}"')
    try:
        return float(convert(number, unit, to))
    except UnitError:
        raise UnitError(
            f'{place}got "{text}", expected a quantity that converts to "{to or "a plain number"}"'
        ) from None


def read_range(text: str, to: str, *, where: str = "") -> tuple[float, float]:
    """A range such as ``"0.2e6 to 5.0e6 cell/kg"`` as (low, high) in the unit `to`.

    Examples
    --------
    >>> read_range("1 to 2 week", "day")
    (7.0, 14.0)
    """
    match = re.match(r"^\s*(\S+)\s+to\s+(.*)$", str(text))
    if not match:
        raise UnitError(f'{where + ": " if where else ""}got "{text}", expected a range such as "1 to 2 {to}"')
    high = read(match[2], to, where=where)
    unit = _NUMBER.match(match[2])
    low = read(f"{match[1]} {unit[2] if unit else ''}", to, where=where)
    if low > high:
        raise UnitError(f'{where + ": " if where else ""}got "{text}": the range begins above its end')
    return low, high
