"""An antigen: how many molecules of it stand on which cells."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity


class Antigen(CatalogRecord):
    """An antigen.

    Attributes
    ----------
    summary
        What it is, and on what it stands, in a sentence or two.
    on
        Molecules per cell: on tumour cells under the disease's name or, for every other disease, ``tumour``; on healthy
        cells under the model's name for them (``b``, ``plasma``, ``mural``). Tissues say their own (``catalog/tissue``).
    loss
        Cells without it born per division of a tumour cell; the model's usual rate when omitted.
    sources
        Publications behind it.
    """

    summary: str = ""
    on: dict[str, Quantity] = Field(min_length=1)
    loss: Quantity | None = None
    sources: tuple[str, ...] = ()
    seen_at: tuple[str, ...] = ()

    def check_in(self, catalog: object) -> None:
        """Densities are molecules per cell, zero or more."""
        for place, quantity in self.on.items():
            if quantity.unit != "molecule/cell" or quantity.value < 0:
                raise CatalogError(
                    f'"on.{place}": got {quantity.value:g} "{quantity.unit}", expected molecules per cell, 0 or more.\n'
                    '  Write unit = "molecule/cell".'
                )

    def of_tumour(self, disease: str) -> Quantity | None:
        """Its density on the cells of a disease."""
        return self.on.get(disease, self.on.get("tumour"))

    def healthy(self) -> Iterator[tuple[str, Quantity]]:
        """(cell, density) of the healthy cells it tells of."""
        yield from ((name, self.on[name]) for name in ("b", "plasma", "mural") if name in self.on)
