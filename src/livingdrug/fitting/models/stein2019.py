"""Stein 2019: exponential expansion to a peak, then a fast and a slow decline; time counts from the infusion."""

from __future__ import annotations

import math

from livingdrug.fitting.models._expansion import propose_expansion
from livingdrug.fitting.structure import Parameter, StructuralModel, compiled, formula_of_time


@compiled
def predict(parameters, times, outputs, doses, level):
    fold, peak_day, peak, fast, share, slow = parameters
    growth = math.log(fold) / peak_day
    for i in range(times.size):
        since = times[i] - peak_day
        if since < 0.0:
            level[i] = peak * math.exp(growth * since)
        else:
            level[i] = peak * ((1.0 - share) * math.exp(-fast * since) + share * math.exp(-slow * since))


PARAMETERS = (
    Parameter("foldx", "", "Peak over the level at infusion", spread=1.2),
    Parameter("Tmax", "{time}", "Time of the peak", spread=0.5),
    Parameter("Cmax", "{value}", "Level at the peak", spread=0.9),
    Parameter("alpha", "1/{time}", "Rate of the fast decline", spread=0.9),
    Parameter("FB", "", "Share of the peak that declines slowly", spread=0.9),
    Parameter("beta", "1/{time}", "Rate of the slow decline", spread=0.9),
)
FORMULA = (
    "piecewise(Cmax * exp(ln(foldx) / Tmax * (time - Tmax)), time < Tmax, Cmax * ((1 - FB) * exp(-alpha *"
    " (time - Tmax)) + FB * exp(-beta * (time - Tmax))))"
)
MODEL = StructuralModel(
    title="Stein 2019: expansion to a peak, then a fast and a slow decline",
    source="Stein 2019, doi:10.1002/psp4.12388; equations as in docs/reproductions/stein_2019.md",
    parameters=PARAMETERS,
    predict=predict,
    propose=propose_expansion,
    error="lognormal",
    equations=formula_of_time(FORMULA, PARAMETERS),
)
