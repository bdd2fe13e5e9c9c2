"""Published against simulated: two dots and two bars per line, so that a miss is as plain as a hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, text

ROW, HEAD, TOP = 30, 30, 30


@dataclass(frozen=True)
class Pair:
    """One endpoint: published and simulated value with limits, on the axis' own unit."""

    label: str
    group: str
    published: tuple[float, float | None, float | None]
    simulated: tuple[float, float | None, float | None]
    inside: bool | None
    tip: str


def draw_forest(
    pairs: Sequence[Pair], width: float, *, title: str, low: float, high: float, log: bool, unit: str = ""
) -> str:
    """One line per endpoint under its group's heading; lines outside the published interval are marked."""
    narrow = width < 500
    left = 8.0 if narrow else 312.0
    row = ROW + (16 if narrow else 0)
    groups = list(dict.fromkeys(p.group for p in pairs))
    height = sum(HEAD + row * sum(p.group == g for p in pairs) for g in groups)
    right = width - (22 if narrow else 34)
    x = (scales.logarithmic if log else scales.linear)(
        low, high, left, right, **({} if log else {"n": 5, "unit": unit})
    )
    if log:
        x = scales.Scale(
            low,
            high,
            left,
            right,
            x.bend,
            tuple((v, f"× {v:g}") for v in (0.1, 0.25, 0.5, 1, 2, 4, 10) if low <= v <= high),
        )
    panel = Panel(x, scales.linear(0, 1, TOP + height, TOP))
    for value, _ in x.ticks:
        panel.add(element("line", x1=x(value), x2=x(value), y1=TOP, y2=TOP + height, class_="grid"))
    if log:
        panel.add(element("line", x1=x(1), x2=x(1), y1=TOP, y2=TOP + height, class_="limit"))
    y = float(TOP)
    for group in groups:
        panel.add(text(0, y + 19, group, "group"))
        y += HEAD
        for pair in (p for p in pairs if p.group == group):
            panel.add(_pair(pair, x, y, row, narrow, width))
            y += row
    panel.x_axis(title, y=TOP + height)
    return panel.picture(width, TOP + height + 44, title)


def _pair(pair: Pair, x: scales.Scale, y: float, row: float, narrow: bool, width: float) -> str:
    middle = y + (row - ROW / 2)
    label = (
        text(0, y + 12, pair.label, "row-name")
        if narrow
        else text(298, middle + 4, pair.label, "row-name", anchor="end")
    )
    marks = (
        label
        + _whisker(pair.published, x, middle - 5, "published")
        + _whisker(pair.simulated, x, middle + 5, "simulated")
    )
    if pair.inside is not None:
        sign, role = ("✓", "fit") if pair.inside else ("✕", "misfit")
        marks += text(width, middle + 4, sign, f"verdict {role}", anchor="end")
    return element("g", marks, data_tip=pair.tip)


def _whisker(value: tuple[float, float | None, float | None], x: scales.Scale, y: float, role: str) -> str:
    middle, low, high = value
    bar = "" if low is None or high is None else element("line", x1=x(low), x2=x(high), y1=y, y2=y)
    return element("g", bar + element("circle", cx=x(middle), cy=y, r=4), class_=role)
