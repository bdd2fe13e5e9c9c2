"""On how many days a row counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows

COLUMN = False
"""It looks at which rows there are, not at what stands in them."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Different days on which a row counts (n,); NaN where no row was read."""
    days = np.floor(rows.numbers("day")[rows.met])
    pairs = np.unique(np.stack([rows.place[rows.met].astype(np.float64), days]), axis=1)
    counted = np.bincount(pairs[0].astype(np.int64), minlength=len(rows)).astype(np.float64)
    return np.where(rows.n_rows > 0, counted, np.nan)
