"""Section 8: B-cell aplasia, immunoglobulin and infections: the price of a product that works."""

from __future__ import annotations

import math
from functools import partial

from livingdrug.reports.charts.bands import Limit, draw_bands
from livingdrug.reports.charts.survival import PublishedPoint, draw_survival
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.estimates import curve_frame, curves, single
from livingdrug.reports.page import Figure, Note, Section, Table, legend_of
from livingdrug.reports.quantile_bands import as_frame, bands, limit_of
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval, plain
from livingdrug.trial.published import days_of

LEAD = (
    "Healthy cells that carry the antigen die too: B cells under a product against CD19, plasma cells under one against BCMA. Where B cells "
    "stay away, the CAR T cells still keep watch, and their return is the clinic's sign that this has ended. Immunoglobulin falls, and infections follow."
)
SERIOUS = 3  # CTCAE grade from which an infection is called severe


def build(source: Source) -> Section:
    """Aplasia, B cells, IgG, infections."""
    found = [f for f in (_aplasia(source), _b_cells(source), _igg(source), _infections(source)) if f]
    absent = [
        name
        for name, f in zip(
            ("B-cell aplasia", "B cells", "IgG", "infections"),
            (_aplasia(source), _b_cells(source), _igg(source), _infections(source)),
            strict=True,
        )
        if f is None
    ]
    notes = [Note(f"Not available in this run: {', '.join(absent)}.", "missing")] if absent else []
    table = _table(source)
    return Section(
        "b-cells", "B cells, immunoglobulin, infections", LEAD, (*found, *([table] if table.rows else []), *notes)
    )


def _aplasia(source: Source) -> Figure | None:
    found = curves(source, "b_cell_aplasia")
    if not found:
        return None
    published = []
    for row in source.published("b_cell_aplasia"):
        day = days_of(row.at)
        if day is not None and row.unit == "percent":
            low, high = (None if v is None else v / 100 for v in (row.ci_low, row.ci_high))
            published.append(PublishedPoint(day, row.value / 100, low, high, f"published at {row.at}: {row.value:g} %"))
    draw = partial(draw_survival, found, title="B-cell aplasia", last_day=source.last_day,
                   published=published[:1], height=220)  # fmt: skip
    legend = [*legend_of([c.name for c in found]), *([("published", "published, 95 % CI")] if published else [])]
    return Figure(
        "B-cell aplasia maintained, responders",
        draw,
        legend=tuple(legend),
        data=curve_frame(source, "b_cell_aplasia"),
        half=True,
    )


def _b_cells(source: Source) -> Figure | None:
    return band_figure(source, "b_cells_per_ul", "B cells in blood", "cells/µL", "cells/µL", log=True)


def _igg(source: Source) -> Figure | None:
    limits = (Limit(4.0, "4 g/L: replacement usual below"),)
    return band_figure(source, "igg_g_per_l", "Immunoglobulin G", "g/L", "g/L", log=False, limits=limits)


def band_figure(
    source: Source, quantity: str, title: str, axis: str, unit: str, *, log: bool, limits: tuple[Limit, ...] = (),
    last_day: float | None = None, ceiling: float | None = None,
) -> Figure | None:  # fmt: skip
    """A half-width figure of quantile bands; None when the run has no such visits."""
    limit = limit_of(source, quantity)
    found = bands(source, quantity, floor=limit / 2 if limit else None)
    if not found:
        return None
    end = last_day or source.last_day
    highest = max(max(band.quantiles[4]) for band in found)
    lowest = min(min(band.quantiles[0]) for band in found)
    if log:
        low, high = 10 ** math.floor(math.log10(max(lowest, 1e-4))), 10 ** math.ceil(math.log10(max(highest, 1e-3)))
        low = min(low, limit / 3) if limit else low
    else:
        low, high = 0.0, ceiling or _round_up(max(highest, *(limit.value for limit in limits), 0.1))
    shown = limits + ((Limit(limit, f"limit of quantification, {plain(limit)}"),) if log and limit else ())
    draw = partial(
        draw_bands,
        found,
        title=title,
        axis=axis,
        unit=unit,
        low=low,
        high=high,
        log=log,
        limits=shown,
        last_day=end,
        height=200,
    )
    return Figure(
        title,
        draw,
        legend=legend_of([band.name for band in found]) if len(found) > 1 else (),
        data=as_frame(found),
        half=True,
    )


