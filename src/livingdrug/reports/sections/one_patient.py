"""One patient's story in words and curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from livingdrug.reports.charts.tracks import Moment, draw_tracks, tracks_frame
from livingdrug.reports.choosing import SEVERE, choose
from livingdrug.reports.diary import Entry, drug_marks
from livingdrug.reports.drugs import drug_classes
from livingdrug.reports.not_kept import section_not_kept
from livingdrug.reports.page import Figure, Note, Section, missing
from livingdrug.reports.setting import Setting, setting
from livingdrug.reports.source import Source
from livingdrug.reports.story import Story, tell

if TYPE_CHECKING:
    import polars as pl

ORDER = 110
EARLY = 42.0
LEAD = "Averages hide how differently two patients fare. This one was chosen because much happened; most courses are calmer."
LINES = (("line s0", "true course (simulated)"), ("seen", "measured"), ("seen under", "below the limit"))
TURNS = (("moment good", "response"), ("moment alarm", "alarm"))


@dataclass(frozen=True)
class Diary:
    """The entries of a story as a list of days and sentences."""

    title: str
    entries: tuple[Entry, ...]
    kind: str = "diary"


def section(source: Source) -> Section:
    """Paragraphs, small multiples and a diary."""
    if absent := section_not_kept(
        source, "patient", "One patient's story", "Visits, drugs and the course of one patient"
    ):
        return absent
    chosen = choose(
        {**{name: source.frame(name) for name in ("patients", "log", "courses")}, "grades": source.graded_from(SEVERE)},
        source.roles,
    )
    if chosen is None:
        return missing("patient", "One patient's story", f"This run has no {source.begun} patient to tell of.")
    words = setting(source.trial, chosen[0], source.catalog)
    told = tell(source.of_patient(*chosen), *chosen, words)
    title = told.title + source.of_arm(told.arm)
    parts: list = [Note(text) for text in (f"{title}. {told.paragraphs[0]}", *told.paragraphs[1:])]
    parts += figures_of(told, title, legend_of_story(source.frame("log"), told, words))
    if not told.tracks:
        parts.append(Note("This run kept no true course of this patient, so there are no curves.", "missing"))
    parts.append(Diary("Diary", told.entries))
    return Section("patient", "One patient's story", LEAD, tuple(parts))


def figures_of(told: Story, title: str, legend: tuple[tuple[str, str], ...]) -> list[Figure]:
    """The first six weeks of a patient, and the whole course where it is much longer."""
    if not told.tracks:
        return []
    early = min(told.last_day, EARLY)
    first = max(-7.0, min(track.day[0] for track in told.tracks))
    moments = [moment for moment in told.moments if moment.day <= early]
    draw = partial(draw_tracks, told.tracks, moments, first_day=first, last_day=early)
    caption = "Lines across all curves mark treatments and turning points; the diary below says what each of them is."
    data = tracks_frame(told.tracks)
    figures = [Figure(f"{title}: the first six weeks", draw, legend=legend, caption=caption, data=data, id="patient")]
    if told.last_day > 2 * EARLY:
        slow = [track for track in told.tracks if track.last_seen > EARLY]
        draw = partial(draw_tracks, slow, _turns(told), first_day=first, last_day=told.last_day)
        figures.append(
            Figure(f"{title}: the whole course", draw, legend=(*LINES, *TURNS), data=data, id="patient-whole-course")
        )
    return figures


def _turns(told: Story) -> list[Moment]:
    """Turning points; single doses would hide the years."""
    return [moment for moment in told.moments if moment.day >= 0 and not moment.kind.startswith("drug")]


def legend_of_story(log: pl.DataFrame, told: Story, words: Setting) -> tuple[tuple[str, str], ...]:
    """Lines, the drugs this patient got, and turning points."""
    mine = log.filter((log["arm"] == told.arm) & (log["patient"] == told.patient)) if log.height else log
    drugs = mine["drug"].unique(maintain_order=True).to_list() if mine.height else []
    marks = drug_marks(drugs, words)
    names: dict[int, list[str]] = {}
    for one in drug_classes(drugs, words.catalog):
        if one.drugs[0] in marks:
            names.setdefault(marks[one.drugs[0]], []).append(one.name)
    return (*LINES, *((f"moment drug m{mark}", ", ".join(found)) for mark, found in sorted(names.items())), *TURNS)
