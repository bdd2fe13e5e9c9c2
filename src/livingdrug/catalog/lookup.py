"""What a record may ask of the catalogue it lives in, without knowing how files are found and read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from livingdrug.catalog.parameter_set import ParameterSet


class Lookup(Protocol):
    """A place where catalog records are found by kind and name; `load.Catalog` is the one in use."""

    parameters: ParameterSet

    def names(self, kind: str) -> list[str]:
        """Names of all records of a kind."""
        ...

    def has(self, kind: str, name: str) -> bool:
        """Whether there is such a record."""
        ...

    def path(self, kind: str, name: str | Path) -> Path:
        """The record's file."""
        ...

    def as_written(self, kind: str, name: str | Path) -> dict[str, Any]:
        """The record's file as a table: nothing that it names is read."""
        ...

    def model_texts(self) -> dict[str, str]:
        """Mechanisms and recipes of the user's own, by file name."""
        ...

    def load(self, kind: str, name: str | Path) -> Any:
        """The record itself."""
        ...
