"""Response by the criterion of the disease, with exact binomial intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.endpoint_rows import table_of
from livingdrug.reports.everyone import everyone_first, is_randomised
from livingdrug.reports.page import Section, Table, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent

if TYPE_CHECKING:
    from livingdrug.clinic.criterion import Criterion

ORDER = 50
NOTE = (
    "Exact (Clopper–Pearson) 95 % intervals. Response is read from what was measured at visits only; the look planned for the day of "
    "infusion is the start and no response."
)


def section(source: Source) -> Section:
    """The endpoints of response, the best response of everybody infused, and how it was judged."""
    criterion = source.criterion
    if criterion is None:
        return missing(
            "response", "Response", "The catalogue does not know how response is judged in this trial's disease."
        )
    found = source.endpoints("efficacy")
    if source.response is not None and not any(one.record.card for one in found):
        found = [source.response, *found]
    table = table_of(source, everyone_first(source, found), note=NOTE)
    best = _best(source, criterion)
    if table is None or best is None:
        return missing(
            "response", "Response", "This run has no responses (outcomes in the roles of best and first response)."
        )
    return Section("response", "Response", criterion.words.lead, (table, best))


def _best(source: Source, criterion: Criterion) -> Table | None:
    """How many of the infused reached each status at best, and what a visit must show for it."""
    import polars as pl

    best = source.roles["best response"]
    if best not in source.frame("patients").columns:
        return None
    rows: list[tuple[str, ...]] = []
    words = criterion.words
    for status in words.status:
        cells = []
        for arm in source.arms:
            patients = source.patients(arm, columns=(best,))
            n = patients.filter(pl.col(best) == status).height
            cells.append(f"{n:,} ({percent(n / patients.height)})" if patients.height else DASH)
        name = words.status[status]
        rows.append((f"{status}: {name}", *cells, words.at_a_visit.get(status, "")))
    columns = ("", *source.arms, "at a visit")
    note = f"A response counts {words.counted}." + (" Of those treated." if is_randomised(source) else "")
    return Table(columns, tuple(rows), title=f"Best response. {words.title}", note=note, words=(len(source.arms) + 1,))
