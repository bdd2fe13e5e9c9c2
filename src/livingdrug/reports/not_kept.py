"""What a run of outcomes alone cannot show is said where it would stand: nothing is drawn that was not kept."""

from __future__ import annotations

from livingdrug.reports.page import Note, Section, missing
from livingdrug.reports.source import Source

WHY = "this run kept each patient's outcomes and not the courses from which they were told"


def not_kept(source: Source, what: str) -> tuple[Note, ...]:
    """A sentence on what is not shown; nothing of a run that kept everything.

    Parameters
    ----------
    what
        Begins the sentence: ``"Counts over time"``.
    """
    return (Note(f"{what} cannot be shown: {WHY}.", "missing"),) if source.outcomes_alone else ()


def section_not_kept(source: Source, id: str, title: str, what: str) -> Section | None:
    """A section of which nothing can be shown; None of a run that kept everything."""
    found = not_kept(source, what)
    return missing(id, title, found[0].words) if found else None
