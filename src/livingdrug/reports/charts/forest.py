"""Published against simulated: two dots and two bars per line, so that a miss is as plain as a hit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, text, wrapped

if TYPE_CHECKING:
    import polars as pl

ROW, HEAD, TOP, LINE = 30, 30, 30, 14
LEFT = 312.0  # room for the labels of a page
LETTER = 6.5  # width of a letter of a label


@dataclass(frozen=True)
class Pair:
    """One endpoint: published (NaN for none) and simulated value with limits, on the axis' own unit."""

    label: str
    group: str
    published: tuple[float, float | None, float | None]
    simulated: tuple[float, float | None, float | None]
    inside: bool | None
    tip: str


def pairs_frame(pairs: Sequence[Pair]) -> pl.DataFrame:
    """Lines of a forest as a table: group, label, published and simulated value with their limits."""
    import polars as pl

    names = ("value", "low", "high")
    rows = [
        {
            "group": one.group, "label": one.label,
            **{f"published_{name}": part for name, part in zip(names, one.published, strict=True)},
            **{f"simulated_{name}": part for name, part in zip(names, one.simulated, strict=True)},
            "inside": one.inside,
        }
        for one in pairs
    ]  # fmt: skip
    numbers = {f"{side}_{name}": pl.Float64 for side in ("published", "simulated") for name in names}
    return pl.DataFrame(
        rows, schema={"group": pl.String, "label": pl.String, **numbers, "inside": pl.Boolean}
    ).fill_nan(None)


def draw_forest(
    pairs: Sequence[Pair],
    width: float,
    *,
    title: str,
    low: float,
    high: float,
    log: bool,
    unit: str = "",
    null: float | None = None,
) -> str:
    """One line per endpoint under its group's heading; lines outside the published interval are marked.

    A dashed line stands at `null`, the value that says nothing: 1 for ratios.
    """
    null = 1.0 if log and null is None else null
    narrow = width < 500
    left = 8.0 if narrow else LEFT
    at_most = int((width if narrow else LEFT - 14) / LETTER)
    rows = [(pair, wrapped(pair.label, at_most)) for pair in pairs]
    tall = {
        pair.label: ROW + (LINE * len(lines) + 2 if narrow else LINE * max(len(lines) - 2, 0)) for pair, lines in rows
    }
    groups = list(dict.fromkeys(p.group for p in pairs))
    height = HEAD * len(groups) + sum(tall[pair.label] for pair in pairs)
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
    if null is not None:
        panel.add(element("line", x1=x(null), x2=x(null), y1=TOP, y2=TOP + height, class_="limit"))
    y = float(TOP)
    for group in groups:
        panel.add(text(0, y + 19, group, "group"))
        y += HEAD
        for pair, lines in ((pair, lines) for pair, lines in rows if pair.group == group):
            panel.add(_pair(pair, lines, x, y, tall[pair.label], narrow, width))
            y += tall[pair.label]
    panel.x_axis(title, y=TOP + height)
    return panel.picture(width, TOP + height + 44, title)


def _pair(
    pair: Pair, lines: list[str], x: scales.Scale, y: float, row: float, narrow: bool, width: float
) -> str:  # fmt: skip
    middle = y + row - ROW / 2 if narrow else y + row / 2
    first = y + 12 if narrow else middle + 4 - LINE * (len(lines) - 1) / 2
    place, anchor = (0.0, "start") if narrow else (LEFT - 14, "end")
    label = "".join(text(place, first + LINE * i, line, "row-name", anchor=anchor) for i, line in enumerate(lines))
    apart = 0.0 if math.isnan(pair.published[0]) else 5.0  # alone, a bar stands level with its label
    marks = (
        label
        + _whisker(pair.published, x, middle - apart, "published")
        + _whisker(pair.simulated, x, middle + apart, "simulated")
    )
    if pair.inside is not None:
        sign, role = ("✓", "fit") if pair.inside else ("✕", "misfit")
        marks += text(width, middle + 4, sign, f"verdict {role}", anchor="end")
    return element("g", marks, data_tip=pair.tip)


def _whisker(value: tuple[float, float | None, float | None], x: scales.Scale, y: float, role: str) -> str:
    middle, low, high = value
    if math.isnan(middle):  # a direction was published, no figure
        return ""
    bar = "" if low is None or high is None else element("line", x1=x(low), x2=x(high), y1=y, y2=y)
    return element("g", bar + element("circle", cx=x(middle), cy=y, r=4), class_=role)
