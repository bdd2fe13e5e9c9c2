"""What follows when remission is lost or never reached: one law of survival for a disease, and a trial's usual conduct.

    η = burden_effect · ln(burden at failure / burden_reference)
      + very_early_effect (failure seen up to very_early_until) or early_effect (up to early_until)
      + age_effect · (age − age_reference) / 10 years
      + antigen_negative_effect (relapse without the antigen)
      + crossover_effect (an arm without cells whose trial lets those who fail cross over to them)

    hazard of death after failure = death_after_failure · e^η
    odds of being kept alive in the long run = odds(salvaged) · e^−η

Everything is what a clinic sees: an assay's burden at the visit that showed failure, flow cytometry at relapse, the day, the age.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, model_validator

from livingdrug.catalog.records.base import Inheriting
from livingdrug.foundation.errors import CatalogError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor


@dataclass(frozen=True)
class Needed:
    """One number of an aftermath: what it means, its unit (None: that of the assay), and between what values it lies."""

    meaning: str
    unit: str | None
    low: float
    high: float


LAW = {
    "death_after_failure": Needed("hazard of death after a late failure at the reference", "1/day", 0.0, 1.0),
    "salvaged": Needed("share whom further therapy keeps alive, at the reference", "", 0.0, 1.0),
    "burden_reference": Needed("burden at failure to which the others refer", None, 1e-12, 1e15),
    "burden_effect": Needed("log hazard for each factor e of burden", "", -5.0, 5.0),
    "very_early_until": Needed("last day of a very early failure", "day", 0.0, 1e4),
    "very_early_effect": Needed("log hazard after a very early failure", "", -5.0, 5.0),
    "early_until": Needed("last day of an early failure", "day", 0.0, 1e4),
    "early_effect": Needed("log hazard after an early failure", "", -5.0, 5.0),
    "age_reference": Needed("age to which the others refer", "year", 0.0, 120.0),
    "age_effect": Needed("log hazard for each ten years of age", "", -5.0, 5.0),
    "antigen_negative_from": Needed(
        "share of tumour without the antigen from which relapse lacks it", "percent", 0, 100
    ),
    "antigen_negative_effect": Needed("log hazard after a relapse without the antigen", "", -5.0, 5.0),
    "relapse_after_transplant": Needed("share of relapses that a transplant in remission leaves", "", 0.0, 1.0),
    "transplant_death": Needed("probability of death from the transplant", "", 0.0, 1.0),
    "transplant_death_within": Needed("days within which that death comes", "day", 1.0, 1e4),
    "crossover_effect": Needed("log hazard of death after failure for those who get cells next", "", -5.0, 5.0),
    "other_death": Needed("rate of death from other causes", "1/day", 0.0, 1.0),
}
"""Biology and medicine: the same in every trial of the disease."""

CONDUCT = {
    "transplant_in_remission": Needed("share of responders who are transplanted in remission", "", 0.0, 1.0),
    "transplant_day": Needed("median day of that transplant", "day", 0.0, 1e5),
    "transplant_day_log_sd": Needed("spread of that day on the log scale", "", 0.0, 5.0),
    "further_therapy_delay": Needed("median time from relapse or failure to further therapy", "day", 0.0, 1e5),
    "crossover": Needed("share of failures without cells who get cells next", "", 0.0, 1.0),
    "lost_to_follow_up": Needed("rate of loss to follow-up", "1/day", 0.0, 1.0),
}
"""How a trial is run: a trial's ``[conduct]`` may state its own."""

NEEDED = {**LAW, **CONDUCT}


class Aftermath(Inheriting):
    """What follows relapse or treatment failure in one disease.

    Attributes
    ----------
    summary
        A paragraph for readers.
    burden
        Quantity of the assay that tells the burden when failure is seen; empty in a file that others extend.
    number
        Numbers of `LAW` and `CONDUCT`: name -> `Quantity`.
    """

    summary: str = ""
    burden: str = ""
    number: dict[str, Quantity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _proves_itself(self) -> Aftermath:
        for name, quantity in self.number.items():
            check_number(name, quantity, f'"number.{name}"')
        return self

    def complete(self) -> None:
        """Whether a disease may name this file.

        Raises
        ------
        CatalogError
            A number or the burden is missing; says which and what it means.
        """
        for name, needed in NEEDED.items():
            if name not in self.number:
                raise CatalogError(
                    f'aftermath/{self.id}.toml lacks "number.{name}" ({needed.meaning}).\n'
                    '  Add it, or write extends = "after_car_t".'
                )
        if not self.burden:
            raise CatalogError(
                f'aftermath/{self.id}.toml lacks "burden".\n  Name the quantity of the assay that tells the burden at failure.'
            )


def check_number(name: str, quantity: Quantity, place: str) -> None:
    """Hold one number against what is needed of it.

    Raises
    ------
    CatalogError
        A name that nobody reads, another unit, or a value out of range.
    """
    if name not in NEEDED:
        raise CatalogError(f"{place}: nothing reads it.\n  Known: {', '.join(NEEDED)}.")
    needed = NEEDED[name]
    unit = needed.unit if needed.unit is not None else quantity.unit
    try:
        same = factor(quantity.unit, unit) == 1.0  # the number is used as it stands: "4 month" is not 4 days
    except UnitError:
        same = False
    if not same:
        raise CatalogError(f'{place}: got the unit "{quantity.unit}", expected "{unit}".\n  Correct the unit.')
    if not needed.low <= quantity.value <= needed.high:
        raise CatalogError(
            f"{place}: got {quantity.value:g} {quantity.unit}, expected {needed.low:g} to {needed.high:g}"
            f" ({needed.meaning}).\n  Correct the value."
        )
