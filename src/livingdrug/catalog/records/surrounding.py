"""A part of what surrounds the cells in a lesion: when it is there, and what it weakens."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.quantities import Quantity


class Surrounding(Inheriting):
    """A part of the surrounding; diseases list theirs.

    Attributes
    ----------
    called
        In words: ``"TGF-beta"``.
    summary
        A paragraph for readers.
    parameter
        As the mechanism ``surrounding`` names it: ``"resting_{surrounding}"`` -> `Quantity`.
    """

    called: str = Field(min_length=3)
    summary: str = ""
    parameter: dict[str, Quantity] = Field(default_factory=dict)
