"""Two shares in every cell of a grid: one above the diagonal, the other below it, each as deep as its share; a frame around cells that hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingdrug.reports.charts.svg import element, picture, text

LEFT, TOP, FOOT, GAP, MOST = 62, 40, 40, 3, 86


@dataclass(frozen=True)
class Tile:
    """One cell: two shares between 0 and 1, None where nothing was found, and whether it is framed."""

    above: float | None
    below: float | None
    framed: bool
    tip: str


def draw_tiles(
    tiles: Mapping[tuple[float, float], Tile], width: float, *, title: str, rows: Sequence[float], columns: Sequence[float],
    row_title: str, column_title: str,
) -> str:  # fmt: skip
    """A grid of tiles.

    Parameters
    ----------
    tiles
        (row, column) -> its tile; every one is there.
    width
        Of the drawing [pixel].
    rows, columns
        Factors, from top to bottom and from left to right, told as "× 0.1".
    """
    size = min(MOST, (width - LEFT) / max(len(columns), 1))
    body = [text(0, 12, row_title, "axis-title"), text(LEFT, TOP - 10, column_title, "axis-title")]
    for place, row in enumerate(rows):
        top = TOP + place * size
        body.append(text(LEFT - 8, top + size / 2 + 4, f"× {row:g}", "tick", anchor="end"))
        for number, column in enumerate(columns):
            body.append(_tile(LEFT + number * size + GAP, top + GAP, size - 2 * GAP, tiles[row, column]))
    bottom = TOP + len(rows) * size
    for number, column in enumerate(columns):
        body.append(text(LEFT + (number + 0.5) * size, bottom + 17, f"× {column:g}", "tick", anchor="middle"))
    return picture(width, bottom + FOOT - 12, body, title)


def _tile(left: float, top: float, size: float, tile: Tile) -> str:
    right, bottom = left + size, top + size
    corners = (
        (tile.above, "s0", f"M{left:.1f} {top:.1f}H{right:.1f}L{left:.1f} {bottom:.1f}z", left + 5, top + 16, "start"),
        (
            tile.below,
            "s1",
            f"M{right:.1f} {top:.1f}V{bottom:.1f}H{left:.1f}z",
            right - 5,
            bottom - 7,
            "end",
        ),
    )
    marks = ""
    for share, role, area, x, y, anchor in corners:
        if share is not None:
            marks += element("path", d=area, class_=f"tile {role}", fill_opacity=f"{0.06 + 0.6 * share:.2f}")
        words = "–" if share is None else f"{100 * share:.0f} %"
        marks += text(x, y, words, "tick halo", anchor=anchor)
    marks += element("rect", x=left, y=top, width=size, height=size, class_="frame held" if tile.framed else "frame")
    return element("g", marks, data_tip=tile.tip)
