"""What every catalog record has: an id (its file's name), a title, and a promise to hold together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Part(BaseModel):
    """A table inside a catalog file: frozen; a key nobody knows, a nan or an inf is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class CatalogRecord(Part):
    """One catalog file.

    Attributes
    ----------
    id
        The file's name without ``.toml``; filled in by the reader, not written in the file.
    title
        One line for lists and headings.
    """

    id: str = Field(min_length=1)
    title: str = Field(min_length=3)

    def completed(self, catalog: Lookup) -> Self:
        """This record with what it takes over from others of the catalogue. Called when it is loaded."""
        return self

    def check_in(self, catalog: Lookup) -> None:
        """Hold this record against the rest of the catalogue; raises `CatalogError`. Called when it is loaded."""

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Every `Quantity` of this record with its place, e.g. ``"parameter.r_E"``."""
        yield from _quantities(self, "")


def _quantities(node: Any, place: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(node, Quantity):
        yield place, node
        return
    if isinstance(node, BaseModel):
        parts: Any = ((name, getattr(node, name)) for name in type(node).model_fields)
    elif isinstance(node, dict):
        parts = node.items()
    elif isinstance(node, (list, tuple)):
        parts = enumerate(node)
    else:
        return
    for name, part in parts:
        yield from _quantities(part, f"{place}.{name}" if place else str(name))
