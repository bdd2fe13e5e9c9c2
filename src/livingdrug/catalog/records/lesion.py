"""A kind of lesion: how well it is supplied, what it borders on, how little room it has."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.quantities import Quantity


class Lesion(Inheriting):
    """A kind of lesion; diseases list theirs.

    Attributes
    ----------
    called
        In words: ``"peritoneal deposit"``.
    summary
        A paragraph for readers.
    parameter
        What it has of its own, as mechanisms name it: ``"entry_per_volume_{lesion}"`` -> `Quantity`.
    """

    called: str = Field(min_length=3)
    summary: str = ""
    parameter: dict[str, Quantity] = Field(default_factory=dict)
