"""All associations asked for, with how many are met: those that may shape the model, and those kept to test it, apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from livingdrug.catalog.records.association import Association
from livingdrug.foundation.expressions import read_formula
from livingdrug.trial.associations.compare import Compared, compare_row
from livingdrug.trial.associations.determinants import determinants_frame
from livingdrug.trial.associations.patients import Patients, names_of, pooled, simulate_patients

if TYPE_CHECKING:
    from livingdrug.catalog.load import Catalog

USES = {"shape": "May shape the model", "test": "Kept to test the model"}
USUAL_PATIENTS = 600
KIND = "association"


@dataclass(frozen=True)
class Summary:
    """How many rows of one use are met.

    Attributes
    ----------
    n_rows, n_answered
        Rows, and those that the simulated patients can answer.
    n_directions, n_right, n_wrong
        Rows with a published direction, and whether the simulated one agrees; the rest are undecided.
    n_sizes, n_inside
        Rows with a published interval, and those whose simulated value lies in it.
    """

    n_rows: int
    n_answered: int
    n_directions: int
    n_right: int
    n_wrong: int
    n_sizes: int
    n_inside: int

    @property
    def share_right(self) -> float:
        """Right directions among those published; NaN without any."""
        return self.n_right / self.n_directions if self.n_directions else np.nan

    @property
    def share_inside(self) -> float:
        """Values inside the published interval among those that have one; NaN without any."""
        return self.n_inside / self.n_sizes if self.n_sizes else np.nan


@dataclass(frozen=True)
class Board:
    """What was asked and found.

    Attributes
    ----------
    compared
        One for each row shown.
    hidden
        Use -> how many rows were not looked at.
    determinants
        See `livingdrug.trial.associations.determinants.determinants_frame`.
    manifests
        One for each trial simulated.
    names
        Trial -> short name.
    """

    compared: tuple[Compared, ...]
    hidden: dict[str, int]
    determinants: pl.DataFrame
    manifests: tuple[dict[str, Any], ...]
    names: dict[str, str]

    def of_use(self, use: str) -> tuple[Compared, ...]:
        """Rows of one use."""
        return tuple(one for one in self.compared if one.association.use == use)

    def summary(self, use: str) -> Summary:
        """How many rows of one use are met."""
        rows = self.of_use(use)
        directions = [one.direction for one in rows if one.direction]
        sizes = [one.inside for one in rows if one.inside is not None]
        return Summary(
            len(rows), sum(not one.unanswered for one in rows), len(directions), directions.count("right"),
            directions.count("wrong"), len(sizes), sum(sizes),
        )  # fmt: skip

    def told(self) -> dict[str, Any]:
        """As plain values, for JSON; equal runs give equal content."""
        return {
            "note": "Simulation; not for patient care.",
            "rows_not_looked_at": self.hidden,
            "summary": {use: vars(self.summary(use)) for use in USES if self.of_use(use)},
            "rows": [_row_told(one) for one in self.compared],
            "determinants": self.determinants.to_dicts(),
            "runs": [{key: m.get(key) for key in ("trial", "patients", "seed", "parameters_sha256", "code_sha256")}
                     for m in self.manifests],
        }  # fmt: skip


def associations(
    *,
    with_test_rows: bool = False,
    names: Sequence[str] = (),
    trials: Sequence[str] = (),
    patients: int = USUAL_PATIENTS,
    seed: int = 7,
    threads: int | None = None,
    catalog: Catalog | None = None,
    progress: Callable[[str, str, int, int], None] | None = None,
) -> Board:
    """Published associations within cohorts beside the same ones in simulated patients.

    Each trial is simulated once, and its patients answer every row that names it.

    Parameters
    ----------
    with_test_rows
        Look also at rows kept to test the model. Whoever has looked at them cannot test with them any more what is
        changed on their account.
    names
        Files of ``catalog/association``; all when empty.
    trials
        Only files that these trials alone simulate, and only these in the table of determinants; all when empty.
    patients
        Enrolled in each trial; a cohort of several trials has as many in all.
    seed, threads, catalog, progress
        As for `livingdrug.trial.scoreboard.scoreboard`.

    Raises
    ------
    UnknownName, CatalogError
        A file is not there or does not hold together.
    """
    from livingdrug.catalog.load import default_catalog

    catalog = catalog or default_catalog()
    records: list[Association] = [catalog.load(KIND, name) for name in (names or catalog.names(KIND))]
    if trials:
        records = [one for one in records if {part.trial for part in one.simulated_by} <= set(trials)]
    shown = [one for one in records if with_test_rows or one.use == "shape"]
    hidden = sum(len(one.rows) for one in records) - sum(len(one.rows) for one in shown)
    tables = [catalog.load("determinants", name) for name in catalog.names("determinants")]
    every = trials or [name for name in catalog.names("trial") if catalog.load("trial", name).role == "calibration"]
    needed = names_of(text for table in tables for one in (*table.outcomes, *table.covariates)
                      for text in (*one.ways, one.among))  # fmt: skip
    runs: dict[str, Patients] = {}
    for trial in dict.fromkeys([*every, *(part.trial for one in shown for part in one.simulated_by)]):
        mine = [one for one in shown if trial in {part.trial for part in one.simulated_by}]
        runs[trial] = simulate_patients(
            trial, needed | names_read(mine, catalog), patients=patients, seed=seed, threads=threads, catalog=catalog,
            progress=progress,
        )  # fmt: skip
    compared = []
    for record in shown:
        asked = pooled(record.simulated_by, runs, patients)
        compared += [compare_row(record, row, asked, catalog) for row in record.rows]
    frames = [determinants_frame(table, {trial: runs[trial] for trial in every}) for table in tables]
    manifests = tuple(dict(manifest) for one in runs.values() for manifest in one.manifests)
    short = short_names({trial: catalog.load("trial", trial).title for trial in runs})
    return Board(tuple(compared), {"test": hidden} if hidden else {}, pl.concat(frames), manifests, short)


def short_names(titles: Mapping[str, str]) -> dict[str, str]:
    """A trial's title up to the first comma or colon; up to the colon where two would be called the same.

    >>> short_names({"a": "ONE: drug", "b": "TWO, first: drug", "c": "TWO, second: drug"})
    {'a': 'ONE', 'b': 'TWO, first', 'c': 'TWO, second'}
    """
    brief = {trial: re.split("[:,]", title)[0] for trial, title in titles.items()}
    names = list(brief.values())
    return {trial: name if names.count(name) == 1 else titles[trial].split(":")[0] for trial, name in brief.items()}


def names_read(records: Sequence[Association], catalog: Catalog) -> set[str]:
    """Every name that the rows of these files read, their endpoints' among them."""
    found: set[str] = set()
    for row in (row for record in records for row in record.rows):
        found |= {name for text in row.formulas for name in read_formula(text).names}
        if row.endpoint:
            found |= set(catalog.load("endpoint", row.endpoint).needs)
    return found


def _row_told(one: Compared) -> dict[str, Any]:
    row, known = one.row, lambda value: float(value) if np.isfinite(value) else None
    return {
        "file": one.association.id, "use": one.association.use, "cohort": one.association.cohort, "title": row.title,
        "topic": row.topic, "measure": row.measure, "published": row.value, "published_direction": row.direction or None,
        "published_low": known(one.published_limits[0]), "published_high": known(one.published_limits[1]),
        "limits_from": one.limits_from, "published_reference": row.reference_value,
        "simulated": known(one.simulated.estimate), "simulated_low": known(one.simulated.low),
        "simulated_high": known(one.simulated.high),
        "simulated_reference": known(one.reference.estimate) if one.reference else None,
        "n_simulated": one.simulated.n, "direction": one.direction or None, "inside": one.inside,
        "unanswered": one.unanswered or None, "source": row.source, "seen_at": row.seen_at, "status": row.status,
    }  # fmt: skip
