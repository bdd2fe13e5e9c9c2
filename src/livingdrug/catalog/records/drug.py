"""A drug other than the cells: where it enters the model and how a milligram is counted there."""

from __future__ import annotations

from pydantic import model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import CatalogError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor


class Record(CatalogRecord):
    """A drug.

    Attributes
    ----------
    drug_class
        What it is, in clinical words.
    route
        Usual route of administration.
    usual_dose
        Dose as a label or guideline writes it.
    enters
        Model state that receives the dose.
    amount_unit
        Unit of that state.
    amount_per_mg
        How much of `amount_unit` one milligram given adds (salt and equivalence factors live here).
    amount_scales_with
        ``""``, or the patient's parameter that `amount_per_mg` is divided by (``"weight"`` for a concentration).
    sources
        Where the facts above were found, with status.
    """

    drug_class: str
    route: str
    usual_dose: str
    enters: str
    amount_unit: str
    amount_per_mg: Quantity
    amount_scales_with: str = ""
    sources: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _amount_fits(self) -> Record:
        if self.amount_per_mg.value <= 0:
            raise CatalogError(f'"amount_per_mg": got {self.amount_per_mg.value:g}, expected more than 0.')
        per = {"": "mg", "weight": "mg/kg"}.get(self.amount_scales_with, "")
        if not per:
            raise CatalogError(f'"amount_scales_with": got "{self.amount_scales_with}", expected "" or "weight".')
        try:
            factor(self.amount_per_mg.unit, f"({self.amount_unit}) / ({per})")
        except UnitError:
            raise UnitError(
                f'"amount_per_mg": got the unit "{self.amount_per_mg.unit}", expected "{self.amount_unit}" per "{per}".'
                "\n  Correct the unit, or amount_unit."
            ) from None
        return self
