"""Ogasawara 2021: a lag at the level found first, expansion to a peak, then a fast and a slow decline."""

from __future__ import annotations

import math

from livingdrug.fitting.models._expansion import propose_lagged
from livingdrug.fitting.structure import Parameter, StructuralModel, compiled


@compiled
def predict(parameters, times, outputs, doses, level):
    lag, doubling, growth_days, peak, fast_half, share, slow_half = parameters
    ln2 = math.log(2.0)
    peak_day = lag + growth_days
    start = peak * math.exp(-ln2 * growth_days / doubling)
    for i in range(times.size):
        t = times[i]
        if t < lag:
            level[i] = start
        elif t < peak_day:
            level[i] = start * math.exp(ln2 * (t - lag) / doubling)
        else:
            since = t - peak_day
            level[i] = peak * (
                (1.0 - share) * math.exp(-ln2 * since / fast_half) + share * math.exp(-ln2 * since / slow_half)
            )


MODEL = StructuralModel(
    title="Ogasawara 2021: a lag, expansion to a peak, then a fast and a slow decline",
    source="Ogasawara 2021, doi:10.1007/s40262-021-01039-5; the time of growth stands for the day of the peak minus the lag",
    parameters=(
        Parameter("Tlag", "{time}", "Time before expansion begins", spread=0.4),
        Parameter("Tdoubling", "{time}", "Doubling time during expansion", spread=0.4),
        Parameter("Tgrowth", "{time}", "Time from the lag's end to the peak", spread=0.4),
        Parameter("Cmax", "{value}", "Level at the peak", spread=0.9),
        Parameter("half_life_fast", "{time}", "Half-life of the fast decline", spread=0.6),
        Parameter("FB", "", "Share of the peak that declines slowly", transform="logit", spread=0.9),
        Parameter("half_life_slow", "{time}", "Half-life of the slow decline", spread=0.9),
    ),
    predict=predict,
    propose=propose_lagged,
    error="lognormal",
)
