"""Kaplan–Meier curves with confidence bands, censoring ticks, published points and the numbers at risk."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.arms import has_band, role_of
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, text

Line = Sequence[float] | NDArray[np.float64]
LEFT, RIGHT, TOP, ROW = 46, 16, 30, 18
MANY = 2000
"""Steps, beyond which a curve is thinned for drawing; what it says at a day stays exact."""


@dataclass(frozen=True)
class Curve:
    """One arm's step function; times in days, shares between 0 and 1."""

    name: str
    day: Line
    share: Line
    low: Line
    high: Line
    censored_day: Sequence[float] = ()
    risk: (
        Sequence[Sequence[float]] | NDArray[np.float64]
    ) = ()  # every (day, number at risk just before it), for the table below
    quiet: bool = False  # a second denominator: thinner, without its band

    def at(self, day: float, values: Line) -> float:
        """The value of the step function at a day."""
        return float(values[max(bisect_right(self.day, day) - 1, 0)])

    def n_at(self, day: float) -> int:
        """Patients still at risk just before a day."""
        # The planned end of follow-up may differ from the last visit by a day.
        place = bisect_left(self.risk, day - 1.5, key=lambda row: row[0])
        return int(self.risk[place][1]) if place < len(self.risk) else 0

    def drawn(self, last_day: float) -> Curve:
        """The curve as it can be seen: of very many steps, the last in each thousandth of the days and of the share."""
        lines: list[NDArray[np.float64]] = [
            np.asarray(one, dtype=float) for one in (self.day, self.share, self.low, self.high)
        ]
        if len(self.day) > MANY:
            cell = np.floor(1000 * lines[0] / max(last_day, 1.0)), np.floor(1000 * lines[1])
            keep = np.append(np.any([part[1:] != part[:-1] for part in cell], axis=0), True)
            keep[0] = True
            lines = [line[keep] for line in lines]
        day, share, low, high = (line.tolist() for line in lines)
        return replace(self, day=day, share=share, low=low, high=high)


@dataclass(frozen=True)
class PublishedPoint:
    """A published estimate at one time; value and limits between 0 and 1."""

    day: float
    value: float
    low: float | None
    high: float | None
    tip: str


def draw_survival(
    curves: Sequence[Curve], width: float, *, title: str, last_day: float, published: Sequence[PublishedPoint] = (),
    height: float = 260,
) -> str:  # fmt: skip
    """Curves in per cent over months, with the numbers at risk below."""
    bottom = TOP + height
    x = scales.months(last_day, LEFT, width - RIGHT)
    y = scales.linear(0, 100, bottom, TOP, n=4 if height < 240 else 5, unit=" %")
    panel = Panel(x, y)
    panel.y_axis("% of patients")
    shown = [curve.drawn(last_day) for curve in curves]
    for i, curve in enumerate(shown):
        if not curve.quiet and has_band(i, sum(not one.quiet for one in shown)):
            _confidence(panel, curve, role_of(i))
    for i, curve in enumerate(shown):
        role = f"{role_of(i)} quiet" if curve.quiet else role_of(i)
        end = min(last_day, curve.day[-1] if curve.day else 0)
        points = [(d, 100 * s) for d, s in zip(curve.day, curve.share, strict=True) if d <= last_day]
        start = 100 * curve.share[0] if curve.share else 100.0  # 100 for survival, 0 for an incidence
        panel.steps([(0.0, start), *points, (end, points[-1][1] if points else start)], role)
        for day in curve.censored_day:
            if day < last_day and not curve.quiet:
                at, high = x(day), y(100 * curves[i].at(day, curves[i].share))
                panel.add(element("line", x1=at, x2=at, y1=high - 4, y2=high + 4, class_=f"tick-mark {role_of(i)}"))
    _readings(panel, curves, last_day)
    for point in published:
        if point.day <= last_day:
            low = None if point.low is None else 100 * point.low
            high = None if point.high is None else 100 * point.high
            panel.published(point.day, 100 * point.value, low, high, point.tip)
    panel.x_axis("months")
    return panel.picture(width, _risk_table(panel, curves, bottom + 52), title)


def _confidence(panel: Panel, curve: Curve, role: str) -> None:
    """The band follows the steps: each limit holds until the next event."""
    start = 100 * curve.share[0] if curve.share else 100.0
    days, low, high = [0.0], [start], [start]
    for d, a, b in zip(curve.day, curve.low, curve.high, strict=True):
        if d > panel.x.high or a != a or b != b:
            continue
        days += [d, d]
        low += [low[-1], 100 * a]
        high += [high[-1], 100 * b]
    days.append(min(panel.x.high, max(curve.day, default=0)))
    panel.band(days, [*low, low[-1]], [*high, high[-1]], f"{role} inner")


def _readings(panel: Panel, curves: Sequence[Curve], last_day: float) -> None:
    """Invisible columns that answer a pointer with the curves' values at that month."""
    step = scales.MONTH * (1 if last_day < 800 else 3)
    n = int(last_day / step)
    for k in range(n + 1):
        day = k * step
        words = "; ".join(f"{c.name} {100 * c.at(day, c.share):.0f} %" for c in curves if len(c.day))
        left, right = panel.x(max(day - step / 2, 0)), panel.x(min(day + step / 2, last_day))
        panel.add(element("rect", x=left, y=panel.top, width=right - left, height=panel.bottom - panel.top,
                          class_="reading", data_tip=f"month {day / scales.MONTH:.0f}: {words}"))  # fmt: skip


def _risk_table(panel: Panel, curves: Sequence[Curve], top: float) -> float:
    """Numbers at risk at each labelled month; returns the height used."""
    panel.add(text(0, top, "Number at risk", "axis-title"))
    y = top
    for i, curve in enumerate(curves):
        y += ROW
        if len(curves) > 1:
            panel.add(text(0, y, curve.name, f"risk-name {role_of(i)}"))
            y += ROW - 2
        last = -1e9
        for day, _ in panel.x.ticks:
            at, words = panel.x(day), f"{curve.n_at(day):,}"
            if at - last >= 6.4 * len(words) + 8:
                panel.add(text(at, y, words, "tick", anchor="middle"))
                last = at
    return y + 8
