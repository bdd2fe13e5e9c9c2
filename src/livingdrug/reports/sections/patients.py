"""Who the patients are, and which cells they received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.page import Section, Table, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, known, percent, plain, spread, unit

if TYPE_CHECKING:
    import polars as pl

ORDER = 20
NOTE = "Median (minimum–maximum), or per cent of patients. A dash means that no published number is in the catalogue."
LEAD = "Virtual patients are drawn from the trial's population; their T cells, and so their lots, differ from one to the next."
# column of the patients frame, words, whether it is a share told in per cent
LOTS = (
    ("bridging", "Bridging chemotherapy", False),
    ("vein_to_vein_days", "Enrolment to infusion, days", False),
    ("dose_cells_per_kg", "Dose given in all, CAR T cells/kg", False),
    ("lot_cells_per_kg", "Dose filled from the lot, CAR T cells/kg", False),
    ("transduction", "Transduced T cells in the lot", True),
    ("viability", "Viability of the lot", True),
    ("naive_fraction", "Naive and stem-like cells in the lot", True),
    ("central_memory_fraction", "Central memory cells in the lot", True),
    ("cd4_fraction", "CD4-positive T cells in the lot", True),
    ("copies_per_car_t_cell", "Vector copies per CAR T cell", False),
    ("culture_doublings", "Doublings in culture", False),
    ("tcr_positive_cells_per_kg", "Donor's cells with a T-cell receptor, cells/kg", False),
    ("out_of_specification", "Infused out of specification", False),
)


def section(source: Source) -> Section:
    """Two tables: every covariate of the trial's population among the enrolled, and the lots of the infused."""
    if not source.has("patients"):
        return missing("patients", "Who the patients are", "This run has no patients frame.")
    n = ("Patients enrolled", *(f"{source.n_enrolled(arm):,}" for arm in source.arms))
    people = [(*n, DASH), *_rows(source, _covariates(source), infused=False)]
    infused = [f"{source.n_patients(arm):,}" if source.has_cells(arm) else DASH for arm in source.arms]
    m = ("Patients infused", *infused)
    lots = [(*m, DASH), *_rows(source, LOTS, infused=True)]
    if source.evidence is None:
        people, lots = ([row[:-1] for row in rows] for rows in (people, lots))
    columns = ("", *source.arms, *(["published"] if source.evidence else []))
    parts = [Table(columns, tuple(people), note=NOTE)]
    if any(source.has_cells(arm) for arm in source.arms):
        parts.append(Table(columns, tuple(lots), title="What the infused received"))
    return Section("patients", "Who the patients are", LEAD, tuple(parts))


def _covariates(source: Source) -> list[tuple[str, str, bool]]:
    """Every covariate of the population in its order, with its meaning and unit; all numbers of the frame without a population."""
    population = source.record("population", getattr(source.trial, "population", ""))
    if population is None:
        return []
    return [
        (name, one.meaning + (f", {unit(one.unit)}" if one.unit else ""), False)
        for name, one in population.covariate.items()
    ]


def _rows(source: Source, rows: list | tuple, *, infused: bool) -> list[tuple[str, ...]]:
    found = []
    for column, words, share in rows:
        cells = [
            _cell(source.patients(arm, infused=infused, columns=(column,)), column, share)
            if source.has_cells(arm) or not infused
            else DASH
            for arm in source.arms
        ]
        if any(value != DASH for value in cells):
            found.append((words, *cells, _published(source, column)))
    return found


def _cell(patients: pl.DataFrame, column: str, share: bool) -> str:
    import polars as pl

    values = numbers(patients, column)
    if not values.size:
        return DASH
    if patients[column].dtype == pl.Boolean:
        return percent(float(values.mean()))
    median, low, high = middle(values)
    if share:
        return f"{100 * median:.0f} % ({100 * low:.0f}–{100 * high:.0f})"
    return spread(median, low, high)


def _published(source: Source, column: str) -> str:
    for row in source.published(column):
        if row.unit == "percent" and row.statistic != "median":
            return f"{row.value:.0f} %"
        low, high = (row.spread_low, row.spread_high) if row.spread in ("range", "iqr") else (None, None)
        shown = spread(row.value, low, high) + ("" if row.spread != "iqr" else " IQR")
        return shown if known(row.value) else plain(row.value) + unit(row.unit)
    return DASH
