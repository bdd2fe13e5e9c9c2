"""Units of kinetics stand as labels beside the values: whether two spellings are one unit, and limits in the unit of the values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from livingdrug.fitting.data import Finding
from livingdrug.foundation.errors import UnitError
from livingdrug.foundation.units import read
from livingdrug.interop.kinetics.cells import read_number
from livingdrug.interop.kinetics.columns import Meaning, plain
from livingdrug.interop.kinetics.table import Table

_UNITS_OF_LIMITS = ("lloqu", "alloqu", "pclloqu", "lloq_unit", "lloq_units", "loq_unit", "limit_unit")


def loose(unit: str) -> str:
    """A unit as a word, so that spellings of what no unit of pint's is are alike."""
    return plain(unit).replace("copies", "copy").replace("cells", "cell").replace("µ", "u").replace("μ", "u")


def same_unit(one: str, other: str) -> bool:
    """Whether two spellings are one unit; words that no unit is are compared as words."""
    if loose(one) == loose(other):
        return True
    try:
        return math.isclose(read(f"1 {one}", other, where="unit"), 1.0, rel_tol=1e-9)
    except UnitError:
        return False


def different(units: Iterable[str]) -> list[str]:
    """The units that are different ones, each in its first spelling.

    >>> different(["copies/ug", "copy/µg", "copies/mL"])
    ['copies/ug', 'copies/mL']
    """
    found: list[str] = []
    for unit in dict.fromkeys(units):
        if not any(same_unit(unit, other) for other in found):
            found.append(unit)
    return found


def in_unit(value: float, written: str, unit: str) -> float | None:
    """A limit with a unit of its own in the unit of its column; None where one cannot be had from the other."""
    if loose(written) == loose(unit):
        return value
    if not unit:
        return None
    try:
        return float(f"{read(f'{value!r} {written}', unit, where='limit'):.12g}")
    except UnitError:
        return None


def with_limits_in_unit(text: Table, known: Mapping[str, Meaning], unit: str) -> tuple[Table, list[Finding]]:
    """The table with its column of limits in the unit of the values, where the limits have one of their own.

    It stands in their heading (LLOQ [copies/ng]) or in a column (LLOQU).

    Parameters
    ----------
    unit
        Of the values; ``""`` where the table does not say.
    """
    if "limit" not in known:
        return text, []
    heading = known["limit"].heading
    beside = next((one for one in text.headings if plain(one) in _UNITS_OF_LIMITS), "")
    words = different(word for _, cells in text.rows if (word := cells[beside].strip())) if beside else []
    stated = known["limit"].unit or (words[0] if words else "")
    if len(words) > 1 or (words and not same_unit(words[0], stated)):
        return text, [Finding("error", f'limits come in several units: {", ".join(dict.fromkeys([*words, stated]))}', (), "Bring them to the unit of the values.")]  # fmt: skip
    if not stated or not unit or loose(stated) == loose(unit):
        return text, []
    factor = in_unit(1.0, stated, unit)
    if factor is None:
        return text, [Finding("error", f'limits in {stated} do not convert to {unit}, the unit of the values', (), f'Correct "{beside or heading}".')]  # fmt: skip
    if factor == 1.0:
        return text, []

    def converted(cell: str) -> str:
        number = read_number(cell)
        return cell if number is None or math.isnan(number) else repr(float(f"{number * factor:.12g}"))

    rows = tuple((line, {**cells, heading: converted(cells[heading])}) for line, cells in text.rows)
    return replace(text, rows=rows), [Finding("note", f"limits in {stated} are brought to {unit}", ())]
