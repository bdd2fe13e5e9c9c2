"""The columns of a run's frames, their types, and the names a formula about patients may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

FRAMES = ("patients", "visits", "grades", "events", "log", "courses", "failed")

# Type letters: s text, i whole number, f number, b yes/no.
_PATIENTS = """
    age_years:f weight_kg:f height_cm:f bsa_m2:f female:b blasts_percent:f alc_cells_per_ul:f prior_transplant:b
    prior_lines:i egfr_ml_min_173:f
    status:s enrolment_day:f vein_to_vein_days:f bridging:b waiting_end_day:f
    dose_cells:f dose_cells_per_kg:f viability:f transduction:f copies_per_car_t_cell:f culture_doublings:f
    out_of_specification:b n_manufacturing_attempts:i
    responded_3mo:b cr_3mo:b cri_3mo:b best_response:s first_response_day:f mrd_negative_3mo:b treatment_failure_day:f
    relapse_day:f relapse_antigen_negative:b death_day:f death_cause:s subsequent_therapy_day:f last_contact_day:f
    crs_penn_max:i crs_astct_max:i crs_lee_max:i crs_onset_day:f crs_duration_days:f icans_max:i icans_onset_day:f
    icans_duration_days:f neurotoxicity_ctcae_max:i neurotoxicity_onset_day:f neurotoxicity_duration_days:f
    neurological_events_ctcae_max:i neurological_onset_day:f neurological_duration_days:f icu:b n_tocilizumab:i
    n_steroid:i hypotension_treated:b vasopressor:b vasopressor_high_dose:b oxygen:b ventilation:b dialysis:b
    cmax_copies_per_ug:f tmax_day:f auc_0_28_day_copies_per_ug:f last_detectable_day:f
    cmax_cells_per_ul:f tmax_cells_day:f auc_0_28_day_cells_per_ul:f b_cell_recovery_day:f
    neutropenia_grade_day28:i thrombocytopenia_grade_day28:i
    n_infections_8wk:i n_severe_infections_8wk:i n_infections:i igg_nadir_g_per_l:f ivig:b
    haemoglobin_nadir_g_per_dl:f days_anc_below_500:f icaht_early:i icaht_late:i icaht_platelets_early:i
    icaht_platelets_late:i car_hematotox:i hlh_like:b iec_hs_max:i mnt_max:i mnt_onset_day:f
    truth_cured:b truth_positive_clone_extinct_day:f truth_negative_clone_extinct_day:f course_status:s
"""
_COLUMNS = {
    "patients": _PATIENTS,
    "visits": "quantity:s day_planned:f day:f value:f lower_limit:f below_limit:b missed:b unit:s",
    "grades": "day:i scale:s grade:i",
    "events": "day:f event:s detail:s grade:i",
    "log": "day:f rule:s drug:s amount:f unit:s reason:s",
    "courses": "day:f",
    "failed": "course_status:s",
}
_LETTERS = {
    frame: {"arm": "s", "patient": "i", **dict(column.split(":") for column in text.split())}
    for frame, text in _COLUMNS.items()
}

# Text columns become 0/1 names "<column>_<value>"; the values every run may meet, met or not.
VALUES = {
    "status": ("infused", "manufacturing_failure", "died_waiting", "withdrawn_waiting"),
    "best_response": ("cr", "cri", "nr", "scr", "vgpr"),
    "death_cause": ("leukaemia", "toxicity", "infection", "other"),
}
DERIVED = {
    "enrolled": "1 for everyone whose cells were collected",
    "infused": "1 when the product was given",
    "manufacturing_failed": "1 when no product could be released",
    "course_failed": "1 when the patient's simulation did not finish (never counted in an endpoint)",
    "responder": "1 when CR or CRi was seen by the 3-month assessment",
    "relapsed": "1 when a relapse was seen",
    "died": "1 when the patient is known to have died",
    "never": "plus infinity, the day of what did not happen",
}
FINISHED = ("finished", "died", "not infused", "not_infused", "")


def schema(frame: str) -> dict[str, pl.DataType]:
    """The promised columns of a frame and their polars types."""
    import polars as pl

    types = {"s": pl.String(), "i": pl.Int64(), "f": pl.Float64(), "b": pl.Boolean()}
    return {name: types[letter] for name, letter in _LETTERS[frame].items()}


def tidy(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame with every promised column in its promised type and place; further columns follow as they came."""
    import polars as pl

    promised = schema(name)
    columns = [
        (pl.col(column).cast(kind) if column in frame.columns else pl.lit(None, dtype=kind).alias(column))
        for column, kind in promised.items()
    ]
    if frame.width == 0:
        return pl.DataFrame(schema=promised)
    return frame.select(*columns, pl.exclude(*promised))


def patient_names() -> tuple[str, ...]:
    """Every name a formula about patients may use, sorted."""
    letters = _LETTERS["patients"]
    numbers = [name for name, letter in letters.items() if letter != "s" and name != "patient"]
    texts = [f"{column}_{value}" for column, values in VALUES.items() for value in values]
    return tuple(sorted({*numbers, *texts, *DERIVED}))


def patient_values(patients: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """The patients frame as plain numbers for formulas, each shaped (n,).

    =====================  ==========================================================
    column                 reads as
    =====================  ==========================================================
    yes/no                 1 or 0; unknown is 0
    ends in ``_day``       the day; +infinity when it never happened
    other numbers          the number; NaN when unknown, so every comparison is false
    text                   0/1 names ``<column>_<value>``, e.g. ``death_cause_toxicity``
    =====================  ==========================================================
    """
    import polars as pl

    n = patients.height
    values: dict[str, NDArray[np.float64]] = {}
    for name in patients.columns:
        column = patients[name]
        if column.dtype == pl.String:
            known = {str(word) for word in column.unique().drop_nulls()} | set(VALUES.get(name, ()))
            for word in known:
                key = f"{name}_{word.lower().replace(' ', '_')}"
                match = (column.str.to_lowercase() == word.lower()).fill_null(False)
                values[key] = match.to_numpy().astype(np.float64)
        elif column.dtype == pl.Boolean:
            values[name] = column.fill_null(False).to_numpy().astype(np.float64)
        elif column.dtype.is_numeric() and name != "patient":
            missing = np.inf if name.endswith("_day") else np.nan
            values[name] = column.cast(pl.Float64).fill_null(missing).to_numpy().astype(np.float64)
    values |= _derived(values, _course_failed(patients), n)
    return values


def _course_failed(patients: pl.DataFrame) -> NDArray[np.float64]:
    if "course_status" not in patients.columns:
        return np.zeros(patients.height)
    words = patients["course_status"].fill_null("").to_list()
    return np.array([float(str(word) not in FINISHED) for word in words], dtype=np.float64)


def _derived(
    values: Mapping[str, NDArray[np.float64]], failed: NDArray[np.float64], n: int
) -> dict[str, NDArray[np.float64]]:
    none, never = np.zeros(n), np.full(n, np.inf)
    return {
        "enrolled": np.ones(n),
        "infused": values.get("status_infused", none),
        "manufacturing_failed": values.get("status_manufacturing_failure", none),
        "course_failed": failed,
        "responder": values.get("responded_3mo", none),
        "relapsed": np.isfinite(values.get("relapse_day", never)).astype(np.float64),
        "died": np.isfinite(values.get("death_day", never)).astype(np.float64),
        "never": never,
    }
