"""No cells: treatment begins as planned, nothing is collected, made or waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from livingdrug.catalog.plan import Plan
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import TREATED, Lots, no_donor
from livingdrug.population.cohort import Cohort


def supply(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """Everybody begins treatment on the arm's first day, with the burden of disease they enrolled with."""
    n = len(cohort)
    unknown, nobody, first = np.full(n, np.nan), np.zeros(n, dtype=bool), np.full(n, plan.arm.first_day)
    burden = cohort[plan.disease.burden]
    size = cohort["weight_kg"] / numbers["reference_weight"].value
    known: dict[str, Any] = {
        "patients": cohort.patients,
        "status": np.full(n, TREATED),
        "enrolment_day": first,
        "waiting_end_day": first,
        "burden_percent_at_lymphodepletion": burden,
        "tumour_cells_at_lymphodepletion": burden / 100.0 * numbers["tumour_capacity"].value * size,
        "bridging": nobody,
        "bridging_response": nobody,
        "out_of_specification": nobody,
        "culture_ended_early": nobody,
        "n_manufacturing_attempts": np.zeros(n, dtype=np.int64),
        "failure_reason": np.full(n, ""),
        "first_failure_reason": np.full(n, ""),
        **no_donor(n),
    }
    return Lots(**{one.name: known.get(one.name, unknown) for one in fields(Lots)})
