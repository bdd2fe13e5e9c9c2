"""One point of the parameters through every calibration trial: simulated rows, in memory or from a folder that kept them.

The same patients with the same luck are simulated at each point (random numbers have addresses), so that two points differ by
what the parameters do alone. A trial that a moved number does not concern is not simulated again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.load import load_trial
from livingdrug.catalog.parameter_set import MODEL_KINDS, ParameterSet
from livingdrug.catalog.plan import plan_arm
from livingdrug.catalog.questions import questions_of
from livingdrug.course.equations import assembled
from livingdrug.course.fitted import parameters_at
from livingdrug.course.settings import Settings
from livingdrug.fitting.joint.rows import Row, refuse_prediction, rows_of, with_errors
from livingdrug.fitting.joint.statistics import answer, correlation, influence
from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import known_names, outcomes_read
from livingdrug.trial import storage
from livingdrug.trial.door import planned
from livingdrug.trial.line import follow, outcomes_of

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.fitting.joint.free import Free
    from livingdrug.outcome.endpoint_result import EndpointResult

Floats = NDArray[np.float64]
OWN_SHRINKAGE = 0.2
"""Share of each row's error taken as its own: data cuts and denominators of a trial's rows differ somewhat (assumed)."""


@dataclass(frozen=True)
class Prepared:
    """A calibration trial, ready to be evaluated again and again.

    Attributes
    ----------
    trial, plan, questions
        As the catalogue has them; the plan of the first arm, which published rows are about.
    rows
        Published rows that the simulation answers.
    correlation
        Of the errors of these rows (R, R): they come from the same patients.
    concerns
        Addresses of free numbers that can change this trial.
    """

    trial: Trial
    plan: Plan
    questions: Questions
    rows: tuple[Row, ...]
    correlation: Floats
    concerns: frozenset[str]

    @property
    def name(self) -> str:
        """The trial's id."""
        return self.trial.id


@dataclass(frozen=True)
class Simulated:
    """Rows of one trial at one point, on their scales: numbers (R,) and their simulation errors (R,)."""

    number: Floats
    error: Floats


@dataclass
class Bench:
    """Evaluates points; what was evaluated is remembered, and kept in a folder when there is one.

    Attributes
    ----------
    catalog
        The files as they are; fitted values are laid on copies.
    trials
        What is evaluated.
    patients, seed
        Of each trial.
    threads
        Trials simulated at a time.
    folder
        Where evaluations are kept.
    """

    catalog: Catalog
    trials: tuple[Prepared, ...]
    patients: int
    seed: int
    threads: int = 1
    folder: Path | None = None
    n_simulated: int = 0
    _known: dict[str, Simulated] = field(default_factory=dict, repr=False)

    def at(
        self, points: Sequence[Mapping[str, float]], done: Callable[[int, int], None] | None = None
    ) -> list[list[Simulated]]:
        """Every trial at every point: for each point, one `Simulated` a trial, in order.

        Parameters
        ----------
        points
            Address -> value; addresses left out stay as in the files.
        done
            Called as done(evaluated, to evaluate) after each trial.
        """
        keys = [[self._key(one, point) for one in self.trials] for point in points]
        work: dict[str, tuple[Prepared, Mapping[str, float]]] = {}
        for point, row in zip(points, keys, strict=True):
            for one, key in zip(self.trials, row, strict=True):
                if key not in self._known and not self._found(key):
                    work.setdefault(key, (one, point))
        if work:
            self._simulate(work, done)
        return [[self._known[key] for key in row] for row in keys]

    def _simulate(
        self, work: dict[str, tuple[Prepared, Mapping[str, float]]], done: Callable[[int, int], None] | None
    ) -> None:
        pool = ThreadPoolExecutor(max_workers=self.threads)
        try:
            futures = {pool.submit(self._one, one, point): key for key, (one, point) in work.items()}
            for count, future in enumerate(as_completed(futures), start=1):
                self._keep(futures[future], future.result())
                self.n_simulated += 1
                if done is not None:
                    done(count, len(work))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _one(self, one: Prepared, point: Mapping[str, float]) -> Simulated:
        values = ParameterSet({address: value for address, value in point.items() if address in one.concerns})
        found = simulated_endpoints(one.trial.id, self.catalog.under(values), one.questions, [row.published.endpoint for row in one.rows],
                                    patients=self.patients, seed=self.seed)  # fmt: skip
        arm = one.plan.arm.name
        told = [
            answer(found[row.published.endpoint], arm, row.measure, row.day, row.published.statistic)
            for row in one.rows
        ]
        return Simulated(np.array([each.number for each in told]), np.array([each.error for each in told]))

    def _key(self, one: Prepared, point: Mapping[str, float]) -> str:
        mine = {address: float(value) for address, value in point.items() if address in one.concerns}
        return hashlib.sha256(
            json.dumps([one.name, self.patients, self.seed, mine], sort_keys=True).encode()
        ).hexdigest()

    def _found(self, key: str) -> bool:
        if self.folder is None or not (path := self.folder / f"{key}.json").is_file():
            return False
        kept = storage.read_json(path)
        self._known[key] = Simulated(_with_nan(kept["number"]), _with_nan(kept["error"]))
        return True

    def _keep(self, key: str, found: Simulated) -> None:
        self._known[key] = found
        if self.folder is not None:
            storage.write_json(
                self.folder / f"{key}.json", {"number": _with_null(found.number), "error": _with_null(found.error)}
            )


