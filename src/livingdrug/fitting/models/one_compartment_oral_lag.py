"""One compartment with a lag and first-order absorption."""

from __future__ import annotations

from livingdrug.fitting.models._compartments import absorbed, propose_one
from livingdrug.fitting.structure import AMOUNT, TIME, Parameter, StructuralModel, compiled


@compiled
def predict(parameters, times, outputs, doses, level):
    Tlag, ka, V, CL = parameters
    rate = CL / V
    for i in range(times.size):
        total = 0.0
        for j in range(doses.shape[0]):
            total += doses[j, AMOUNT] / V * absorbed(times[i] - doses[j, TIME] - Tlag, ka, rate)
        level[i] = total


MODEL = StructuralModel(
    title="One compartment with a lag and first-order absorption",
    source="textbook closed form, summed over doses",
    parameters=(
        Parameter("Tlag", "{time}", "Time before absorption begins", spread=0.4),
        Parameter("ka", "1/{time}", "Rate of absorption"),
        Parameter("V", "{dose}/({value})", "Volume of distribution", spread=0.3),
        Parameter("CL", "{dose}/({value})/{time}", "Clearance", spread=0.3),
    ),
    predict=predict,
    propose=propose_one,
    needs_doses=True,
)
