"""The value of the last row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """The column in the last row that counts and has a value (n,); NaN without one. With column ``day``: the day itself."""
    values, found = rows.numbers(outcome.column), np.full(len(rows), np.nan)
    known = np.flatnonzero(rows.met & ~np.isnan(values))
    found[rows.place[known]] = values[known]  # the latest is written last
    return found
