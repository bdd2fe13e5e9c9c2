"""An edit of a donor's cell: which gene is cut or put in, and what the cell is then to its new host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord, Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity

UNEDITED = {
    "seen_by_t_cells": 1.0,
    "seen_by_nk_cells": 0.0,
    "seen_by_cd52_antibody": 1.0,
    "t_cell_receptor": 1.0,
    "wear": 1.0,
}
"""What a donor's cell is when nothing is edited: rejected by T cells in full, spared by NK cells, hit by alemtuzumab, with a receptor of
its own, wearing out as usual. Mechanisms read these properties; an edit changes them."""
Property = Literal["seen_by_t_cells", "seen_by_nk_cells", "seen_by_cd52_antibody", "t_cell_receptor", "wear"]


class Effect(Part):
    """What an edit does to one property of the cell.

    Attributes
    ----------
    on
        The property: one of `UNEDITED`.
    times
        Factor on it.
    plus
        Or what is added to it, before any factor: lost class I calls NK cells, which HLA-E calms by a factor.
    """

    on: Property
    times: Quantity | None = None
    plus: Quantity | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Effect:
        if (self.times is None) == (self.plus is None):
            raise CatalogError(f'"effect" on {self.on}: got both or none of "times" and "plus".\n  Write one of them.')
        told = self.times or self.plus
        assert told is not None
        if told.value < 0.0 or told.unit:
            raise CatalogError(
                f'"effect" on {self.on}: got {told.value:g} {told.unit}'.rstrip()
                + ", expected a number without a unit, 0 or more."
            )
        return self


class Edit(CatalogRecord):
    """An edit.

    Attributes
    ----------
    gene
        What is cut or put in.
    summary
        A paragraph for readers.
    effect
        What it changes in a cell in which it is complete. How many cells that is, a bank says: `edit_<this file's name>`.
    """

    gene: str = Field(min_length=2)
    summary: str = ""
    effect: tuple[Effect, ...] = Field(min_length=1)


def cell_with(edits: Iterable[Edit]) -> dict[str, float]:
    """The properties of a cell in which these edits are complete: what they add, then their factors.

    >>> cell_with([]) == UNEDITED
    True
    """
    found, factors = dict(UNEDITED), dict.fromkeys(UNEDITED, 1.0)
    for edit in edits:
        for effect in edit.effect:
            if effect.plus is not None:
                found[effect.on] += effect.plus.value
            elif effect.times is not None:
                factors[effect.on] *= effect.times.value
    return {name: value * factors[name] for name, value in found.items()}
