"""Quantiles of what was seen, visit by visit, with values below the limit kept as \"below\"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.charts.bands import Band
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.source import Source

if TYPE_CHECKING:
    import polars as pl

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
FEWEST = 5  # a quantile of fewer patients says nothing


def bands(source: Source, quantity: str, *, floor: float | None = None, ceiling: float | None = None) -> list[Band]:
    """One band per arm.

    Parameters
    ----------
    quantity
        Name in the visits frame.
    floor
        Values below the limit are drawn here; a quantile that falls among them is "below", wherever it is drawn.
    """
    import polars as pl

    visits = source.visits(quantity)
    if visits.height == 0:
        return []
    below = pl.col("below_limit").fill_null(False)
    lowest = pl.lit(floor) if floor is not None else pl.col("lower_limit") / 2
    shown = pl.when(below).then(lowest).otherwise(pl.col("value"))
    if ceiling is not None:
        shown = pl.min_horizontal(shown, pl.lit(ceiling))
    marked = visits.lazy().with_columns(shown.alias("shown"), below.alias("is_below"))
    everyone = {arm: visits["patient"].filter(visits["arm"] == arm).n_unique() for arm in source.arms}
    found = (_band(marked.filter(pl.col("arm") == arm), arm, everyone[arm]) for arm in source.arms)
    return [band for band in found if band is not None]


def _band(visits: pl.LazyFrame, arm: str, n_patients: int) -> Band | None:
    import polars as pl

    quantiles = [pl.col("shown").quantile(q, "linear").alias(f"q{q}") for q in SHARES]
    table = (
        visits.drop_nulls("shown").group_by("day_planned")
        .agg(*quantiles, pl.len().alias("n"), pl.col("is_below").mean().alias("below"))
        .filter(pl.col("n") >= min(FEWEST, n_patients)).sort("day_planned").collect()
    )  # fmt: skip
    if table.height == 0:
        return None
    rows = tuple(tuple(table[f"q{q}"].to_list()) for q in SHARES)
    return Band(
        arm, tuple(table["day_planned"].to_list()), rows, tuple(table["n"].to_list()), tuple(table["below"].to_list())
    )


def limit_of(source: Source, quantity: str) -> float | None:
    """The assay's limit of quantification, when the visits state one."""
    limits = numbers(source.visits(quantity), "lower_limit")
    return middle(limits)[0] if limits.size else None


def as_frame(found: list[Band]) -> pl.DataFrame:
    """Bands as the table behind a figure."""
    import polars as pl

    parts = [
        pl.DataFrame({
            "arm": [b.name] * len(b.day), "day": b.day, "n": b.n,
            **{f"percentile_{100 * q:.0f}": row for q, row in zip(SHARES, b.quantiles, strict=True)},
            "share_below_limit": b.below,
        })
        for b in found
    ]  # fmt: skip
    return pl.concat(parts) if parts else pl.DataFrame()
