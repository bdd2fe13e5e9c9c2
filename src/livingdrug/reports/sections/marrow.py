"""Neutrophils and platelets."""

from __future__ import annotations

from livingdrug.reports.band_figure import band_figure
from livingdrug.reports.charts.bands import Limit
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.page import Section, missing
from livingdrug.reports.source import Source

ORDER = 90
LAST_DAY = 365.0
LEAD = (
    "Lymphodepletion, malignant cells and cytokines press the marrow together; counts may fall twice. Lines mark the borders "
    "of grade 3 and grade 4."
)
COUNTS = (
    ("anc_1e9_per_l", "Neutrophils", (Limit(0.5, "grade 4 below 0.5"), Limit(1.0, "grade 3 below 1.0"))),
    ("platelets_1e9_per_l", "Platelets", (Limit(25.0, "grade 4 below 25"), Limit(50.0, "grade 3 below 50"))),
)


def section(source: Source) -> Section:
    """Bands of the counts, and the endpoints of cytopenia."""
    last = min(LAST_DAY, source.last_day)
    figures = [
        band_figure(source, quantity, title, "×10⁹/L", log=True, limits=limits, last_day=last)
        for quantity, title, limits in COUNTS
    ]
    parts = [part for part in (*figures, endpoint_table(source, "cytopenia")) if part]
    if not parts:
        return missing("marrow", "Marrow", "This run has no blood counts (anc_1e9_per_l, platelets_1e9_per_l).")
    return Section("marrow", "Marrow", LEAD, tuple(parts))
