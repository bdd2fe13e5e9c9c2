"""Section 11: one patient's story in words and curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from livingdrug.reports import story
from livingdrug.reports.charts.tracks import draw_tracks
from livingdrug.reports.page import Figure, Note, Section, missing
from livingdrug.reports.source import Source

LEAD = "Averages hide how differently two patients fare. This one was chosen because much happened; most courses are calmer."
LEGEND = (
    ("line s0", "true course (simulated)"), ("seen", "measured"), ("seen under", "below the limit"),
    ("moment drug", "tocilizumab"), ("moment steroid", "steroid"), ("moment good", "remission"), ("moment alarm", "alarm"),
)  # fmt: skip


@dataclass(frozen=True)
class Diary:
    """The entries of a story as a list of days and sentences."""

    title: str
    entries: tuple[story.Entry, ...]
    kind: str = "diary"


def build(source: Source) -> Section:
    """Paragraphs, small multiples and a diary."""
    frames = {name: source.frame(name) for name in ("patients", "visits", "grades", "events", "log", "courses")}
    chosen = story.choose(frames)
    if chosen is None:
        return missing("patient", "One patient's story", "This run has no infused patient to tell of.")
    told = story.tell(frames, *chosen, story.setting(source.trial, chosen[0], source.catalog))
    title = f"{told.title}" + (f", {told.arm}" if len(source.arms) > 1 else "")
    parts: list = [Note(text) for text in (f"{title}. {told.paragraphs[0]}", *told.paragraphs[1:])]
    if told.tracks:
        early = min(told.last_day, 42.0)
        first = max(-7.0, min(track.day[0] for track in told.tracks))
        parts.append(Figure(f"{title}: the first six weeks", partial(draw_tracks, told.tracks, _until(told, early), first_day=first, last_day=early), legend=LEGEND,
                            caption="Lines across all curves mark treatments and turning points; point at one to read it."))  # fmt: skip
        if told.last_day > 100:
            chosen_tracks = [t for t in told.tracks if not t.title.startswith(("Temp", "Interleukin"))]
            parts.append(
                Figure(
                    f"{title}: the whole course",
                    partial(draw_tracks, chosen_tracks, _from(told, 0), first_day=first, last_day=told.last_day),
                    legend=LEGEND[:3],
                )
            )
    else:
        parts.append(Note("This run kept no true course of this patient, so there are no curves.", "missing"))
    parts.append(Diary("Diary", told.entries))
    return Section("patient", "One patient's story", LEAD, tuple(parts))


def _until(told: story.Story, day: float) -> list:
    return [moment for moment in told.moments if moment.day <= day]


def _from(told: story.Story, day: float) -> list:
    return [moment for moment in told.moments if moment.day >= day and moment.kind != "steroid"]
