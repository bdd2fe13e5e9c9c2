"""The day of the highest value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Day of the highest value among rows that count, the first of equals (n,); NaN without one."""
    values, days = rows.numbers(outcome.column), rows.numbers("day")
    highest, found = np.full(len(rows), -np.inf), np.full(len(rows), np.nan)
    known = np.flatnonzero(rows.met & ~np.isnan(values))
    np.maximum.at(highest, rows.place[known], values[known])
    top = known[values[known] == highest[rows.place[known]]][::-1]
    found[rows.place[top]] = days[top]
    return found
