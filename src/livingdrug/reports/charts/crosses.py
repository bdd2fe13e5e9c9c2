"""Arms by what they keep and what they cost: a point with an interval to both sides, numbered, those that nothing betters filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, text, wrapped

LEFT, TOP, RIGHT, HEIGHT, RADIUS, LINE = 46, 30, 14, 380, 9, 18


@dataclass(frozen=True)
class Cross:
    """One arm: estimate, low and high end of both shares [percent]."""

    name: str
    up: tuple[float, float, float]
    along: tuple[float, float, float]
    ahead: bool
    tip: str


def draw_crosses(crosses: Sequence[Cross], width: float, *, title: str, up: str, along: str) -> str:
    """Every arm as a numbered cross, its name in the list below.

    Parameters
    ----------
    crosses
        The arms.
    width
        Of the drawing [pixel].
    up, along
        What the axes say; both from 0 to 100 %.
    """
    bottom = TOP + HEIGHT
    x = scales.linear(0, 100, LEFT, width - RIGHT, unit=" %")
    y = scales.linear(0, 100, bottom, TOP, unit=" %")
    panel = Panel(x, y)
    panel.y_axis(up)
    for one in crosses:
        role = "s0" if one.ahead else "s0 quiet"
        panel.line([(one.along[1], one.up[0]), (one.along[2], one.up[0])], role)
        panel.line([(one.along[0], one.up[1]), (one.along[0], one.up[2])], role)
    for place, one in enumerate(crosses):
        at, level = x(one.along[0]), y(one.up[0])
        kind = "dot s0" if one.ahead else "dot under s0"
        mark = element("circle", cx=at, cy=level, r=RADIUS, class_=kind)
        number = text(at, level + 4, place + 1, "tick inside" if one.ahead else "tick", anchor="middle")
        panel.add(element("g", mark + number, data_tip=one.tip))
    panel.x_axis(along)
    row = bottom + 58
    letters = int((width - 26) / 6.5)
    for place, one in enumerate(crosses):
        panel.add(text(LEFT - 24, row, place + 1, "tick", anchor="end"))
        for line in wrapped(one.name, letters):
            panel.add(text(LEFT - 14, row, line, "row-name"))
            row += LINE
    return panel.picture(width, row, title)
