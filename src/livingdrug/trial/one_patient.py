"""One patient of a trial, alone: the same person, in every bit, as in a run of thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.observation.ward import PLANNED

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import Trial


def one_patient(trial: Trial, arm: str, patient: int, seed: int, catalog: Catalog) -> dict[str, pl.DataFrame]:
    """The frames of one patient, with the whole true course kept.

    Parameters
    ----------
    trial, arm
        The plan.
    patient, seed
        The patient's number from 1, and the seed of the run they belong to.
    catalog
        Where names are looked up.

    Returns
    -------
    Frames by name (`livingdrug.observation.frames`; of the log, what rules gave), and ``patients``, the table of outcomes.
    """
    import numpy as np

    from livingdrug.course.settings import Settings
    from livingdrug.trial.door import planned
    from livingdrug.trial.line import follow
    from livingdrug.trial.result import Result, finished_frames

    record, plans = planned(trial, catalog, arms=[arm])
    # The sample whose course is kept is numbered from 1, so it has to reach this patient.
    settings = Settings(sample=patient, first_place=_place(record, arm, patient, seed, catalog))
    frames = follow(plans[0], np.array([patient], dtype=np.int64), seed, settings=settings)
    manifest = {"trial": record.id, "arms": [arm], "seed": seed, "patients": 1}
    result = Result(
        record, manifest, finished_frames({name: [frame] for name, frame in frames.items()}), catalog=catalog
    )
    by_rules = result.log.filter(result.log["rule"] != PLANNED)
    return {**result.frames, "log": by_rules, "patients": result.patients, "events": result.events}


def _place(trial: Trial, arm: str, patient: int, seed: int, catalog: Catalog) -> int | None:
    """How many were randomised to this arm before this patient; None where everyone is in every arm."""
    from livingdrug.catalog.plan import plans_of
    from livingdrug.trial.allocation import allocate

    if trial.planned_design.kind != "randomised" or patient < 1:
        return None
    groups = allocate(plans_of(trial, catalog), trial.planned_design, patient, seed)
    group = dict(zip((one.name for one in trial.arms), groups, strict=True))[arm]
    return int((group < patient).sum())
