"""States of one typical patient over time as a figure: lines of one unit, logarithmic where they span more than a hundredfold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.reports.band_figure import round_up
from livingdrug.reports.charts import scales
from livingdrug.reports.charts.arms import role_of
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, text
from livingdrug.reports.page import Figure, legend_of
from livingdrug.reports.words import plain

if TYPE_CHECKING:
    from livingdrug.design.typical import Typical

DECADES = 6
"""Most that a logarithmic axis shows below its greatest value."""
SPAN = 100.0
MOST_LINES = 4
LEFT, RIGHT, TOP, HEIGHT = 52, 14, 30, 260
KNEE = 28.0


def typical_figure(patient: Typical, outputs: Sequence[str]) -> Figure:
    """See `livingdrug.plot.typical`."""
    frame, names = patient.course, list(dict.fromkeys([outputs] if isinstance(outputs, str) else outputs))
    for name in names:
        if name not in frame.columns or name == "day":
            raise UnknownName("output of this course", name, [one for one in frame.columns if one != "day"])
    units = list(dict.fromkeys(patient.units.get(name, "") for name in names))
    if len(units) > 1:
        raise BadInput(
            f"outputs: {', '.join(names)} have the units {', '.join(units)}.\n  Draw those of one unit in a figure."
        )
    if not 1 <= len(names) <= MOST_LINES:
        raise BadInput(f"outputs: got {len(names)}, expected one to {MOST_LINES}.\n  Draw several figures.")
    seen = frame.filter(frame["day"] >= 0).sort("day")
    empty = [name for name in names if seen[name].null_count() == seen.height]
    if empty:
        raise BadInput(
            f'outputs: "{empty[0]}" has no value in this course: it never came, or was never given.\n  Draw another output.'
        )
    day, values = seen["day"].to_numpy(), np.array([seen[name].to_numpy() for name in names], dtype=float)
    most = float(np.nanmax(values))
    positive = values[values > 0]
    log = bool(positive.size) and float(np.nanmin(values)) >= 0 and most > SPAN * float(positive.min())
    if log:
        high = 10.0 ** math.ceil(math.log10(most))
        low = max(10.0 ** math.floor(math.log10(float(positive.min()))), high / 10.0**DECADES)
        values = np.maximum(values, low)
    else:
        low, high = min(0.0, float(np.nanmin(values))), round_up(max(most, 1e-9))
    title, days = "A typical patient", [float(one) for one in day]
    points = [[(at, float(one)) for at, one in zip(days, row, strict=True) if one == one] for row in values]
    draw = partial(_drawn, points, title=title, axis=units[0], low=low, high=high, log=log, last_day=days[-1])
    caption = (
        f"Levels below {plain(low)} lie on the axis."
        if log and float(np.nanmin(seen.select(names).to_numpy())) < low
        else ""
    )
    return Figure(
        title, draw, caption, legend_of(names), seen.select("day", *names), id="typical", standing=patient.standing
    )


def _drawn(
    lines: Sequence[Sequence[tuple[float, float]]], width: float, *, title: str, axis: str, low: float, high: float, log: bool,
    last_day: float,
) -> str:  # fmt: skip
    bottom = TOP + HEIGHT
    x = scales.days(last_day, LEFT, width - RIGHT)
    panel = Panel(x, (scales.logarithmic if log else scales.linear)(low, high, bottom, TOP))
    panel.y_axis(axis)
    if last_day > 1.5 * KNEE:
        panel.add(element("line", x1=x(KNEE), x2=x(KNEE), y1=TOP, y2=bottom, class_="divider"))
        panel.add(
            text(x(KNEE) - 6, TOP + 10, "days", "hint", anchor="end"),
            text(x(KNEE) + 6, TOP + 10, "months, years", "hint"),
        )
    for place, points in enumerate(lines):
        panel.line(points, role_of(place))
    panel.x_axis("time from infusion", y=bottom)
    return panel.picture(width, bottom + 40, title)
