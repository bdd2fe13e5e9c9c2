"""Expected: what holds of targets that healthy blood carries too, whatever the numbers; none was fitted to. Cells that carry their own target are fewer than edited ones; marrow
that carries the target fails with the tumour and comes back from edited stem cells; a dose in parts for those with much leukaemia lowers severe CRS."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import Catalog, load_trial
from livingdrug.catalog.plan import plan_arm
from livingdrug.course.settings import Settings
from livingdrug.trial.line import follow, outcomes_of

PEOPLE = np.arange(1, 13, dtype=np.int64)


def courses(trial: str, arm: str, people=PEOPLE) -> pl.DataFrame:
    catalog = Catalog()
    found = follow(
        plan_arm(load_trial(trial, catalog), arm, catalog), people, 5, settings=Settings(sample=len(people))
    )["courses"]
    assert found is not None
    return found


def test_cells_that_carry_their_own_target_kill_one_another():
    peak = {}
    for arm in ("edited", "not edited"):
        found = courses("t_all_fratricide", arm).group_by("patient").agg(pl.col("car_t_total").max())["car_t_total"]
        assert len(found) >= 5
        peak[arm] = float(found.log().mean())  # pyright: ignore[reportArgumentType]
    assert peak["not edited"] < peak["edited"] - 0.7  # half of the peak at most


def test_edited_stem_cells_make_blood_while_the_patients_own_precursors_are_held_down():
    alone, rescued = (
        courses("aml_marrow_rescue", arm).filter(pl.col("day").is_between(40, 60))
        for arm in ("CD33 alone", "graft on day 0")
    )
    held = alone.group_by("patient").agg(
        pl.col("tissue_marrow_precursors").mean().alias("left"), pl.col("neutrophils").mean()
    )
    beside = held.join(rescued.group_by("patient").agg(pl.col("neutrophils").mean().alias("with_graft")), on="patient")
    aplastic = beside.filter(pl.col("left") < 0.3)
    assert aplastic.height >= 3  # who has cells that last
    assert (aplastic["with_graft"] > 1.5 * aplastic["neutrophils"]).all()


@pytest.mark.slow
def test_a_dose_in_parts_for_much_leukaemia_lowers_severe_crs():
    catalog = Catalog()
    people = np.arange(1, 101, dtype=np.int64)
    severe = {}
    for arm in ("usual", "split by burden"):
        plan = plan_arm(load_trial("b_all_switches", catalog), arm, catalog)
        frames = follow(plan, people, 5, settings=Settings(sample=0))
        table = outcomes_of(plan.questions, frames, arm).table(("crs_penn_max", "burden_percent_at_lymphodepletion"))
        much = table.filter(pl.col("burden_percent_at_lymphodepletion") > 40, pl.col("crs_penn_max").is_not_null())
        severe[arm] = (much["crs_penn_max"] >= 3).mean()
    assert severe["split by burden"] < severe["usual"]
