"""Bars from a middle, one row a factor, one block a target: how far each end moves a result, or how much of its spread a factor explains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, picture, text, wrapped

LEFT, RIGHT, HEAD, FOOT, ROW, LINE, LETTER = 250.0, 22.0, 34.0, 56.0, 24.0, 14.0, 6.5


@dataclass(frozen=True)
class Bar:
    """One factor: parts (begin, end, role), of which those with a NaN end are left out."""

    name: str
    parts: tuple[tuple[float, float, str], ...]
    tip: str


@dataclass(frozen=True)
class Block:
    """The factors of one target, from top to bottom; a line stands at `middle`, no change, where there is one."""

    name: str
    bars: tuple[Bar, ...]
    middle: float | None


def draw_bars(blocks: Sequence[Block], width: float, *, title: str, axis: str, below_each_other: bool = False) -> str:
    """Targets one below the other, each on a scale of its own.

    Parameters
    ----------
    width
        Of the drawing [pixel].
    axis
        What the numbers are.
    below_each_other
        The parts of a factor do not share a line.
    """
    body: list[str] = []
    top = 0.0
    for block in blocks:
        panel, top = _block(block, width, top, axis, below_each_other)
        body += panel.body
    return picture(width, top, body, title)


def _block(block: Block, width: float, top: float, axis: str, below_each_other: bool) -> tuple[Panel, float]:
    narrow = width < 500
    left = 8.0 if narrow else LEFT
    letters = int((width if narrow else LEFT - 14) / LETTER)
    labels = [wrapped(bar.name, letters) for bar in block.bars]
    tall = [ROW + LINE * (len(lines) + 0.2 if narrow else len(lines) - 1) for lines in labels]
    first, bottom = top + HEAD, top + HEAD + sum(tall)
    x = _scale(block, left, width - RIGHT)
    panel = Panel(x, scales.linear(0, 1, bottom, first))
    panel.add(text(0, top + 19, block.name, "group"))
    for value, _ in x.ticks:
        panel.add(element("line", x1=x(value), x2=x(value), y1=first, y2=bottom, class_="grid"))
    y = first
    for bar, lines, height in zip(block.bars, labels, tall, strict=True):
        panel.add(_row(bar, lines, x, y, height, narrow, below_each_other))
        y += height
    if block.middle is not None:
        at = x(block.middle)
        panel.add(element("line", x1=at, x2=at, y1=first, y2=bottom, class_="limit"))
    panel.x_axis(axis, y=bottom)
    return panel, bottom + FOOT


def _scale(block: Block, start: float, end: float) -> scales.Scale:
    ends = [value for bar in block.bars for part in bar.parts for value in part[:2] if math.isfinite(value)]
    ends += [block.middle] if block.middle is not None else []
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return scales.linear(low, high, start, end)


def _row(
    bar: Bar, lines: list[str], x: scales.Scale, y: float, height: float, narrow: bool, below_each_other: bool
) -> str:
    middle = y + height - ROW / 2 if narrow else y + height / 2
    first = y + 12 if narrow else middle + 4 - LINE * (len(lines) - 1) / 2
    place, anchor = (0.0, "start") if narrow else (LEFT - 14, "end")
    marks = "".join(text(place, first + LINE * i, line, "row-name", anchor=anchor) for i, line in enumerate(lines))
    thick = 7.0 if below_each_other else 14.0
    for number, (begin, end, role) in enumerate(bar.parts):
        if math.isfinite(begin) and math.isfinite(end):
            from_, to = sorted((x(begin), x(end)))
            top = middle - 7 + thick * number * below_each_other
            marks += element("rect", x=from_, y=top, width=max(to - from_, 1.0), height=thick, class_=f"fill {role}")
    return element("g", marks, data_tip=bar.tip)
