"""Who was enrolled, and what was made for them: one row each."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from livingdrug.manufacturing.lots import Lots
from livingdrug.population import Cohort

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan

UNSEEN = ("patients", "fitness")
"""Of a lot, what is no column: the number stands beside it, and nobody measures fitness."""
LOT_COLUMNS = tuple(one.name for one in fields(Lots) if one.name not in UNSEEN)


def who(plan: Plan, cohort: Cohort, lots: Lots) -> pl.DataFrame:
    """Covariates and lots of everyone enrolled.

    Returns
    -------
    ``patient``, the population's covariates (yes or no where drawn so, whole numbers where they are), and every
    field of `livingdrug.manufacturing.lots.Lots` that a trial's database would hold; null for what does not exist.
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
    columns |= {name: getattr(lots, name) for name in LOT_COLUMNS}
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))
