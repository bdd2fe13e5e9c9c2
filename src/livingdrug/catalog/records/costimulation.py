"""A costimulatory domain: what every receptor that carries it does, relative to the reference domain."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.quantities import Quantity


class Costimulation(CatalogRecord):
    """A costimulatory domain.

    Attributes
    ----------
    called
        As it is written in clinical texts: ``"4-1BB"``.
    summary
        What it does, in a sentence or two.
    parameter
        Model parameters it sets, ratios shared by all products that carry it: name -> `Quantity`.
    """

    called: str = Field(min_length=1)
    summary: str = ""
    parameter: dict[str, Quantity] = Field(default_factory=dict)
