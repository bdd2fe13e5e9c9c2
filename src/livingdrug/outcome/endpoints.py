"""Endpoints: what the seen courses mean, computed from the patients frame alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.errors import UnknownName
from livingdrug.foundation.expressions import read_formula
from livingdrug.outcome.asked import ask
from livingdrug.outcome.columns import NOTHING_MORE, Known, People, numbers_of
from livingdrug.outcome.endpoint_result import EndpointResult
from livingdrug.outcome.everyone import by_everyone

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.endpoint import Endpoint

Floats = NDArray[np.float64]
ALWAYS = ("status", "course_status")
"""Columns from which the names that every formula may use are made (`outcome.columns`)."""


def evaluate(
    record: Endpoint,
    patients: pl.DataFrame,
    arms: Sequence[str],
    *,
    level: float = 0.95,
    design: str = "single_arm",
    known: Known = NOTHING_MORE,
    not_measured: Mapping[str, str] | None = None,
    from_enrolment: Endpoint | None = None,
    strata: pl.DataFrame | None = None,
    remembered: People | None = None,
) -> EndpointResult:
    """One endpoint from the patients frame.

    Parameters
    ----------
    record
        The definition.
    patients
        One row per enrolled patient and arm.
    arms
        Arms to show, in order.
    level
        Confidence level, between 0 and 1.
    design
        How patients came to their arms: see `EndpointResult`.
    known
        Names that formulas may use besides the frame's columns.
    not_measured
        Arms that cannot answer -> what nobody saw there; nobody of them is counted.
    from_enrolment
        The same question of everyone enrolled, which tests between randomised arms count; what
        `livingdrug.outcome.everyone.by_everyone` finds when omitted.
    strata
        Of a randomised trial: each patient's stratum, in columns ``patient`` and ``stratum``.
    remembered
        The same patients and arms, with what other endpoints have read of them.

    Raises
    ------
    UnknownName
        A formula needs a column that the patients frame does not have, or there is no such kind or estimator.
    CatalogError
        The file lacks a key of its kind or estimator, or holds one of another.
    BadInput
        A counted patient has no finite time, or a negative one.
    """
    import polars as pl

    asked = ask(record, level=level)
    everyone = None
    if design == "randomised" and (whole := from_enrolment or by_everyone(record)) not in (None, record):
        everyone = evaluate(
            whole, patients, arms, level=level, design=design, known=known, not_measured=not_measured, strata=strata,
            remembered=remembered,
        )  # fmt: skip
    people = remembered or People.of(patients, arms)
    columns, n = patients.columns, len(people)

    def read(names: Sequence[str]) -> dict[str, Floats]:
        return numbers_of(names, lambda name: people.column(patients, name), n, known, people.columns)

    values = read(_read_by(record, columns, known))
    if any(name not in values for name in record.needs):
        values = read(columns)
    _refuse_gaps(record, values)

    def formula(text: str) -> Floats:
        # inf - inf and NaN comparisons are honest answers here ("never", "unknown"), not accidents.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = np.asarray(read_formula(text).evaluate(values), dtype=np.float64)
        return np.array(np.broadcast_to(found, (n,)))

    there = np.ones(n, dtype=bool)
    for arm in not_measured or ():
        there &= ~people.arm.get(arm, np.zeros(n, dtype=bool))
    counted = (formula(record.among) > 0) & ~(values["course_failed"] > 0) & there
    found, has_value = asked.kind.columns(asked, formula, counted, people.keys)
    shown, left_out = counted & has_value, counted & ~has_value
    every = bool(shown.all())
    rows = [pl.Series(name, column if every else column[shown]) for name, column in found.items()]
    return EndpointResult(
        asked=asked,
        arms=tuple(arms),
        patients=people.keys_of(shown).hstack(rows),
        n_left_out={arm: int((left_out & people.arm[arm]).sum()) for arm in arms},
        design=design,
        not_measured=dict(not_measured or {}),
        n_enrolled=int((values["course_failed"] <= 0).sum()),
        everyone=everyone,
        strata=strata,
    )


def _refuse_gaps(record: Endpoint, values: Mapping[str, Floats]) -> None:
    for name in record.needs:
        if name not in values:
            raise UnknownName(
                f'column of the patients frame, needed by endpoint "{record.id}",', name, values,
                f"Correct the formulas in endpoint/{record.id}.toml, or ask a run that has it.",
            )  # fmt: skip


def _read_by(record: Endpoint, columns: Sequence[str], known: Known) -> list[str]:
    """The columns that an endpoint's formulas can mean: by name, by one of the words they hold, or by what is made of them."""
    made = [known.ready_made[name] for name in record.needs if name in known.ready_made]
    names = (*record.needs, *made, *ALWAYS)
    begins = {name[:place] for name in names for place, letter in enumerate(name) if letter == "_"}
    return [column for column in columns if column in begins or column in names]
