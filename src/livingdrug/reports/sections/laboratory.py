"""Everything else that was measured: cytokines, imaging, marrow, what an assay of one's own adds."""

from __future__ import annotations

from livingdrug.reports.band_figure import band_figure
from livingdrug.reports.banded import banded
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.measured import measured
from livingdrug.reports.not_kept import not_kept
from livingdrug.reports.page import Section
from livingdrug.reports.sections import kinetics
from livingdrug.reports.source import Source

ORDER = 95
LEAD = "What the other assays of the trial reported at its visits."
BANDS = " The band holds nine in ten patients, its darker part every second one; patients leave it at their last visit."


def section(source: Source) -> Section | None:
    """A figure for each quantity that no other section draws, and the endpoints asked of them; nothing when there is none."""
    elsewhere = {one.quantity for one in banded(source)}
    figures = [
        band_figure(source, one.quantity, one.title, one.unit_words, log=True, last_day=_end(source, one.quantity))
        for one in measured(source)
        if one.quantity not in elsewhere and one.schedule != kinetics.SCHEDULE
    ]
    absent = not_kept(
        source, "Other measurements over time (cytokines, imaging, marrow, what an assay of one's own adds)"
    )
    shown = tuple(part for part in (*figures, *absent, endpoint_table(source, "laboratory")) if part)
    return Section("laboratory", "Other measurements", LEAD + BANDS * any(figures), shown) if shown else None


def _end(source: Source, quantity: str) -> float:
    """The last planned visit: a month of cytokines needs no axis of five years."""
    return float(source.visits(quantity)["day_planned"].max() or source.last_day)  # type: ignore[arg-type]
