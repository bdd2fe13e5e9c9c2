"""Units at the door: text with a unit in, bare floats in canonical units out.

Canonical units: day, cell, cell/µL, pg/mL, mg, kg, m^2, °C for temperature, µg/mL for antibodies.
Inside the package there are only floats; this file is where units end. How a quantity is read is told in
`amounts.py` (a number, then a unit, nothing else), the grammar of units in `unit_text.py`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from livingdrug.foundation.amounts import Amount, NotAnAmount, read_amount, read_span
from livingdrug.foundation.errors import UnitError
from livingdrug.foundation.unit_registry import ANSWERS, registry
from livingdrug.foundation.unit_text import NotAUnit, ParsedUnit, parse

MOVES = "temperatures in different scales have no common factor"


def pint_quantity(unit: ParsedUnit) -> Any:
    """One of a parsed unit as a pint quantity."""
    units = registry()
    return units.Quantity(unit.scale, units.UnitsContainer(unit.powers))


def dimensions(name: str) -> tuple[str, ...]:
    """The dimensions of one of pint's names: ``("[length]",)``."""
    return tuple(ANSWERS.of(f"dimensions of {name!r}", lambda: sorted(registry().Unit(name).dimensionality)))


def _one(unit: str) -> Any:
    return pint_quantity(parse(unit))


@lru_cache(maxsize=4096)
def _between(unit: str, to: str) -> tuple[float | None, str]:
    """How many `to` make one `unit`, or None and why: the two are no units, do not convert, or the zero of a temperature moves."""
    number, why = ANSWERS.of(f"{unit!r} in {to!r}", lambda: _asked_of_pint(unit, to))
    return number, why


def _asked_of_pint(unit: str, to: str) -> tuple[float | None, str]:
    try:
        here, there = _one(unit), _one(to)
        if here.units != there.units and not (here._is_multiplicative and there._is_multiplicative):
            here.to(there.units)  # refuses other dimensions
            return None, MOVES
        return float(here.to(there.units).magnitude / there.magnitude), ""
    except Exception as problem:
        return None, str(problem)


@lru_cache(maxsize=4096)
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
    >>> round(factor("mL/min/m^2", "mL/min/1.73 m2"), 3)
    1.73
    """
    number, why = _between(unit, to)
    if number is None:
        raise _does_not_convert(unit, to, why)
    return number


@lru_cache(maxsize=4096)
def same_unit(unit: str, other: str) -> bool:
    """Whether a number is the same in both.

    >>> same_unit("1/day", "day^-1"), same_unit("hour", "day"), same_unit("", "day")
    (True, False, False)
    """
    try:
        return unit == other or factor(unit, other) == 1.0
    except UnitError:
        return False


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
    number, why = _between(unit, to)
    if number is not None:
        return value * number
    if why != MOVES:
        raise _does_not_convert(unit, to, why)
    try:
        here, there = _one(unit), _one(to)
        return registry().Quantity(value, here.units).to(there.units).magnitude
    except Exception as problem:
        raise _does_not_convert(unit, to, str(problem)) from None


def _does_not_convert(unit: str, to: str, why: str) -> UnitError:
    return UnitError(f'got unit "{_short(unit)}", expected one that converts to "{to}" ({why})')


def convert_laboratory(value: Any, unit: str, to: str, *, molar_mass: float = 0.0) -> Any:
    """A laboratory value in the unit `to`: as `convert`, and cells are counted, and a mass may be an amount of substance.

    Parameters
    ----------
    molar_mass
        g/mol, where laboratories report the quantity as a mass or as an amount of substance; 0 for never.

    Raises
    ------
    UnitError
        As `convert`.

    Examples
    --------
    >>> convert_laboratory(800.0, "cells/uL", "1e9/L"), round(convert_laboratory(88.4, "umol/L", "mg/dL", molar_mass=113.12), 3)
    (0.8, 1.0)
    """
    if unit == to:
        return value
    try:
        return convert(value, unit, to)
    except UnitError as problem:
        here, there = _parsed(unit), _parsed(to)
        if here is None or there is None:
            raise
        if "cell" in here.powers and "cell" not in there.powers:  # in a blood count the cell is what is counted
            rest = {name: power for name, power in here.powers.items() if name != "cell"}
            here = ParsedUnit(unit, here.scale, rest, here.scaled)
        grams_per_mole = registry().Quantity(molar_mass, "gram/mole") if molar_mass else None
        one, wanted = pint_quantity(here), pint_quantity(there)
        for attempt in (one, *([one * grams_per_mole, one / grams_per_mole] if grams_per_mole else [])):
            try:
                return value * float(attempt.to(wanted.units).magnitude / wanted.magnitude)
            except Exception:
                continue
        raise problem from None


def unit_told(unit: str) -> str:
    """A unit as it was understood: ``"K/µL"`` is ``"10^3/uL"``; ``""`` for a plain number.

    Raises
    ------
    UnitError
        Not a unit.
    """
    try:
        return parse(unit).told
    except NotAUnit as problem:
        raise UnitError(f'got unit "{_short(unit)}" ({problem})') from None


def amount(text: Any, to: str, *, where: str = "") -> Amount:
    """A text as a number and a unit, as written; `to` only tells what was expected.

    Raises
    ------
    UnitError
        No number, no unit, something else beside them, or a text that may mean two things.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise UnitError(
            f'{_place(where)}got {_short(repr(text))}, expected text with a number and a unit, such as "1 {to}"'
        )
    try:
        found = read_amount(str(text))
    except NotAnAmount as problem:
        expected = f'a number and a unit, such as "1 {to}"' if to not in ("", "dimensionless") else "a plain number"
        raise UnitError(f'{_place(where)}got "{_short(str(text))}": {problem}; expected {expected}') from None
    if not found.unit and to not in ("", "dimensionless"):
        raise UnitError(
            f'{_place(where)}got "{_short(str(text))}" without a unit, expected "{to}"; write for example "{found.value:g} {to}"'
        )
    return found


