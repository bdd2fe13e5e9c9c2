"""A risk score from the blood before treatment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.clinic.scores import score
from livingdrug.outcome.rows import Rows

NEEDS = ("score",)
"""Options without which it cannot work."""


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> NDArray[np.float64]:
    """``option.score``, its inputs read from the assays named in the other options (n,); NaN where one is missing.

    An option ``<input>`` names the quantity; ``<input>_factor`` turns its unit into the score's. The first row of each
    quantity counts.
    """
    record = questions.scores[str(outcome.setting("score"))]
    values = rows.numbers(outcome.column)
    inputs = {}
    for name, one in record.input.items():
        found = np.full(len(rows), np.nan)
        known = np.flatnonzero(rows.met & rows.among("quantity", outcome.setting(name)) & ~np.isnan(values))[::-1]
        found[rows.place[known]] = values[known]
        inputs[name] = np.clip(found * float(outcome.option.get(f"{name}_factor", 1.0)), one.low, one.high)
    complete = ~np.isnan(np.stack(list(inputs.values()))).any(axis=0)
    answer = np.full(len(rows), np.nan)
    if complete.any():
        answer[complete] = score(record, {name: column[complete] for name, column in inputs.items()}).value
    return answer
