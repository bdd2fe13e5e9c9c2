"""Numbers of an endpoint in the form the sections need them: one estimate, an estimate at a day, a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.foundation.as_arrays import as_numbers
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.charts.survival import Curve
from livingdrug.reports.source import Source

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

_CURVE = ("day", "estimate", "ci_low", "ci_high", "n_at_risk", "n_events", "n_censored")
LATE = 0.02  # a time asked for may lie this share beyond the last time watched


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; a share between 0 and 1 when `unit` is empty and `share` is true."""

    value: float
    low: float
    high: float
    n: int
    n_events: int | None
    unit: str
    share: bool
    at_risk: int | None = None


def single(source: Source, id: str, arm: str) -> Estimate | None:
    """The headline, in one arm, of an endpoint that is no curve over time; None when this run cannot give it."""
    found = source.endpoint(id) if source.planned(id) else None
    if found is None or arm not in found.arms or found.over_time:
        return None
    rows = found.rows(arm)
    if not rows or not rows[0].known:
        return None
    row = rows[0]
    return Estimate(
        _number(row.estimate), _number(row.ci_low), _number(row.ci_high), row.n, row.n_events, row.unit,
        row.measure in found.shares,
    )  # fmt: skip


def at_day(source: Source, id: str, arm: str, day: float) -> Estimate | None:
    """The estimate of a curve at a day, as a share; None beyond what was watched."""
    found = source.endpoint(id) if source.planned(id) else None
    if found is None or arm not in found.arms or not found.over_time:
        return None
    try:
        # Follow-up planned for five years ends some days before or after: what held there is reported.
        asked = found.at([day, day * (1 - LATE)], "day").iter_rows(named=True)
        rows = [row for row in asked if row["arm"] == arm and row["estimate"] is not None]
    except LivingDrugError:
        return None
    if not rows:
        return None
    row = rows[0]
    n = int((found.patients["arm"] == arm).sum())
    return Estimate(
        row["estimate"], _number(row["ci_low"]), _number(row["ci_high"]), n, None, "", True, row["n_at_risk"]
    )


def curves(source: Source, id: str) -> list[Curve]:
    """The step curve of each arm; empty when this run cannot give it."""
    frame = curve_frame(source, id)
    return [] if frame is None else curves_of(frame, source.arms)


def curves_of(frame: pl.DataFrame, arms: Sequence[str]) -> list[Curve]:
    """The step curves of a frame of `livingdrug.outcome.endpoint_result.EndpointResult.curve`, for the arms that have one."""
    found = []
    numbers = {name: as_numbers(frame[name]) for name in _CURVE}
    for arm in arms:
        mine = (frame["arm"] == arm).to_numpy()
        if mine.sum() < 2:
            continue
        rows = numbers if mine.all() else {name: column[mine] for name, column in numbers.items()}
        days = rows["day"]
        # Two neighbouring equal estimates add nothing to the picture but bytes; times of censoring are kept apart.
        censored = days[rows["n_censored"] > 0]
        step = (rows["n_events"] > 0) | (days == days.max()) | (days == 0)
        day, share, low, high = (rows[name][step] for name in ("day", "estimate", "ci_low", "ci_high"))
        risk = np.column_stack([days, rows["n_at_risk"]])
        found.append(Curve(arm, day, share, low, high, tuple(_spread_out(censored, float(day[-1]))), risk))
    return found


def curve_frame(source: Source, id: str) -> pl.DataFrame | None:
    """The whole curve as a table, for reading and for download."""
    found = source.endpoint(id) if source.planned(id) else None
    if found is None or not found.over_time:
        return None
    try:
        return found.curve()
    except LivingDrugError:
        return None


def _spread_out(days: NDArray[np.float64], last: float) -> list[float]:
    """Ticks of censoring closer than a pixel are one tick."""
    kept: list[float] = []
    for day in days.tolist():
        if not kept or day - kept[-1] > last / 90:
            kept.append(day)
    return kept


def _number(value: float | None) -> float:
    """A number, NaN for what is none and for one without end."""
    return math.nan if value is None or not math.isfinite(value) else float(value)
