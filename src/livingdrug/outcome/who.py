"""Who was enrolled, and what was made for them: one row each."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.as_arrays import as_numbers
from livingdrug.manufacturing.lots import Lots
from livingdrug.population import Cohort

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan

UNSEEN = ("patients", "fitness", "graft_shares", "graft_wear")
"""Of a lot, what is no column: the number stands beside it, nobody measures fitness, and of edits the shares of edited cells are told."""
LOT_SIZE = {"dose_cells": "lot_cells", "dose_cells_per_kg": "lot_cells_per_kg"}
"""What was given -> the lot that it was taken from, the whole dose as filled."""
LOT_COLUMNS = (*(one.name for one in fields(Lots) if one.name not in UNSEEN), *LOT_SIZE.values())


def who(plan: Plan, cohort: Cohort, lots: Lots, exits: pl.DataFrame | None = None) -> pl.DataFrame:
    """Covariates and lots of everyone enrolled.

    Parameters
    ----------
    exits
        How the treated patients' follow-up ended: portions of a dose that were planned for later were not given. None
        where nobody was treated.

    Returns
    -------
    ``patient``, the population's covariates (yes or no where drawn so, whole numbers where they are), and every
    field of `livingdrug.manufacturing.lots.Lots` that a trial's database would hold; null for what does not exist.
    ``dose_cells`` and ``dose_cells_per_kg`` are the sum of the portions that were given, ``lot_cells`` and
    ``lot_cells_per_kg`` the size of the lot.
    """
    columns: dict[str, object] = {"patient": cohort.patients}
    for name, values in cohort.covariates.items():
        drawn = plan.population.covariate[name]
        if drawn.distribution == "bernoulli":
            columns[name] = values > 0.5
        elif drawn.whole or (drawn.distribution == "categorical" and bool((values == np.floor(values)).all())):
            columns[name] = values.astype(np.int64)
        else:
            columns[name] = values
    columns |= {name: getattr(lots, name) for name in LOT_COLUMNS if name not in LOT_SIZE.values()}
    share = _given(plan, lots, exits)
    for dose, size in LOT_SIZE.items():
        columns |= {size: getattr(lots, dose), dose: getattr(lots, dose) * share}
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def _given(plan: Plan, lots: Lots, exits: pl.DataFrame | None) -> NDArray[np.float64]:
    """The part of the lot's dose that each patient was given in all, shaped (n,); NaN where no cells were."""
    until = np.full(len(lots), -np.inf)
    if exits is not None:
        ends = exits.select("patient", until=pl.min_horizontal("last_contact_day", "subsequent_therapy_day"))
        found = pl.DataFrame({"patient": lots.patients}).join(ends, on="patient", how="left", maintain_order="left")
        until = as_numbers(found["until"], np.inf)
    # who was infused had the first portion, whatever came on the same day
    share = [
        portion.share_of(lots.burden_percent_at_lymphodepletion)
        * ((portion.day <= until) | (portion.day == plan.arm.day_zero))
        for portion in plan.arm.infusions
    ]
    return np.where(lots.infused, np.sum(share, axis=0) if share else np.nan, np.nan)
