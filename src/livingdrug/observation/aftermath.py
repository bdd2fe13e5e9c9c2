"""After remission is lost, or never reached: further therapy, and death from the disease.

The model follows the tumour under CAR T cells only. From relapse or treatment failure on, one law decides
(`livingdrug.catalog.records.aftermath`): what was seen of the failure gives the hazard of death and the odds of being
kept alive. A transplant in remission removes most relapses that were to come, and has a mortality of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.aftermath import CONDUCT, LAW, check_number
from livingdrug.foundation import streams
from livingdrug.foundation.errors import CatalogError

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.foundation.quantities import Quantity

Floats = NDArray[np.float64]
OF_OLD = ("salvage_success", "survival_after_failure", "survival_shape")
"""Numbers a trial once had to state; today the law says them of every trial."""


@dataclass(frozen=True)
class Failure:
    """What a clinic saw of each patient before and when the disease came back or did not yield.

    Attributes
    ----------
    responded
        Whether a remission was seen (n,).
    day
        Day of relapse or treatment failure (n,), infinite for none.
    burden
        The assay's result at the visit that showed it (n,); NaN where nobody measured.
    antigen_negative
        Share of the tumour without the antigen at relapse [percent] (n,); NaN where nobody looked.
    age
        Age [year] (n,); NaN where the population has none.
    """

    responded: NDArray[np.bool_]
    day: Floats
    burden: Floats
    antigen_negative: Floats
    age: Floats


@dataclass(frozen=True)
class Aftermath:
    """Days (n,), infinite when the event does not happen."""

    disease_death_day: Floats
    transplant_death_day: Floats
    other_death_day: Floats
    subsequent_therapy_day: Floats
    lost_day: Floats


def check_conduct(plan: Plan) -> None:
    """Hold the law of the disease and what a trial says of its own conduct against what is needed.

    Raises
    ------
    CatalogError
        A number is missing, in another unit, out of range, or not a trial's to say: says which, and what was expected.
    """
    plan.aftermath.complete()
    unit = plan.aftermath.number["burden_reference"].unit
    for assay in {one.assay.id: one.assay for one in plan.measured}.values():
        if assay.quantity == plan.aftermath.burden and assay.unit != unit:
            raise CatalogError(
                f'aftermath/{plan.aftermath.id}.toml, "number.burden_reference": got the unit "{unit}", but assay'
                f' "{assay.id}" reports {assay.quantity} in "{assay.unit}".\n  Correct the unit.'
            )
    for name, quantity in plan.conduct.items():
        if name in LAW or name in OF_OLD:
            raise CatalogError(
                f'trial "{plan.trial}", "conduct.{name}": survival after failure is the disease\'s, not a trial\'s.\n'
                f"  Take it out; it stands in aftermath/{plan.aftermath.id}.toml. A trial may state {', '.join(CONDUCT)}."
            )
        if name in CONDUCT:
            check_number(name, quantity, f'trial "{plan.trial}", "conduct.{name}"')


def numbers_of(plan: Plan) -> dict[str, float]:
    """The numbers of the law, and of conduct as the trial states it or else as it usually is."""
    own: Mapping[str, Quantity] = {name: one for name, one in plan.conduct.items() if name in CONDUCT}
    found = {name: quantity.value for name, quantity in {**plan.aftermath.number, **own}.items()}
    return found if plan.product is None else {**found, "crossover": 0.0}  # who had cells does not cross over to them


def risk(number: Mapping[str, float], failure: Failure) -> Floats:
    """The predictor η of each patient's failure (n,); what nobody saw adds nothing."""
    burden = np.log(np.where(failure.burden > 0, failure.burden, np.nan) / number["burden_reference"])
    very_early = failure.day <= number["very_early_until"]
    early = ~very_early & (failure.day <= number["early_until"])
    negative = failure.antigen_negative >= number["antigen_negative_from"]
    return (
        number["burden_effect"] * np.nan_to_num(burden)
        + number["very_early_effect"] * very_early
        + number["early_effect"] * early
        + number["age_effect"] * np.nan_to_num((failure.age - number["age_reference"]) / 10.0)
        + number["antigen_negative_effect"] * negative
    )


def aftermath(number: Mapping[str, float], patients: NDArray[np.int64], failure: Failure, seed: int) -> Aftermath:
    """Further therapy, deaths that follow loss of remission, transplants in remission, and loss to follow-up.

    Parameters
    ----------
    number
        The law's numbers and the trial's, see `numbers_of`.
    patients, seed
        Address of the random numbers.
    failure
        What was seen, had nothing else happened.

    Notes
    -----
    A relapse that was to come after a transplant stays with a probability (`relapse_after_transplant`): the course itself is
    simulated without the transplant. The transplant's own deaths are uniform over `transplant_death_within`.
    """
    transplanted = failure.responded & (
        streams.uniform(seed, "aftermath/transplant", patients) < number["transplant_in_remission"]
    )
    spread = number["transplant_day_log_sd"] * streams.normal(seed, "aftermath/transplant_day", patients)
    transplant = np.where(transplanted, number["transplant_day"] * np.exp(spread), np.inf)
    transplant = np.where(transplant < failure.day, transplant, np.inf)
    stays = streams.uniform(seed, "aftermath/relapse_after_transplant", patients) < number["relapse_after_transplant"]
    day = np.where(np.isfinite(transplant) & ~stays, np.inf, failure.day)
    fatal = streams.uniform(seed, "aftermath/transplant_death", patients)
    within = number["transplant_death_within"]
    most = number["transplant_death"]
    transplant_death = np.where(fatal < most, transplant + within * fatal / max(most, 1e-12), np.inf)

    failed = np.isfinite(day)
    crossed = streams.uniform(seed, "aftermath/crossover", patients) < number["crossover"]
    eta = risk(number, failure) + number["crossover_effect"] * crossed
    odds = number["salvaged"] / max(1.0 - number["salvaged"], 1e-12) * np.exp(-eta)
    saved = streams.uniform(seed, "aftermath/salvage", patients) < odds / (1.0 + odds)
    hazard = np.maximum(number["death_after_failure"] * np.exp(eta), 1e-12)
    survival = streams.exponential(seed, "aftermath/survival", patients) / hazard
    disease_death = np.where(failed & ~saved, day + survival, np.inf)

    delay = number["further_therapy_delay"] * 2.0 * streams.uniform(seed, "aftermath/delay", patients)
    further = np.where(failed, day + delay, np.inf)
    further = np.where(further < disease_death, further, np.inf)
    further = np.where(np.isfinite(transplant), transplant, further)

    lost = streams.exponential(seed, "aftermath/lost", patients) / max(number["lost_to_follow_up"], 1e-12)
    other = streams.exponential(seed, "aftermath/other_death", patients) / max(number["other_death"], 1e-12)
    return Aftermath(disease_death, transplant_death, other, further, lost)
