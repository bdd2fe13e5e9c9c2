"""The value of a frame with one row a patient: how follow-up ended, the response, the truth."""

from __future__ import annotations

import numpy as np
import polars as pl

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> pl.Series:
    """The column as it stands (n,); null where there is no row, no row that counts, or the frame has no such column."""
    column = rows.column(outcome.column)
    if column is None:
        return pl.Series([None] * len(rows))
    counts, place = np.flatnonzero(rows.met), np.full(len(rows), -1)
    place[rows.place[counts]] = counts  # the latest is written last
    if np.array_equal(place, np.arange(len(column))):
        return column
    return column.gather(pl.Series(place).replace(-1, None))
