"""A straight line: growth curves, and the case where the likelihood is known exactly."""

from __future__ import annotations

import numpy as np

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.structure import Parameter, StructuralModel, compiled, formula_of_time


@compiled
def predict(parameters, times, outputs, doses, level):
    base, slope = parameters
    for i in range(times.size):
        level[i] = base + slope * times[i]


def _propose(data: KineticsData) -> dict[str, float]:
    slope, base = np.polyfit(data.time, data.value, 1) if np.ptp(data.time) > 0 else (0.0, data.value.mean())
    return {"base": float(base), "slope": float(slope)}


PARAMETERS = (
    Parameter("base", "{value}", "Value at time 0", transform="normal", spread=1.0),
    Parameter("slope", "{value}/{time}", "Change per unit of time", transform="normal", spread=1.0),
)
FORMULA = "base + slope * time"
MODEL = StructuralModel(
    title="A straight line",
    source="definition",
    parameters=PARAMETERS,
    predict=predict,
    propose=_propose,
    error="additive",
    equations=formula_of_time(FORMULA, PARAMETERS),
)
