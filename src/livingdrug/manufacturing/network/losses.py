"""Who is lost in a network by the one law: patients of a population, with their tumours, age, lines and kidneys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.network_parts import Losses
from livingdrug.catalog.records.network import Network, Referred
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.variation import Steps
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL, frailty, growing_tumour, hazard_on, lost_on_day
from livingdrug.model.assemble import assemble
from livingdrug.population import draw

Array = NDArray[np.float64]
LOOKED_AT_DAYS = 30.0
"""The hazard by which a clinic sorts its patients is that of so many days after referral."""
REFERENCE = 4000
"""Patients by whom the bounds of the tiers are found: the same whoever else comes."""


@dataclass(frozen=True)
class Danger:
    """Of each patient: hazard when looked at [1/day], and the day after referral on which they are lost (or infinity); shaped (n,)."""

    hazard: Array
    lost_after: Array


def danger(losses: Losses, referred: Referred, numbers: NDArray[np.int64], address: str) -> Danger:
    """Hazard and day of loss of patients who wait.

    Parameters
    ----------
    losses, referred
        Who is referred, and the records of the catalogue that this names.
    numbers
        Of the patients, shaped (n,).
    address
        Of their luck: the same address and number is the same patient.
    """
    seed = int.from_bytes(hashlib.sha256(address.encode()).digest()[:6], "little")
    disease = referred.disease
    cohort = draw(referred.population, numbers, seed)
    shared = _of_model(disease.recipe)
    own = {**referred.making.waiting, **disease.waiting}
    own |= {name: disease.parameter.get(name, shared[name]) for name in SHARED_WITH_MODEL}
    waiting = Steps(own, f"waiting/{referred.making.id}", numbers, seed)
    tumour = growing_tumour(
        cohort[disease.burden], cohort["weight_kg"], waiting, bridging_allowed=losses.bridging, between_patient=True
    )
    frail = frailty(cohort, waiting)
    return Danger(
        hazard_on(LOOKED_AT_DAYS, tumour, waiting, frail),
        lost_on_day(tumour, np.full(len(numbers), np.inf), waiting, frail),
    )


def bounds(network: Network) -> Array:
    """Hazards between the tiers in the order of rank, descending: the first share of patients is most in danger, shaped (tiers - 1,)."""
    losses, referred = network.losses, network.referred
    assert losses is not None
    assert referred is not None, "a network with losses comes from a catalogue"
    shares = np.cumsum([network.tiers[k].share for k in by_rank(network)])[:-1]
    return np.quantile(_reference(losses.model_dump_json(), referred.model_dump_json(by_alias=True)), 1.0 - shares)


def by_rank(network: Network) -> list[int]:
    """Places of the tiers, the first served first."""
    return sorted(range(len(network.tiers)), key=lambda k: network.tiers[k].rank)


@lru_cache(maxsize=16)
def _reference(losses: str, referred: str) -> Array:
    """Hazards of a sample that is always the same."""
    named, found = Losses.model_validate_json(losses), Referred.model_validate_json(referred)
    return danger(named, found, np.arange(REFERENCE, dtype=np.int64), "network/reference").hazard


@lru_cache(maxsize=16)
def _of_model(recipe: str) -> dict[str, Quantity]:
    """Numbers that the model's mechanisms state, for a recipe."""
    found = assemble(recipe).parameters
    return {name: found[name] for name in SHARED_WITH_MODEL}
