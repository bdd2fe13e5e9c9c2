"""Quantile bands of one measured quantity as a figure of half the width."""

from __future__ import annotations

import math
from functools import partial

from livingdrug.reports.charts.bands import Band, Limit, draw_bands
from livingdrug.reports.page import Figure, legend_of
from livingdrug.reports.quantile_bands import as_frame, bands, limit_of
from livingdrug.reports.source import Source
from livingdrug.reports.words import plain


def band_figure(
    source: Source, quantity: str, title: str, unit: str, *, log: bool, limits: tuple[Limit, ...] = (),
    last_day: float | None = None,
) -> Figure | None:  # fmt: skip
    """A half-width figure of quantile bands; None when the run has no such visits.

    Parameters
    ----------
    limits
        Borders worth a line, e.g. of a grade.
    last_day
        Where the axis ends; the end of follow-up when omitted [day].
    """
    limit = limit_of(source, quantity)
    found = bands(source, quantity, floor=limit / 2 if limit else None)
    if not found:
        return None
    return drawn_bands(
        found, quantity, title, unit, log=log, limits=limits, limit=limit, last_day=last_day or source.last_day
    )


def drawn_bands(
    found: list[Band], quantity: str, title: str, unit: str, *, log: bool, limits: tuple[Limit, ...] = (),
    limit: float | None = None, last_day: float,
) -> Figure:  # fmt: skip
    """Bands that were computed, as a figure; `limit` is that of the assay."""
    highest = max(max(band.quantiles[4]) for band in found)
    lowest = min(min(band.quantiles[0]) for band in found)
    if log:
        low, high = 10 ** math.floor(math.log10(max(lowest, 1e-4))), 10 ** math.ceil(math.log10(max(highest, 1e-3)))
        low = min(low, limit / 3) if limit else low
    else:
        low, high = 0.0, round_up(max(highest, *(line.value for line in limits), 0.1))
    shown = limits + ((Limit(limit, f"limit of quantification, {plain(limit)}"),) if log and limit else ())
    draw = partial(
        draw_bands, found, title=title, axis=unit, unit=unit, low=low, high=high, log=log, limits=shown,
        last_day=last_day, height=200,
    )  # fmt: skip
    legend = legend_of([band.name for band in found]) if len(found) > 1 else ()
    return Figure(title, draw, legend=legend, data=as_frame(found), half=True, id=quantity)


def round_up(value: float) -> float:
    """The next round number, where an axis may end.

    Examples
    --------
    >>> round_up(3.2), round_up(0.07)
    (4.0, 0.08)
    """
    size = 10.0 ** math.floor(math.log10(value))
    return round(next(float(size) * k for k in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if size * k >= value * (1 - 1e-12)), 12)
