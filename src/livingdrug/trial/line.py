"""The line to know by heart, in one place: each word a frozen record, each arrow one function.

    Plan ──draw──► Cohort ──make──► Lots ──simulate──► Course ──look──► Seen ──ask──► Outcomes ──evaluate──► Endpoints ──► Report
    planned        who              made               truth            seen          one number a patient   one a group   told

A run follows the plan of each arm in groups of patients (`follow`) and keeps what was seen. Outcomes and endpoints are asked
of the finished run (`outcomes_of`, `livingdrug.outcome.endpoints.evaluate`); neither ever simulates again. The report is written from
the run (`livingdrug.reports.html.write_report`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.course.equations import parameters_of
from livingdrug.course.settings import Settings
from livingdrug.course.simulate import simulate
from livingdrug.manufacturing import make
from livingdrug.observation.look import look
from livingdrug.outcome.outcomes import Outcomes
from livingdrug.outcome.who import who
from livingdrug.population import draw

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.questions import Questions


def follow(
    plan: Plan,
    patients: NDArray[np.int64],
    seed: int,
    *,
    settings: Settings | None = None,
    stage: Callable[[str], None] = lambda name: None,
) -> dict[str, pl.DataFrame]:
    """A group of patients through one arm, from the blood draw to the end of follow-up.

    Parameters
    ----------
    plan
        The arm; nothing else is looked up.
    patients
        Patient numbers (n,); patient 137 is the same person in any company.
    seed
        The run's seed.
    settings
        Sample of true courses, switches of uncertainty, parameters of one's own, tolerance.
    stage
        Called with the name of each of `livingdrug.course.settings.STAGES` when it is done.

    Returns
    -------
    Frames by name, each with a column ``arm``: ``who`` (everyone enrolled, and what was made for them), those of
    `livingdrug.observation.seen.Seen`, and of the truth ``truth`` (one row each) and ``courses`` (the sample).

    Raises
    ------
    CatalogError, ModelError
        Parts of the plan do not fit together.
    """
    settings = settings or Settings()
    numbers = parameters_of(plan, settings.parameters)

    cohort = draw(plan.population, patients, seed)
    if settings.first_place is not None:
        cohort = replace(cohort, enrolled_before=settings.first_place + np.arange(len(cohort)))
    stage("cohort")
    lots = make(plan, cohort, numbers, seed, between_patient=settings.between_patient)
    stage("making")
    frames, exits = {}, None
    if lots.treated.any():
        course = simulate(plan, cohort, lots, seed, quantities=numbers, settings=settings)
        stage("courses")
        seen = look(plan, course, seed)
        exits = seen.exits
        frames |= {**seen.frames(), "truth": course.fates(), "courses": course.sample(settings.sample)}
    stage("visits")
    frames = {"who": who(plan, cohort, lots, exits), **frames}
    return {name: frame.with_columns(arm=_constant(plan.arm.name)) for name, frame in frames.items()}


def outcomes_of(questions: Questions, frames: Mapping[str, pl.DataFrame], arm: str) -> Outcomes:
    """What may be asked of one arm's patients, from the frames of a finished run.

    Parameters
    ----------
    questions
        The trial's outcomes, and the records they read.
    frames
        Frames of all arms, as `follow` returns them.
    arm
        Which arm.
    """
    import polars as pl

    def of_arm(frame: pl.DataFrame) -> pl.DataFrame:
        alone = frame.height > 0 and bool((frame["arm"] == arm).all(ignore_nulls=False))
        return frame if alone else frame.filter(pl.col("arm") == arm)

    return Outcomes(questions, {name: of_arm(frame) for name, frame in frames.items()})


def _constant(word: str) -> pl.Expr:
    import polars as pl

    return pl.lit(word)
