"""T cells collected from the blood: count x volume processed x efficiency, day by day until there are enough.

The operator sees the count, plans the volume that should give the target, and is bound by what one day allows. Rich blood
therefore gives about the target, poor blood whatever a long day yields: the yields are skewed to the low side on a log
scale, as published ones are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.variation import Steps
from livingdrug.population.cohort import Cohort

Array = NDArray[np.float64]
UL_PER_ML = 1000.0


@dataclass(frozen=True)
class Collection:
    """What apheresis gave.

    Attributes
    ----------
    t_cells
        CD3-positive cells collected [cell], shaped (n,).
    days
        Days of collection, shaped (n,).
    """

    t_cells: Array
    days: Array


def collect(cohort: Cohort, steps: Steps) -> Collection:
    """Collect T cells from each patient.

    Parameters
    ----------
    cohort
        Needs ``weight_kg``, ``alc_cells_per_ul`` and ``cd3_fraction``.
    steps
        The making numbers (attempt 0).
    """
    volume_ul = steps.typical("blood_volume") * cohort["weight_kg"] * UL_PER_ML
    t_cells_in_blood = cohort["alc_cells_per_ul"] * cohort["cd3_fraction"] * volume_ul
    volumes = steps.drawn("collection_target") / (t_cells_in_blood * steps.typical("collection_efficiency"))
    volumes = np.clip(volumes, steps.typical("volumes_least"), steps.typical("volumes_most"))

    collected = np.zeros(len(cohort))
    days = np.zeros(len(cohort))
    for day in range(int(steps.typical("collection_days_most"))):
        today = Steps(steps.quantities, steps.place, steps.patients, steps.seed, attempt=day)
        needed = collected < steps.typical("collection_least")
        yield_today = t_cells_in_blood * volumes * today.drawn("collection_efficiency")
        collected = np.where(needed, collected + yield_today, collected)
        days = np.where(needed, days + 1.0, days)
    return Collection(collected, days)
