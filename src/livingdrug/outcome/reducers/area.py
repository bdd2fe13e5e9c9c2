"""Area under an assay's results, by the rules of non-compartmental analysis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.kinetics import non_compartmental
from livingdrug.outcome.rows import Rows

NEEDS = ("until",)
"""Options without which it cannot work."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Area from day 0 to ``option.until`` [unit x day] (n,); NaN where no result was above the assay's limit."""
    found = non_compartmental(*rows.grid(outcome.column), until=float(outcome.setting("until")))
    return np.where(np.isnan(found.cmax), np.nan, found.auc)
