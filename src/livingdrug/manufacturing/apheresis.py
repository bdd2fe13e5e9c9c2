"""T cells collected from the blood: count x volume processed x efficiency, day by day until there are enough.

The operator sees the count, plans the volume that should give the target, and is bound by what one day allows. Rich blood
therefore gives about the target, poor blood whatever a long day yields: the yields are skewed to the low side on a log
scale, as published ones are. Treatment shortly before lowers the count (wash-out).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.phenotype import Phenotype, of_patients
from livingdrug.manufacturing.variation import Steps
from livingdrug.population.cohort import Cohort

Array = NDArray[np.float64]
UL_PER_ML = 1000.0
USUAL_LINES, AGE_OF_DECLINE = 3.0, 50.0
RECOLLECTED = 100
"""First address of a second collection's days: its luck is another one."""


@dataclass(frozen=True)
class Collection:
    """What apheresis gave; arrays shaped (n,).

    Attributes
    ----------
    t_cells
        CD3-positive cells collected [cell].
    first_day
        Of these, those of the first day [cell].
    days
        Days of collection.
    cd4_fraction
        CD4-positive among the T cells.
    phenotype
        Naive to terminal effector.
    tumour_per_t_cell
        Circulating tumour cells collected along, per T cell.
    """

    t_cells: Array
    first_day: Array
    days: Array
    cd4_fraction: Array
    phenotype: Phenotype
    tumour_per_t_cell: Array


def fitness_of(cohort: Cohort, steps: Steps) -> Array:
    """Latent fitness of each patient's T cells [standard deviations], shaped (n,).

    Heavily treated and old patients, and those lately given bendamustine, have cells that grow less well.
    """
    fitness = steps.normal("fitness") + steps.typical("fitness_per_line") * (cohort["prior_lines"] - USUAL_LINES)
    if "age_years" in cohort.covariates:
        above = np.maximum(cohort["age_years"] - AGE_OF_DECLINE, 0.0) / 10.0
        fitness = fitness + steps.typical("fitness_per_decade") * above
    return fitness + np.where(steps.happens("bendamustine"), steps.typical("fitness_bendamustine"), 0.0)


def collect(cohort: Cohort, fitness: Array, steps: Steps, *, again: int = 0) -> Collection:
    """Collect T cells from each patient.

    Parameters
    ----------
    cohort
        Needs ``weight_kg``, ``alc_cells_per_ul`` and ``cd3_fraction``.
    fitness
        Latent fitness of the patient's T cells, shaped (n,).
    steps
        The making numbers (attempt 0).
    again
        Number of earlier collections.
    """
    volume_ul = steps.typical("blood_volume") * cohort["weight_kg"] * UL_PER_ML
    t_cells_in_blood = cohort["alc_cells_per_ul"] * cohort["cd3_fraction"] * volume_ul * washed_out(steps)
    volumes = steps.drawn("collection_target") / (t_cells_in_blood * steps.typical("collection_efficiency"))
    volumes = np.clip(volumes, steps.typical("volumes_least"), steps.typical("volumes_most"))

    collected, days = np.zeros(len(cohort)), np.zeros(len(cohort))
    first = np.zeros(len(cohort))
    for day in range(int(steps.typical("collection_days_most"))):
        today = replace(steps, attempt=day + RECOLLECTED * again)
        needed = collected < steps.typical("collection_least")
        yield_today = t_cells_in_blood * volumes * today.drawn("collection_efficiency")
        first = yield_today if day == 0 else first
        collected = np.where(needed, collected + yield_today, collected)
        days = np.where(needed, days + 1.0, days)
    return Collection(
        t_cells=collected,
        first_day=first,
        days=days,
        cd4_fraction=steps.drawn("cd4_collected"),
        phenotype=of_patients(cohort, fitness, steps),
        tumour_per_t_cell=steps.drawn("circulating_tumour"),
    )


def washed_out(steps: Steps) -> float:
    """T cells in blood relative to the count at enrolment, which is taken after a usual wash-out.

    deficit(t) = deficit at the last dose x exp(-t / recovery): a shorter pause between the last treatment and apheresis collects fewer.
    """
    deficit, recovery = steps.typical("washout_deficit"), steps.typical("washout_recovery")
    left = [1.0 - deficit * np.exp(-steps.typical(name) / recovery) for name in ("washout", "washout_usual")]
    return float(left[0] / left[1])
