"""Neutrophils and platelets."""

from __future__ import annotations

from livingdrug.reports.banded import band_of, banded
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.not_kept import not_kept
from livingdrug.reports.page import Section, missing
from livingdrug.reports.source import Source

ORDER = 90
LAST_DAY = 365.0
LEAD = "Lymphodepletion and cytokines press the marrow together, and malignant cells where they grow in it; counts may fall twice."
LINES = " Lines mark the borders of grade 3 and grade 4."


def section(source: Source) -> Section:
    """Bands of the counts, and the endpoints of cytopenia."""
    last = min(LAST_DAY, source.last_day)
    assays = banded(source, "marrow")
    figures = [band_of(source, one, last_day=last) for one in assays]
    absent = not_kept(source, "Counts over time")
    parts = [part for part in (*figures, *absent, endpoint_table(source, "cytopenia")) if part]
    if not parts:
        return missing(
            "marrow", "Marrow", f"This run has no blood counts ({', '.join(one.quantity for one in assays)})."
        )
    return Section("marrow", "Marrow", LEAD + LINES * any(figures), tuple(parts))
