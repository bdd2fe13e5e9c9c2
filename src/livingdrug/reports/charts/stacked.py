"""Stacked columns: the share of patients in each grade on each day."""

from __future__ import annotations

from collections.abc import Sequence

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element

LEFT, RIGHT, TOP = 46, 10, 30


def draw_grades(
    days: Sequence[int], shares: Sequence[Sequence[float]], width: float, *, title: str, height: float = 190,
    top_share: float | None = None,
) -> str:  # fmt: skip
    """Columns from the highest grade at the base to grade 1 at the top.

    Parameters
    ----------
    shares
        Per cent of patients at risk in grade 1, 2, 3 …, shaped (grades, days). The rest has grade 0.
    top_share
        The axis ends here [%]; the same for charts that stand side by side.
    """
    peak = max((sum(column) for column in zip(*shares, strict=True)), default=0)
    highest = top_share or min(100, 10 * (int(peak / 10) + 1))
    x = scales.linear(min(days) - 0.6, max(days) + 0.6, LEFT, width - RIGHT, n=6)
    y = scales.linear(0, highest, TOP + height, TOP, n=4, unit=" %")
    panel = Panel(x, y)
    panel.y_axis(title)
    wide = max((x(1) - x(0)) - (2 if width > 380 else 1), 2)
    for j, day in enumerate(days):
        base = 0.0
        column = ""
        for grade in range(len(shares), 0, -1):
            share = shares[grade - 1][j]
            if share <= 0:
                continue
            top, low = y(base + share), y(base)
            column += element(
                "rect", x=x(day) - wide / 2, y=top, width=wide, height=max(low - top, 0.3), class_=f"g{grade}"
            )
            base += share
        words = ", ".join(f"grade {g + 1}: {row[j]:.1f} %" for g, row in enumerate(shares))
        panel.add(element("g", column, data_tip=f"day {day}: {words}")) if column else None
    panel.x_axis("days from infusion")
    return panel.picture(width, TOP + height + 40, title)
