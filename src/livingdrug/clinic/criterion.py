"""A response criterion: what a visit shows, how visits become what a trial records, and the words for it.

    visits --status_at_visits--> a status at each look --record--> best response, first response, failure, relapse

Criteria are files of `clinic/response/`, each with one `CRITERION`; a disease names one of them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, cast

import numpy as np
import polars as pl

from livingdrug.clinic import response
from livingdrug.clinic.looks import KEYS, day_or_null, places
from livingdrug.foundation.as_arrays import as_flags, as_numbers
from livingdrug.foundation.errors import UnknownName

BASELINE_UNTIL = 1.0
"""A look planned up to this day is the start, whenever in its window it took place; it shows no response [day]."""
THREE_MONTHS = 100.0
"""Last day counted as "by 3 months": day 90 and its visit window [day]."""
STATUS_SCHEMA = {
    "arm": pl.String,
    "patient": pl.Int64,
    "day": pl.Float64,
    "status": pl.String,
    "residual": pl.Boolean,
}
"""What every `status_at_visits` returns. `status` is null where only residual disease was looked for; `residual` is true where
residual disease was found, false where it was looked for and not found, null where nobody looked."""
RECORDED = {
    "responded": pl.Boolean,
    "complete": pl.Boolean,
    "incomplete": pl.Boolean,
    "best_response": pl.String,
    "first_response_day": pl.Float64,
    "residual_negative": pl.Boolean,
    "treatment_failure_day": pl.Float64,
    "relapse_day": pl.Float64,
}
"""What every criterion records of a patient, judged by a day. `first_response_day` is null without a response that counts."""

_AS_WRITTEN = pl.QueryOptFlags.none()  # the optimiser costs more than these frames
Statuses = Callable[[pl.DataFrame], pl.DataFrame]
Record = Callable[["Criterion", pl.DataFrame, pl.DataFrame, float], pl.DataFrame]


@dataclass(frozen=True)
class Words:
    """The words of a criterion.

    Attributes
    ----------
    title
        What it is, in a line.
    status
        Status -> its name in a sentence: ``"complete remission"``.
    or_better
        Status -> short heading for it or anything better: ``"≥ VGPR"``; every response has one.
    at_a_visit
        Status -> what a visit must show for it.
    counted
        When a response counts, and from when to when: ``"kept for at least 28 days"``.
    lead
        How to read the response section, in a sentence.
    look
        What is looked at, as a sentence begins: ``"The marrow"``.
    responding
        The state of who has responded: ``"in remission"``.
    lost, failed
        The end of a response, and no response at all: ``"relapse"``, ``"no remission"``.
    """

    title: str
    status: Mapping[str, str]
    or_better: Mapping[str, str]
    at_a_visit: Mapping[str, str]
    counted: str
    lead: str
    look: str = "The visit"
    responding: str = "in response"
    lost: str = "progression"
    failed: str = "no response"


@dataclass(frozen=True)
class Overt:
    """A look that nobody planned: disease shows itself between visits.

    Attributes
    ----------
    reads
        Output of the model that tells the burden.
    limit
        From this value on the disease is overt, in that output's unit.
    after_day
        A rise up to this day is none: planned visits are near, and treatment may still be working [day].
    within_days
        Days within which the look happens.
    beside
        Outputs whose assays are done with it, besides those of the visits for response.
    source
        Where these numbers come from.
    """

    reads: str
    limit: float
    after_day: float
    within_days: float
    beside: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Criterion:
    """One way to judge response.

    Attributes
    ----------
    order
        Every status, the best first.
    responses, complete
        Which of them are responses, and which complete ones: the first of `order`.
    overt
        When somebody looks between planned visits because the disease has become overt; None where nobody does.
    words
        The words for all this.
    status_at_visits
        Visits frame -> one row per look after the start, with the columns of `STATUS_SCHEMA`, sorted by arm, patient and day: by
        arrays (`livingdrug.clinic.looks`), or by steps of a frame as `one_query`.
    reads
        Quantities of the visits that it judges; nothing else is shown to `status_at_visits`.
    record
        (criterion, statuses, patients, last day) -> one row per patient, sorted, with the columns of `RECORDED`. `patients` has arm,
        patient, last_seen_day, death_day, subsequent_therapy_day and last_contact_day; what is unknown is null.

    Examples
    --------
    >>> judged_by("lugano").heading, judged_by("imwg").or_better("VGPR")
    ('overall response', '≥ VGPR')
    """

    order: tuple[str, ...]
    responses: tuple[str, ...]
    complete: tuple[str, ...]
    words: Words
    status_at_visits: Statuses
    reads: tuple[str, ...]
    record: Record
    overt: Overt | None = None

    @property
    def heading(self) -> str:
        """Any response that counts, in a word or two."""
        return self.or_better(self.responses[-1])

    def or_better(self, status: str) -> str:
        """This status or any better one, in a word or two."""
        return self.words.or_better[status]

    def judge(
        self, visits: pl.DataFrame, patients: pl.DataFrame | None = None, by_day: float = THREE_MONTHS
    ) -> pl.DataFrame:
        """Each patient's response, failure and relapse as the trial would have recorded them, judged by a day.

        Parameters
        ----------
        visits
            The visits frame (arm, patient, quantity, day_planned, day, value, below_limit, missed).
        patients
            arm and patient and, when known, death_day, subsequent_therapy_day, last_contact_day. Every patient here gets a row, also
            without a single visit. Without it, being seen later is the only proof of being alive.
        by_day
            Last day counted, visit window included: 100 for "by 3 months" [day].

        Returns
        -------
        One row per arm and patient, sorted, with the columns of `RECORDED`; at most one of failure and relapse is set.
        """
        judged = visits.filter(pl.col("quantity").is_in(self.reads))
        found = self.record(self, self.status_at_visits(judged), _everyone(visits, patients), by_day)
        return found.lazy().select(*KEYS, *RECORDED).cast(dict(RECORDED.items())).sort(*KEYS).collect()


def one_query(steps: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
    """A `status_at_visits` written with operations that a lazy frame has, too, as one query.

    Its dozens of small steps cost more one by one than what they compute.
    """

    @wraps(steps)
    def at_once(visits: pl.DataFrame, *limits: Any) -> pl.DataFrame:
        if isinstance(visits, pl.LazyFrame):  # a part of another's query
            return steps(visits, *limits)
        found: Any = steps(cast(pl.DataFrame, visits.lazy()), *limits)
        return found.collect(optimizations=_AS_WRITTEN)

    return at_once


def criteria() -> tuple[str, ...]:
    """The criteria there are: the files of `clinic/response/`, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(response.__path__)))


