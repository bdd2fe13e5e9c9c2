"""The therapeutic window told: affinity by dose, benefit and harm of each point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.charts.tiles import Tile, draw_tiles
from livingdrug.reports.html import page
from livingdrug.reports.page import Figure, Note, Section

if TYPE_CHECKING:
    from livingdrug.design.window import Window

HOW = "Each cell is one affinity at one dose, on the same patients; both are told relative to the product's own."


def window_figure(found: Window, *, patients: int, inside: str) -> Figure:
    """The grid of a window.

    Parameters
    ----------
    found
        From `livingdrug.design.window.window`.
    patients
        Of each point.
    inside
        What a frame means, in words.
    """
    table = found.table
    of_dose = table.columns[1]
    tiles = {
        (row["affinity"], row[of_dose]): Tile(row["benefit"], row["harm"], row["inside"], _tip(row, of_dose))
        for row in table.iter_rows(named=True)
    }
    affinities, doses = (sorted(table[name].unique().to_list()) for name in ("affinity", of_dose))

    def draw(width: float) -> str:
        return draw_tiles(
            tiles, width, title=f"Therapeutic window of {found.product}", rows=affinities[::-1], columns=doses,
            row_title="affinity", column_title="dose, relative to the planned one",
        )  # fmt: skip

    return Figure(
        f"Therapeutic window of {found.product}",
        draw,
        f"{found.trial}, {patients} patients a point. {inside[0].upper()}{inside[1:]}.",
        (("tile s0", found.benefit), ("tile s1", found.harm), ("frame held", "inside the window")),
        table,
        half=True,
        standing=found.standing,
    )


def window_page(found: Window, *, patients: int, inside: str) -> str:
    """The same as a page of its own (HTML)."""
    held = found.table.filter("inside").height
    lead = (
        f"{held} of {found.table.height} points lie {inside.replace('inside the window: ', 'inside the window: with ')}."
        if held
        else f"No point lies {inside}."
    )
    return page(
        f"Therapeutic window · {found.standing}" if found.standing else "Therapeutic window",
        f"{found.product}: affinity by dose",
        lead,
        [f"in {found.trial}", f"{patients} patients a point"],
        [Section("window", "The window", HOW, (window_figure(found, patients=patients, inside=inside), Note(_READ)))],
    )


_READ = "Benefit stands above the diagonal of a cell, harm below it. Shares of so few patients are uncertain: a share of 50 % among 40 patients may be anything from 34 to 66 %."


def _tip(row: dict, of_dose: str) -> str:
    shares = ["not known" if row[name] is None else f"{100 * row[name]:.0f} %" for name in ("benefit", "harm")]
    return f"affinity × {row['affinity']:g}, dose × {row[of_dose]:g}: benefit {shares[0]}, harm {shares[1]}"
