"""Section 4: event-free, progression-free, overall and relapse-free survival, of these what the trial asks for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from livingdrug.reports.charts.survival import Curve, PublishedPoint, draw_survival
from livingdrug.reports.estimates import at_day, curve_frame, curves
from livingdrug.reports.page import Figure, Note, Section, Table, legend_of
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval
from livingdrug.trial.published import days_of

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
        "Events: no remission, relapse, or death.",
        False,
    ),
    ("pfs", "", "Progression-free survival", "Events: progression or death.", False),
    ("os", "os_enrolled", "Overall survival", "", True),
    ("rfs", "", "Relapse-free survival of responders", "From first remission; censored at further therapy.", True),
)
TIMES = (6, 12, 24, 36, 60)
MONTH = 365.25 / 12


def build(source: Source) -> Section:
    """Figures and a table at the usual months."""
    figures, absent = [], []
    for id, twin, title, caption, half in FIGURES:
        if not source.planned(id):
            continue
        found = curves(source, id)
        if not found:
            absent.append(f"{title.lower()} ({source.problems.get(id, 'no patients')})")
            continue
        quiet = _enrolled(source, twin)
        if quiet:
            caption = f"{caption} The thin line counts everyone enrolled, from apheresis.".strip()
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


def _enrolled(source: Source, twin: str) -> list[Curve]:
    """The same endpoint among the enrolled, as a thin line; with several arms it stays in the table."""
    if not twin or len(source.arms) > 1:
        return []
    return [replace(c, name=f"{c.name}, enrolled", censored_day=(), quiet=True) for c in curves(source, twin)]


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
    """Estimates at the usual months: infused, published, and enrolled."""
    rows: list[tuple[str, ...]] = []
    marks = []
    for id, twin, title, _, _ in FIGURES:
        for arm in source.arms:
            _add(
                rows,
                title + (f", {arm}" if len(source.arms) > 1 else ""),
                [_simulated(source, id, arm, m) for m in TIMES],
            )
        points = _published(source, id)
        if rows and _add(rows, f"{title}, published", [_near(points, month * MONTH) for month in TIMES]):
            marks.append((len(rows) - 1, "quiet"))
        for arm in source.arms if twin else ():
            name = "all enrolled" + (f", {arm}" if len(source.arms) > 1 else "")
            if _add(rows, f"{title}, {name}", [_simulated(source, twin, arm, month) for month in TIMES]):
                marks.append((len(rows) - 1, "quiet"))
    columns = ("", *(f"{month} months" for month in TIMES))
    return Table(
        columns,
        tuple(rows),
        title="Survival at fixed times",
        note="Estimate (95 % confidence interval); from infusion unless it says enrolled, then from apheresis.",
        marks=tuple(marks),
    )


def _add(rows: list[tuple[str, ...]], name: str, cells: list[str]) -> bool:
    """Add a row unless it is empty."""
    if all(cell == DASH for cell in cells):
        return False
    rows.append((name, *cells))
    return True


def _simulated(source: Source, id: str, arm: str, month: int) -> str:
    found = at_day(source, id, arm, month * MONTH) if month * MONTH <= source.last_day + 1 else None
    return _told(found.value, found.low, found.high) if found else DASH


def _near(points: list[PublishedPoint], day: float) -> str:
    near = [point for point in points if abs(point.day - day) < 5]
    return _told(near[0].value, near[0].low, near[0].high) if near else DASH


def _told(value: float, low: float | None, high: float | None) -> str:
    interval = percent_interval(low, high)
    return percent(value) + (f" ({interval})" if interval else "")
