"""One compartment with doses into the blood, at once or over a duration."""

from __future__ import annotations

from livingdrug.fitting.models._compartments import decay_after, propose_one
from livingdrug.fitting.structure import AMOUNT, DURATION, TIME, Parameter, StructuralModel, compiled


@compiled
def predict(parameters, times, outputs, doses, level):
    V, CL = parameters
    rate = CL / V
    for i in range(times.size):
        total = 0.0
        for j in range(doses.shape[0]):
            total += doses[j, AMOUNT] / V * decay_after(times[i] - doses[j, TIME], doses[j, DURATION], rate)
        level[i] = total


MODEL = StructuralModel(
    title="One compartment with doses into the blood, at once or over a duration",
    source="textbook closed form, summed over doses",
    parameters=(
        Parameter("V", "{dose}/({value})", "Volume of distribution", spread=0.3),
        Parameter("CL", "{dose}/({value})/{time}", "Clearance", spread=0.3),
    ),
    predict=predict,
    propose=propose_one,
    needs_doses=True,
)
