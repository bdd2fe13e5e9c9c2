"""What a criterion saw at each look, as arrays beside the patients: from them a trial's record is made.

A hundred small steps on frames cost more than what they compute; on arrays they do not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.as_arrays import as_flags, as_numbers

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
KEYS = ["arm", "patient"]


@dataclass(frozen=True)
class Looks:
    """Statuses of many patients, each patient's in order of day.

    Attributes
    ----------
    statuses
        One row a look (r,), with the columns of `livingdrug.clinic.criterion.STATUS_SCHEMA`; of patients not asked for none.
    patients
        One row a patient (n,).
    place
        Which patient each look is of (r,).
    """

    statuses: pl.DataFrame
    patients: pl.DataFrame
    place: NDArray[np.int64]

    @classmethod
    def of(cls, statuses: pl.DataFrame, patients: pl.DataFrame) -> Looks:
        """The looks at these patients."""
        place = places(statuses, patients)
        known = place >= 0
        return cls(statuses, patients, place) if known.all() else cls(statuses.filter(known), patients, place[known])

    def __len__(self) -> int:
        return self.patients.height

    @cached_property
    def day(self) -> Floats:
        """Day of each look (r,)."""
        return as_numbers(self.statuses["day"])

    @cached_property
    def judged(self) -> Flags:
        """Which looks have a status (r,)."""
        return self._word >= 0

    def is_one_of(self, words: Collection[str]) -> Flags:
        """Which looks have one of these statuses (r,)."""
        return np.array([word in words for word in (*self._words, None)])[self._word]

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(self.statuses["status"].drop_nulls().unique())

    @cached_property
    def _word(self) -> NDArray[np.int64]:
        """The number of each look's status, -1 without one."""
        numbers = self.statuses["status"].cast(pl.Enum(self._words)).to_physical()
        return as_numbers(numbers, -1.0).astype(np.int64)

    @cached_property
    def sought(self) -> Flags:
        """At which looks residual disease was looked for (r,)."""
        return self.statuses["residual"].is_not_null().to_numpy()

    @cached_property
    def clear(self) -> Flags:
        """At which looks it was looked for and not found (r,)."""
        return self.sought & ~as_flags(self.statuses["residual"], unknown=True)

    def date(self, name: str, otherwise: float = np.inf) -> Floats:
        """A date of each patient (n,)."""
        return as_numbers(self.patients[name], otherwise)

    def first(self, here: Flags) -> Floats:
        """Day of each patient's first look among these (n,); infinite without one."""
        found = np.full(len(self), np.inf)
        np.minimum.at(found, self.place[here], self.day[here])
        return found

    def ever(self, here: Flags) -> Flags:
        """Who has a look among these (n,)."""
        return np.bincount(self.place[here], minlength=len(self)) > 0

    def last(self, here: Flags) -> NDArray[np.int64]:
        """The row of each patient's last look among these (n,); -1 without one."""
        found = np.full(len(self), -1)
        rows = np.flatnonzero(here)
        found[self.place[rows]] = rows  # the latest is written last
        return found

    def recorded(self, **columns: NDArray | pl.Series) -> pl.DataFrame:
        """Columns beside arm and patient, one row each."""
        return self.patients.select(*KEYS).with_columns(**{name: pl.Series(name, one) for name, one in columns.items()})


def places(rows: pl.DataFrame, patients: pl.DataFrame) -> NDArray[np.int64]:
    """In which row of `patients` each row's patient stands (r,); -1 for one who is not there."""
    if not patients.height or not rows.height:
        return np.full(rows.height, -1)
    if _one_arm(rows) is not None and _one_arm(rows) == _one_arm(patients):
        there, asked = patients["patient"].to_numpy(), rows["patient"].to_numpy()
        order = np.argsort(there, kind="stable")
        near = np.minimum(np.searchsorted(there, asked, sorter=order), len(there) - 1)
        return np.where(there[order[near]] == asked, order[near], -1)
    numbered = patients.select(*KEYS, _place=pl.int_range(pl.len()))
    found = rows.select(KEYS).join(numbered, on=KEYS, how="left", maintain_order="left")
    return as_numbers(found["_place"], -1.0).astype(np.int64)


def _one_arm(frame: pl.DataFrame) -> str | None:
    first = frame["arm"][0]
    return first if first is not None and (frame["arm"] == first).all() else None


def day_or_null(days: Floats, there: Flags | None = None) -> pl.Series:
    """Days as a column: null where infinite, or not `there`."""
    known = np.isfinite(days) if there is None else np.isfinite(days) & there
    return pl.Series(np.where(known, days, np.nan), nan_to_null=True)


