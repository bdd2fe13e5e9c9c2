"""A population over time: median, middle half and middle nine tenths, with the assay's limit and the share below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.arms import has_band, role_of
from livingdrug.reports.charts.line_labels import line_label
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element, text

LEFT, RIGHT, TOP, STRIP = 52, 14, 30, 26


@dataclass(frozen=True)
class Band:
    """One group's quantiles by day; `quantiles` hold (5, 25, 50, 75, 95 %) rows shaped (5, days)."""

    name: str
    day: Sequence[float]
    quantiles: Sequence[Sequence[float]]
    n: Sequence[int]
    below: Sequence[float]


@dataclass(frozen=True)
class Limit:
    """A horizontal line that means something, e.g. the limit of quantification."""

    value: float
    words: str


def draw_bands(
    bands: Sequence[Band], width: float, *, title: str, axis: str, unit: str, low: float, high: float, log: bool,
    limits: Sequence[Limit] = (), last_day: float = 28, height: float = 300, strip: str = "",
) -> str:  # fmt: skip
    """Quantile bands per group over a day axis that shows weeks and years.

    Parameters
    ----------
    bands
        One per arm; the second and later arms get only their median and their middle half, of many arms the median alone.
    strip
        When given, a row under the plot shows the share of values below the limit, with this heading.
    """
    rows = len(bands) if strip else 0
    bottom = TOP + height
    x = scales.days(last_day, LEFT, width - RIGHT)
    y = (scales.logarithmic if log else scales.linear)(low, high, bottom, TOP)
    panel = Panel(x, y)
    panel.y_axis(axis)
    if last_day > 42:
        knee = x(28)
        panel.add(element("line", x1=knee, x2=knee, y1=TOP, y2=bottom, class_="divider"))
        if width > 500:
            panel.add(
                text(knee - 6, TOP + 10, "days", "hint", anchor="end"),
                text(knee + 6, TOP + 10, "months, years", "hint"),
            )
    for limit in limits:
        at = y(limit.value)
        if log:
            panel.add(
                element("rect", x=LEFT, y=at, width=width - LEFT - RIGHT, height=max(bottom - at, 0), class_="below")
            )
    for i, band in enumerate(bands):
        if i == 0:
            panel.band(band.day, band.quantiles[0], band.quantiles[4], f"{role_of(i)} outer")
        if has_band(i, len(bands)):
            panel.band(band.day, band.quantiles[1], band.quantiles[3], f"{role_of(i)} inner")
    for i, band in enumerate(bands):
        _median(panel, band, role_of(i))
        for j in range(len(band.day)):
            tip = (
                f"{band.name}, day {band.day[j]:.0f}: median {band.quantiles[2][j]:,.3g} {unit}, "
                f"90 % of patients {band.quantiles[0][j]:,.3g} to {band.quantiles[4][j]:,.3g}, n = {band.n[j]}"
            )
            panel.add(
                element(
                    "circle",
                    cx=x(band.day[j]),
                    cy=y(band.quantiles[2][j]),
                    r=2.6,
                    data_tip=tip,
                    class_=f"dot {role_of(i)}{' under' if band.below[j] >= 0.5 else ''}",
                )
            )
    medians = [[(x(day), y(value)) for day, value in zip(band.day, band.quantiles[2], strict=True)] for band in bands]
    heights, taken = [y(limit.value) for limit in limits], []
    for limit, at in zip(limits, heights, strict=True):  # last, so that no band covers the words
        panel.add(element("line", x1=LEFT, x2=width - RIGHT, y1=at, y2=at, class_="limit"))
        others = [one for one in heights if one != at]
        words, box = line_label(
            limit.words, at, LEFT, width - RIGHT, bottom=bottom, curves=medians, lines=others, taken=taken
        )
        panel.add(words)
        taken.append(box)
    if strip:
        _share_below(panel, bands, bottom + 18, width, strip)
    panel.x_axis(
        "days from infusion" if last_day <= 42 else "time from infusion", y=bottom + rows * STRIP + (22 if strip else 0)
    )
    return panel.picture(width, bottom + rows * STRIP + (22 if strip else 0) + 40, title)


def _median(panel: Panel, band: Band, role: str) -> None:
    """The median: firm where it was measured, dotted where most patients were below the limit and it is only known to be."""
    points = list(zip(band.day, band.quantiles[2], strict=True))
    pieces: list[tuple[str, list[tuple[float, float]]]] = []
    for j in range(1, len(points)):
        kind = f"{role} under" if max(band.below[j - 1], band.below[j]) >= 0.5 else role
        if not pieces or pieces[-1][0] != kind:
            pieces.append((kind, [points[j - 1]]))
        pieces[-1][1].append(points[j])
    for kind, piece in pieces or [(role, points)]:
        panel.line(piece, kind)


def _share_below(panel: Panel, bands: Sequence[Band], top: float, width: float, heading: str) -> None:
    """A strip of bars, one per visit, whose height is the share of values below the limit."""
    panel.add(text(0, top + 2, heading, "hint"))
    for i, band in enumerate(bands):
        base = top + 8 + (i + 1) * STRIP - 6
        panel.add(element("line", x1=panel.left, x2=panel.right, y1=base, y2=base, class_="grid"))
        for day, share in zip(band.day, band.below, strict=True):
            tall = max(share * (STRIP - 8), 0.6)
            at = panel.x(day)
            panel.add(element("rect", x=at - 3, y=base - tall, width=6, height=tall, class_=f"fill {role_of(i)}",
                              data_tip=f"{band.name}, day {day:.0f}: {share:.0%} below the limit"))  # fmt: skip
