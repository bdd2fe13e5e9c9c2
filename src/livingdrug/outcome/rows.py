"""The rows an outcome reads: those of one frame that match, patient by patient, in order of day.

A frame is a `Table`: what several outcomes read of it (a column as numbers, where a word stands) is worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.as_arrays import as_flags, as_numbers

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """One frame of one arm, of patients whose course finished.

    Attributes
    ----------
    patients
        Their numbers (n,), ascending.
    frame
        Its rows, sorted by patient, then day.
    """

    patients: NDArray[np.int64]
    frame: pl.DataFrame
    _numbers: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)
    _words: dict[tuple[str, str], Places] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def place(self) -> Places:
        """Which of the patients each row is about (rows,)."""
        return np.searchsorted(self.patients, self.frame["patient"].to_numpy())

    @cached_property
    def _all(self) -> Places:
        return np.arange(self.frame.height)

    def numbers(self, column: str, rows: Places) -> Floats:
        """A column in some rows as numbers: yes and no are 1 and 0, what is unknown is NaN."""
        if self.frame[column].dtype == pl.String:  # only those rows need be numbers
            return as_numbers(self.frame[column][rows])
        if column not in self._numbers:
            self._numbers[column] = as_numbers(self.frame[column])
        return self._numbers[column][rows]

    def rows_with(self, column: str, wanted: object, rows: Places | None = None) -> Places:
        """Where a column has the value wanted, or one of several, in ascending order.

        Parameters
        ----------
        column
            Its name.
        wanted
            A value, or a tuple of them.
        rows
            Only among these; all when omitted.
        """
        asked = wanted if isinstance(wanted, tuple) else (wanted,)
        words = [word for word in asked if isinstance(word, str)]
        if self.frame[column].dtype == pl.String and len(words) == len(asked):
            found = [self._where(column, word) for word in dict.fromkeys(words)]
            here = np.sort(np.concatenate(found)) if len(found) > 1 else found[0] if found else self._all[:0]
        else:
            test = pl.col(column).is_in(list(asked)) if isinstance(wanted, tuple) else pl.col(column).eq(wanted)
            held = self.frame.select(test.fill_null(False)).to_series()
            here = np.flatnonzero(np.broadcast_to(held.to_numpy(), (self.frame.height,)))
        return here if rows is None else np.intersect1d(rows, here, assume_unique=True)

    def _where(self, column: str, word: str) -> Places:
        """The rows in which a word of a column of texts stands."""
        if (column, word) not in self._words:
            self._words[column, word] = np.flatnonzero(as_flags(self.frame[column] == word, unknown=False))
        return self._words[column, word]


@dataclass(frozen=True)
class Rows:
    """Rows of one arm's treated patients.

    Attributes
    ----------
    table
        The frame they belong to.
    chosen
        The rows read (r,), by their place in it, ascending.
    met
        Which of them count, by the outcome's `when` (r,).
    """

    table: Table
    chosen: Places
    met: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def patients(self) -> NDArray[np.int64]:
        """Patient numbers (n,), ascending: everybody gets a value, with rows or without."""
        return self.table.patients

    @cached_property
    def frame(self) -> pl.DataFrame:
        """The rows read as a frame, sorted by patient, then day."""
        return self.table.frame[self.chosen]

    @cached_property
    def place(self) -> Places:
        """Row of each patient in the answer (r,)."""
        return self.table.place[self.chosen]

    @cached_property
    def n_rows(self) -> NDArray[np.int64]:
        """How many rows were read of each patient (n,)."""
        return np.bincount(self.place, minlength=len(self)).astype(np.int64)

    def numbers(self, column: str) -> Floats:
        """A column as numbers (r,): yes and no are 1 and 0, what is unknown is NaN."""
        return self.table.numbers(column, self.chosen) if len(self.chosen) else np.empty(0)

    def column(self, name: str) -> pl.Series | None:
        """A column as it stands (r,); None where the frame has none of this name."""
        return self.table.frame[name][self.chosen] if name in self.table.frame.columns else None

    def among(self, column: str, wanted: object) -> NDArray[np.bool_]:
        """In which of the rows a column has the value wanted (r,)."""
        return np.isin(self.chosen, self.table.rows_with(column, wanted), assume_unique=True)

    def grid(self, column: str = "value") -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Days, values and below-limit flags of assay results as (n, visits) tables; NaN where nothing was measured."""
        first = np.searchsorted(self.place, self.place)
        number = np.arange(len(self.place)) - first
        shape = (len(self), int(number.max()) + 1 if number.size else 1)
        days, values, low = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        days[self.place, number], values[self.place, number] = self.numbers("day"), self.numbers(column)
        low[self.place, number] = self.numbers("below_limit") > 0
        days[np.isnan(values)] = np.nan
        return days, values, low
