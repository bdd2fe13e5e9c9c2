"""What a section leaves out: scales on which nobody had a grade are named, not drawn empty; without cells there are no kinetics."""

from __future__ import annotations

import dataclasses

import polars as pl

from livingdrug.reports.page import Figure, Note
from livingdrug.reports.sections import kinetics, toxicity
from livingdrug.reports.source import Source
from livingdrug.trial.result import Result


def _grade_figures(parts: tuple) -> list[str]:
    return [part.id for part in parts if isinstance(part, Figure) and part.id.startswith("grades-")]


def test_scales_without_a_grade_are_named_and_not_drawn(result: Result) -> None:
    # expected: by construction, all grades set to 0
    before = toxicity.section(Source(result))
    drawn = _grade_figures(before.parts)
    assert drawn
    grades = result.frames["grades"].with_columns(grade=pl.lit(0, dtype=result.frames["grades"]["grade"].dtype))
    nobody = dataclasses.replace(result, frames={**result.frames, "grades": grades})
    after = toxicity.section(Source(nobody))
    assert not _grade_figures(after.parts)
    (note,) = [part for part in after.parts if isinstance(part, Note)]
    assert note.words.startswith("In the first 30 days nobody had a grade by: ")


def test_a_trial_without_cells_has_no_kinetics(result: Result) -> None:
    # expected: by construction, no arm names a product
    assert kinetics.section(Source(result)) is not None
    arms = tuple(arm.model_copy(update={"product": None}) for arm in result.trial.arms)
    without = dataclasses.replace(result, trial=result.trial.model_copy(update={"arms": arms}))
    assert kinetics.section(Source(without)) is None
