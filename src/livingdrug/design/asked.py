"""Endpoints of simulated people as columns of each person, before anybody is counted: what rules and replicates are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.expressions import read_formula
from livingdrug.observation.frames import FRAMES, tidy
from livingdrug.outcome.columns import NOT_TREATED, Known, People, patient_values
from livingdrug.outcome.endpoints import evaluate
from livingdrug.outcome.names import known_names, outcomes_read
from livingdrug.trial.line import outcomes_of

if TYPE_CHECKING:
    from livingdrug.catalog.questions import Questions
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.endpoint_result import EndpointResult

KEYS = ["arm", "patient"]
ROWS = {
    "endpoint": pl.String, "replicate": pl.Int64, "arm": pl.String, "patient": pl.Int64, "success": pl.Boolean,
    "time_days": pl.Float64, "cause": pl.Int64, "value": pl.Float64, "start_day": pl.Float64,
}  # fmt: skip
"""Of the frame of rows: one a person whom an endpoint counts. ``start_day`` is the person's own day (from infusion) on which the
clock of a time to event starts."""


@dataclass(frozen=True)
class Answers:
    """What people simulated together answer.

    Attributes
    ----------
    endpoints
        By name.
    people
        Everyone enrolled: arm, patient, status, enrolment_day, and the outcomes asked for.
    starts
        Arm and patient with the own day on which each endpoint's clock starts, in a column of the endpoint's name.
    """

    endpoints: Mapping[str, EndpointResult]
    people: pl.DataFrame
    starts: pl.DataFrame


def answered(
    questions: Questions, frames: Mapping[str, pl.DataFrame], arms: Sequence[str], records: Sequence[Endpoint],
    outcomes: Sequence[str] = (),
) -> Answers:  # fmt: skip
    """The endpoints of people simulated together; only the outcomes that these read are computed.

    Parameters
    ----------
    questions
        The trial's.
    frames
        Of all arms (`livingdrug.trial.line.follow`).
    arms
        Arms, in order.
    records
        Endpoints asked.
    outcomes
        Outcomes kept beside them, by name.
    """
    whole = {name: tidy(frames.get(name, pl.DataFrame()), name) for name in FRAMES}
    read = {one.id: outcomes_read(one.needs, questions) for one in records}
    names = list(dict.fromkeys([name for found in read.values() for name in found] + list(outcomes)))
    pieces, lacking = [], {one.id: dict[str, str]() for one in records}
    for arm in arms:
        asked = outcomes_of(questions, whole, arm)
        known = {name: asked.named(name) for name in names}
        pieces.append(asked.table(list(known.values())).select(pl.lit(arm).alias("arm"), pl.all()))
        for endpoint, wanted in read.items():
            why = next(filter(None, (asked.not_measured(known[name]) for name in wanted)), "")
            if why:
                lacking[endpoint][arm] = why
    people = with_everyone(whole, pl.concat(pieces, how="diagonal_relaxed"))
    ready = known_names(questions)
    shared = People.of(people, arms)
    endpoints = {
        one.id: evaluate(one, people, arms, known=ready, not_measured=lacking[one.id], remembered=shared)
        for one in records
    }
    kept = people.select("arm", "patient", "status", "enrolment_day", *outcomes)
    return Answers(endpoints, kept, _starts(people, records, ready))


def with_everyone(frames: Mapping[str, pl.DataFrame], asked: pl.DataFrame) -> pl.DataFrame:
    """Everyone enrolled, with what was asked of those treated and how each course ended.

    Parameters
    ----------
    frames
        Of a run: ``who`` and ``exits``.
    asked
        arm, patient and outcomes.
    """
    who = frames["who"]
    extra = [name for name in asked.columns if name not in who.columns]
    status = frames["exits"].select(*KEYS, "course_status")
    people = who.join(asked.select(*KEYS, *extra), on=KEYS, how="left", maintain_order="left")
    people = people.join(status, on=KEYS, how="left", maintain_order="left")
    return people.with_columns(pl.col("course_status").fill_null(NOT_TREATED))


def _starts(people: pl.DataFrame, records: Sequence[Endpoint], known: Known) -> pl.DataFrame:
    """The own day on which each endpoint's clock starts; day 0 where its file does not say."""
    found = {}
    values = None
    for one in records:
        text = str(one.further.get("origin_day", "0"))
        if text.strip() == "0":
            found[one.id] = np.zeros(people.height)
            continue
        if values is None:
            values = patient_values(people, known)
        with np.errstate(invalid="ignore"):
            found[one.id] = np.broadcast_to(np.asarray(read_formula(text).evaluate(values), float), (people.height,))
    return people.select(KEYS).with_columns(**{name: pl.Series(days) for name, days in found.items()})


def rows_of(answers: Answers, replicate_of: pl.Expr, place_of: pl.Expr) -> pl.DataFrame:
    """One row for each endpoint and person it counts, with the columns of `ROWS`."""
    if not answers.endpoints:
        return pl.DataFrame(schema=ROWS)
    found = [result.patients for result in answers.endpoints.values()]
    heights = [frame.height for frame in found]
    names = pl.Series(list(answers.endpoints), dtype=pl.String)
    start = np.concatenate(
        [_start_of(answers, name, frame) for name, frame in zip(answers.endpoints, found, strict=True)]
    )
    columns = {
        "endpoint": names.gather(np.repeat(np.arange(len(found)), heights)),
        **{name: _one_below_the_other(found, name) for name in ("arm", "patient", "success", "time_days", "cause", "value")},
        "start_day": pl.Series(start, dtype=pl.Float64),
    }  # fmt: skip
    kinds = [pl.col(name).cast(kind) for name, kind in ROWS.items()]
    return pl.DataFrame(columns).with_columns(replicate=replicate_of, patient=place_of).select(kinds)


def _one_below_the_other(frames: Sequence[pl.DataFrame], name: str) -> pl.Series:
    """A column of several frames; null for those of a frame without it."""
    kind = ROWS[name]
    parts = [
        frame.get_column(name).cast(kind) if name in frame.columns else pl.Series([None], dtype=kind).new_from_index(0, frame.height)
        for frame in frames
    ]  # fmt: skip
    return pl.concat(parts, rechunk=True)


def _start_of(answers: Answers, name: str, counted: pl.DataFrame) -> NDArray[np.float64]:
    """The own day on which the clock of each person whom an endpoint counts starts."""
    days = answers.starts.get_column(name).to_numpy()
    if counted.height == days.size:
        return days
    if not days.any():
        return np.zeros(counted.height)
    return (
        counted.select(KEYS)
        .join(answers.starts.select(*KEYS, name), on=KEYS, how="left", maintain_order="left")[name]
        .to_numpy()
    )
