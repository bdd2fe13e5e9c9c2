"""One lane per patient: the first month day by day with CRS grades and drugs, then the years with what became of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.svg import element, number, picture, text

LANE, TOP = 13, 36


@dataclass(frozen=True)
class Lane:
    """One patient's way; days from infusion, NaN for what did not happen."""

    name: str
    remission: float
    relapse: float
    antigen_negative: bool
    failure: float
    subsequent: float
    death: float
    last: float
    grades: Mapping[int, int]
    drugs: Mapping[int, Sequence[float]]  # mark -> days of doses
    ongoing: bool
    tip: str


def draw_swimmer(lanes: Sequence[Lane], width: float, *, last_day: float, heading: str = "") -> str:
    """Lanes from top to bottom in the order given."""
    narrow = width < 500
    month_end = width * (0.40 if narrow else 0.36)
    early = scales.linear(-0.5, 30.5, 4, month_end, n=4)
    late = scales.months(last_day, month_end + 22, width - 14)
    bottom = TOP + LANE * len(lanes)
    body = [
        text(4, 12, heading if not narrow else heading.replace("First 30 days", "Days"), "axis-title"),
        text(month_end + 22, 12, "Months: outcome", "axis-title"),
    ]
    for scale in (early, late):
        for value, label in scale.ticks:
            body.append(element("line", x1=scale(value), x2=scale(value), y1=TOP - 4, y2=bottom + 2, class_="grid"))
            body.append(text(scale(value), TOP - 9, label, "tick", anchor="middle"))
    for k, lane in enumerate(lanes):
        y = TOP + LANE * k + LANE / 2
        body.append(element("g", _month(lane, early, y) + _years(lane, late, y, last_day), data_tip=lane.tip))
    return picture(width, bottom + 10, body, "Swimmer plot: one lane per patient")


def _month(lane: Lane, x: scales.Scale, y: float) -> str:
    wide = x(1) - x(0)
    end = min(30.0, lane.last)
    marks = element("rect", x=x(-0.5), y=y - 4, width=max(x(end + 0.5) - x(-0.5), 1), height=8, class_="g0")
    for day, grade in lane.grades.items():
        if 0 <= day <= 30 and grade > 0:
            marks += element("rect", x=x(day - 0.5), y=y - 4, width=wide, height=8, class_=f"g{min(grade, 5)}")
    for mark in sorted(lane.drugs, reverse=True):  # the first mark lies on top
        marks += "".join(drug_mark(x(day), y, mark) for day in lane.drugs[mark] if 0 <= day <= 30)
    if lane.death <= 30:
        marks += _cross(x(lane.death), y)
    return marks


def _years(lane: Lane, x: scales.Scale, y: float, last_day: float) -> str:
    end = min(lane.last, last_day)
    marks = element("rect", x=x(0), y=y - 3.5, width=max(x(end) - x(0), 0.6), height=7, class_="lane waiting")
    if lane.remission <= end:
        until = min(v for v in (lane.relapse, lane.death, end) if not math.isnan(v))
        marks += element(
            "rect",
            x=x(lane.remission),
            y=y - 3.5,
            width=max(x(until) - x(lane.remission), 0.6),
            height=7,
            class_="lane remission",
        )
    if lane.relapse <= end:
        marks += element(
            "rect",
            x=x(lane.relapse),
            y=y - 3.5,
            width=max(x(end) - x(lane.relapse), 0.6),
            height=7,
            class_="lane relapsed",
        )
    if lane.subsequent <= end:
        marks += element("rect", x=x(lane.subsequent) - 3.4, y=y - 3.4, width=6.8, height=6.8, class_="mark subsequent")
    if lane.relapse <= end:
        at = x(lane.relapse)
        role = "hollow" if lane.antigen_negative else "full"
        marks += element("path", d=f"M{number(at)} {number(y - 5)}l5 5l-5 5l-5-5z", class_=f"mark relapse {role}")
    if lane.death <= end + 1:
        marks += _cross(x(lane.death), y)
    elif lane.ongoing:
        at = x(end)
        marks += element("path", d=f"M{number(at + 2)} {number(y - 3.5)}l6 3.5l-6 3.5z", class_="mark ongoing")
    return marks


def drug_mark(x: float, y: float, mark: int) -> str:
    """A dose: a triangle, a dot or a square, so that classes can be told apart without colour."""
    role = f"drug m{mark}"
    if mark == 0:
        return element("path", d=f"M{number(x - 3.6)} {number(y - 4)}h7.2l-3.6 6.4z", class_=role)
    if mark == 1:
        return element("circle", cx=x, cy=y, r=2.2, class_=role)
    return element("rect", x=x - 2, y=y - 2, width=4, height=4, class_=role)


def _cross(x: float, y: float) -> str:
    return element("path", d=f"M{number(x - 3.5)} {number(y - 3.5)}l7 7m0 -7l-7 7", class_="mark death")
