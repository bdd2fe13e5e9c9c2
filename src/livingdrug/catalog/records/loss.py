"""The law by which patients are lost while they wait: one for all products, diseases and trials."""

from __future__ import annotations

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity

LAW = (
    "loss_background", "loss_progression", "loss_by_bridging", "loss_burden_power", "loss_time_power",
    "loss_per_decade", "loss_per_line", "loss_per_kidney", "loss_is_death",
)  # fmt: skip
"""Numbers that the law asks for, all of them."""


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

    @model_validator(mode="after")
    def _whole(self) -> Loss:
        if missing := [name for name in LAW if name not in self.numbers]:
            raise CatalogError(
                f'"numbers": lacks {", ".join(missing)}, which the law of loss needs.\n  Add each with its source, as in loss/while_waiting.toml.'
            )
        return self
