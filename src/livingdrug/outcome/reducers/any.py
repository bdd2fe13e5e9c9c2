"""Whether any row counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows

COLUMN = False
"""It looks at which rows there are, not at what stands in them."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """1 where a row counts, 0 where rows were read and none counts, NaN where none was read (n,)."""
    counted = np.bincount(rows.place[rows.met], minlength=len(rows)) > 0
    return np.where(rows.n_rows > 0, counted.astype(np.float64), np.nan)
