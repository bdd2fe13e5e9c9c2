"""Non-compartmental cellular kinetics from a table of visits: one row per patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.non_compartmental import non_compartmental

if TYPE_CHECKING:
    import polars as pl

_NEEDED = ("patient", "day", "value")


def cellular_kinetics(
    visits: pl.DataFrame, *, quantity: str = "car_t_copies_per_ug", until: float = 28.0, start_at_zero: bool = True
) -> pl.DataFrame:
    """Highest level, its day, exposure and last day above the limit, for each patient.

    Parameters
    ----------
    visits
        Columns patient, day and value; arm, quantity, below_limit and missed are used when there.
    quantity
        Which quantity, when the table has several.
    until
        Last day of the area and of the search for the highest level.
    start_at_zero
        Whether the level counts as 0 on day 0 when nothing was measured there.

    Returns
    -------
    (arm,) patient, cmax, tmax_day, auc, last_detectable_day, n_results; null where a number does not exist.
    How results below the limit and the area are handled: see `livingdrug.outcome.non_compartmental.non_compartmental`.

    Raises
    ------
    BadInput
        A column is missing, or a patient has two results on one day.
    """
    import polars as pl

    absent = [name for name in _NEEDED if name not in visits.columns]
    if absent:
        raise BadInput(f"visits have no column {', '.join(absent)}; expected {', '.join(_NEEDED)}.\n  Rename yours.")
    rows = visits
    if "quantity" in rows.columns:
        rows = rows.filter(pl.col("quantity") == quantity)
    if "missed" in rows.columns:
        rows = rows.filter(~pl.col("missed").fill_null(False))
    keys = [name for name in ("arm", "patient") if name in rows.columns]
    rows = rows.filter(pl.col("day").is_finite() & pl.col("value").is_finite()).sort(*keys, "day", maintain_order=True)
    if rows.select(*keys, "day").is_duplicated().any():
        raise BadInput("a patient has two results on one day.\n  Keep one, or average them first.")
    people = rows.select(*keys).unique(maintain_order=True)
    # A rectangle of results: one line per patient, one column per result in order of day.
    counts = rows.group_by(*keys, maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    line = np.repeat(np.arange(people.height), counts)
    place = np.arange(rows.height) - np.repeat(np.concatenate([[0], np.cumsum(counts)[:-1]])[: counts.size], counts)
    shape = (people.height, int(counts.max()) if counts.size else 0)
    day, value, low = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    day[line, place], value[line, place] = rows["day"].to_numpy(), rows["value"].to_numpy()
    if "below_limit" in rows.columns:
        low[line, place] = rows["below_limit"].fill_null(False).to_numpy()
    found = non_compartmental(day, value, low, until=until, start_at_zero=start_at_zero)
    return people.with_columns(
        pl.Series("cmax", found.cmax),
        pl.Series("tmax_day", found.tmax_day),
        pl.Series("auc", found.auc),
        pl.Series("last_detectable_day", found.last_detectable_day),
        pl.Series("n_results", found.n_results),
    ).with_columns(pl.selectors.float().fill_nan(None))
