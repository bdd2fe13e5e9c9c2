"""A trait of a construct: a binder, an edit or a gene carried along, and what every product that has it does differently."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.quantities import Quantity


class Trait(CatalogRecord):
    """A trait.

    Attributes
    ----------
    called
        In a few words, for pages and legends: ``"GM-CSF knock-out"``.
    summary
        What it does, in a sentence or two.
    parameter
        Model parameters it multiplies, or, for those in `sets`, sets: name -> `Quantity`. Several traits of one product multiply.
    joins
        Mechanisms that these parameters belong to and that a recipe may lack.
    sets
        Parameters that it sets instead of multiplying, such as a switch that the cells carry.
    """

    called: str = Field(min_length=3)
    summary: str = ""
    parameter: dict[str, Quantity] = Field(min_length=1)
    joins: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()

    @property
    def factors(self) -> frozenset[str]:
        """Parameters that it multiplies."""
        return frozenset(self.parameter) - frozenset(self.sets)
