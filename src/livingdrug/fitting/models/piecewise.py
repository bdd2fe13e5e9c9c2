"""Three exponential pieces: any rise, any turn, any decline; each rate may have either sign."""

from __future__ import annotations

import math

from livingdrug.fitting.models._expansion import propose_pieces
from livingdrug.fitting.structure import Parameter, StructuralModel, compiled, formula_of_time


@compiled
def predict(parameters, times, outputs, doses, level):
    start, rate1, turn1, rate2, lasts, rate3 = parameters
    turn2 = turn1 + lasts
    for i in range(times.size):
        t = times[i]
        grown = rate1 * min(t, turn1)
        if t > turn1:
            grown += rate2 * (min(t, turn2) - turn1)
        if t > turn2:
            grown += rate3 * (t - turn2)
        level[i] = start * math.exp(min(max(grown, -700.0), 700.0))


PARAMETERS = (
    Parameter("C0", "{value}", "Level at time 0", spread=1.2),
    Parameter("rate1", "1/{time}", "Rate of change until the first turn", transform="normal", spread=0.3),
    Parameter("turn1", "{time}", "Time of the first turn", spread=0.4),
    Parameter("rate2", "1/{time}", "Rate of change between the turns", transform="normal", spread=0.4),
    Parameter("lasts", "{time}", "Time from the first turn to the second", spread=0.4),
    Parameter("rate3", "1/{time}", "Rate of change after the second turn", transform="normal", spread=0.6),
)
FORMULA = (
    "C0 * exp(rate1 * min(time, turn1) + rate2 * (min(max(time, turn1), turn1 + lasts) - turn1) + rate3 *"
    " max(time - turn1 - lasts, 0))"
)
MODEL = StructuralModel(
    title="Three exponential pieces with two turns",
    source="definition",
    parameters=PARAMETERS,
    predict=predict,
    propose=propose_pieces,
    error="lognormal",
    equations=formula_of_time(FORMULA, PARAMETERS),
)
