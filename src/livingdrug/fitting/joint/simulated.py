"""Endpoints of one arm from a simulation that keeps nothing else: no frames on disk, no outcome that nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.course.settings import Settings
from livingdrug.outcome.columns import NOT_TREATED
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import known_names, outcomes_read
from livingdrug.trial.line import follow, outcomes_of

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.endpoint_result import EndpointResult


def simulated_endpoints(
    plan: Plan, endpoints: Sequence[Endpoint], patients: NDArray[np.int64], seed: int
) -> dict[str, EndpointResult]:
    """Endpoints of an arm.

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

    Returns
    -------
    By the endpoint's name.
    """
    import polars as pl

    questions, arm = plan.questions, plan.arm.name
    frames = follow(plan, patients, seed, settings=Settings(sample=0))
    records = {one.id: one for one in endpoints}
    read = {name: outcomes_read(record.needs, questions) for name, record in records.items()}
    who = frames["who"]
    status = pl.lit(None, dtype=pl.String).alias("course_status")
    whole = who.with_columns(status)
    lacking = dict.fromkeys(records, "")
    if "exits" in frames:
        outcomes = outcomes_of(questions, frames, arm)
        known = {name: outcomes.named(name) for names in read.values() for name in names}
        asked = outcomes.table(known.values())
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
    return found
