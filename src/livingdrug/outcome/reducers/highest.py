"""The highest value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Highest value of the column among rows that count (n,); NaN without one."""
    values, found = rows.numbers(outcome.column), np.full(len(rows), -np.inf)
    known = rows.met & ~np.isnan(values)
    np.maximum.at(found, rows.place[known], values[known])
    return np.where(np.isfinite(found), found, np.nan)
