"""Section 9: neutrophils and platelets."""

from __future__ import annotations

from livingdrug.reports.charts.bands import Limit
from livingdrug.reports.estimates import single
from livingdrug.reports.page import Section, Table, missing
from livingdrug.reports.sections.b_cells import band_figure
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval

LAST_DAY = 365.0
LEAD = (
    "Lymphodepletion, malignant cells and cytokines press the marrow together; counts may fall twice. Lines mark the borders "
    "of grade 3 and of the recovery that a complete remission of leukaemia asks for."
)


def build(source: Source) -> Section:
    """Two bands and the share with grade 3 or higher at day 28."""
    last = min(LAST_DAY, source.last_day)
    neutrophils = (Limit(0.5, "grade 4 below 0.5"), Limit(1.0, "grade 3 below 1.0"))
    platelets = (Limit(25.0, "grade 4 below 25"), Limit(50.0, "grade 3 below 50"))
    figures = [
        band_figure(
            source, "anc_1e9_per_l", "Neutrophils", "×10⁹/L", "×10⁹/L", log=True, limits=neutrophils, last_day=last
        ),
        band_figure(
            source, "platelets_1e9_per_l", "Platelets", "×10⁹/L", "×10⁹/L", log=True, limits=platelets, last_day=last
        ),
    ]
    rows = []
    for id, words in (
        ("neutropenia_day28", "Neutropenia of grade 3 or higher at day 28"),
        ("thrombocytopenia_day28", "Thrombocytopenia of grade 3 or higher at day 28"),
    ):
        cells = []
        for arm in source.arms:
            found = single(source, id, arm)
            cells.append(f"{percent(found.value)} ({percent_interval(found.low, found.high)})" if found else DASH)
        published = [row for row in source.published(id) if row.unit == "percent"]
        if any(cell != DASH for cell in cells):
            rows.append((words, *cells, f"{published[0].value:.0f} %" if published else DASH))
    parts = [*(f for f in figures if f), *([Table(("", *source.arms, "published"), tuple(rows))] if rows else [])]
    if not parts:
        return missing("marrow", "Marrow", "This run has no blood counts (anc_1e9_per_l, platelets_1e9_per_l).")
    return Section("marrow", "Marrow", LEAD, tuple(parts))
