"""No cells: treatment begins as planned, nothing is collected, made or waited for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from livingdrug.catalog.plan import Plan
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import TREATED, Lots
from livingdrug.population.cohort import Cohort


def supply(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """Everybody begins treatment on the arm's first day, with the burden of disease they enrolled with."""
    n = len(cohort)
    unknown, nobody, first = np.full(n, np.nan), np.zeros(n, dtype=bool), np.full(n, plan.arm.first_day)
    burden = cohort[plan.disease.burden]
    size = cohort["weight_kg"] / numbers["reference_weight"].value
    return Lots(
        patients=cohort.patients,
        status=np.full(n, TREATED),
        enrolment_day=first,
        vein_to_vein_days=unknown,
        waiting_end_day=first,
        bridging=nobody,
        burden_percent_at_lymphodepletion=burden,
        tumour_cells_at_lymphodepletion=burden / 100.0 * numbers["tumour_capacity"].value * size,
        t_cells_collected=unknown,
        collection_days=unknown,
        dose_cells=unknown,
        dose_cells_per_kg=unknown,
        viability=unknown,
        transduction=unknown,
        purity=unknown,
        memory_fraction=unknown,
        copies_per_car_t_cell=unknown,
        culture_doublings=unknown,
        out_of_specification=nobody,
        n_manufacturing_attempts=np.zeros(n, dtype=np.int64),
        failure_reason=np.full(n, ""),
        fitness=unknown,
    )
