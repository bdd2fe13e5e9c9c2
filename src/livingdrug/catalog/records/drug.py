"""A drug other than the cells: where it enters the model and how a milligram is counted there."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from livingdrug.catalog.records.base import CatalogRecord
from livingdrug.foundation.errors import CatalogError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor

_IN_THE_MODEL = ("enters", "amount_unit", "amount_per_mg", "amount_per_cycle", "amount_scales_with")
ADULT = {"mg/m^2": 1.8, "mg/kg": 70.0, "mg": 1.0}
"""Unit of a dose -> how many of it an adult of 70 kg and 1.8 m^2 gets in milligrams: a scale to hold doses against, for nobody's treatment."""
NO_AMOUNT = Quantity(
    value=0.0,
    unit="mg/mg",
    meaning="Enters no state of the model",
    kind="input",
    source="a supportive drug is logged only",
)


class Drug(CatalogRecord):
    """A drug.

    Attributes
    ----------
    drug_class
        What it is, in clinical words.
    route
        Usual route of administration.
    usual_dose
        Dose as a label or guideline writes it.
    dosed_by_size
        True when `usual_dose` is per body surface or weight, so that a flat amount in a trial is a slip more often than
        a plan: it is asked about.
    usual_highest
        Highest usual dose of one day, in mg/m^2, mg/kg or mg: a dose of a trial or of a guideline's rule that is far from it is a slip of the unit.
    lowers_fever
        True for a drug after which fever counts as treated: no fever then is no proof of none.
    supportive
        True for a drug that is given and logged and changes nothing in the model (seizure prophylaxis, antivirals): it
        names no state. Any other drug must name one.
    enters
        Model state that receives the dose; the mechanism that owns it comes into the model with the drug.
    amount_unit
        Unit of that state.
    amount_per_mg
        How much of `amount_unit` one milligram given adds (salt and equivalence factors live here).
    amount_per_cycle
        Of a whole regimen, in place of `amount_per_mg`: how much of `amount_unit` one cycle adds. Its doses are told in cycles.
    amount_scales_with
        ``""``, or the patient's parameter that `amount_per_mg` is divided by (``"weight"`` for a concentration).
    sources
        Where the facts above were found, with status.
    """

    drug_class: str
    route: str
    usual_dose: str
    dosed_by_size: bool = False
    usual_highest: Quantity | None = None
    lowers_fever: bool = False
    supportive: bool = False
    enters: str
    amount_unit: str
    amount_per_mg: Quantity = NO_AMOUNT
    amount_per_cycle: Quantity | None = None
    amount_scales_with: str = ""
    sources: tuple[str, ...] = ()
    seen_at: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _supportive_enters_nothing(cls, table: Any) -> Any:
        """A supportive drug needs none of the keys about the model's state, and may have none."""
        if not isinstance(table, dict) or table.get("supportive") is not True:
            return table
        given = [name for name in _IN_THE_MODEL if name in table]
        if given:
            raise CatalogError(
                f'"supportive": a supportive drug is logged only, yet "{given[0]}" is given.\n'
                "  Take out supportive = true, or everything about the model's state."
            )
        return {**table, "enters": "", "amount_unit": "", "amount_per_mg": NO_AMOUNT}

    def _cycle_fits(self, amount: Quantity) -> Drug:
        if self.amount_per_mg is not NO_AMOUNT or self.amount_scales_with:
            raise CatalogError(
                '"amount_per_cycle": a regimen is counted in cycles, yet "amount_per_mg" or "amount_scales_with" is given.\n'
                "  Take them out, or take out amount_per_cycle."
            )
        if amount.value <= 0:
            raise CatalogError(f'"amount_per_cycle": got {amount.value:g}, expected more than 0.')
        if amount.unit != self.amount_unit:
            raise UnitError(
                f'"amount_per_cycle": got the unit "{amount.unit}", expected that of the state, "{self.amount_unit}".'
            )
        return self

    @property
    def counted_in(self) -> str:
        """What its doses are told in: ``"mg"``, or ``"cycle"`` for a whole regimen."""
        return "cycle" if self.amount_per_cycle is not None else "mg"

    @property
    def amount_per_unit(self) -> float:
        """How much of `amount_unit` one milligram, or one cycle, adds."""
        return (self.amount_per_cycle or self.amount_per_mg).value

    @model_validator(mode="after")
    def _highest_fits(self) -> Drug:
        if (highest := self.usual_highest) is None:
            return self
        if highest.value <= 0:
            raise CatalogError(f'"usual_highest": got {highest.value:g}, expected more than 0.')
        if highest.unit not in ADULT:
            raise UnitError(f'"usual_highest": got the unit "{highest.unit}", expected {" or ".join(ADULT)}.')
        return self

    @model_validator(mode="after")
    def _amount_fits(self) -> Drug:
        if self.supportive:
            return self
        if self.amount_per_cycle is not None:
            return self._cycle_fits(self.amount_per_cycle)
        if self.amount_per_mg is NO_AMOUNT:
            raise CatalogError('"amount_per_mg" is missing.\n  Say how a milligram is counted in "enters".')
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
