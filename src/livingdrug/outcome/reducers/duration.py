"""From the first to the last row that counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows

COLUMN = False
"""It looks at which rows there are, not at what stands in them."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Days from the first to the last row that counts, both included (n,); NaN without one."""
    days = rows.numbers("day")
    first, last = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    np.minimum.at(first, rows.place[rows.met], days[rows.met])
    np.maximum.at(last, rows.place[rows.met], days[rows.met])
    return np.where(np.isfinite(first), last - first + 1.0, np.nan)
