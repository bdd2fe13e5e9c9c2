"""An effect that rises with a dose or concentration and saturates; the column TIME holds that dose or concentration."""

from __future__ import annotations

import numpy as np

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.structure import Parameter, StructuralModel, compiled


@compiled
def predict(parameters, times, outputs, doses, level):
    base, largest, half = parameters
    for i in range(times.size):
        level[i] = base + largest * times[i] / (half + times[i])


def _propose(data: KineticsData) -> dict[str, float]:
    low = float(np.mean(data.value[data.time <= np.quantile(data.time, 0.2)]))
    high = float(np.mean(data.value[data.time >= np.quantile(data.time, 0.8)]))
    return {"E0": max(abs(low), 1e-6), "Emax": max(high - low, 1e-6), "EC50": float(max(np.median(data.time), 1e-6))}


MODEL = StructuralModel(
    title="Emax: a saturating effect over a dose or concentration",
    source="definition",
    parameters=(
        Parameter("E0", "{value}", "Effect without drug"),
        Parameter("Emax", "{value}", "Largest additional effect"),
        Parameter("EC50", "{time}", "Dose or concentration of half the additional effect"),
    ),
    predict=predict,
    propose=_propose,
    error="additive",
)