def _round_up(value: float) -> float:
    size = 10 ** math.floor(math.log10(value))
    return next(size * k for k in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if size * k >= value)


def _infections(source: Source) -> Figure | None:
    """Cumulative infections per 100 patients infused, all and severe, over two years."""
    import polars as pl

    events = source.frame("events")
    if events.height == 0:
        return None
    infections = events.filter(pl.col("event") == "infection")
    if infections.height == 0 or not source.arms:
        return None
    last = min(source.last_day, 730.0)
    series, rows = [], []
    for i, arm in enumerate(source.arms):
        n = source.patients(arm).height
        for lowest, words in ((0, "all"), (SERIOUS, "grade 3 or higher")):
            chosen = infections.filter(
                (pl.col("arm") == arm) & (pl.col("grade").fill_null(1) >= lowest) & (pl.col("day") <= last)
            )
            days = chosen["day"].sort().to_list()
            points = [(0.0, 0.0)] + [(d, 100.0 * (k + 1) / max(n, 1)) for k, d in enumerate(days)]
            series.append((points, f"s{i}" if not lowest else f"s{i} quiet"))
            rows += [(arm, words, *p) for p in points]
    data = pl.DataFrame(rows, schema=["arm", "infections", "day", "per_100_infused"], orient="row")
    data = data.filter((pl.int_range(pl.len()) % max(1, data.height // 400)) == 0)
    legend = [(f"line {role}", f"{name}, {words}" if len(source.arms) > 1 else words)
              for (_, role), (name, words) in zip(series, [(a, w) for a in source.arms for w in ("all infections", "grade 3 or higher")], strict=True)]  # fmt: skip
    return Figure(
        "Infections",
        partial(_draw_infections, series, last),
        "Cumulative number per 100 infused patients.",
        tuple(legend),
        data,
        True,
    )


def _draw_infections(series: list, last: float, width: float) -> str:
    from livingdrug.reports.charts import scales
    from livingdrug.reports.charts.panel import Panel

    top = max((points[-1][1] for points, _ in series), default=1.0)
    panel = Panel(scales.months(last, 46, width - 14), scales.linear(0, _round_up(max(top, 1)), 230, 30, n=4))
    panel.y_axis("infections per 100 patients")
    for points, role in series:
        keep = scales.thinned(points, 240)
        panel.steps([points[k] for k in keep], role)
    panel.x_axis("months")
    return panel.picture(width, 272, "Cumulative infections per 100 infused patients")


def _table(source: Source) -> Table:
    rows: list[tuple[str, ...]] = []
    cells, published = [], source.published("infection_severe_8wk")
    for arm in source.arms:
        found = single(source, "infection_severe_8wk", arm)
        cells.append(f"{percent(found.value)} ({percent_interval(found.low, found.high)})" if found else DASH)
    if any(cell != DASH for cell in cells):
        rows.append(
            (
                "Infection of grade 3 or higher within 8 weeks",
                *cells,
                f"{published[0].value:.0f} %" if published else DASH,
            )
        )
    for column, words, id in (
        ("ivig", "Immunoglobulin replaced", "ivig_use"),
        ("igg_nadir_g_per_l", "Lowest IgG, g/L: median", ""),
    ):
        cells = []
        for arm in source.arms:
            values = numbers(source.patients(arm), column)
            if not values.size:
                cells.append(DASH)
            else:
                cells.append(percent(float(values.mean())) if column == "ivig" else plain(middle(values)[0]))
        if any(cell != DASH for cell in cells):
            found = source.published(id) if id else []
            rows.append((words, *cells, f"{found[0].value:.0f} % ({found[0].population_note})" if found else DASH))
    return Table(("", *source.arms, "published"), tuple(rows), words=(len(source.arms) + 1,))
