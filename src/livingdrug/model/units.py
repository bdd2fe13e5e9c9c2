"""Units inside a model: exact comparison of what a formula yields, and their definitions in Antimony and SBML.

SBML knows only the count unit "item": cell, gene copy and molecule all become it there, while our own check keeps them
apart. A temperature in degC is a difference (kelvin): equations add and subtract warmth, they never multiply degC.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from livingdrug.foundation.errors import UnitError
from livingdrug.foundation.kept_answers import KeptAnswers
from livingdrug.foundation.unit_registry import registry
from livingdrug.foundation.unit_text import parse
from livingdrug.foundation.units import pint_quantity

ANSWERS = KeptAnswers("model_units", ("foundation/unit*.py", "foundation/kept_answers.py", "model/units.py"), ("pint",))
"""What came of units in models before, without pint's registry."""
_COUNTS = {"cell": "item", "copy": "item", "molecule": "item"}
_ROOTS = {"gram": "gram", "second": "second", "meter": "metre", "kelvin": "kelvin", "mole": "mole", "count": "item"}


@dataclass(frozen=True)
class Unit:
    """A unit in root form: `factor` times a product of powers of gram, second, meter, cell, copy …"""

    factor: float
    powers: tuple[tuple[str, float], ...] = ()

    def times(self, other: Unit, sign: int = 1) -> Unit:
        """This unit times the other one (sign 1) or divided by it (sign -1)."""
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0.0) + sign * power
        return Unit(self.factor * other.factor**sign, _sorted(powers))

    def to_power(self, exponent: float) -> Unit:
        """This unit raised to a number."""
        return Unit(self.factor**exponent, _sorted({name: power * exponent for name, power in self.powers}))

    def same(self, other: Unit) -> bool:
        """Whether both are one unit, size included (mg/L and µg/mL are, mg/L and pg/mL are not)."""
        return self.alike(other) and math.isclose(self.factor, other.factor, rel_tol=1e-9)

    def alike(self, other: Unit) -> bool:
        """Whether both have one dimension, whatever their size."""
        mine, theirs = dict(self.powers), dict(other.powers)
        return all(abs(mine.get(k, 0.0) - theirs.get(k, 0.0)) < 1e-9 for k in mine.keys() | theirs.keys())

    def __str__(self) -> str:
        parts = [f"{name}^{power:g}" if power != 1 else name for name, power in self.powers]
        if self.factor != 1:
            parts.insert(0, f"{self.factor:g}")
        return " ".join(parts) or "no unit"


def _sorted(powers: dict[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((name, power) for name, power in powers.items() if abs(power) > 1e-12))


PLAIN = Unit(1.0)


def _expression(text: str) -> str:
    return re.sub(r"\bdegC\b|°C", "delta_degC", text)


@cache
def parse_unit(text: str) -> Unit:
    """A unit such as ``"pg/mL/day/cell"`` or ``"1e9/L"`` in root form.

    Raises
    ------
    UnitError
        Not a unit.

    Examples
    --------
    >>> parse_unit("mg/L").same(parse_unit("ug/mL")), parse_unit("mg/L").same(parse_unit("pg/mL"))
    (True, False)
    """
    factor, powers = ANSWERS.of(f"root of {text!r}", lambda: _root(text))
    return Unit(factor, tuple((name, power) for name, power in powers))


def _root(text: str) -> list[Any]:
    root = _quantity(text).to_root_units()
    return [float(root.magnitude), [*_sorted({str(k): float(v) for k, v in root.unit_items()})]]


def _quantity(text: str) -> Any:
    try:
        quantity = pint_quantity(parse(_expression(text)))
        if not quantity._is_multiplicative:
            raise ValueError("a temperature scale with another zero")
    except Exception as problem:
        raise UnitError(
            f'got unit "{text[:80]}", expected text such as "1/day", "cell", "pg/mL" or "" ({problem})'
        ) from None
    return quantity


def unit_id(text: str) -> str:
    """The name of a unit in Antimony and SBML.

    Examples
    --------
    >>> unit_id("pg/mL/day"), unit_id("1/day"), unit_id("m^2"), unit_id("")
    ('pg_per_mL_per_day', 'per_day', 'm2', 'dimensionless')
    """
    tidy = text.replace("µ", "u").replace("μ", "u").replace("%", "percent").replace("°", "deg").replace(" ", "")
    tidy = tidy.replace("/(", "/group_").replace("(", "").replace(")", "")
    tidy = re.sub(r"^1/", "/", tidy).replace("**", "^").replace("^", "").replace("*", "_")
    tidy = tidy.replace("/", "_per_").replace("+", "").replace("-", "minus").replace(".", "p").strip("_")
    tidy = re.sub(r"\W", "_", tidy)
    if not tidy:
        return "dimensionless"
    return f"n{tidy}" if tidy[0].isdigit() else tidy


def unit_text(identifier: str) -> str:
    """The unit that a unit name in a formula stands for: the way back from `unit_id`.

    Examples
    --------
    >>> unit_text("pg_per_mL"), unit_text("per_day"), unit_text("m2")
    ('pg/mL', '1/day', 'm^2')
    """
    text = re.sub(r"^per_", "1/", identifier.replace("_per_", "/"))
    return re.sub(r"([A-Za-z])([23])(?=$|/)", r"\1^\2", text)


def antimony_definition(text: str) -> str:
    """The right-hand side of an Antimony unit definition.

    Examples
    --------
    >>> antimony_definition("1/day")
    '1 / (86400 second)'
    """
    return ANSWERS.of(f"Antimony of {text!r}", lambda: _definition(text))


def _definition(text: str) -> str:
    quantity = _quantity(text)
    above, below = [], []
    for name, power in quantity.unit_items():
        factor, base, power = _kind(str(name), float(power))
        size = f"{_plain(factor)} {base}" if factor != 1 else base
        piece = f"({size})" if factor != 1 else size
        (above if power > 0 else below).append(piece if abs(power) == 1 else f"{piece}^{abs(power):g}")
    factor = float(quantity.magnitude)
    if factor != 1:
        above.insert(0, f"({_plain(factor)} dimensionless)")
    top = " * ".join(above) or "1"
    text = " / ".join([top, *below])
    return text[1:-1] if re.fullmatch(r"\([^()]*\)", text) else text if text != "1" else "dimensionless"


def _kind(name: str, power: float) -> tuple[float, str, float]:
    """One pint unit as (factor, SBML base unit, power)."""
    if name in _COUNTS:
        return 1.0, _COUNTS[name], power
    units = registry()
    one = units.Quantity(1.0, name)
    for ours, theirs in (("liter", "litre"), ("pascal", "pascal"), ("joule", "joule"), ("gram", "gram")):
        if one.check(units.Quantity(1.0, ours).dimensionality):
            return _round(one.to(ours).magnitude), theirs, power
    root = one.to_root_units()
    items = list(root.unit_items())
    if not items:
        return _round(root.magnitude), "dimensionless", power
    if len(items) != 1 or str(items[0][0]) not in _ROOTS:
        raise UnitError(
            f'the unit "{name}" has no place in SBML; write it with gram, second, metre, litre, cell or mole'
        )
    base, inner = items[0]
    return _round(root.magnitude ** (1 / float(inner))), _ROOTS[str(base)], power * float(inner)


def _plain(value: float) -> str:
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _round(value: float) -> float:
    return float(f"{float(value):.12g}")
