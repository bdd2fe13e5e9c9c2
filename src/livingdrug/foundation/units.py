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
    return unit.replace("µ", "u").replace("μ", "u").replace("%", "percent").strip() or "dimensionless"


@cache
def factor(unit: str, to: str) -> float:
    """How many `to` make one `unit`.

    Raises
    ------
    UnitError
        One of the two is not a unit, or their dimensions differ.

    Examples
    --------
    >>> factor("week", "day")
    7.0
    """
    units = registry()
    try:
        ratio = units.Quantity(1.0, _tidy(unit)).to(_tidy(to))
    except Exception as problem:
        raise UnitError(f'got unit "{unit}", expected one that converts to "{to}" ({problem})') from None
    return float(ratio.magnitude)


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
    >>> read("2 week", "day")
    14.0
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
        return number * factor(unit, to)
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
