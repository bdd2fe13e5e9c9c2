"""How a product is made for one patient: apheresis to released lot, and the tumour that grows meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.quantities import Quantity

if TYPE_CHECKING:
    from livingdrug.catalog.lookup import Lookup


class Making(Inheriting):
    """One way of making a product.

    Attributes
    ----------
    product
        Catalogue id of the product.
    loss
        Catalogue name of the law by which patients are lost while they wait; the same for all.
    also
        Other products that are made in this way.
    making
        Apheresis, transduction, culture, release and dose.
    waiting
        Clocks and bridging between enrolment and infusion, with the numbers of the law of loss. A disease may override
        single entries.
    """

    product: str
    loss: str = "while_waiting"
    also: tuple[str, ...] = ()
    summary: str = ""
    making: dict[str, Quantity] = Field(min_length=1)
    waiting: dict[str, Quantity] = Field(min_length=1)

    def completed(self, catalog: Lookup) -> Making:
        """With the numbers of the law of loss."""
        law = catalog.load("loss", self.loss)
        return self.model_copy(update={"waiting": {**law.numbers, **self.waiting}})
