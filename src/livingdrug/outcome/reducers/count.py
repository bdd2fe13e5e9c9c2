"""How many rows count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows

COLUMN = False
"""It looks at which rows there are, not at what stands in them."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Rows that count (n,); a patient without any row read is filled by the outcome's `absent`."""
    counted = np.bincount(rows.place[rows.met], minlength=len(rows)).astype(np.float64)
    return np.where(rows.n_rows > 0, counted, np.nan)