def prepare(
    names: Sequence[str], catalog: Catalog, free: Sequence[Free], *, patients: int, seed: int
) -> tuple[Prepared, ...]:
    """Calibration trials with their rows, from one simulation of each as the files have it.

    Raises
    ------
    BadInput
        A trial is not a calibration trial, or has no row that its simulation answers.
    """
    prepared = []
    for name in names:
        trial = load_trial(name, catalog)
        refuse_prediction(trial)
        trial, plans = planned(trial, catalog)
        plan, questions = plans[0], questions_of(trial, catalog)
        rows = rows_of(trial, catalog, questions)
        arm = plan.arm.name
        found = simulated_endpoints(
            trial.id, catalog, questions, [row.published.endpoint for row in rows], patients=patients, seed=seed
        )
        told = [
            answer(found[row.published.endpoint], arm, row.measure, row.day, row.published.statistic) for row in rows
        ]
        known = with_errors(rows, told)
        if not known:
            raise BadInput(
                f'trial "{trial.id}" has no published row that its simulation answers.\n  Leave it out, or give it an evidence file.'
            )
        pulls = [
            influence(found[row.published.endpoint], arm, row.measure, row.day, row.published.statistic)
            for row in known
        ]
        together = (1 - OWN_SHRINKAGE) * correlation(pulls) + OWN_SHRINKAGE * np.eye(len(known))
        concerns = frozenset(one.address for one in free if concerned(one.address, plan, catalog))
        prepared.append(Prepared(trial, plan, questions, tuple(known), together, concerns))
    return tuple(prepared)


def simulated_endpoints(
    trial: str, catalog: Catalog, questions: Questions, endpoints: Sequence[str], *, patients: int, seed: int
) -> dict[str, EndpointResult]:
    """Endpoints of a trial's first arm, from a simulation that keeps nothing else.

    Parameters
    ----------
    trial
        A calibration trial of the catalogue.
    catalog
        With the fitted values laid on.
    questions
        The trial's.
    endpoints
        Names of endpoints; repeated ones are evaluated once.
    patients, seed
        Of the simulation.
    """
    import polars as pl

    record = catalog.load("trial", trial)
    plan = plan_arm(record, record.arms[0].name, catalog, questions)
    frames = follow(plan, np.arange(1, patients + 1), seed, settings=Settings(sample=0))
    arm = plan.arm.name
    records = {name: catalog.load("endpoint", name) for name in dict.fromkeys(endpoints)}
    read = {name: outcomes_read(record.needs, questions) for name, record in records.items()}
    outcomes = outcomes_of(questions, frames, arm)
    known = {name: outcomes.named(name) for names in read.values() for name in names}
    asked = outcomes.table(known.values())
    lacking = {
        name: next(filter(None, (outcomes.not_measured(known[one]) for one in read[name])), "") for name in records
    }
    who = frames["who"]
    asked = asked.drop([name for name in asked.columns if name in who.columns and name != "patient"])
    status = frames["exits"].select("patient", "course_status")
    whole = who.join(asked, on="patient", how="left", maintain_order="left").join(
        status, on="patient", how="left", maintain_order="left"
    )
    whole = whole.with_columns(pl.col("course_status").fill_null("not infused"))
    names = known_names(questions)
    found = {}
    for name, record in records.items():
        columns = {"arm", "patient", "status", "course_status", *read[name], *record.needs}
        found[name] = evaluate(
            record,
            whole.select([one for one in whole.columns if one in columns]),
            [arm],
            known=names,
            not_measured={arm: lacking[name]} if lacking[name] else None,
        )
    return found


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
    return any(file in catalog.lineage(kind, name) for name in mine)


def _with_null(numbers: Floats) -> list[Any]:
    return [float(one) if math.isfinite(one) else None for one in numbers]


def _with_nan(numbers: Sequence[Any]) -> Floats:
    return np.array([math.nan if one is None else one for one in numbers], dtype=np.float64)
