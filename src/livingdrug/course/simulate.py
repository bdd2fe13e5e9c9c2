"""Cohort and lots to the true course: parameters of each body, everything planned, the engine under the clinic's rules.

cohort, lots ─► who is treated? ─► parameters, doses, check days ─► engine with rules ─► Course
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.clinic.protocol import PlannedDose, check_days, doses
from livingdrug.course.course import Course, Whole
from livingdrug.course.equations import CELLS_ENTER, Equations, equations, parameters_of, watched
from livingdrug.course.individuals import patient_parameters
from livingdrug.course.settings import Settings
from livingdrug.engine.ensemble import Dose, Ensemble
from livingdrug.engine.room import room_for
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import Lots
from livingdrug.population import Cohort
from livingdrug.population.drawing import model_parameters

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan


@dataclass(frozen=True)
class Start:
    """Treated patients just before their treatment.

    Attributes
    ----------
    ready
        The arm's equations with rules.
    patients
        Patient numbers (n,).
    planned
        Drugs as planned, in milligrams.
    parameters
        Each patient's own, shaped (n, P), in the order of ``ready.odes.parameters``.
    days
        Days of the checks from infusion (C,).
    doses
        Everything planned: check, state, amounts (n,).
    person
        What is known of each person, as the model calls it (n,).
    """

    ready: Equations
    patients: NDArray[np.int64]
    planned: tuple[PlannedDose, ...]
    parameters: NDArray[np.float64]
    days: NDArray[np.float64]
    doses: tuple[Dose, ...]
    person: Mapping[str, NDArray[np.float64]]


def start(
    plan: Plan,
    cohort: Cohort,
    lots: Lots,
    seed: int,
    *,
    quantities: Mapping[str, Quantity] | None = None,
    between_patient: bool = True,
) -> Start:
    """The treated patients of a cohort, as the engine receives them. One set-up for runs, exports and benchmarks.

    Parameters
    ----------
    plan
        The arm.
    cohort, lots
        Everyone enrolled, and what was made for them.
    seed
        The run's seed.
    quantities
        Model parameters as typical values with spread; those of the plan when omitted.
    between_patient
        False gives every patient the typical values.
    """
    rows = np.flatnonzero(lots.treated)
    cohort, lots = cohort.select(rows), lots.select(rows)
    ready = equations(plan)
    days = check_days(plan.arm, plan.visits, plan.follow_up_days)
    typical = parameters_of(plan) if quantities is None else quantities
    table = patient_parameters(
        ready.odes, typical, plan.population, cohort, lots, seed,
        clones=ready.model.clones, shares=ready.model.shares, between_patient=between_patient,
    )  # fmt: skip
    planned = tuple(doses(plan.arm, cohort["weight_kg"], cohort["bsa_m2"]))
    given = tuple(planned_doses(plan, planned, cohort, lots, days))
    return Start(ready, cohort.patients, planned, table, days, given, model_parameters(plan.population, cohort))


def simulate(
    plan: Plan,
    cohort: Cohort,
    lots: Lots,
    seed: int,
    *,
    quantities: Mapping[str, Quantity] | None = None,
    settings: Settings | None = None,
) -> Course:
    """The true course of everyone treated.

    Parameters
    ----------
    plan
        The arm.
    cohort, lots
        Everyone enrolled, and what was made for them.
    seed
        The run's seed.
    quantities
        Model parameters; those of the plan with the settings' own when omitted.
    settings
        Switches of uncertainty, tolerance.

    Raises
    ------
    CatalogError, ModelError
        Parts of the plan do not fit together.
    """
    settings = settings or Settings()
    typical = parameters_of(plan, settings.parameters) if quantities is None else quantities
    begin = start(plan, cohort, lots, seed, quantities=typical, between_patient=settings.between_patient)
    ensemble, sampled, kept = _integrated(begin, plan, settings)
    return as_course(begin, ensemble, plan.product.target if plan.product else "", kept, sampled)


def _integrated(begin: Start, plan: Plan, settings: Settings) -> tuple[Ensemble, Whole | None, tuple[str, ...]]:
    """The courses with what is looked at; those of the sample whole besides, which takes three times the room."""
    ready, n = begin.ready, len(begin.patients)
    in_sample = (begin.patients >= 1) & (begin.patients <= settings.sample)
    first = int(in_sample.sum())
    if not in_sample[:first].all():  # in another order than that of their numbers: everything of everyone
        return _run(begin, plan, settings, slice(0, n), ready.outputs, None), None, ready.outputs
    kept = watched(plan, ready)
    values = room_for(n, len(begin.days), len(kept))
    whole = _run(begin, plan, settings, slice(0, first), ready.outputs, None)
    rest = _run(begin, plan, settings, slice(first, n), kept, values[first:])
    values[:first] = whole.outputs[:, :, [ready.outputs.index(name) for name in kept]]
    return whole.followed_by(rest, values), Whole(ready.outputs, whole.outputs), kept


def _run(
    begin: Start, plan: Plan, settings: Settings, rows: slice, keep: tuple[str, ...], into: NDArray[np.float64] | None
) -> Ensemble:
    """The engine on some of the patients."""
    doses = [Dose(dose.check, dose.state, np.asarray(dose.amounts)[rows]) for dose in begin.doses]
    on = begin.days >= plan.arm.first_day
    model = begin.ready.compiled
    if into is None:  # what a run takes was told, and allowed, at its door
        into = room_for(rows.stop - rows.start, len(begin.days), len(keep))
    return model.run(begin.parameters[rows], begin.days, on, doses, rtol=settings.rtol, keep=keep, into=into)


def as_course(
    begin: Start, ensemble: Ensemble, target: str, kept: tuple[str, ...] | None = None, sampled: Whole | None = None
) -> Course:
    """The engine's answer as a course.

    Parameters
    ----------
    begin, ensemble
        What the engine was given, and what it found.
    target
        The antigen that the product aims at, empty without cells.
    kept
        What was stored of everyone; all outputs when omitted.
    sampled
        The sample's courses whole.
    """
    return Course(
        patients=begin.patients,
        days=begin.days,
        names=begin.ready.outputs if kept is None else kept,
        sampled=sampled,
        values=ensemble.outputs,
        stop_check=ensemble.stop_check,
        clones=begin.ready.model.clones,
        target=target,
        firings=ensemble.firings,
        rules=begin.ready.rules,
        failed=ensemble.status >= 2,
        sentences=tuple(ensemble.sentences()),
        planned=begin.planned,
        person=begin.person,
    )


def planned_doses(
    plan: Plan, planned: Sequence[PlannedDose], cohort: Cohort, lots: Lots, days: NDArray[np.float64]
) -> list[Dose]:
    """Everything the plan gives: drugs by day, then the cells.

    Parameters
    ----------
    plan
        The arm.
    planned
        Its drugs in milligrams, by day.
    cohort, lots
        The patients treated (n,) and what was made for them.
    days
        Check days (C,); every planned day is one of them.

    Returns
    -------
    One dose per drug or infusion and day: the check, the state it enters, and amounts (n,) in that state's unit.
    """
    given = []
    entrances = {route.id: route.state for route in plan.routes}
    for dose in planned:
        drug = plan.drugs[dose.drug]
        if drug.supportive:
            continue
        size = cohort["weight_kg"] if drug.amount_scales_with == "weight" else 1.0
        amounts = dose.milligrams * drug.amount_per_unit / size
        given.append(Dose(int(np.searchsorted(days, dose.day)), drug.enters, amounts))
    for infusion in plan.arm.infusions:
        cells = lots.dose_cells * infusion.share_of(lots.burden_percent_at_lymphodepletion)
        if infusion.fixed_cells:
            cells = np.fmin(infusion.fixed_cells, lots.car_t_cells_made)
        given.append(Dose(int(np.searchsorted(days, infusion.day)), entrances.get(infusion.route, CELLS_ENTER), cells))
    return given
