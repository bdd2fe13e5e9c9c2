"""Endpoints of one arm from a simulation that keeps nothing else: no frames on disk, no outcome that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.course.settings import Settings
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.outcome.columns import NOT_TREATED, patient_values
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import DERIVED, check_names, known_names, outcomes_read
from livingdrug.trial.associations.patients import Patients
from livingdrug.trial.line import follow, outcomes_of

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.endpoint_result import EndpointResult


def simulated_endpoints(
    plan: Plan, endpoints: Sequence[Endpoint], patients: NDArray[np.int64], seed: int
) -> dict[str, EndpointResult]:
    """Endpoints of an arm, as `simulated_arm`, where nothing is asked of its patients."""
    return simulated_arm(plan, endpoints, patients, seed)[0]


def simulated_arm(
    plan: Plan, endpoints: Sequence[Endpoint], patients: NDArray[np.int64], seed: int, wanted: Iterable[str] = ()
) -> tuple[dict[str, EndpointResult], Patients | None]:
    """Endpoints of an arm, and what its patients were asked.

    Parameters
    ----------
    plan
        The arm, with fitted values laid on.
    endpoints
        What is asked; those of one name once.
    patients
        Patient numbers (n,).
    seed
        Of the simulation.
    wanted
        Covariates, lots and outcomes of each patient; what the trial cannot answer is told in `Patients.problems`.

    Returns
    -------
    Endpoints by name; the patients, where anything was wanted of them.
    """
    import polars as pl

    questions, arm = plan.questions, plan.arm.name
    frames = follow(plan, patients, seed, settings=Settings(sample=0))
    records = {one.id: one for one in endpoints}
    words, problems = answerable(wanted, questions, plan.trial)
    read = {name: outcomes_read(record.needs, questions) for name, record in records.items()}
    who = frames["who"]
    status = pl.lit(None, dtype=pl.String).alias("course_status")
    whole = who.with_columns(status)
    lacking = dict.fromkeys(records, "")
    if "exits" in frames:
        outcomes = outcomes_of(questions, frames, arm)
        known = {name: outcomes.named(name) for names in (*read.values(), *words.values()) for name in names}
        asked = outcomes.table(known.values())
        for word, names_of_word in words.items():
            why = next(filter(None, (outcomes.not_measured(known[one]) for one in names_of_word)), "")
            if why:
                problems[word] = f"{plan.trial}: {why}"
        lacking = {
            name: next(filter(None, (outcomes.not_measured(known[one]) for one in read[name])), "") for name in records
        }
        asked = asked.drop([name for name in asked.columns if name in who.columns and name != "patient"])
        exits = frames["exits"].select("patient", "course_status")
        whole = who.join(asked, on="patient", how="left", maintain_order="left")
        whole = whole.join(exits, on="patient", how="left", maintain_order="left")
    whole = whole.with_columns(pl.col("course_status").fill_null(NOT_TREATED))
    names = known_names(questions)
    found = {}
    for name, record in records.items():
        columns = {"arm", "patient", "status", "course_status", *read[name], *record.needs}
        kept = whole.select([column for column in whole.columns if column in columns])
        found[name] = evaluate(
            record, kept, [arm], known=names, not_measured={arm: lacking[name]} if lacking[name] else None
        )
    if not words and not problems:
        return found, None
    everything = patient_values(whole, names)
    kept = {one for one in (*words, *DERIVED, *questions.ready_made) if one in everything and one not in problems}
    values = {name: everything[name] for name in sorted(kept)}
    problems |= {name: f"{plan.trial}: {name} is unknown in every patient" for name in words if name not in values}
    return found, Patients(whole["patient"].to_numpy().astype(np.int64), values, problems, {}, ())


def answerable(
    wanted: Iterable[str], questions: Questions, trial: str
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Names that a trial's questions answer with the outcomes each reads, and for the others why not."""
    found: dict[str, tuple[str, ...]] = {}
    problems: dict[str, str] = {}
    for name in sorted(set(wanted)):
        if name.startswith("from_"):
            continue
        try:
            check_names([name], questions, trial)
            found[name] = tuple(outcomes_read([name], questions))
        except LivingDrugError as problem:
            problems[name] = f"{trial}: {str(problem).splitlines()[0]}"
    return found, problems
