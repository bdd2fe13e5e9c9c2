"""A grade of a whole course, or what such a grade is read from: days below a limit of a blood count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.clinic.course_signs import course_signs_of_many
from livingdrug.clinic.grading import grade
from livingdrug.outcome.rows import Rows

NEEDS = ("counts",)
"""Options without which it cannot work."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """Grade on ``option.scale`` from the counts ``option.counts`` (neutrophils or platelets); or, with ``option.sign`` in place
    of a scale, that sign. Shaped (n,); NaN where the scale's period was never looked at.
    """
    if not len(rows):  # no course finished
        return np.empty(0)
    days, counts = rows.numbers("day"), rows.numbers(outcome.column)
    known = ~np.isnan(days) & ~np.isnan(counts)
    values = {str(outcome.setting("counts")): counts[known]}
    signs = course_signs_of_many(rows.place[known], days[known], values, len(rows), questions.signs)
    if "sign" in outcome.option:
        return signs[str(outcome.setting("sign"))]
    scale = questions.scales[str(outcome.setting("scale"))]
    looked = ~np.isnan([signs[name] for name in scale.names]).all(axis=0)
    return np.where(looked, grade(scale, signs, questions.signs).astype(np.float64), np.nan)
