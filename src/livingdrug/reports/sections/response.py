"""Section 5: response and minimal residual disease, with exact binomial intervals."""

from __future__ import annotations

from livingdrug.reports.estimates import single
from livingdrug.reports.page import Section, Table, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval

ROWS = (
    ("lugano_orr", "Overall response of lymphoma (Lugano)"), ("lugano_cr", "Complete response of lymphoma (Lugano)"),
    ("imwg_orr", "Overall response of myeloma (IMWG)"), ("imwg_cr", "Complete response or better of myeloma (IMWG)"),
    ("cr_cri_3mo", "Overall remission (CR + CRi) within 3 months"),
    ("cr_3mo", "Complete remission (CR)"),
    ("cri_3mo", "CR with incomplete blood count recovery (CRi)"),
    ("mrd_negative_3mo", "No minimal residual disease, of those in remission"),
    ("relapse_antigen_negative", "Antigen-negative relapse, of all relapses"),
)  # fmt: skip
LEADS = {
    "all": "Remission needs fewer than 5 % blasts in the marrow; it is called complete when neutrophils and platelets have recovered too.",
    "lugano": "Response is read from volumes: complete when nothing active is left, partial when size has halved.",
    "imwg": "Response is read from M-protein and marrow: complete when M-protein is gone, partial when it has halved.",
}  # fmt: skip
"""By the disease's way to judge response."""


def build(source: Source) -> Section:
    """One table with a column pair per arm and the published value."""
    columns = ["", *(name for arm in source.arms for name in (f"{arm}: n", "% (95 % CI)")), "published"]
    rows = []
    for id, words in ROWS:
        cells: list[str] = []
        for arm in source.arms:
            found = single(source, id, arm)
            counts = f"{found.n_events:,} / {found.n:,}" if found and found.n_events is not None else DASH
            cells += [counts, f"{percent(found.value)} ({percent_interval(found.low, found.high)})" if found else DASH]
        if any(cell != DASH for cell in cells):
            rows.append((words, *cells, _published(source, id)))
    if not rows:
        return missing("response", "Response", "This run has no response endpoints (cr_cri_3mo, mrd_negative_3mo …).")
    note = "Exact (Clopper–Pearson) 95 % intervals. Response is read from what was measured at the planned visits only."
    return Section(
        "response", "Response",
        LEADS.get(source.response_criteria, ""),
        (Table(tuple(columns), tuple(rows), note=note),),
    )  # fmt: skip


def _published(source: Source, id: str) -> str:
    rows = [row for row in source.published(id) if row.unit == "percent"]
    if not rows:
        return DASH
    row = rows[0]
    interval = percent_interval(*(None if v is None else v / 100 for v in (row.ci_low, row.ci_high)))
    counts = f"; {row.numerator}/{row.n}" if row.numerator is not None and row.n else ""
    return f"{row.value:.0f} %{f' ({interval})' if interval else ''}{counts}"
