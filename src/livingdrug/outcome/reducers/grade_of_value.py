"""The grade of one result on a scale that reads one sign, for example the neutrophils of day 28."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.clinic.grading import grade
from livingdrug.outcome.rows import Rows

NEEDS = ("scale", "sign")
"""Options without which it cannot work."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Grade of the last row that counts, on ``option.scale`` with the value as ``option.sign`` (n,); NaN without one."""
    values, found = rows.numbers(outcome.column), np.full(len(rows), np.nan)
    known = np.flatnonzero(rows.met & ~np.isnan(values))
    found[rows.place[known]] = values[known]
    measured = np.isfinite(found)
    scale = questions.scales[str(outcome.setting("scale"))]
    graded = grade(scale, {str(outcome.setting("sign")): found}, questions.signs)
    return np.where(measured, graded.astype(np.float64), np.nan)
