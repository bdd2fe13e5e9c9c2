"""Expected: laws that hold whatever the numbers. Cells put beside the tumour reach it better than by blood at equal dose (the science note's review of high-grade
glioma: local delivery), and lifting a suppressive surrounding kills more tumour."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.course.settings import Settings
from livingdrug.trial.line import follow
from tests.science.solid.conftest import plan_with

PEOPLE = np.arange(1, 17, dtype=np.int64)


def seen(plan) -> pl.DataFrame:
    """Of each patient: CAR T cells in the lesion at most in four weeks, and the smallest tumour."""
    frames = follow(plan, PEOPLE, 3, settings=Settings(sample=len(PEOPLE)))
    courses = frames["courses"]
    assert courses is not None
    early = (
        courses.filter(pl.col("day").is_between(0, 28))
        .group_by("patient")
        .agg(pl.col("effectors_inside").max().alias("inside"))
    )
    least = (
        courses.filter(pl.col("day") >= 0)
        .group_by("patient")
        .agg((pl.col("tumour_total").min() / pl.col("tumour_total").first()).alias("least"))
    )
    return early.join(least, on="patient").sort("patient")


@pytest.fixture
def folder(own):
    return own("README", "")


def test_into_the_ventricles_more_cells_reach_the_glioma_than_by_a_vein_at_equal_dose(folder):
    vein, ventricles = (seen(plan_with(folder, route=route)) for route in ("", "intraventricular"))
    assert ventricles["inside"].median() > 2.0 * vein["inside"].median()  # pyright: ignore
    assert ventricles["least"].mean() < vein["least"].mean()  # pyright: ignore


def test_lifting_a_part_of_the_surrounding_kills_more_tumour(folder):
    given = '[[arm.given]]\ndrug = "pembrolizumab"\ndose = "2 mg/kg"\ndays = [1, 22, 43]\n'
    plain, lifted = (seen(plan_with(folder, route="intraventricular", given=more)) for more in ("", given))
    assert (lifted["least"] <= plain["least"] * 1.001).all()  # nobody loses by it
    assert lifted["least"].mean() < plain["least"].mean()  # pyright: ignore
