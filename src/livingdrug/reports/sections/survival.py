"""Section 4: event-free, overall and relapse-free survival."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from livingdrug.reports.charts.survival import PublishedPoint, draw_survival
from livingdrug.reports.estimates import at_day, curve_frame, curves
from livingdrug.reports.page import Figure, Note, Section, Table, legend_of
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, days_of, percent, percent_interval

LEAD = (
    "Kaplan–Meier estimates from infusion, with 95 % confidence bands; small ticks mark patients whose follow-up ended. "
    "Open circles with bars are the published estimates."
)
# id, enrolled twin, title, caption, beside another figure
FIGURES = (
    (
        "efs",
        "efs_enrolled",
        "Event-free survival",
        "Events: no remission, relapse, or death. The thin line counts everyone enrolled, from apheresis.",
        False,
    ),
    ("os", "os_enrolled", "Overall survival", "Thin line: everyone enrolled.", True),
    ("rfs", "", "Relapse-free survival of responders", "From first remission; censored at further therapy.", True),
)
TIMES = (6, 12, 24, 36, 60)
MONTH = 365.25 / 12


def build(source: Source) -> Section:
    """Three figures and a table at the usual months."""
    figures, absent = [], []
    for id, twin, title, caption, half in FIGURES:
        found = curves(source, id)
        if not found:
            absent.append(f"{title.lower()} ({source.problems.get(id, 'no patients')})")
            continue
        quiet = (
            [replace(c, name=f"{c.name}, enrolled", censored_day=(), quiet=True) for c in curves(source, twin)]
            if twin
            else []
        )
        draw = partial(draw_survival, [*found, *quiet], title=title, last_day=source.last_day,
                       published=_published(source, id), height=220 if half else 290)  # fmt: skip
        legend = [*legend_of([c.name for c in found], [c.name for c in quiet])]
        if _published(source, id):
            legend.append(("published", "published, 95 % CI"))
        figures.append(Figure(title, draw, caption, tuple(legend), curve_frame(source, id), half))
    parts: list[Any] = [*figures]
    if absent:
        parts.append(Note(f"Not available in this run: {'; '.join(absent)}.", "missing"))
    table = _table(source)
    return Section("survival", "Survival", LEAD, tuple([*parts, table] if table.rows else parts))


def _published(source: Source, id: str) -> list[PublishedPoint]:
    """One published point per month: the preferred row of each."""
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


def _table(source: Source) -> Table:
    columns = ("", *(f"{month} months" for month in TIMES))
    rows, marks = [], []
    for id, _, title, _, _ in FIGURES:
        for arm in source.arms:
            cells = []
            for month in TIMES:
                found = at_day(source, id, arm, month * MONTH) if month * MONTH <= source.last_day + 1 else None
                interval = percent_interval(found.low, found.high) if found else ""
                cells.append(
                    f"{percent(found.value)} ({interval})"
                    if found and interval
                    else percent(found.value)
                    if found
                    else DASH
                )
            if any(cell != DASH for cell in cells):
                rows.append((title + (f", {arm}" if len(source.arms) > 1 else ""), *cells))
        published = {p.day: p for p in _published(source, id)}
        cells = []
        for month in TIMES:
            near = [p for d, p in published.items() if abs(d - month * MONTH) < 5]
            interval = percent_interval(near[0].low, near[0].high) if near else ""
            cells.append(f"{percent(near[0].value)}{f' ({interval})' if interval else ''}" if near else DASH)
        if rows and any(cell != DASH for cell in cells):
            marks.append((len(rows), "quiet"))
            rows.append((f"{title}, published", *cells))
    return Table(
        columns,
        tuple(rows),
        title="Survival at fixed times",
        note="Estimate (95 % confidence interval).",
        marks=tuple(marks),
    )
