"""Frames of three patients written by hand, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from livingdrug.catalog.questions import Questions, questions_of
from livingdrug.outcome.outcomes import Outcomes

FRAMES = {
    "visits": {"quantity": "anc_1e9_per_l", "day_planned": 0.0, "day": 0.0, "value": 1.0, "below_limit": False, "missed": False},
    "ward": {"day": 0, "pressor_level": 0.0, "oxygen_level": 0.0, "ice_score": 10.0, "arousal": 0.0, "creatinine_ratio": 0.6},
    "grades": {"day": 0, "scale": "crs_penn", "grade": 0},
    "events": {"day": 0.0, "event": "", "detail": "", "grade": 0},
    "log": {"day": 0.0, "rule": "", "drug": "", "amount": 1.0, "unit": "mg", "reason": ""},
    "truth": {"truth_cured": True},
}  # fmt: skip
"""A row of each frame; tests say what differs."""
THREE = [{"patient": number, "last_contact_day": 400.0, "course_status": "finished"} for number in (1, 2, 3)]


@pytest.fixture(scope="session")
def questions(eliana) -> Questions:
    """What may be asked of ELIANA's patients."""
    return questions_of(*eliana)


@pytest.fixture(scope="session")
def asked(questions) -> Callable[..., Outcomes]:
    """Makes the outcomes of patients 1, 2 and 3 from rows by frame, e.g. ``asked(ward=[{"patient": 1, "day": 3}])``."""

    def of(
        exits: list[dict[str, Any]] = THREE, questions: Questions = questions, **rows: list[dict[str, Any]]
    ) -> Outcomes:
        days = {"death_day": pl.Float64, "death_cause": pl.String, "subsequent_therapy_day": pl.Float64}
        known = pl.DataFrame(exits)
        blank = [pl.lit(None, dtype=kind).alias(name) for name, kind in days.items() if name not in known.columns]
        frames = {"exits": known.with_columns(blank)}
        for name, plain in FRAMES.items():
            some = [{"patient": 1, **plain, **row} for row in rows.get(name, [])]
            whole = pl.DataFrame([{"patient": 1, **plain}, *some], infer_schema_length=None)
            frames[name] = whole.tail(len(some))
        return Outcomes(questions, frames)

    return of
