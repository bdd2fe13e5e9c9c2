"""Autologous cells: from blood draw to bag, one lot for every enrolled patient, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import Arm, Infusion
from livingdrug.catalog.plan import Plan
from livingdrug.catalog.records.disease import Disease
from livingdrug.catalog.records.making import Making
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.apheresis import collect
from livingdrug.manufacturing.culture import Harvest, grow
from livingdrug.manufacturing.lots import (
    DIED_WAITING,
    INFUSED,
    MANUFACTURING_FAILURE,
    NON_CONFORMING,
    WITHDRAWN_WAITING,
    Lots,
)
from livingdrug.manufacturing.network.waits import Waits, own_clocks, waits_of
from livingdrug.manufacturing.release import Release, decide, fill
from livingdrug.manufacturing.variation import Steps
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL, USUAL_LINES, frailty, growing_tumour, lost_on_day
from livingdrug.population.cohort import Cohort

Array = NDArray[np.float64]


def supply(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """Collect, make, release and wait, for every patient of the cohort: see `livingdrug.manufacturing.make`."""
    assert plan.making is not None  # an arm with a product has a making process: `plan_arm` sees to it
    waiting = {**plan.disease.waiting, **{name: numbers[name] for name in SHARED_WITH_MODEL}}
    waits = waits_of(plan.network, cohort.patients, seed) if plan.network else None
    return make_lots(
        cohort,
        plan.making,
        waiting,
        plan.arm,
        seed,
        burden=plan.disease.burden,
        between_patient=between_patient,
        waits=waits,
    )


def make_lots(
    cohort: Cohort,
    making: Making,
    disease: Disease | Mapping[str, Quantity] | None,
    arm: Arm,
    seed: int,
    *,
    burden: str = "blasts_percent",
    between_patient: bool = True,
    waits: Waits | None = None,
) -> Lots:
    """Collect, make, release and wait, for every patient of the cohort.

    Parameters
    ----------
    cohort
        Enrolled patients; needs ``weight_kg``, ``alc_cells_per_ul``, ``cd3_fraction``, ``prior_lines``, and `burden`.
    making
        The making file, e.g. ``default_catalog().load("making", "tisa_cel_trial")``.
    disease
        The disease, or its waiting quantities; entries stand in for those of the making file. None for none.
    arm
        The arm: dose limits, whether bridging is allowed, first day of lymphodepletion.
    seed
        The run's seed.
    burden
        Covariate that tells the burden of disease, in percent of the capacity.
    between_patient
        False: the tumour grows alike in all patients (lots still differ).
    waits
        Waits and roads of a network, in place of the making file's slot, roads and booking; enrolment is then the referral.

    Returns
    -------
    Lots
        One row per patient. The arm enters no random stream: the same patient meets the same luck in every arm.
    """
    place = f"making/{making.id}"
    steps = Steps(making.making, place, cohort.patients, seed)
    waiting = Steps({**making.waiting, **_waiting_of(disease)}, f"waiting/{making.id}", cohort.patients, seed)
    weight = cohort["weight_kg"]

    # The patient's T cells and all attempts to make a lot of them.
    fitness = steps.normal("fitness") + steps.typical("fitness_per_line") * (cohort["prior_lines"] - USUAL_LINES)
    collection = collect(cohort, steps)
    lot = _attempts(collection.t_cells, fitness, weight, arm, steps, waiting)

    # Clocks: days after enrolment.
    waits = waits or own_clocks(waiting)
    decided = waits.before_apheresis + waits.to_culture + lot.days
    ready = decided + waits.to_lymphodepletion
    planned_infusion = ready + (arm.day_zero - arm.first_day)
    waiting_ends = np.where(lot.released, ready, decided)

    # The tumour meanwhile.
    bridging = arm.bridging.allowed
    disease_course = growing_tumour(
        cohort[burden], weight, waiting, bridging_allowed=bridging, between_patient=between_patient
    )
    lost = lost_on_day(disease_course, waiting_ends, waiting, frailty(cohort, waiting))
    ended = np.minimum(waiting_ends, lost)
    status = _status(lost, lot, steps, waiting)
    infused = status == INFUSED
    return Lots(
        patients=cohort.patients,
        status=status,
        enrolment_day=-planned_infusion,
        vein_to_vein_days=np.where(infused, planned_infusion - waits.before_apheresis, np.nan),
        waiting_end_day=ended - planned_infusion,
        bridging=disease_course.bridging,
        burden_percent_at_lymphodepletion=disease_course.burden_percent_at(ended),
        tumour_cells_at_lymphodepletion=disease_course.cells_at(ended),
        t_cells_collected=collection.t_cells,
        collection_days=collection.days,
        fitness=fitness,
        **_record_of(lot, weight),
    )


def _record_of(lot: _Lot, weight: NDArray[np.float64]) -> dict[str, NDArray]:
    """What the maker writes down of each patient's lot, as columns of `Lots`."""
    return {
        "dose_cells": np.where(lot.released, lot.dose, np.nan),
        "dose_cells_per_kg": np.where(lot.released, lot.dose / weight, np.nan),
        "viability": lot.harvest.viability,
        "transduction": lot.harvest.transduction,
        "purity": lot.harvest.purity,
        "memory_fraction": lot.harvest.memory_fraction,
        "copies_per_car_t_cell": lot.harvest.copies_per_car_t_cell,
        "culture_doublings": lot.harvest.doublings,
        "out_of_specification": lot.out_of_specification,
        "n_manufacturing_attempts": lot.attempts,
        "failure_reason": lot.reason,
    }


