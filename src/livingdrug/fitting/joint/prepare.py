"""A calibration trial made ready: its published rows, how their errors go together, and which numbers concern it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.load import load_trial
from livingdrug.catalog.parameter_set import MODEL_KINDS
from livingdrug.catalog.plan import digest, questions_sha256
from livingdrug.catalog.questions import questions_of
from livingdrug.course.equations import assembled
from livingdrug.course.fitted import parameters_at
from livingdrug.fitting.joint.rows import Row, refuse_prediction, rows_of, with_errors
from livingdrug.fitting.joint.simulated import simulated_arm
from livingdrug.fitting.joint.statistics import Answer, answer, correlation, influence
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.door import planned
from livingdrug.trial.estimate import refuse_at_once

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.fitting.joint.free import Free
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.trial.associations.patients import Patients

Floats = NDArray[np.float64]
OWN_SHRINKAGE = 0.2
"""Share of each row's error taken as its own: data cuts and denominators of a trial's rows differ somewhat (assumed)."""


@dataclass(frozen=True)
class Prepared:
    """A calibration trial, ready to be evaluated again and again.

    Attributes
    ----------
    trial, plan
        As the catalogue has them; the plan of the first arm, which published rows are about.
    rows
        Published rows that the simulation answers.
    correlation
        Of the errors of these rows (R, R): they come from the same patients.
    concerns
        Addresses of free numbers that can change this trial.
    wanted
        What its patients are asked besides, for associations within cohorts that they stand for.
    patients
        What they said, as the files have the trial; None where nothing is wanted.
    """

    trial: Trial
    plan: Plan
    rows: tuple[Row, ...]
    correlation: Floats
    concerns: frozenset[str]
    wanted: frozenset[str] = frozenset()
    patients: Patients | None = None

    @property
    def name(self) -> str:
        """The trial's id."""
        return self.trial.id

    @cached_property
    def sha256(self) -> str:
        """Hash of all that can move its simulated rows besides the free numbers: its plan, what is asked of patients, and which rows."""
        asked = [[row.label, row.published.endpoint, repr(row.measure), row.day] for row in self.rows]
        return digest([self.plan.sha256(), questions_sha256(self.plan.questions), asked])


def prepare(
    names: Sequence[str],
    catalog: Catalog,
    free: Sequence[Free],
    *,
    patients: int,
    seed: int,
    threads: int = 1,
    wanted: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Prepared, ...]:
    """Calibration trials with their rows, from one simulation of each as the files have it.

    Parameters
    ----------
    names
        Trials of the catalogue.
    catalog
        Where they and their evidence are looked up.
    free
        Numbers that may move.
    patients, seed
        Of the simulation.
    threads
        Trials that will be simulated at a time.
    wanted
        Trial -> names that its patients are asked besides.

    Raises
    ------
    BadInput
        More patients than memory holds; or a trial is not a calibration trial, or has no row that its simulation answers.
    """
    for name in names:  # told before anything is simulated
        refuse_prediction(load_trial(name, catalog))
    asked = wanted or {}
    return tuple(
        _prepared(name, catalog, free, patients, seed, threads, asked.get(name, frozenset())) for name in names
    )


def _prepared(
    name: str, catalog: Catalog, free: Sequence[Free], patients: int, seed: int, threads: int, wanted: frozenset[str]
) -> Prepared:
    trial, plans = planned(name, catalog)
    plan = plans[0]
    refuse_at_once([plan], [patients], threads)
    rows = rows_of(trial, catalog, questions_of(trial, catalog))
    endpoints = [catalog.load("endpoint", row.published.endpoint) for row in rows]
    found, people = simulated_arm(plan, endpoints, np.arange(1, patients + 1), seed, wanted)
    known = with_errors(rows, answers(rows, found, plan.arm.name))
    if not known:
        raise BadInput(
            f'trial "{trial.id}" has no published row that its simulation answers.\n'
            "  Leave it out, or give it an evidence file."
        )
    pulls = [
        influence(found[row.published.endpoint], plan.arm.name, row.measure, row.day, row.published.statistic)
        for row in known
    ]
    together = (1 - OWN_SHRINKAGE) * correlation(pulls) + OWN_SHRINKAGE * np.eye(len(known))
    concerns = frozenset(one.address for one in free if concerned(one.address, plan, catalog))
    return Prepared(trial, plan, tuple(known), together, concerns, wanted, people)


def answers(rows: Sequence[Row], found: dict[str, EndpointResult], arm: str) -> list[Answer]:
    """What simulated endpoints say to each row."""
    return [answer(found[row.published.endpoint], arm, row.measure, row.day, row.published.statistic) for row in rows]


def concerned(address: str, plan: Plan, catalog: Catalog) -> bool:
    """Whether a fitted number can change an arm: its file is among those the arm is made of, and nothing stands before it."""
    kind, file, _ = address.split("/", 2)
    if kind in MODEL_KINDS:
        model = assembled(plan)
        above = {*plan.disease.parameter, *(plan.product.parameter if plan.product else {})}
        names = parameters_at(address.removesuffix(".spread"), model.parameters, model, plan.texts)
        return any(name not in above for name in names)
    if kind == "trial":
        return file in catalog.lineage(kind, plan.trial)
    mine = {name for here, _ in plan.records() for part, name in [here.split("/", 1)] if part == kind}
    if kind == "loss" and plan.making is not None:  # its numbers stand among those of the making
        mine = {plan.making.loss}
    return any(file in catalog.lineage(kind, name) for name in mine)