def read(text: str | float | int, to: str, *, where: str = "") -> float:
    """A quantity such as ``"500 mg/m^2"`` as a float in the unit `to`.

    Parameters
    ----------
    text
        Number and unit, nothing else. A bare number is accepted only when `to` is dimensionless (``""``).
    to
        The unit wanted.
    where
        File and key, for the error message.

    Raises
    ------
    UnitError
        No number, no unit, a unit of another dimension, a range, or a text that may mean two things.

    Examples
    --------
    >>> read("2 week", "day"), read("0.8 1e9/L", "1/uL"), round(read("98.6 degF", "degC"), 2)
    (14.0, 800.0, 37.0)
    """
    return _converted(amount(text, to, where=where), to, str(text), where)


def read_range(text: str, to: str, *, where: str = "") -> tuple[float, float]:
    """A range such as ``"0.2e6 to 5.0e6 cell/kg"`` as (low, high) in the unit `to`.

    Between the two stands "to", a hyphen or a dash; a unit (and a power of ten before it) at the end holds for both.

    Examples
    --------
    >>> read_range("1 to 2 week", "day"), read_range("0.2–5.0 10*6 cell/kg", "cell/kg")
    ((7.0, 14.0), (200000.0, 5000000.0))
    """
    try:
        found = read_span(str(text))
    except NotAnAmount as problem:
        raise UnitError(
            f'{_place(where)}got "{_short(str(text))}": {problem}; expected a range such as "1 to 2 {to}"'
        ) from None
    if found is None:
        raise UnitError(f'{_place(where)}got "{_short(str(text))}", expected a range such as "1 to 2 {to}"')
    for end in found:
        if not end.unit and to not in ("", "dimensionless"):
            raise UnitError(f'{_place(where)}got "{_short(str(text))}" without a unit, expected "{to}"')
    low, high = (_converted(end, to, str(text), where) for end in found)
    if low > high:
        raise UnitError(
            f'{_place(where)}got "{_short(str(text))}": the range begins above its end; write the lower end first'
        )
    return low, high


def read_one_or_range(text: str, to: str, *, where: str = "") -> tuple[float, float]:
    """A range, or one quantity as a range of no width."""
    try:
        is_range = read_span(str(text)) is not None
    except NotAnAmount:
        is_range = True  # told with its reason
    if is_range:
        return read_range(text, to, where=where)
    value = read(text, to, where=where)
    return value, value


def _converted(found: Amount, to: str, text: str, where: str) -> float:
    try:
        value = float(convert(found.value, found.unit, to))
    except UnitError:
        told = f", read as {found.told}" if found.told != text.strip() else ""
        raise UnitError(
            f'{_place(where)}got "{_short(text)}"{told}, expected a quantity that converts to "{to or "a plain number"}"'
        ) from None
    if value in (float("inf"), float("-inf")):
        raise UnitError(f'{_place(where)}got "{_short(text)}", which is too large a number of "{to}"')
    return value


def _parsed(unit: str) -> ParsedUnit | None:
    try:
        return parse(unit)
    except NotAUnit:
        return None


def _place(where: str) -> str:
    return f"{where}: " if where else ""


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} letters)"
