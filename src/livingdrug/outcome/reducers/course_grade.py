"""A grade of a whole course, or what such a grade is read from: days below a limit of a blood count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.clinic.course_signs import course_signs
from livingdrug.clinic.grading import grade
from livingdrug.outcome.rows import Rows

NEEDS = ("counts",)
"""Options without which it cannot work."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Grade on ``option.scale`` from the counts ``option.counts`` (neutrophils or platelets); or, with ``option.sign`` in place
    of a scale, that sign. Shaped (n,); NaN where the scale's period was never looked at.
    """
    days, counts, _ = rows.grid(outcome.column)
    found = np.full(len(rows), np.nan)
    for row in range(len(rows)):
        known = ~np.isnan(days[row])
        signs = course_signs(days[row][known], {str(outcome.setting("counts")): counts[row][known]}, questions.signs)
        if "sign" in outcome.option:
            found[row] = signs[str(outcome.setting("sign"))]
            continue
        scale = questions.scales[str(outcome.setting("scale"))]
        if any(not np.isnan(signs[name]) for name in scale.names):
            found[row] = float(grade(scale, signs, questions.signs))
    return found
