"""B-cell aplasia, immunoglobulin and infections: the price of a product that works."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from livingdrug.reports.band_figure import round_up
from livingdrug.reports.banded import band_of, banded
from livingdrug.reports.charts.arms import role_of
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.curve_figure import curve_figure
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.not_kept import not_kept
from livingdrug.reports.page import Figure, Note, Section, Table
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, plain

if TYPE_CHECKING:
    from livingdrug.catalog.records.assay import Assay

ORDER = 80
LEAD = (
    "Healthy B and plasma cells that carry the antigen die too; those that do not are emptied by lymphodepletion alone. Where CAR T cells "
    "keep B cells away, their return is the clinic's sign that this has ended. With them immunoglobulin falls, and infections follow."
)
SERIOUS = 3  # CTCAE grade from which an infection is called severe


def section(source: Source) -> Section:
    """Curves of the B cells' endpoints, B cells, IgG, infections."""
    curves = [figure for one in source.endpoints("b_cells") if (figure := curve_figure(source, one, half=True))]
    assays = banded(source, "b_cells")
    figures = {one.band.short: band_of(source, one) for one in assays if one.band is not None}
    figures["infections"] = _infections(source)
    absent = [name for name, figure in figures.items() if figure is None]
    if source.outcomes_alone:
        notes = list(not_kept(source, "Counts of B cells, immunoglobulin and infections over time"))
    else:
        notes = [Note(f"Not available in this run: {', '.join(absent)}.", "missing")] if absent else []
    table = endpoint_table(source, "b_cells", "infection")
    for one in assays:
        table = _with_lowest(source, one, table)
    parts = (*curves, *(f for f in figures.values() if f), *([table] if table else []), *notes)
    return Section("b-cells", "B cells, immunoglobulin, infections", LEAD, parts)


def _infections(source: Source) -> Figure | None:
    """Cumulative infections per 100 patients infused, all and severe, over two years."""
    import polars as pl

    infections = source.events(pl.col("event") == "infection")
    if infections.height == 0 or not source.arms:
        return None
    last = min(source.last_day, 730.0)
    series, rows, legend = [], [], []
    for i, arm in enumerate(source.arms):
        n = max(source.n_patients(arm), 1)
        for lowest, words in ((0, "all"), (SERIOUS, f"grade {SERIOUS} or higher")):
            graded = pl.col("grade").fill_null(1) >= lowest
            chosen = infections.filter((pl.col("arm") == arm) & graded & (pl.col("day") <= last))
            points = [(0.0, 0.0)] + [(d, 100.0 * (k + 1) / n) for k, d in enumerate(chosen["day"].sort())]
            role = role_of(i) if not lowest else f"{role_of(i)} quiet"
            series.append((points, role))
            rows += [(arm, words, *point) for point in points]
            legend.append((f"line {role}", f"{arm}, {words}" if len(source.arms) > 1 else words))
    data = pl.DataFrame(rows, schema=["arm", "infections", "day", "per_100_infused"], orient="row")
    data = data.filter((pl.int_range(pl.len()) % max(1, data.height // 400)) == 0)
    caption = f"Cumulative number per 100 {source.begun} patients."
    return Figure(
        "Infections", partial(_draw_infections, series, last), caption, tuple(legend), data, True, id="infections"
    )


def _draw_infections(series: list, last: float, width: float) -> str:
    from livingdrug.reports.charts import scales
    from livingdrug.reports.charts.panel import Panel

    top = max((points[-1][1] for points, _ in series), default=1.0)
    panel = Panel(scales.months(last, 46, width - 14), scales.linear(0, round_up(max(top, 1)), 230, 30, n=4))
    panel.y_axis("infections per 100 patients")
    for points, role in series:
        keep = scales.thinned(points, 240)
        panel.steps([points[k] for k in keep], role)
    panel.x_axis("months")
    return panel.picture(width, 272, "Cumulative infections per 100 patients")


def _with_lowest(source: Source, assay: Assay, table: Table | None) -> Table | None:
    """The table with the median of each patient's lowest result as its last row, where the assay's file asks for it."""
    import polars as pl

    if assay.band is None or not assay.band.lowest:
        return table
    visits = source.visits(assay.quantity)
    cells = []
    for arm in source.arms:
        mine = (
            visits.filter(pl.col("arm") == arm).group_by("patient").agg(pl.col("value").min())
            if visits.height
            else visits
        )
        values = numbers(mine, "value")
        cells.append(plain(middle(values)[0]) if values.size else DASH)
    if all(cell == DASH for cell in cells):
        return table
    row = (f"Lowest {assay.band.short} of each patient, {assay.band.axis}\nmedian", *cells)
    if table is None:
        return Table(("", *source.arms), (row,))
    return replace(table, rows=(*table.rows, (*row, *[DASH] * (len(table.columns) - len(row)))))
