"""The patients table as plain numbers for formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.as_arrays import as_numbers
from livingdrug.manufacturing.lots import INFUSED, MANUFACTURING_FAILURE, STATUSES, TREATED
from livingdrug.outcome.outcomes import FINISHED

if TYPE_CHECKING:
    import polars as pl

NOT_TREATED = "not infused"
"""Word in `course_status` for those whose treatment never began."""


@dataclass(frozen=True)
class Known:
    """Names that formulas may use besides the columns of the patients table.

    Attributes
    ----------
    texts
        Words that a text column may hold, met in this run or not.
    ready_made
        Yes-or-no names -> the outcome each is made of: whether its day came, or whether it holds.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ready_made: Mapping[str, str] = field(default_factory=dict)


NOTHING_MORE = Known()


Columns = dict[str, dict[str, NDArray[np.float64]]]
"""Column of the patients table -> the names made of it and their numbers."""
_FAILED = "course_failed"


@dataclass(frozen=True)
class People:
    """The patients of some arms, and what formulas have read of them so far.

    Attributes
    ----------
    keys
        Arm and patient, one row each.
    arms
        The arms, in order.
    rows
        Which rows of the patients table they are (rows,); None for all.
    columns
        What was read.
    """

    keys: pl.DataFrame
    arms: tuple[str, ...]
    rows: NDArray[np.bool_] | None
    columns: Columns = field(default_factory=dict)

    @classmethod
    def of(cls, patients: pl.DataFrame, arms: Sequence[str]) -> People:
        """Those of a patients table who are in one of these arms."""
        rows = patients["arm"].is_in(list(arms)).to_numpy()
        keys = patients.select("arm", "patient")
        return cls(keys, tuple(arms), None) if rows.all() else cls(keys.filter(rows), tuple(arms), rows)

    def __len__(self) -> int:
        return self.keys.height

    def column(self, patients: pl.DataFrame, name: str) -> pl.Series:
        """Their rows of a column of the patients table."""
        return patients[name] if self.rows is None else patients[name].filter(self.rows)

    def keys_of(self, chosen: NDArray[np.bool_]) -> pl.DataFrame:
        """Arm and patient of some of them (n,): the same frame for each endpoint that counts the same patients."""
        if chosen.all():
            return self.keys
        told = np.packbits(chosen).tobytes()
        if told not in self._chosen:
            self._chosen[told] = self.keys[np.flatnonzero(chosen)]
        return self._chosen[told]

    @cached_property
    def _chosen(self) -> dict[bytes, pl.DataFrame]:
        return {}

    @cached_property
    def arm(self) -> Mapping[str, NDArray[np.bool_]]:
        """Who is in which arm, each shaped (n,)."""
        column = self.keys["arm"]
        return {name: (column == name).to_numpy() for name in self.arms}


def patient_values(
    patients: pl.DataFrame, known: Known = NOTHING_MORE, remembered: Columns | None = None
) -> dict[str, NDArray[np.float64]]:
    """The patients frame as plain numbers for formulas, each shaped (n,).

    =====================  ==========================================================
    column                 reads as
    =====================  ==========================================================
    yes/no                 1 or 0; unknown is 0
    ends in ``_day``       the day; +infinity when it never happened
    other numbers          the number; NaN when unknown, so every comparison is false
    text                   0/1 names ``<column>_<value>``, e.g. ``death_cause_toxicity``
    =====================  ==========================================================

    Parameters
    ----------
    patients
        One row per patient and arm.
    known
        What else formulas may read.
    remembered
        Of earlier calls with the same patients; columns that are new are added.
    """
    remembered = {} if remembered is None else remembered
    return numbers_of(patients.columns, patients.__getitem__, patients.height, known, remembered)


def numbers_of(
    names: Sequence[str],
    column: Callable[[str], pl.Series],
    n: int,
    known: Known,
    remembered: Columns,
) -> dict[str, NDArray[np.float64]]:
    """As `patient_values`, of columns that are fetched when they are read for the first time.

    Parameters
    ----------
    names
        Of the columns.
    column
        Fetches one.
    n
        Patients.
    known, remembered
        As there.
    """
    words_of = {"status": STATUSES, **known.texts}
    values: dict[str, NDArray[np.float64]] = {}
    for name in names:
        if name not in remembered:
            remembered[name] = _numbers(name, column(name), words_of.get(name, ()))
        values |= remembered[name]
    if "course_status" in names and _FAILED not in remembered:
        remembered[_FAILED] = {_FAILED: _course_failed(column("course_status"))}
    values |= _derived(values, remembered.get(_FAILED, {}).get(_FAILED, np.zeros(n)), n)
    for name, made_of in known.ready_made.items():
        if made_of in values:
            came = np.isfinite(values[made_of]) if made_of.endswith("_day") else values[made_of] > 0
            values[name] = came.astype(np.float64)
    return values


def _numbers(name: str, column: pl.Series, words: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """What a column reads as: one name, or for a text one for each word; nothing for what no formula reads."""
    import polars as pl

    if column.dtype == pl.Boolean:
        return {name: as_numbers(column, 0.0).astype(np.float64)}
    if column.dtype.is_numeric() and name != "patient":
        missing = np.inf if name.endswith("_day") else np.nan
        return {name: as_numbers(column, missing).astype(np.float64)}
    if column.dtype != pl.String:
        return {}
    met = [str(word) for word in column.unique().drop_nulls()]
    places = dict(zip(met, range(len(met)), strict=True))
    place = as_numbers(column.cast(pl.Enum(met)).to_physical(), -1.0)
    values = {}
    for word in {*met, *words}:
        same = [places[other] for other in met if other.lower() == word.lower()]
        here = np.zeros(len(column), dtype=bool) if not same else place == same[0]
        for other in same[1:]:
            here |= place == other
        values[f"{name}_{word.lower().replace(' ', '_')}"] = here.astype(np.float64)
    return values


def _course_failed(status: pl.Series) -> NDArray[np.float64]:
    fine = (*FINISHED, NOT_TREATED, "not_infused", "")
    return (~status.fill_null("").is_in(fine)).to_numpy().astype(np.float64)


def _derived(
    values: Mapping[str, NDArray[np.float64]], failed: NDArray[np.float64], n: int
) -> dict[str, NDArray[np.float64]]:
    none = np.zeros(n)
    return {
        "enrolled": np.ones(n),
        "infused": values.get(f"status_{INFUSED}", none),
        "treated": np.maximum(values.get(f"status_{INFUSED}", none), values.get(f"status_{TREATED}", none)),
        "manufacturing_failed": values.get(f"status_{MANUFACTURING_FAILURE}", none),
        "course_failed": failed,
        "never": np.full(n, np.inf),
    }