def known_where(there: Flags, held: Flags) -> pl.Series:
    """Yes or no as a column, null where nothing is known."""
    return pl.select(pl.when(pl.Series(there)).then(pl.Series(held))).to_series()


def word_of(words: Collection[str], chosen: NDArray[np.int64]) -> pl.Series:
    """Words by their numbers."""
    return pl.Series(list(words))[chosen]


def first_of(*conditions: Flags) -> NDArray[np.int64]:
    """The number of the first condition that holds (n,); as many as there are where none does."""
    found = np.full(len(conditions[0]), len(conditions))
    for number in range(len(conditions) - 1, -1, -1):
        found[conditions[number]] = number
    return found


def numbered(*frames: pl.DataFrame) -> tuple[int, list[NDArray[np.int64]]]:
    """How many patients some frames are about, and in each frame the number of each row's."""
    arms = {_one_arm(frame) for frame in frames if frame.height}
    if len(arms) == 1 and None not in arms:
        every = np.concatenate([frame["patient"].to_numpy() for frame in frames if frame.height])
        known, first, number = np.unique(every, return_index=True, return_inverse=True)
        come = np.empty(len(known), dtype=np.int64)
        come[np.argsort(first)] = np.arange(len(known))  # in the order in which they come
        return len(known), np.split(come[number], np.cumsum([frame.height for frame in frames])[:-1])
    people = pl.concat([frame.select(KEYS) for frame in frames]).unique(maintain_order=True)
    return people.height, [places(frame, people) for frame in frames]


def numbers(rows: pl.DataFrame, column: str) -> Floats:
    """A column as numbers (r,); NaN for what is not known."""
    return as_numbers(rows[column])


def first_of_patient(patient: NDArray[np.int64], n: int, here: Flags, values: Floats) -> Floats:
    """Beside each row (r,) the value in the first of its patient's rows among `here`; NaN without one."""
    found, rows = np.full(n, np.nan), np.flatnonzero(here)[::-1]
    found[patient[rows]] = values[rows]  # the earliest is written last
    return found[patient]


def lowest_before(patient: NDArray[np.int64], values: Floats) -> Floats:
    """Beside each row (r,), of rows by patient, the lowest value in earlier rows of its patient; NaN in the first."""
    if not len(values):
        return values
    begins = np.flatnonzero(np.append(True, patient[1:] != patient[:-1]))
    group = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(values))))
    number = np.arange(len(values)) - begins[group]
    table = np.full((len(begins), int(number.max()) + 2), np.nan)
    table[group, number + 1] = values
    return np.fmin.accumulate(table, axis=1)[group, number]


def latest_by(
    patient: NDArray[np.int64], day: Floats, other_patient: NDArray[np.int64], until: Floats
) -> NDArray[np.int64]:
    """For each of some patients and days `until` (q,) the row of the patient's latest day up to then; -1 without one.

    Parameters
    ----------
    patient, day
        Of the rows looked through (r,).
    other_patient, until
        Of the questions (q,).
    """
    r = len(day)
    asks = np.append(np.zeros(r, dtype=bool), np.ones(len(until), dtype=bool))
    who = np.append(patient, other_patient)
    order = np.lexsort((asks, np.append(day, until), who))
    latest = np.maximum.accumulate(np.where(asks[order], -1, np.arange(len(order))))
    row = np.where(latest >= 0, order[latest], -1)
    row[(row >= 0) & (who[row] != who[order])] = -1
    found = np.empty(len(order), dtype=np.int64)
    found[order] = row
    return found[r:]


def first_at(
    patient: NDArray[np.int64], planned: Floats, day: Floats, other_patient: NDArray[np.int64], other_planned: Floats
) -> NDArray[np.int64]:
    """For each of some patients and planned days (q,) the row of the earliest day among those planned for it; -1 without one.

    Parameters
    ----------
    patient, planned, day
        Of the rows looked through (r,).
    other_patient, other_planned
        Of the questions (q,).
    """
    if not len(patient) or not len(other_patient):
        return np.full(len(other_patient), -1)
    times, when = np.unique(planned, return_inverse=True)
    visit = patient * len(times) + when
    order = np.lexsort((day, visit))
    begins = order[np.append(True, visit[order][1:] != visit[order][:-1])]
    time = np.minimum(np.searchsorted(times, other_planned), len(times) - 1)
    asked = other_patient * len(times) + time
    row = begins[np.minimum(np.searchsorted(visit[begins], asked), len(begins) - 1)]
    return np.where((visit[row] == asked) & (times[time] == other_planned), row, -1)
