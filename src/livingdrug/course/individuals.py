"""Each patient's own parameters: typical values with spread, then covariates, then the lot, then fate's thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.population import Population
from livingdrug.course.fate import fate_parameters
from livingdrug.engine.odes import Odes
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import Lots
from livingdrug.model.instance import Clone
from livingdrug.population.cohort import Cohort
from livingdrug.population.drawing import model_parameters
from livingdrug.population.spread import individual_parameters

MOST = 0.99
"""What shares that are drawn one by one may take together at most; the first of the list has the rest."""


def patient_parameters(
    odes: Odes,
    quantities: Mapping[str, Quantity],
    population: Population,
    cohort: Cohort,
    lots: Lots,
    seed: int,
    *,
    clones: Iterable[Clone],
    shares: Iterable[tuple[str, ...]] = (),
    between_patient: bool = True,
) -> NDArray[np.float64]:
    """The parameter table the engine takes.

    Parameters
    ----------
    odes
        Names and order of the parameters.
    quantities
        Typical values and spreads, each of a parameter of the model (`equations.parameters_of` checks it).
    population, cohort
        Covariates and how they set parameters.
    lots
        What was made for each patient.
    seed
        The run's seed.
    clones
        Of the model; each has random numbers of its own.
    shares
        Groups of parameters that leave the rest of 1 to another: where a patient's draws leave nothing, all shrink alike.
    between_patient
        False gives every patient the typical values.

    Returns
    -------
    Shaped (patients, parameters), in the model's units.
    """
    n = len(cohort)
    values = {name: np.full(n, default) for name, default in zip(odes.parameters, odes.defaults, strict=True)}
    values |= individual_parameters(quantities, cohort.patients, seed, between_patient=between_patient)
    for group in shares:
        values |= _within_one({name: values[name] for name in group})
    values |= {name: column for name, column in model_parameters(population, cohort).items() if name in values}
    values |= lot_parameters(values, lots)
    values |= fate_parameters(cohort.patients, seed, clones)
    return np.ascontiguousarray(np.stack([values[name] for name in odes.parameters], axis=1))


def _within_one(group: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Shares drawn one by one that together leave something: patients whose draws do not keep their proportions."""
    together = sum(group.values(), np.zeros(len(next(iter(group.values())))))
    excess = np.maximum(together, MOST) / MOST
    return {name: share / excess for name, share in group.items()}


def lot_parameters(values: Mapping[str, NDArray[np.float64]], lots: Lots) -> dict[str, NDArray[np.float64]]:
    """What the lot and the wait decide: the tumour at lymphodepletion, phenotype, potency, copies, spent divisions, fitness.

    What a supply does not tell of its lots (and an arm without cells of none) stays as the model has it.
    """
    blasts = np.clip(lots.burden_percent_at_lymphodepletion, 0.0, 100.0)
    size = values["weight"] / values["reference_weight"]
    wanted = {
        "tumour_start": blasts / 100.0 * values["tumour_capacity"] * size,
        "memory_share": lots.memory_fraction,
        "naive_share": lots.naive_fraction,
        "lot_cd4_share": lots.cd4_fraction,
        "lot_potency": lots.potency,
        "copies_per_cell": lots.copies_per_car_t_cell,
        "culture_doublings": lots.culture_doublings,
        "fitness": lots.fitness,
        "graft_wear": lots.graft_wear,
        "tcr_positive_share": lots.tcr_positive_fraction,
        "transduced_share": lots.transduction,
        **{f"share_graft_{k}": column for k, column in enumerate(lots.graft_shares.T, 1)},
    }
    return {
        name: np.where(np.isfinite(column), column, values[name]) for name, column in wanted.items() if name in values
    }
