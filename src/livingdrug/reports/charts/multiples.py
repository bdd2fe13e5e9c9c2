"""Small multiples: the same axes again and again, one step line per arm in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.scales import linear, thinned
from livingdrug.reports.charts.svg import Point, escape, picture, text

LEFT, RIGHT, TOP, TALL, BELOW, GAP = 40, 8, 40, 92, 34, 18
WIDEST = 290.0


@dataclass(frozen=True)
class Lines:
    """One small picture: its title, and step lines as (points, role)."""

    title: str
    lines: tuple[tuple[Sequence[Point], str], ...]


def draw_multiples(panels: Sequence[Lines], width: float, *, last: float, axis: str, label: str) -> str:
    """Panels in rows from left to right; all share the axes, so that heights can be compared.

    Parameters
    ----------
    last
        Where the axis of days ends.
    """
    across = max(1, min(len(panels), int((width + GAP) // 250)))
    each = min((width - GAP * (across - 1)) / across, WIDEST if across > 1 else width)
    top = max((points[-1][1] for one in panels for points, _ in one.lines), default=1.0)
    highest = min(100.0, 10.0 * (int(top / 10 - 1e-9) + 1))
    body: list[str] = []
    for k, one in enumerate(panels):
        left, down = (k % across) * (each + GAP), (k // across) * (TOP + TALL + BELOW)
        x = linear(0, last, left + LEFT, left + each - RIGHT, n=3)
        y = linear(0, highest, down + TOP + TALL, down + TOP, n=2, unit=" %")
        panel = Panel(x, y)
        panel.y_axis()
        panel.add(text(left, down + 16, one.title, "group"))
        for points, role in one.lines:
            panel.steps([points[i] for i in thinned(points, 120)], role)
        panel.x_axis()
        words = ", ".join(f"{points[-1][1]:.0f} %" for points, _ in one.lines)
        body.append(
            f'<g data-tip="{escape(f"{one.title}, by day {last:g}: {words} ({axis})")}">{"".join(panel.body)}</g>'
        )
    rows = -(-len(panels) // across)
    height = rows * (TOP + TALL + BELOW) + 16
    body.append(text(0, height - 6, f"{axis}, by days from infusion", "axis-title"))
    return picture(width, height, body, label)
