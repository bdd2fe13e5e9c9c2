"""The unit registry: pint's, with what is counted here as units of their own. It knows sizes; texts are read elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

from livingdrug.foundation.kept_answers import KeptAnswers

ANSWERS = KeptAnswers("units", ("foundation/unit*.py", "foundation/kept_answers.py"), ("pint",))
"""What pint said of units before: to load its registry takes half a second of every command."""
DEFINITIONS = (
    "cell = [cell]",
    "copy = [gene_copy]",
    "molecule = [molecule]",
    "percent = 0.01 = pct",
)


@cache
def registry() -> Any:
    """The unit registry: pint's, with the cell and the gene copy as units of their own."""
    import pint

    units = pint.UnitRegistry()
    for line in DEFINITIONS:
        units.define(line)
    return units


def known_name(spelling: str) -> str:
    """pint's name of a unit in this spelling; empty where it knows none."""
    return ANSWERS.of(f"name of {spelling!r}", lambda: _name_of(spelling))


def _name_of(spelling: str) -> str:
    try:
        return str(registry().get_name(spelling))
    except Exception:
        return ""
