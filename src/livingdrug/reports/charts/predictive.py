"""A visual predictive check: where quantiles of simulated data lie, those of the real data, and the share below the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingdrug.reports.charts.line_labels import line_label
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.scales import linear
from livingdrug.reports.charts.scatter import LEFT, RIGHT, TOP, axis
from livingdrug.reports.charts.svg import Point, element, text

STRIP = 70.0


@dataclass(frozen=True)
class Ribbon:
    """One statistic by time: simulated low, middle and high, and observed; None where it does not exist."""

    name: str
    time: Sequence[float]
    low: Sequence[float | None]
    middle: Sequence[float | None]
    high: Sequence[float | None]
    observed: Sequence[float | None]


def draw_predictive(
    ribbons: Sequence[Ribbon], points: Sequence[Point], width: float, *, title: str, x_title: str, y_title: str, log: bool,
    time_unit: str = "", below: Ribbon | None = None, limit: float | None = None, height: float = 320,
) -> str:  # fmt: skip
    """Bands of the simulated quantiles, lines of the observed ones, the data, and below them the share under the limit."""
    values = [v for r in ribbons for part in (r.low, r.high, r.observed) for v in part if v is not None]
    values += [y for _, y in points] + ([limit] if limit else [])
    times = [x for x, _ in points] + [t for r in ribbons for t in r.time]
    bottom = TOP + height
    x = axis(times, LEFT, width - RIGHT, time_unit=time_unit)
    y = axis(values, bottom, TOP, log=log)
    panel = Panel(x, y)
    panel.y_axis(y_title)
    floor = limit if limit else (y.low if log else None)
    for i, ribbon in enumerate(ribbons):
        rows = [(t, lo, hi) for t, lo, hi in zip(ribbon.time, ribbon.low, ribbon.high, strict=True) if hi is not None]
        lows = [lo if lo is not None else (floor if floor is not None else y.low) for _, lo, _ in rows]
        role = "s0 inner" if i == len(ribbons) // 2 else "s0 outer"
        panel.band([t for t, _, _ in rows], lows, [hi for _, _, hi in rows], role)
    for a, b in points:
        if b > 0 or not log:
            panel.add(element("circle", cx=x(a), cy=y(b), r=1.7, class_="dot s2", fill_opacity="0.35"))
    for ribbon in ribbons:
        panel.line(_known(ribbon.time, ribbon.middle), "s0 quiet")
        panel.line(_known(ribbon.time, ribbon.observed), "s1")
    if limit:
        at = y(limit)
        panel.add(element("line", x1=LEFT, x2=width - RIGHT, y1=at, y2=at, class_="limit"))
        curves = [
            [(x(t), y(value)) for t, value in _known(ribbon.time, row)]
            for ribbon in ribbons
            for row in (ribbon.middle, ribbon.observed)
        ]
        words = f"limit of quantification, {limit:g}"
        panel.add(line_label(words, at, LEFT, width - RIGHT, bottom=bottom, curves=curves)[0])
    if below is None:
        panel.x_axis(x_title)
        return panel.picture(width, bottom + 44, title)
    top = bottom + 34
    share = Panel(x, linear(0, 1, top + STRIP, top, n=2))
    share.add(text(0, top - 8, "share below the limit", "axis-title"))
    share.y_axis()
    share.band(below.time, [v or 0.0 for v in below.low], [v or 0.0 for v in below.high], "s0 inner")
    share.line(_known(below.time, below.observed), "s1")
    share.x_axis(x_title)
    panel.add(*share.body)
    return panel.picture(width, top + STRIP + 44, title)


def _known(times: Sequence[float], values: Sequence[float | None]) -> list[Point]:
    return [(t, float("nan") if v is None else v) for t, v in zip(times, values, strict=True)]


def ribbons_of(rows: Sequence[Mapping[str, object]]) -> dict[str, Ribbon]:
    """Statistics of a `vpc` table by name."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for row in rows:
        found.setdefault(str(row["statistic"]), []).append(row)
    return {
        name: Ribbon(name, *([r[key] for r in group] for key in ("time", "low", "middle", "high", "observed")))  # type: ignore[misc]
        for name, group in found.items()
    }
