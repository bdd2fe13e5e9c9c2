"""Section 2: who the patients are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.page import Section, Table, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, known, percent, plain, spread, unit

if TYPE_CHECKING:
    import polars as pl

# column, words, among the infused only, names the published value may have
ROWS = (
    ("age_years", "Age, years", False, ("age_median", "age", "age_years")),
    ("female", "Female", False, ("female", "female_pct")),
    ("weight_kg", "Weight, kg", False, ("weight_median", "weight_kg")),
    ("bsa_m2", "Body surface area, m²", False, ()),
    (
        "prior_lines",
        "Previous lines of therapy",
        False,
        ("prior_lines_median", "prior_lines", "prior_therapies_median"),
    ),
    ("prior_transplant", "Previous stem-cell transplant", False, ("prior_transplant", "prior_HSCT", "prior_hsct")),
    ("blasts_percent", "Marrow blasts at enrolment, %", False, ("blasts_median", "blasts_percent", "blasts")),
    ("alc_cells_per_ul", "Lymphocytes at apheresis, cells/µL", False, ("alc_median", "alc_cells_per_ul")),
    ("egfr_ml_min_173", "eGFR, mL/min/1.73 m²", False, ()),
    ("bridging", "Bridging chemotherapy", True, ("bridging", "bridging_pct", "bridging_chemotherapy")),
    (
        "vein_to_vein_days",
        "Enrolment to infusion, days",
        True,
        ("enrolment_to_infusion", "enrolment_to_infusion_median"),
    ),
    ("dose_cells_per_kg", "Dose, CAR T cells/kg", True, ("dose_per_kg", "dose_median", "dose")),
    ("transduction", "Transduced T cells in the lot", True, ()),
    ("viability", "Viability of the lot", True, ()),
    ("out_of_specification", "Infused out of specification", True, ("out_of_specification",)),
)
SHARES = ("transduction", "viability")


def build(source: Source) -> Section:
    """One table: median and range, or per cent, for each arm and as published."""
    if not source.has("patients"):
        return missing("patients", "Who the patients are", "This run has no patients frame.")
    columns = ["", *(f"{arm}" for arm in source.arms), "published"]
    rows = []
    for column, words, only_infused, names in ROWS:
        values = [_cell(source.patients(arm, infused=only_infused), column) for arm in source.arms]
        if any(value != DASH for value in values):
            rows.append((words + (" (infused)" if only_infused else ""), *values, _published(source, names)))
    n = (
        "Patients enrolled",
        *(f"{source.patients(a, infused=False).height:,}" for a in source.arms),
        _published(source, ("n_enrolled",)),
    )
    note = (
        "Median (minimum–maximum), or per cent of patients. A dash means that no published number is in the catalogue."
    )
    return Section(
        "patients", "Who the patients are",
        "Virtual patients are drawn from the trial's population; their T cells, and so their lots, differ from one to the next.",
        (Table(tuple(columns), (n, *rows), note=note),),
    )  # fmt: skip


def _cell(patients: pl.DataFrame, column: str) -> str:
    import polars as pl

    values = numbers(patients, column)
    if not values.size:
        return DASH
    if patients[column].dtype == pl.Boolean:
        return percent(float(values.mean()))
    median, low, high = middle(values)
    if column in SHARES:
        return f"{100 * median:.0f} % ({100 * low:.0f}–{100 * high:.0f})"
    return spread(median, low, high)


def _published(source: Source, names: tuple[str, ...]) -> str:
    for name in names:
        for row in source.published(name):
            if row.unit == "percent" and row.statistic != "median":
                return f"{row.value:.0f} %"
            low, high = (row.spread_low, row.spread_high) if row.spread in ("range", "iqr") else (None, None)
            shown = spread(row.value, low, high)
            extra = "" if row.spread != "iqr" else " IQR"
            return shown + extra if known(row.value) else plain(row.value) + unit(row.unit)
    return DASH
