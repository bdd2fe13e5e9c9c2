"""Points over two axes, with a line that says where they should lie."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.scales import Scale
from livingdrug.reports.charts.svg import Point, element

LEFT, RIGHT, TOP = 56, 14, 30


def axis(values: Sequence[float], start: float, end: float, *, log: bool = False, time_unit: str = "") -> Scale:
    """A scale that holds all values, with a little room; days over weeks and years get their own kind."""
    known = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if time_unit == "day" and low >= 0 and high > 42:
        return scales.days(high, start, end)
    if log:
        low, high = (low, high) if high > low else (low / 3, high * 3)
        return scales.logarithmic(low / 1.15, high * 1.15, start, end)
    if time_unit and low >= 0:
        return scales.linear(0.0, high or 1.0, start, end)
    room = 0.04 * (high - low) or 1.0
    return scales.linear(low - room, high + room, start, end)


def draw_scatter(
    points: Sequence[Point], width: float, *, title: str, x_title: str, y_title: str, log_x: bool = False,
    log_y: bool = False, time_unit: str = "", identity: bool = False, level: float | None = None,
    hollow: Sequence[bool] = (), tips: Sequence[str] = (), line: Sequence[Point] = (), height: float = 260,
    show_axes: bool = True,
) -> str:  # fmt: skip
    """A scatter plot.

    Parameters
    ----------
    identity
        Draw the line on which both are equal, over one scale for both axes.
    level
        Draw a horizontal line there.
    hollow
        Points drawn as rings: results below the limit.
    line
        A curve through the points.
    """
    xs, ys = [p[0] for p in points] + [p[0] for p in line], [p[1] for p in points] + [p[1] for p in line]
    ys = ys + ([level] if level is not None else [])
    if identity:
        xs = ys = [*xs, *ys]
    bottom = TOP + height
    x = axis(xs, LEFT, width - RIGHT, log=log_x, time_unit=time_unit)
    y = axis(ys, bottom, TOP, log=log_y)
    panel = Panel(x, y)
    panel.y_axis(y_title if show_axes else title)
    if identity:
        ends = (max(x.low, y.low), min(x.high, y.high))
        panel.line([(ends[0], ends[0]), (ends[1], ends[1])], "s1 quiet")
    if level is not None:
        panel.line([(x.low, level), (x.high, level)], "s1 quiet")
    if line:
        panel.line([(a, b) for a, b in line if b > 0 or not log_y], "s0")
    for i, (a, b) in enumerate(points):
        if not (math.isfinite(a) and math.isfinite(b)) or (log_x and a <= 0) or (log_y and b <= 0):
            continue
        ring = bool(hollow) and hollow[i]
        panel.add(
            element("circle", cx=x(a), cy=y(b), r=3 if ring else 2.4, class_="seen under" if ring else "dot s0",
                    fill_opacity=None if ring else "0.55", data_tip=tips[i] if tips else None)
        )  # fmt: skip
    panel.x_axis(x_title)
    return panel.picture(width, bottom + 44, title)
