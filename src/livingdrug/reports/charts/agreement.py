"""Observed against predicted: a point with its interval for each number, on the line when they agree, crossed when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.scatter import LEFT, RIGHT, TOP, axis
from livingdrug.reports.charts.svg import element, text

CROSS = 4.5  # from a point's middle to the baseline of its cross


@dataclass(frozen=True)
class Agreement:
    """One number: what was observed, what was predicted with its limits, and whether the one lies in the other's."""

    observed: float
    predicted: float
    low: float
    high: float
    inside: bool
    tip: str


def draw_agreement(
    points: Sequence[Agreement], width: float, *, title: str, x_title: str, y_title: str, log: bool = False, height: float = 340
) -> str:  # fmt: skip
    """Both axes have one scale; the line says where they are equal."""
    every = [value for one in points for value in (one.observed, one.predicted, one.low, one.high)]
    bottom = TOP + height
    panel = Panel(axis(every, LEFT, width - RIGHT, log=log), axis(every, bottom, TOP, log=log))
    panel.y_axis(y_title)
    panel.line([(panel.x.low, panel.x.low), (panel.x.high, panel.x.high)], "s1 quiet")
    for one in points:
        x, y = panel.x(one.observed), panel.y(one.predicted)
        marks = element("line", x1=x, x2=x, y1=panel.y(one.low), y2=panel.y(one.high))
        if one.inside:
            drawn = element("g", marks + element("circle", cx=x, cy=y, r=3), class_="simulated", data_tip=one.tip)
        else:
            drawn = element("g", marks, class_="published", data_tip=one.tip)
            drawn += text(x, y + CROSS, "✕", "verdict misfit", anchor="middle", data_tip=one.tip)
        panel.add(drawn)
    panel.x_axis(x_title)
    return panel.picture(width, bottom + 44, title)
