"""Rows of stays along days: one patient a row, or one policy a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.svg import element, number, picture, text

LANE, TOP = 15, 34


@dataclass(frozen=True)
class Stay:
    """From one day to another in a stage; `role` is the class of its colour."""

    begun: float
    over: float
    role: str
    tip: str


@dataclass(frozen=True)
class Row:
    """A name, its stays, and how it ended: "" for well, "lost" for a cross, "none" for an open square."""

    name: str
    stays: Sequence[Stay]
    end: str = ""
    tip: str = ""


def draw_gantt(rows: Sequence[Row], width: float, *, title: str, lane: float = LANE) -> str:
    """Rows from top to bottom in the order given, over one axis of days that begins at the first stay."""
    first = math.floor(min(stay.begun for row in rows for stay in row.stays))
    last = max(stay.over for row in rows for stay in row.stays)
    left = 12 + 6.4 * min(max(len(row.name) for row in rows), 24 if width > 500 else 14)
    x = scales.linear(first, max(last, first + 1), left, width - 12, n=8 if width > 500 else 4)
    bottom = TOP + lane * len(rows)
    body = [text(0, 12, title, "axis-title")]
    for value, label in x.ticks:
        body.append(element("line", x1=x(value), x2=x(value), y1=TOP - 4, y2=bottom + 2, class_="grid"))
        body.append(text(x(value), TOP - 9, label, "tick", anchor="middle"))
    for k, row in enumerate(rows):
        y = TOP + lane * (k + 0.5)
        body.append(text(left - 8, y + 4, _shortened(row.name, 24 if width > 500 else 14), "tick", anchor="end"))
        for stay in row.stays:
            if stay.over > stay.begun:
                wide = max(x(stay.over) - x(stay.begun), 0.6)
                body.append(element("rect", x=x(stay.begun), y=y - lane * 0.32, width=wide, height=lane * 0.64,
                                    class_=f"stay {stay.role}", data_tip=stay.tip))  # fmt: skip
        if row.end and row.stays:
            body.append(_end(x(row.stays[-1].over), y, row))
    return picture(width, bottom + 8, body, title)


def _end(x: float, y: float, row: Row) -> str:
    if row.end == "lost":
        return element(
            "path", d=f"M{number(x - 4)} {number(y - 4)}l8 8m0 -8l-8 8", class_="mark death", data_tip=row.tip
        )
    return element("rect", x=x - 4, y=y - 4, width=8, height=8, class_="mark open-end", data_tip=row.tip)


def _shortened(name: str, at_most: int) -> str:
    return name if len(name) <= at_most else f"{name[: at_most - 1]}…"
