"""How a product is made for one patient: apheresis to released lot, and the tumour that grows meanwhile."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.quantities import Quantity


class Making(Inheriting):
    """One way of making a product.

    Attributes
    ----------
    product
        Catalogue id of the product.
    also
        Other products that are made in this way.
    making
        Apheresis, transduction, culture, release and dose.
    waiting
        Clocks, bridging, growth and hazards between enrolment and infusion. A disease may override single entries.
    """

    product: str
    also: tuple[str, ...] = ()
    summary: str = ""
    making: dict[str, Quantity] = Field(min_length=1)
    waiting: dict[str, Quantity] = Field(min_length=1)
