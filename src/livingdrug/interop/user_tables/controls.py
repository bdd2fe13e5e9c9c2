"""A user's own table of patients as an external control: covariates by the population's names, and one outcome each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.catalog.load import default_catalog
from livingdrug.design.external import External, People, against, people_of
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.user_tables.cells import numbers
from livingdrug.interop.user_tables.columns import Column, match_columns
from livingdrug.interop.user_tables.files import read_table
from livingdrug.interop.user_tables.people import PEOPLE_NAMES, people, repeated
from livingdrug.interop.user_tables.understood import Understood, understood

if TYPE_CHECKING:
    from livingdrug.trial.result import Result

LEAST, MOST = -1e15, 1e15
LONGEST = 36525.0
TIME = Column(
    "time", "day", "Time from the endpoint's origin to its event, or to the last contact", 0.0, LONGEST, needs_unit=True,
    synonyms=("time to event", "event time"),
)  # fmt: skip
EVENT = Column(
    "event", "", "1 or yes: the event was seen; 0 or no: censored then", 0, 1, True, (), {"yes": 1.0, "no": 0.0}
)
SUCCESS = Column("success", "", "1 or yes: the patient had it; 0 or no", 0, 1, True, ("response", "responder"), {"yes": 1.0, "no": 0.0})  # fmt: skip


@dataclass(frozen=True)
class Control:
    """Patients of a table.

    Attributes
    ----------
    people
        Their covariates and outcome.
    understood
        What is told of the table on every use.
    """

    people: People
    understood: Understood


def read_control(path: Path | str, run: Result, endpoint: str, covariates: Sequence[str]) -> Control:
    """Patients from elsewhere, one row each, who had the same endpoint.

    Parameters
    ----------
    path
        A text table. Covariates have the names of the run's population (or others that are near), with their unit in brackets.
        A time to event has the columns ``time [month]`` (or another unit) and ``event``, a proportion has ``success``.
    run
        The run that they are a control of.
    endpoint
        Of the run, by name.
    covariates
        Those that weights and matches may use.

    Raises
    ------
    BadInput
        A column or its unit is missing; a cell is blank, no number, or out of range; a patient has several rows.
    UnknownName
        The run's population has no such covariate, or there is no such endpoint.
    """
    found, table = run.endpoint(endpoint), read_table(path)
    outcomes = (SUCCESS,) if "success" in found.patients.columns else (TIME, EVENT)
    columns = (*_columns(run, covariates), *outcomes)
    matches = match_columns(table, columns, known=PEOPLE_NAMES)
    missing = [one for one in columns if one.name not in matches]
    if missing:
        told = [f"- {one.name}{f' [{one.unit}]' if one.unit else ''}: {one.meaning}" for one in missing]
        said = f'{table.source}: a control for "{endpoint}" needs columns that are not there:'
        raise BadInput("\n".join([said, *told, "  Name them so in the heading, with the unit in brackets."]))
    read, who = numbers(table, matches, columns), people(table)
    for column in columns:
        blank = np.flatnonzero(np.isnan(read.values[column.name]))
        if blank.size:
            rows = ", ".join(str(int(table.lines[row])) for row in blank[:5])
            raise BadInput(
                f'{table.source}: "{matches[column.name].heading}" is blank in {blank.size} row{"s" if blank.size > 1 else ""}'
                f" ({rows}{', …' if blank.size > 5 else ''}).\n"
                "  Nobody is left out in silence: leave a covariate out that is not known of everyone, or those patients."
            )
    twice = repeated(table, who, None)
    if twice:
        raise BadInput(f"{table.source}: {twice[0]}.\n  A control has one row for each patient.")
    if len(table.lines) < 2:
        raise BadInput(f"{table.source}: {len(table.lines)} patients, expected two or more.")
    values = read.values
    x = np.column_stack([values[name] for name in covariates])
    if outcomes == (SUCCESS,):
        theirs = People(x, tuple(covariates), success=values["success"] == 1)
    else:
        theirs = People(x, tuple(covariates), time=values["time"], event=values["event"] == 1)
    told = understood(
        table, matches, decimal_mark=read.decimal_mark, people=who.told if who.headings else "", other_headings=who.headings,
        notes=[*who.notes, *read.notes, f"outcome as in {found.id}: {' '.join(found.record.definition.split())}"],
    )  # fmt: skip
    return Control(theirs, told)


def table_control(
    run: Result, path: Path | str, endpoint: str, covariates: Sequence[str], *, arm: str | None = None
) -> tuple[External, Understood]:
    """One arm of a run against patients of a table; see `read_control` and `livingdrug.design.external.external_control`."""
    mine = people_of(run, endpoint, covariates, arm)
    read = read_control(path, run, endpoint, covariates)
    return against(mine, read.people, run.endpoint(endpoint).title), read.understood


def _columns(run: Result, covariates: Sequence[str]) -> list[Column]:
    population = (run.catalog or default_catalog()).load("population", run.trial.population)
    found = []
    for name in dict.fromkeys(covariates):
        one = population.covariate.get(name)
        if one is None:
            raise UnknownName("covariate of this run's population", name, population.covariate)
        yes_no = one.distribution == "bernoulli"
        low, high = (0.0, 1.0) if yes_no else (LEAST, MOST)
        words = {"yes": 1.0, "no": 0.0} if yes_no else {}
        found.append(Column(name, one.unit, one.meaning, low, high, yes_no, (), words, needs_unit=bool(one.unit)))
    return found
