"""Units in a user's file, held against those of the package's files of its kind: a number of one name is counted in one unit.

What products, diseases, costimulations and traits set of the model is brought to the model's unit where it is used
(`livingdrug.course.equations.parameters_of`), and drugs, edits and late effects check their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from livingdrug.foundation.errors import UnitError
from livingdrug.foundation.toml_files import read_toml_file
from livingdrug.foundation.units import same_unit

HELD = {
    "antigen", "assay", "aftermath", "disease", "growth_chart", "infection", "loss", "making", "population", "tissue", "trial",
}  # fmt: skip
"""Kinds whose numbers are used as they stand."""
_NAMED = {("making", "test"), ("infection", "severity")}
"""Tables of a kind whose entries have names of the user's, each with the same numbers."""
Place = tuple[str, ...]


def refuse_other_units(kind: str, table: dict[str, Any], folder: Path) -> None:
    """Refuse a number in another unit than the package's files of this kind have it in.

    Parameters
    ----------
    table
        The file as it is written.
    folder
        Of the package's catalogue.

    Raises
    ------
    UnitError
        With the key, both units, and what to do.
    """
    if kind not in HELD:
        return
    known = _units_of(kind, folder)
    for place, unit in _numbers(kind, table):
        if place[:1] == ("parameter",) and kind == "disease":
            continue
        units = known.get(place, frozenset())
        if units and not any(same_unit(unit, one) for one in units):
            told = " or ".join(f'"{one}"' if one else "no unit" for one in sorted(units))
            raise UnitError(
                f'"{".".join(place)}": got the unit "{unit}", expected {told}, in which it is used.\n'
                "  Convert the number, and write that unit."
            )


@cache
def _units_of(kind: str, folder: Path) -> dict[Place, frozenset[str]]:
    found: dict[Place, set[str]] = {}
    for path in sorted((folder / kind).glob("*.toml")):
        for place, unit in _numbers(kind, read_toml_file(path, called=path.name)):
            found.setdefault(place, set()).add(unit)
    return {place: frozenset(units) for place, units in found.items()}


def _numbers(kind: str, table: dict[str, Any], above: Place = ()) -> Iterator[tuple[Place, str]]:
    """Place and unit of every number or column of a file; names of the user's stand as ``*``."""
    if isinstance(table.get("unit"), str):
        yield above, table["unit"]
    for name, held in table.items():
        if isinstance(held, dict):
            yield from _numbers(kind, held, (*above, "*" if (kind, *above) in _NAMED else name))
