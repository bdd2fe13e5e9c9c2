"""What every catalog record has: an id (its file's name), a title, and a promise to hold together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from livingdrug.foundation.numbers_alone import NumbersAlone
from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Part(NumbersAlone):
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

    chaptered: ClassVar[tuple[str, ...]] = ()
    """Keys that `chapters` tells."""

    def chapters(self) -> dict[str, dict[str, str]]:
        """What a reader is told under headings of its own: heading -> name -> text; the other keys stand in one table."""
        return {}

    def completed(self, catalog: Lookup) -> Self:
        """This record with what it takes over from others of the catalogue. Called when it is loaded."""
        return self

    def check_in(self, catalog: Lookup) -> None:
        """Hold this record against the rest of the catalogue; raises `CatalogError`. Called when it is loaded."""

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Every `Quantity` of this record with its place, e.g. ``"parameter.r_E"``."""
        yield from _quantities(self, "")


class Inheriting(CatalogRecord):
    """A record whose file may be laid over another of its kind: it then states only what differs.

    Attributes
    ----------
    extends
        The other file's name. Tables are merged key by key; a number, a fact or a covariate of one's own stands in
        place of the other's as a whole, so that no source is left beside a value it does not support. Lists named in
        `appended` are added to the other's.
    """

    appended: ClassVar[tuple[str, ...]] = ()
    extends: str = ""

    @classmethod
    def taken_over(cls, base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
        """What of the other file's table this one may take over: all of it, where a kind does not say otherwise."""
        return base


WHOLE = ("value", "text", "distribution", "formula")
"""A table with one of these keys is one statement: it replaces another, it is not merged with it."""


def laid_over(base: dict[str, Any], own: dict[str, Any], appended: tuple[str, ...] = ()) -> dict[str, Any]:
    """Two tables of catalog files as one; the second wins, but lists named in `appended` follow one another.

    >>> laid_over({"a": {"value": 1, "spread": 2}, "b": {"c": 1}}, {"a": {"value": 3}, "b": {"d": 2}})
    {'a': {'value': 3}, 'b': {'c': 1, 'd': 2}}
    """
    merged = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and not any(mark in value for mark in WHOLE):
            merged[key] = laid_over(below, value)
        elif key in appended and isinstance(value, list) and isinstance(below, list):
            merged[key] = [*below, *value]
        else:
            merged[key] = value
    return merged


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
