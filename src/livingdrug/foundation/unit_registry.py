"""The unit registry: pint's, with what is counted here as units of their own. It knows sizes; texts are read elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

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
