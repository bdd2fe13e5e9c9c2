"""The value of a frame with one row a patient: how follow-up ended, the response, the truth."""

from __future__ import annotations

from livingdrug.catalog.questions import Questions
from livingdrug.catalog.records.outcome import Outcome
from livingdrug.outcome.rows import Rows


def reduce(rows: Rows, outcome: Outcome, questions: Questions) -> list[object]:
    """The column as it stands (n,); None where there is no row, or the frame has no such column."""
    found: list[object] = [None] * len(rows)
    if outcome.column in rows.frame.columns:
        for place, value, met in zip(rows.place, rows.frame[outcome.column].to_list(), rows.met, strict=True):
            found[place] = value if met else None
    return found
