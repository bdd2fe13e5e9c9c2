"""Release: which lots meet the specification, which are given although they do not, and how much is filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import LABEL_WEIGHT_KG, Infusion
from livingdrug.manufacturing.culture import Harvest
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Reasons in the order in which the first one found is reported.
REASONS = ("growth", "viability", "purity", "transduction", "other")
RELEASED = ""


@dataclass(frozen=True)
class Release:
    """The decision on each lot; arrays shaped (n,).

    Attributes
    ----------
    released
        The lot may be given.
    out_of_specification
        It may be given although its viability is below the specification.
    reason
        Why it was not released, one of `REASONS`; empty when it was.
    """

    released: Mask
    out_of_specification: Mask
    reason: NDArray[np.str_]


def decide(harvest: Harvest, available: Array, least_dose: Array, steps: Steps) -> Release:
    """Hold each lot against the specification.

    Parameters
    ----------
    harvest
        The lots.
    available
        CAR-positive viable cells that can be filled [cell], shaped (n,).
    least_dose
        Lowest dose the arm allows [cell], shaped (n,).
    steps
        The making numbers of this attempt.
    """
    low_viability = harvest.viability < steps.typical("viability_least")
    wrong_vector = (harvest.transduction < steps.typical("car_positive_least")) | (
        harvest.copies_per_car_t_cell > steps.typical("copies_most")
    )
    problems = {
        "growth": (harvest.viable_cells < steps.typical("harvest_least")) | (available < least_dose),
        "viability": low_viability,
        "purity": harvest.purity < steps.typical("purity_least"),
        "transduction": wrong_vector,
        "other": steps.happens("other_failure"),
    }
    others = problems["growth"] | problems["purity"] | problems["transduction"] | problems["other"]
    given_anyway = (
        low_viability
        & ~others
        & (harvest.viability >= steps.typical("viability_floor"))
        & steps.happens("out_of_specification_given")
    )
    released = given_anyway | ~(others | low_viability)
    reason = np.select([problems[name] for name in REASONS], REASONS, default=RELEASED)
    return Release(released, given_anyway, np.where(released, RELEASED, reason))


def fill(available: Array, weight_kg: Array, infusion: Infusion, steps: Steps) -> Array:
    """Dose in the bag [cell]: what the maker aims at, what there is, and never outside the arm's limits.

    Parameters
    ----------
    available
        CAR-positive viable cells [cell], shaped (n,).
    weight_kg
        Shaped (n,).
    infusion
        The arm's dose limits.
    steps
        The making numbers of this attempt.
    """
    lowest, highest = infusion.dose_limits(weight_kg)
    by_weight = (weight_kg <= LABEL_WEIGHT_KG) | bool(infusion.dose_per_kg)
    wanted = np.where(
        by_weight,
        steps.drawn("dose_wanted_per_kg") * weight_kg,
        steps.drawn("dose_wanted_fixed"),
    )
    return np.clip(np.minimum(wanted, available), lowest, highest)
