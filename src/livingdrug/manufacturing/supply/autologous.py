"""Autologous cells: from blood draw to bag, one lot for every enrolled patient, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import Arm, Infusion
from livingdrug.catalog.plan import Plan
from livingdrug.catalog.records.disease import Disease
from livingdrug.catalog.records.making import Making
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.apheresis import Collection, collect, fitness_of
from livingdrug.manufacturing.culture import Harvest, grow
from livingdrug.manufacturing.lots import (
    DIED_WAITING,
    INFUSED,
    MANUFACTURING_FAILURE,
    NON_CONFORMING,
    WITHDRAWN_WAITING,
    Lots,
    no_donor,
)
from livingdrug.manufacturing.release import RELEASED, Release, decide, fill
from livingdrug.manufacturing.variation import Steps
from livingdrug.manufacturing.waiting import SHARED_WITH_MODEL, frailty, growing_tumour, lost_on_day
from livingdrug.population.cohort import Cohort

if TYPE_CHECKING:
    from livingdrug.manufacturing.network.waits import Waits

Array = NDArray[np.float64]


def supply(
    plan: Plan, cohort: Cohort, numbers: Mapping[str, Quantity], seed: int, *, between_patient: bool = True
) -> Lots:
    """Collect, make, release and wait, for every patient of the cohort: see `livingdrug.manufacturing.make`."""
    assert plan.making is not None  # an arm with a product has a making process: `plan_arm` sees to it
    waiting = {**plan.disease.waiting, **{name: numbers[name] for name in SHARED_WITH_MODEL}}
    from livingdrug.manufacturing.network.waits import waits_of  # whoever only reads of a supply needs no network

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
    fitness = fitness_of(cohort, steps)
    collection = collect(cohort, fitness, steps)
    lot = _attempts(_Patients(cohort, fitness, weight, making, arm), collection, steps, waiting)

    waits = waits or _own_clocks(waiting)
    clocks = _clocks(lot, waits, arm, waiting)

    # The tumour meanwhile.
    disease_course = growing_tumour(
        cohort[burden], weight, waiting, bridging_allowed=arm.bridging.allowed, between_patient=between_patient
    )
    lost = lost_on_day(disease_course, clocks.waiting_ends, waiting, frailty(cohort, waiting))
    ended = np.minimum(clocks.waiting_ends, lost)
    status = _status(lost, lot, steps, waiting)
    infused = status == INFUSED
    return Lots(
        patients=cohort.patients,
        status=status,
        enrolment_day=-clocks.infusion,
        vein_to_vein_days=np.where(infused, clocks.infusion - waits.before_apheresis, np.nan),
        waiting_end_day=ended - clocks.infusion,
        slot_days=waits.slot,
        shipping_days=waits.shipping,
        culture_days=lot.culture_days,
        testing_days=lot.days - lot.culture_days,
        booking_days=waits.booking,
        bridging=disease_course.bridging,
        bridging_response=disease_course.responds_to_bridging(ended),
        burden_percent_at_lymphodepletion=disease_course.burden_percent_at(ended),
        tumour_cells_at_lymphodepletion=disease_course.cells_at(ended),
        t_cells_collected=collection.t_cells,
        collection_days=collection.days,
        fitness=fitness,
        **_record_of(lot, weight),
    )


@dataclass(frozen=True)
class _Clocks:
    """Days after enrolment, each shaped (n,): when waiting ends (lymphodepletion begins, or no lot comes), and the planned infusion."""

    waiting_ends: Array
    infusion: Array


def _own_clocks(waiting: Steps) -> Waits:
    from livingdrug.manufacturing.network.waits import own_clocks

    return own_clocks(waiting)


def _clocks(lot: _Lot, waits: Waits, arm: Arm, waiting: Steps) -> _Clocks:
    """When each patient's wait ends."""
    decided = waits.before_apheresis + waits.to_culture + lot.days
    lymphodepletion = arm.day_zero - arm.first_day
    early = np.minimum(waiting.drawn("overlap"), lymphodepletion)  # a fresh lot meets a patient who is ready for it
    ready = np.maximum(decided + waits.to_lymphodepletion - early, waits.before_apheresis)
    no_lot = np.maximum(decided - early, waits.before_apheresis)
    return _Clocks(np.where(lot.released, ready, no_lot), ready + lymphodepletion)


