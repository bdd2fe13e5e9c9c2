"""While the lot is made: clocks run, the tumour grows or is held by bridging, and some patients are lost.

enrolment  ship  slot  [culture  testing] x attempts  ship back  booking  lymphodepletion  infusion
   0 ------------------------------------------------------------------- waiting ends -------> planned day 0
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams
from livingdrug.manufacturing.variation import Steps
from livingdrug.population.cohort import Cohort
from livingdrug.population.spread import individual_parameters

Array = NDArray[np.float64]
USUAL_AGE, USUAL_LINES, HEALTHY_EGFR = 60.0, 3.0, 90.0  # at which the background hazard is stated
STEP_DAYS = 2.0
HALF = 0.5  # of the tumour: what is called a response to bridging
LOOK_EVERY = 8  # steps
LONGEST_WAIT_DAYS, TOLD_DAYS = 400.0, 3660.0
# Numbers that the model's mechanisms state too; a caller who changes them there hands them over with the disease.
SHARED_WITH_MODEL = ("tumour_capacity", "reference_weight", "tumour_ceiling", "tumour_growth")


@dataclass(frozen=True)
class Tumour:
    """The tumour while waiting; arrays shaped (n,).

    Attributes
    ----------
    start
        Cells at enrolment [cell].
    capacity
        Cells of the greatest burden, a full marrow for instance [cell].
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

    def select(self, rows: NDArray[np.intp]) -> Tumour:
        """The tumours at these rows."""
        return Tumour(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def cells_at(self, days: Array | float) -> Array:
        """Tumour cells [cell] so many days after enrolment: logistic growth with steady killing, in closed form."""
        net = self.growth - self.kill
        net = np.where(np.abs(net) < 1e-9, 1e-9, net)
        # written with exp(-|net| days) alone, which a long wait cannot overflow
        shrunk, crowding = np.exp(-np.abs(net * days)), self.growth / self.ceiling * self.start
        full = -np.expm1(-np.abs(net * days)) / np.abs(net)
        growing = net * days > 0.0
        above = self.start * np.where(growing, 1.0, shrunk)
        return above / (np.where(growing, shrunk, 1.0) + crowding * full)

    def burden_percent_at(self, days: Array | float) -> Array:
        """Burden [percent of the greatest] so many days after enrolment; 100 at most."""
        return burden_percent(self.cells_at(days), self.capacity)

    def responds_to_bridging(self, days: Array | float) -> NDArray[np.bool_]:
        """Who was bridged and has at most half of the tumour left so many days after enrolment, shaped (n,)."""
        return self.bridging & (self.cells_at(days) <= HALF * self.start) & (self.start > 0.0)


def full_burden(weight_kg: Array, capacity: float, reference_weight: float) -> Array:
    """Cells of the greatest burden [cell] in a patient of this weight: in proportion to body weight."""
    return capacity * (weight_kg / reference_weight)


def burden_percent(cells: Array, whole: Array) -> Array:
    """Burden [percent of the greatest] of so many tumour cells."""
    return 100.0 * np.minimum(cells / whole, 1.0)


def growing_tumour(
    burden: Array, weight_kg: Array, steps: Steps, *, bridging_allowed: bool, between_patient: bool
) -> Tumour:
    """Each patient's tumour from enrolment on.

    Growth is drawn at the address of the model parameter of the same name, so that a tumour that grows fast while
    waiting is the one that grows fast in the simulated course.

    Parameters
    ----------
    burden
        Burden at enrolment [percent of the greatest], shaped (n,).
    weight_kg
        Shaped (n,).
    steps
        The waiting numbers.
    bridging_allowed
        Whether the arm allows bridging.
    between_patient
        Whether patients differ in growth.
    """
    name = "tumour_growth"
    steps.typical(name)
    growth = individual_parameters(
        {name: steps.quantities[name]}, steps.patients, steps.seed, between_patient=between_patient
    )[name]
    bridging = steps.happens("bridged") & bridging_allowed
    full = full_burden(weight_kg, steps.typical("tumour_capacity"), steps.typical("reference_weight"))
    hold = np.maximum(steps.drawn("bridging_hold"), 0.0)
    return Tumour(
        start=full * (burden / 100.0),
        capacity=full,
        ceiling=steps.typical("tumour_ceiling") * full,
        growth=growth,
        kill=np.where(bridging, hold * growth, 0.0),
        bridging=bridging,
    )


def frailty(cohort: Cohort, steps: Steps) -> Array:
    """How much faster than at age 60, after three lines and with healthy kidneys each patient is lost (a factor), shaped (n,).

    A covariate that the population does not have counts as usual.
    """
    has = cohort.covariates
    log_factor = np.zeros(len(cohort))
    if "age_years" in has:
        log_factor += steps.typical("loss_per_decade") * (has["age_years"] - USUAL_AGE) / 10.0
    if "prior_lines" in has:
        log_factor += steps.typical("loss_per_line") * (has["prior_lines"] - USUAL_LINES)
    if "egfr_ml_min_173" in has:
        log_factor += steps.typical("loss_per_kidney") * np.maximum(HEALTHY_EGFR - has["egfr_ml_min_173"], 0.0) / 30.0
    return np.exp(log_factor)


def lost_on_day(patient_tumour: Tumour, until: Array, steps: Steps, frail: Array | float = 1.0) -> Array:
    """Day after enrolment on which a patient dies or leaves while waiting; infinite when that does not happen before `until`.

    One law for all: hazard = frailty x (t / 30)^time x (background + progression x growth x (burden / greatest)^power). It is
    summed in steps of two days (the middle of each), after 400 days in steps of twenty, and the day within a step is where the
    summed hazard meets the patient's own unit-exponential number.

    Parameters
    ----------
    patient_tumour
        The tumour while waiting.
    until
        Day after enrolment on which waiting ends, shaped (n,); infinite: told up to ten years.
    steps
        The waiting numbers.
    frail
        Factor of `frailty`, shaped (n,).
    """
    threshold = streams.exponential(steps.seed, f"{steps.place}/loss", steps.patients)
    lost = np.full(len(until), np.inf)
    frail = np.broadcast_to(np.asarray(frail, dtype=np.float64), until.shape)
    here = np.flatnonzero(
        until > 0.0
    )  # who is still waiting, looked through now and then: hardly anybody waits for years
    summed, tumour = np.zeros(len(here)), patient_tumour.select(here)
    for k, (start, length) in enumerate(_steps_of_time()):
        hazard = hazard_on(start + 0.5 * length, tumour, steps, frail[here])
        left = threshold[here] - summed
        day = start + np.divide(left, hazard, out=np.full(len(here), np.inf), where=hazard > 0)
        summed = summed + hazard * length
        lost[here] = np.where((summed >= threshold[here]) & np.isinf(lost[here]), day, lost[here])
        if k % LOOK_EVERY == 0:
            still = np.isinf(lost[here]) & (until[here] > start + length)
            if not still.any():
                break
            here, summed, tumour = here[still], summed[still], tumour.select(np.flatnonzero(still))
    return np.where(lost < until, lost, np.inf)


def hazard_on(day: float, patient_tumour: Tumour, steps: Steps, frail: Array | float = 1.0) -> Array:
    """Hazard of loss [1/day] so many days after enrolment, shaped (n,)."""
    share = patient_tumour.burden_percent_at(day) / 100.0
    by_growth = steps.typical("loss_progression") * np.maximum(patient_tumour.growth, 0.0)
    grows = by_growth * share ** steps.typical("loss_burden_power")
    toxic = np.where(patient_tumour.bridging, steps.typical("loss_by_bridging"), 0.0)
    in_time = (day / 30.0) ** steps.typical("loss_time_power")
    return frail * in_time * (steps.typical("loss_background") + grows + toxic)


def _steps_of_time() -> Iterator[tuple[float, float]]:
    """Start and length of each step [day]."""
    for start in np.arange(0.0, LONGEST_WAIT_DAYS, STEP_DAYS):
        yield float(start), STEP_DAYS
    for start in np.arange(LONGEST_WAIT_DAYS, TOLD_DAYS, 10.0 * STEP_DAYS):
        yield float(start), 10.0 * STEP_DAYS
