"""The rows an outcome reads: those of one frame that match, patient by patient, in order of day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Rows of one arm's treated patients.

    Attributes
    ----------
    patients
        Patient numbers (n,), ascending: everybody gets a value, with rows or without.
    frame
        The rows read (r,), sorted by patient, then day.
    met
        Which of them count, by the outcome's `when` (r,).
    """

    patients: NDArray[np.int64]
    frame: pl.DataFrame
    met: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.patients)

    @cached_property
    def place(self) -> NDArray[np.intp]:
        """Row of each patient in the answer (r,)."""
        return np.searchsorted(self.patients, self.frame["patient"].to_numpy())

    @cached_property
    def n_rows(self) -> NDArray[np.int64]:
        """How many rows were read of each patient (n,)."""
        return np.bincount(self.place, minlength=len(self)).astype(np.int64)

    def numbers(self, column: str) -> Floats:
        """A column as numbers (r,): yes and no are 1 and 0, what is unknown is NaN."""
        if self.frame.is_empty():
            return np.empty(0)
        return self.frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()

    def grid(self, column: str = "value") -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Days, values and below-limit flags of assay results as (n, visits) tables; NaN where nothing was measured."""
        number = self.frame.select(pl.int_range(pl.len()).over("patient")).to_series().to_numpy()
        shape = (len(self), int(number.max()) + 1 if number.size else 1)
        days, values, low = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        days[self.place, number], values[self.place, number] = self.numbers("day"), self.numbers(column)
        low[self.place, number] = self.frame["below_limit"].to_numpy()
        days[np.isnan(values)] = np.nan
        return days, values, low
