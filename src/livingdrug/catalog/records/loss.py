"""The law by which patients are lost while they wait: one for all products, diseases and trials."""

from __future__ import annotations

from pydantic import Field

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.quantities import Quantity


class Loss(CatalogRecord):
    """Numbers of the hazard of death, or of progression beyond treatment, between enrolment and lymphodepletion.

    Attributes
    ----------
    summary
        The law in words.
    numbers
        Read by `livingdrug.manufacturing.waiting.lost_on_day`; every making process takes them over.
    """

    summary: str = ""
    numbers: dict[str, Quantity] = Field(min_length=1)
