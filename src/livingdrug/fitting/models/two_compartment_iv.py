"""Two compartments with doses into the blood, at once or over a duration."""

from __future__ import annotations

from livingdrug.fitting.models._compartments import decay_after, propose_two, two_rates
from livingdrug.fitting.structure import AMOUNT, DURATION, TIME, Parameter, StructuralModel, compiled


@compiled
def predict(parameters, times, outputs, doses, level):
    V1, CL, Q, V2 = parameters
    fast, slow, share = two_rates(CL, V1, Q, V2)
    for i in range(times.size):
        total = 0.0
        for j in range(doses.shape[0]):
            since, over = times[i] - doses[j, TIME], doses[j, DURATION]
            falling = share * decay_after(since, over, fast) + (1.0 - share) * decay_after(since, over, slow)
            total += doses[j, AMOUNT] / V1 * falling
        level[i] = total


MODEL = StructuralModel(
    title="Two compartments with doses into the blood, at once or over a duration",
    source="textbook closed form, summed over doses",
    parameters=(
        Parameter("V1", "{dose}/({value})", "Volume of the central compartment", spread=0.3),
        Parameter("CL", "{dose}/({value})/{time}", "Clearance", spread=0.3),
        Parameter("Q", "{dose}/({value})/{time}", "Exchange with the peripheral compartment", spread=0.3),
        Parameter("V2", "{dose}/({value})", "Volume of the peripheral compartment", spread=0.3),
    ),
    predict=predict,
    propose=propose_two,
    needs_doses=True,
)
