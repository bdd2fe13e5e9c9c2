"""What kind of infection it is when one happens: shares of classes by phase, and of severities."""

from __future__ import annotations

import math

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.quantities import Quantity

SEVERITIES = ("mild", "moderate", "severe", "life_threatening", "fatal")
"""Grades 1 to 5."""


class Infection(CatalogRecord):
    """Marks of an infection; how often they come is the model's hazard and not written here.

    Attributes
    ----------
    early_until
        Last day of the early phase [day].
    early, late
        Share of each class of infection in the two phases; each adds up to 1.
    severity
        Share of mild, moderate, severe, life-threatening and fatal infections by class; each adds up to 1.
    """

    summary: str = ""
    early_until: Quantity
    early: dict[str, Quantity] = Field(min_length=1)
    late: dict[str, Quantity] = Field(min_length=1)
    severity: dict[str, dict[str, Quantity]]

    @model_validator(mode="after")
    def _shares(self) -> Infection:
        if self.early_until.unit != "day":
            raise ValueError(f'early_until is in days, got unit "{self.early_until.unit}"')
        tables = {"early": self.early, "late": self.late}
        tables.update({f"severity.{name}": table for name, table in self.severity.items()})
        for name, table in tables.items():
            total = math.fsum(share.value for share in table.values())
            if any(not 0 <= share.value <= 1 for share in table.values()) or abs(total - 1) > 1e-9:
                raise ValueError(f"{name}: shares lie between 0 and 1 and add up to 1, here {total:g}")
        classes = set(self.early)
        if set(self.late) != classes or set(self.severity) != classes:
            raise ValueError(f"early, late and severity name the same classes: {', '.join(sorted(classes))}")
        for name, table in self.severity.items():
            if tuple(table) != SEVERITIES:
                raise ValueError(f"severity.{name} lists {', '.join(SEVERITIES)} in this order")
        return self
