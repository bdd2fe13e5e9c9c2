"""Endpoints of no group: what a trial of one's own asks for and no other section tells."""

from __future__ import annotations

from livingdrug.reports.curve_figure import curve_figure
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.page import Section
from livingdrug.reports.source import Source

ORDER = 97
GROUP = "other"


def section(source: Source) -> Section | None:
    """Curves and a table; nothing when every endpoint has a group."""
    curves = [curve_figure(source, one, half=True) for one in source.endpoints(GROUP)]
    parts = tuple(part for part in (*curves, endpoint_table(source, GROUP)) if part)
    return Section("further", "Further endpoints", "What this trial asks for besides.", parts) if parts else None