@cache
def response_words() -> tuple[str, ...]:
    """Every status of every criterion, as a name in formulas (``best_response_cr``), each once."""
    words = [status.lower() for name in criteria() for status in judged_by(name).words.status]
    return tuple(dict.fromkeys(words))


def judged_by(name: str) -> Criterion:
    """The criterion of this name, as a disease names it.

    Raises
    ------
    UnknownName
        There is no such file.
    """
    known = criteria()
    if name not in known:
        raise UnknownName("response", name, known, 'It stands in "response" of the disease file.')
    return importlib.import_module(f"{response.__name__}.{name}").CRITERION


def looked(visits: pl.DataFrame, *quantities: str) -> pl.DataFrame:
    """The values of some quantities that were measured, with `start`: whether the look was planned as the start."""
    if isinstance(visits, pl.LazyFrame) or visits["day_planned"].null_count() or visits["value"].null_count():
        rows = visits.filter(pl.col("quantity").is_in(quantities) & ~pl.col("missed") & pl.col("value").is_not_null())
        return rows.with_columns((pl.col("day_planned") <= BASELINE_UNTIL).alias("start"))
    there = ~as_flags(visits["missed"], unknown=True)
    asked = [as_flags(visits["quantity"] == quantity, unknown=False) for quantity in quantities]
    rows = visits[np.flatnonzero(there & np.logical_or.reduce(asked))]  # without a query: these are small and many
    return rows.hstack([pl.Series("start", rows["day_planned"].to_numpy() <= BASELINE_UNTIL)])


def first_that_holds(ladder: Mapping[str, pl.Expr], otherwise: str) -> pl.Expr:
    """The status of the first condition that holds, as the column ``status``; an unknown condition does not hold."""
    found = pl.lit(otherwise)
    for status, condition in reversed(list(ladder.items())):
        found = pl.when(condition.fill_null(False)).then(pl.lit(status)).otherwise(found)
    return found.alias("status")


def beside_start(looks: pl.DataFrame, column: str) -> pl.DataFrame:
    """Looks by patient and day, each beside what the start showed: `start_<column>`, null where the start was missed."""
    looks = looks.sort(*KEYS, "day")
    start = (
        looks.filter("start").group_by(KEYS, maintain_order=True).agg(pl.col(column).first().alias(f"start_{column}"))
    )
    return looks.join(start, on=KEYS, how="left", maintain_order="left")


def after_start(looks: pl.DataFrame, status: pl.Expr) -> pl.DataFrame:
    """The status of each look after the start, with the columns of `STATUS_SCHEMA`, where residual disease is not looked for."""
    found = looks.with_columns(status, pl.lit(None, dtype=pl.Boolean).alias("residual"))
    return found.filter(~pl.col("start")).select(*STATUS_SCHEMA)


def _everyone(visits: pl.DataFrame, patients: pl.DataFrame | None) -> pl.DataFrame:
    """One row per patient with the dates that end a response; missing ones are null."""
    table = visits.select(KEYS).unique() if patients is None else patients
    dates = ("death_day", "subsequent_therapy_day", "last_contact_day")
    columns = [
        pl.col(name).cast(pl.Float64) if name in table.columns else pl.lit(None, dtype=pl.Float64).alias(name)
        for name in dates
    ]
    place, last = places(visits, table), np.full(table.height, -np.inf)
    came = (place >= 0) & ~as_flags(visits["missed"], unknown=True)
    np.maximum.at(last, place[came], as_numbers(visits["day"])[came])
    return table.select(*KEYS, *columns, last_seen_day=day_or_null(last))
