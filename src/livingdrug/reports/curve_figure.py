"""A time to event as a figure: the curve of each arm, the published points, and the same question among other patients."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from livingdrug.reports.charts.arms import MOST_BANDS
from livingdrug.reports.charts.survival import Curve, PublishedPoint, draw_survival
from livingdrug.reports.estimates import curve_frame, curves, curves_of
from livingdrug.reports.page import Figure, legend_of
from livingdrug.reports.source import Source
from livingdrug.reports.words import percent_interval
from livingdrug.trial.published import days_of

if TYPE_CHECKING:
    from livingdrug.outcome.endpoint_result import EndpointResult


def curve_figure(
    source: Source, one: EndpointResult, *, half: bool, beside: list[EndpointResult] | None = None
) -> Figure | None:
    """The figure of a time to event; None for another sort of endpoint, or where nobody was watched.

    Parameters
    ----------
    beside
        Endpoints drawn as thin lines; with several arms they stay in the tables.
    """
    data = curve_frame(source, one.id)
    found = [] if data is None else curves_of(data, source.arms)
    if not found:
        return None
    quiet = [curve for other in beside or [] for curve in _thin(source, other)] if len(source.arms) == 1 else []
    points = published_points(source, one.id)
    draw = partial(draw_survival, [*found, *quiet], title=one.title, last_day=source.last_day,
                   published=points, height=220 if half else 290)  # fmt: skip
    legend = [*legend_of([curve.name for curve in found], [curve.name for curve in quiet])]
    if len(found) > MOST_BANDS:
        legend += [("band s0 inner", f"95 % band of {found[0].name}; those of the others are in the tables")]
    legend += [("published", "published, 95 % CI")] if points else []
    caption = one.record.definition.strip().replace("\n", " ")
    return Figure(one.title, draw, caption, tuple(legend), data, half, id=one.id)


def _thin(source: Source, one: EndpointResult) -> list[Curve]:
    return [replace(curve, name=one.record.name, censored_day=(), quiet=True) for curve in curves(source, one.id)]


def published_points(source: Source, id: str) -> list[PublishedPoint]:
    """One published point per time: the preferred row of each."""
    points: dict[float, PublishedPoint] = {}
    for row in source.published(id):
        day = days_of(row.at)
        if day is None or row.unit != "percent":
            continue
        low, high = (None if v is None else v / 100 for v in (row.ci_low, row.ci_high))
        interval = percent_interval(low, high)
        tip = f"published at {row.at}: {row.value:g} %{f' ({interval})' if interval else ''}; {row.population_note} [{row.status}]"
        points.setdefault(day, PublishedPoint(day, row.value / 100, low, high, tip))
    return list(points.values())