def _record_of(lot: _Lot, weight: Array) -> dict[str, NDArray]:
    """What the maker writes down of each patient's lot, as columns of `Lots`."""
    harvest = lot.harvest
    plain = ("viability", "transduction", "purity", "cd4_fraction", "naive_fraction", "central_memory_fraction",
             "effector_memory_fraction", "terminal_effector_fraction", "memory_fraction", "copies_per_car_t_cell", "potency")  # fmt: skip
    per_car_t_cell = harvest.viability * harvest.transduction * harvest.purity
    with_tumour = harvest.tumour_share / np.maximum(per_car_t_cell, 1e-12)
    return {
        **{name: getattr(harvest, name) for name in plain},
        "dose_cells": np.where(lot.released, lot.dose, np.nan),
        "dose_cells_per_kg": np.where(lot.released, lot.dose / weight, np.nan),
        "car_t_cells_made": np.where(lot.ended, np.nan, harvest.car_t_cells),
        "tumour_cells_in_bag": np.where(lot.released, lot.dose * with_tumour, np.nan),
        "culture_doublings": harvest.doublings,
        "out_of_specification": lot.out_of_specification,
        "n_manufacturing_attempts": lot.attempts,
        "failure_reason": lot.reason,
        "first_failure_reason": lot.first_reason,
        "culture_ended_early": lot.ended,
        **no_donor(len(weight)),
    }


def _status(lost: Array, lot: _Lot, steps: Steps, waiting: Steps) -> NDArray:
    """What became of each patient: lost while waiting (dead or withdrawn), infused, or without a lot that could be released or counts."""
    died = waiting.happens("loss_is_death")
    counts = (not lot.out_of_specification.any()) or bool(steps.typical("out_of_specification_counted"))
    counted = np.full(len(lost), True) if counts else ~lot.out_of_specification
    return np.where(
        np.isfinite(lost),
        np.where(died, DIED_WAITING, WITHDRAWN_WAITING),
        np.where(lot.released, np.where(counted, INFUSED, NON_CONFORMING), MANUFACTURING_FAILURE),
    )


@dataclass(frozen=True)
class _Patients:
    """Who lots are made for, and how."""

    cohort: Cohort
    fitness: Array
    weight: Array
    making: Making
    arm: Arm


@dataclass(frozen=True)
class _Lot:
    """The last attempt of each patient; arrays shaped (n,).

    `days`: start of the first attempt to the last decision; `culture_days`: of these, in culture; `left`: T cells not used up.
    """

    harvest: Harvest
    dose: Array
    released: NDArray[np.bool_]
    out_of_specification: NDArray[np.bool_]
    ended: NDArray[np.bool_]
    reason: NDArray[np.str_]
    first_reason: NDArray[np.str_]
    days: Array
    culture_days: Array
    left: Array
    attempts: NDArray[np.int64]


def _attempts(who: _Patients, collection: Collection, steps: Steps, waiting: Steps) -> _Lot:
    """The first attempt, and others where it failed and cells, or veins, are left."""
    lot = _one_attempt(who, collection, collection.t_cells, steps, waiting)
    for attempt in range(1, int(steps.typical("attempts_most"))):
        again, clocks = replace(steps, attempt=attempt), replace(waiting, attempt=attempt)
        tried = ~lot.released & (lot.attempts == attempt) & again.happens("remake_tried")
        between = clocks.drawn("restart")
        source, left = collection, lot.left
        if who.making.remade_from == "apheresis":
            source = collect(who.cohort, who.fitness, steps, again=attempt)
            left, between = source.t_cells, between + source.days + clocks.drawn("ship_to_maker")
        else:
            tried &= left >= steps.typical("remake_least")
        other = _one_attempt(who, source, left, again, clocks)
        later = replace(
            other,
            days=lot.days + between + other.days,
            culture_days=lot.culture_days + other.culture_days,
            attempts=lot.attempts + 1,
            first_reason=lot.first_reason,
        )
        lot = _where(tried, later, lot)
    return lot


def _one_attempt(who: _Patients, collection: Collection, left: Array, steps: Steps, waiting: Steps) -> _Lot:
    harvest, seeded = grow(collection, left, who.fitness, who.making, steps)
    infusion = who.arm.infusion or Infusion(dose_fixed="1 cell")
    least, _ = infusion.dose_limits(who.weight)
    decision: Release = decide(harvest, seeded, least, who.making, steps, waiting)
    return _Lot(
        harvest=harvest,
        dose=fill(harvest.car_t_cells, who.weight, infusion, steps),
        released=decision.released,
        out_of_specification=decision.out_of_specification,
        ended=decision.ended,
        reason=np.where(decision.released, RELEASED, decision.reason),
        first_reason=decision.reason,
        days=decision.days,
        culture_days=np.where(decision.ended, np.minimum(decision.days, harvest.days), harvest.days),
        left=left - harvest.used,
        attempts=np.ones(len(who.weight), dtype=np.int64),
    )


def _where(mask: NDArray[np.bool_], yes: _Lot, no: _Lot) -> _Lot:
    """Row by row the one lot or the other."""
    chosen: dict[str, Any] = {"harvest": yes.harvest.rows(mask, no.harvest)}
    names = (field.name for field in fields(_Lot) if field.name not in chosen)
    return _Lot(**chosen, **{name: np.where(mask, getattr(yes, name), getattr(no, name)) for name in names})


def _waiting_of(disease: Disease | Mapping[str, Quantity] | None) -> Mapping[str, Quantity]:
    if disease is None:
        return {}
    return disease.waiting if isinstance(disease, Disease) else disease
