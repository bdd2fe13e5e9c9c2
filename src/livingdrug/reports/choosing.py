"""The most instructive patient of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from livingdrug.manufacturing.lots import BEGUN

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.roles import Roles

SEVERE = 3
WEIGHTS = {"responded": 3.0, "severe": 2.0, "treated": 2.0, "turned": 1.5, "negative": 0.5, "b_cells": 0.5}
"""What makes a story worth telling, and how much."""


def choose(frames: Mapping[str, pl.DataFrame], roles: Roles) -> tuple[str, int] | None:
    """A response, a severe side effect that was treated, and a later turn; with a recorded course if possible.

    Parameters
    ----------
    frames
        The run's frames by name.
    roles
        Which column of the patients frame plays which role.

    Returns
    -------
    (arm, patient), or None when nobody was infused.
    """
    import polars as pl

    patients = frames.get("patients")
    if patients is None or patients.height == 0:
        return None
    infused = patients.filter(pl.col("status").is_in(BEGUN))
    if infused.height == 0:
        return None
    keys = ["arm", "patient"]
    courses = frames.get("courses")
    if courses is not None and courses.height:
        with_course = infused.join(courses.select(keys).unique(), on=keys, how="semi")
        infused = with_course if with_course.height else infused
    infused = _marked(infused, frames.get("grades"), pl.col("grade") >= SEVERE, "severe")
    infused = _marked(infused, frames.get("log"), pl.col("day").is_between(0, 30), "treated")
    signs = {
        "responded": pl.col(roles["first response"]).is_not_null(),
        "severe": pl.col("severe"),
        "treated": pl.col("treated"),
        "turned": pl.col(roles["relapse"]).is_between(90, 1200),
        "negative": pl.col(roles["antigen-negative relapse"]),
        "b_cells": pl.col(roles["recovery of B cells"]).is_not_null(),
    }
    score = pl.sum_horizontal(WEIGHTS[name] * sign.fill_null(False).cast(pl.Float64) for name, sign in signs.items())
    best = infused.with_columns(score.alias("score")).sort(["score", "patient"], descending=[True, False])
    row = best.row(0, named=True)
    return row["arm"], row["patient"]


def _marked(patients: pl.DataFrame, frame: pl.DataFrame | None, condition: pl.Expr, name: str) -> pl.DataFrame:
    """The patients with a yes/no column: whether a frame has such a row of theirs."""
    import polars as pl

    if frame is None or frame.height == 0:
        return patients.with_columns(pl.lit(False).alias(name))
    found = frame.filter(condition).select("arm", "patient").unique().with_columns(pl.lit(True).alias(name))
    return patients.join(found, on=["arm", "patient"], how="left").with_columns(pl.col(name).fill_null(False))