def _status(lost: NDArray[np.float64], lot: _Lot, steps: Steps, waiting: Steps) -> NDArray:
    """What became of each patient: lost while waiting (dead or withdrawn), infused, or without a lot that could be released or counts."""
    died = waiting.happens("loss_is_death")
    return np.where(
        np.isfinite(lost),
        np.where(died, DIED_WAITING, WITHDRAWN_WAITING),
        np.where(lot.released, np.where(_counted(lot, steps), INFUSED, NON_CONFORMING), MANUFACTURING_FAILURE),
    )


@dataclass(frozen=True)
class _Lot:
    """The last attempt of each patient; arrays shaped (n,). `days`: start of the first attempt to the last decision."""

    harvest: Harvest
    dose: Array
    released: NDArray[np.bool_]
    out_of_specification: NDArray[np.bool_]
    reason: NDArray[np.str_]
    days: Array
    attempts: NDArray[np.int64]


def _attempts(t_cells: Array, fitness: Array, weight: Array, arm: Arm, steps: Steps, waiting: Steps) -> _Lot:
    lot = _one_attempt(t_cells, fitness, weight, arm, steps, waiting)
    for attempt in range(1, int(steps.typical("attempts_most"))):
        again = replace(steps, attempt=attempt)
        tried = ~lot.released & (lot.attempts == attempt) & again.happens("remake_tried")
        other = _one_attempt(t_cells, fitness, weight, arm, again, replace(waiting, attempt=attempt))
        later = replace(
            other,
            days=lot.days + replace(waiting, attempt=attempt).drawn("restart") + other.days,
            attempts=lot.attempts + 1,
        )
        lot = _where(tried, later, lot)
    return lot


def _one_attempt(t_cells: Array, fitness: Array, weight: Array, arm: Arm, steps: Steps, waiting: Steps) -> _Lot:
    harvest = grow(t_cells, fitness, steps)
    available = harvest.viable_cells * harvest.transduction * steps.typical("formulation_recovery")
    infusion = arm.infusion or Infusion(dose_fixed="1 cell")
    least, _ = infusion.dose_limits(weight)
    decision: Release = decide(harvest, available, least, steps)
    return _Lot(
        harvest=harvest,
        dose=fill(available, weight, infusion, steps),
        released=decision.released,
        out_of_specification=decision.out_of_specification,
        reason=decision.reason,
        days=harvest.days + waiting.drawn("release_testing"),
        attempts=np.ones(len(weight), dtype=np.int64),
    )


def _counted(lot: _Lot, steps: Steps) -> NDArray[np.bool_]:
    """Whether the trial counts what was given as its treatment."""
    if steps.typical("out_of_specification_counted"):
        return np.ones(len(lot.dose), dtype=bool)
    return ~(lot.out_of_specification | steps.happens("other_non_conformance"))


def _where(mask: NDArray[np.bool_], yes: _Lot, no: _Lot) -> _Lot:
    """Row by row the one lot or the other."""
    chosen = {}
    for field in fields(_Lot):
        one, other = getattr(yes, field.name), getattr(no, field.name)
        if isinstance(one, Harvest):
            parts = {f.name: np.where(mask, getattr(one, f.name), getattr(other, f.name)) for f in fields(Harvest)}
            chosen[field.name] = Harvest(**parts)
        else:
            chosen[field.name] = np.where(mask, one, other)
    return _Lot(**chosen)


def _waiting_of(disease: Disease | Mapping[str, Quantity] | None) -> Mapping[str, Quantity]:
    if disease is None:
        return {}
    return disease.waiting if isinstance(disease, Disease) else disease
