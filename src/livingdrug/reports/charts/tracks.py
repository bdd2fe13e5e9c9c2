"""Small multiples of one patient: several quantities over the same days, with treatments marked through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, picture, text

if TYPE_CHECKING:
    import polars as pl

LEFT, RIGHT, TOP, TALL, GAP = 52, 14, 40, 74, 30


@dataclass(frozen=True)
class Track:
    """One quantity: days, values, its name with unit, whether its axis is logarithmic, and observed points."""

    title: str
    day: Sequence[float]
    value: Sequence[float]
    log: bool
    low: float
    high: float
    seen: Sequence[tuple[float, float, bool]] = ()  # day, value, below the limit

    @property
    def last_seen(self) -> float:
        """The last day on which it was measured; NaN-free, and the end of the course for what is never measured [day]."""
        return max((day for day, _, _ in self.seen), default=float(self.day[-1]) if self.log else 0.0)


def tracks_frame(tracks: Sequence[Track]) -> pl.DataFrame:
    """Tracks as one long table: what, day, value, and whether it is the true course, a result, or a result below the limit."""
    import polars as pl

    rows = [(one.title, d, v, "true course") for one in tracks for d, v in zip(one.day, one.value, strict=True)]
    rows += [(one.title, d, v, "below the limit" if b else "result") for one in tracks for d, v, b in one.seen]
    return pl.DataFrame(
        [(what, float(day), float(value), kind) for what, day, value, kind in rows],
        schema={"quantity": pl.String, "day": pl.Float64, "value": pl.Float64, "kind": pl.String}, orient="row",
    ).fill_nan(None)  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """Something on the day axis: its kind is its colour (drug, alarm, good)."""

    day: float
    label: str
    kind: str


def draw_tracks(
    tracks: Sequence[Track], moments: Sequence[Moment], width: float, *, first_day: float, last_day: float
) -> str:
    """Tracks one below the other; moments as thin lines through all, with a letter on top."""
    x = _axis(first_day, last_day, width)
    body: list[str] = []
    top = float(TOP)
    bottom = TOP + len(tracks) * (TALL + GAP) - GAP
    for moment in moments:
        at = x(moment.day)
        body.append(
            element(
                "line",
                x1=at,
                x2=at,
                y1=22,
                y2=bottom,
                class_=f"moment {moment.kind}",
                data_tip=f"day {moment.day:.1f}: {moment.label}",
            )
        )
        body.append(
            element(
                "circle",
                cx=at,
                cy=18,
                r=4,
                class_=f"moment-head {moment.kind}",
                data_tip=f"day {moment.day:.1f}: {moment.label}",
            )
        )
    for i, track in enumerate(tracks):
        if track.log:
            y = scales.logarithmic(track.low, track.high, top + TALL, top, at_most=3)
        else:
            y = scales.linear(track.low, track.high, top + TALL, top, n=2)
        panel = Panel(x, y)
        panel.y_axis()
        panel.add(text(LEFT + 4, top - 6, track.title, "axis-title halo"))
        if first_day < 0:
            panel.add(element("line", x1=x(0), x2=x(0), y1=top, y2=top + TALL, class_="divider"))
        shown = [point for point in zip(track.day, track.value, strict=True) if first_day <= point[0] <= last_day]
        panel.line([shown[j] for j in scales.thinned(shown, 420)], "s0")
        for day, value, below in track.seen:
            if not first_day <= day <= last_day:
                continue
            panel.add(element("circle", cx=x(day), cy=y(value), r=3.2, class_="seen under" if below else "seen",
                              data_tip=f"day {day:.0f}: {'below ' if below else ''}{value:,.3g}"))  # fmt: skip
        if i == len(tracks) - 1:
            panel.x_axis("days from infusion" if last_day < 200 else "time from infusion")
        else:
            panel.add(element("line", x1=x.start, x2=x.end, y1=top + TALL, y2=top + TALL, class_="axis"))
        body += panel.body
        top += TALL + GAP
    return picture(width, bottom + 42, body, "One patient's course")


def _axis(first: float, last: float, width: float) -> scales.Scale:
    """Days from a little before the infusion; the later part compressed when the course is long."""
    start, end = LEFT, width - RIGHT
    if last <= 60:
        return scales.linear(first, last, start, end, n=8)
    base = scales.days(last - first, start, end, knee=40 - first, share=0.62)
    roomy = end - start > 400
    wanted = [(0.0, "0"), (7.0, "7"), (14.0, "14"), (28.0, "28")] if roomy else [(0.0, "0"), (14.0, "14"), (28.0, "28")]
    wanted += [(90.0, "3 mo")] if roomy else []
    wanted += [(182.0, "6 mo"), *((365.25 * k, f"{k} y") for k in range(1, 6))]
    ticks = tuple(t for t in wanted if first <= t[0] <= last)
    return scales.Scale(first, last, start, end, lambda day: base.bend(day - first), ticks)
