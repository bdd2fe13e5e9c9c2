"""While the lot is made: clocks run, the leukaemia grows or is held by bridging, and some patients are lost.

enrolment  ship  slot  [culture  testing] x attempts  ship back  booking  lymphodepletion  infusion
   0 ------------------------------------------------------------------- waiting ends -------> planned day 0
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams
from livingdrug.manufacturing.variation import Steps
from livingdrug.population.spread import individual_parameters

Array = NDArray[np.float64]
STEP_DAYS = 2.0
LONGEST_WAIT_DAYS = 400.0
# Numbers that the model's mechanisms state too; a caller who changes them there hands them over with the disease.
SHARED_WITH_MODEL = ("marrow_capacity", "reference_weight", "leukaemia_ceiling", "leukaemia_growth")


@dataclass(frozen=True)
class Leukaemia:
    """The leukaemia while waiting; arrays shaped (n,).

    Attributes
    ----------
    start
        Cells at enrolment [cell].
    capacity
        Cells of a full marrow [cell].
    ceiling
        Cells at which growth stops [cell].
    growth
        Net growth without bridging [1/day].
    kill
        Killing by bridging [1/day], mean over its rounds.
    bridging
        Whether the patient is bridged.
    """

    start: Array
    capacity: Array
    ceiling: Array
    growth: Array
    kill: Array
    bridging: NDArray[np.bool_]

    def cells_at(self, days: Array | float) -> Array:
        """Leukaemia cells [cell] so many days after enrolment: logistic growth with steady killing, in closed form."""
        net = self.growth - self.kill
        net = np.where(np.abs(net) < 1e-9, 1e-9, net)
        grown = np.expm1(net * days) / net
        return self.start * np.exp(net * days) / (1.0 + self.growth / self.ceiling * self.start * grown)

    def blasts_percent_at(self, days: Array | float) -> Array:
        """Marrow blasts [percent] so many days after enrolment; 100 when the marrow is full."""
        return blasts_percent(self.cells_at(days), self.capacity)


def marrow_cells(weight_kg: Array, capacity: float, reference_weight: float) -> Array:
    """Cells of a full leukaemic marrow [cell] in a patient of this weight: in proportion to body weight."""
    return capacity * (weight_kg / reference_weight)


def blasts_percent(cells: Array, full_marrow: Array) -> Array:
    """Marrow blasts [percent] of so many leukaemia cells."""
    return 100.0 * np.minimum(cells / full_marrow, 1.0)


def leukaemia(
    blasts: Array, weight_kg: Array, steps: Steps, *, bridging_allowed: bool, between_patient: bool
) -> Leukaemia:
    """Each patient's leukaemia from enrolment on.

    Growth is drawn at the address of the model parameter of the same name, so that a leukaemia that grows fast while
    waiting is the one that grows fast in the simulated course.

    Parameters
    ----------
    blasts
        Marrow blasts at enrolment [percent], shaped (n,).
    weight_kg
        Shaped (n,).
    steps
        The waiting numbers.
    bridging_allowed
        Whether the arm allows bridging.
    between_patient
        Whether patients differ in growth.
    """
    name = "leukaemia_growth"
    steps.typical(name)
    growth = individual_parameters(
        {name: steps.quantities[name]}, steps.patients, steps.seed, between_patient=between_patient
    )[name]
    bridging = steps.happens("bridged") & bridging_allowed
    full = marrow_cells(weight_kg, steps.typical("marrow_capacity"), steps.typical("reference_weight"))
    hold = np.maximum(steps.drawn("bridging_hold"), 0.0)
    return Leukaemia(
        start=full * (blasts / 100.0),
        capacity=full,
        ceiling=steps.typical("leukaemia_ceiling") * full,
        growth=growth,
        kill=np.where(bridging, hold * growth, 0.0),
        bridging=bridging,
    )


def lost_on_day(patient_leukaemia: Leukaemia, until: Array, steps: Steps) -> Array:
    """Day after enrolment on which a patient dies or leaves while waiting; infinite when that does not happen.

    The hazard rises with marrow blasts. It is summed in steps of two days, and the day within a step is where the summed
    hazard meets the patient's own unit-exponential number.

    Parameters
    ----------
    patient_leukaemia
        The leukaemia while waiting.
    until
        Day after enrolment on which waiting ends, shaped (n,).
    steps
        The waiting numbers.
    """
    threshold = streams.exponential(steps.seed, f"{steps.place}/loss", steps.patients)
    summed = np.zeros(len(until))
    lost = np.full(len(until), np.inf)
    for start in np.arange(0.0, LONGEST_WAIT_DAYS, STEP_DAYS):
        blasts = patient_leukaemia.blasts_percent_at(float(start) + 0.5 * STEP_DAYS)
        rise = steps.typical("loss_per_ten_percent") * (blasts - steps.typical("loss_reference_blasts")) / 10.0
        hazard = steps.typical("loss_hazard") * np.exp(rise)
        day = float(start) + (threshold - summed) / hazard
        summed = summed + hazard * STEP_DAYS
        lost = np.where((summed >= threshold) & np.isinf(lost), day, lost)
    return np.where(lost < until, lost, np.inf)
