"""Survival and other times to an event: of these, what the trial asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.curve_figure import curve_figure, published_points
from livingdrug.reports.endpoint_rows import SAME_TIME, table_of
from livingdrug.reports.estimates import at_day
from livingdrug.reports.everyone import everyone_first, is_randomised, whom
from livingdrug.reports.page import Figure, Note, Section, Table, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval

if TYPE_CHECKING:
    from livingdrug.outcome.endpoint_result import EndpointResult

ORDER = 40
FROM_INFUSION = "Estimates from infusion unless another start is named, "
RANDOMISED = (
    "Curves of everyone randomised, from randomisation where the trial's question has such a form; tables tell the treated besides, from "
    "the beginning of treatment; "
)
LEAD = (
    "with 95 % confidence bands (Kaplan–Meier; Aalen–Johansen where one event "
    "keeps another from being seen); small ticks mark patients whose follow-up ended."
)
PUBLISHED = " Open circles with bars are the published estimates."
TIMES = (6, 12, 24, 36, 60)
MONTH = 365.25 / 12


def section(source: Source) -> Section:
    """A figure for each time to event, the first one large, and a table at the usual months."""
    everything = everyone_first(source, source.endpoints("survival"))
    timed = [one for one in everything if one.over_time]
    main = [one for one in timed if one.record.beside not in {other.id for other in timed}]
    if is_randomised(source):  # of each question the curve of everyone randomised, where there is one
        main = [one for one in timed if one.told_first() is one]
    figures = []
    for one in main:
        beside = [other for other in timed if other.record.beside == one.id]
        figure = curve_figure(source, one, half=bool(figures), beside=beside)
        figures += [figure] if figure else []
    parts: list[Figure | Note | Table] = [*figures]
    absent = [id for id in (use.id for use in source.trial.endpoints) if id in source.problems]
    if absent and not figures:
        parts.append(Note(f"Not available in this run: {source.problems[absent[0]]}", "missing"))
    parts += [
        table
        for table in (_table(source, timed), table_of(source, [one for one in everything if not one.over_time]))
        if table
    ]
    if not parts:
        return missing("survival", "Survival", "This run answers no time to event that its trial asks for.")
    lead = (
        (RANDOMISED if is_randomised(source) else FROM_INFUSION)
        + LEAD
        + (PUBLISHED if any(published_points(source, one.id) for one in main) else "")
    )
    return Section("survival", "Survival", lead, tuple(parts))


def _table(source: Source, timed: list[EndpointResult]) -> Table | None:
    """Estimates at the usual months: each arm, and published."""
    rows: list[tuple[str, ...]] = []
    marks = []
    months = [month for month in TIMES if month * MONTH <= source.last_day + 1]
    for one in timed:
        for arm in source.arms:
            name = one.title + whom(source, one) + (f", {arm}" if len(source.arms) > 1 else "")
            shown = _add(rows, name, [_simulated(source, one.id, arm, month) for month in months])
            if shown and (one.told_first() is not one if is_randomised(source) else one.record.beside):
                marks.append((len(rows) - 1, "quiet"))
        points = published_points(source, one.id)
        if rows and _add(rows, f"{one.title}, published", [_near(points, month * MONTH) for month in months]):
            marks.append((len(rows) - 1, "quiet"))
    if not rows:
        return None
    note = "Estimate (95 % confidence interval)."
    columns = ("", *(f"{month} months" for month in months))
    return Table(columns, tuple(rows), title="Survival at fixed times", note=note, marks=tuple(marks))


def _add(rows: list[tuple[str, ...]], name: str, cells: list[str]) -> bool:
    """Add a row unless it is empty."""
    if all(cell == DASH for cell in cells):
        return False
    rows.append((name, *cells))
    return True


def _simulated(source: Source, id: str, arm: str, month: int) -> str:
    found = at_day(source, id, arm, month * MONTH)
    return _told(found.value, found.low, found.high) if found else DASH


def _near(points: list, day: float) -> str:
    near = [point for point in points if abs(point.day - day) < SAME_TIME]
    return _told(near[0].value, near[0].low, near[0].high) if near else DASH


def _told(value: float, low: float | None, high: float | None) -> str:
    interval = percent_interval(low, high)
    return percent(value) + (f" ({interval})" if interval else "")
