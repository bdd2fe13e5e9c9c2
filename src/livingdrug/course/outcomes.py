"""One row per patient: what the trial's database would hold, and beside it, marked as truth, what it could not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.scale import Record as Scale
from livingdrug.clinic.grading import grade
from livingdrug.course.bedside import WATCHED_DAYS, DailyGrades
from livingdrug.course.cytopenia import Cytopenia
from livingdrug.course.fate import NEVER, extinct_day
from livingdrug.course.kinetics import non_compartmental
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.lots import Lots
from livingdrug.model.instance import Clone
from livingdrug.population import Cohort

Floats = NDArray[np.float64]
STEROIDS = ("methylprednisolone", "dexamethasone", "prednisone", "hydrocortisone")
TIMED = ("crs", "icans", "neurotoxicity", "neurological")
"""Families of scales with onset and duration, read off the first of the family that the trial names."""
LOT_COLUMNS = (
    "status", "enrolment_day", "vein_to_vein_days", "bridging", "waiting_end_day", "dose_cells", "dose_cells_per_kg",
    "viability", "transduction", "copies_per_car_t_cell", "culture_doublings", "out_of_specification",
    "n_manufacturing_attempts",
)  # fmt: skip
FLAGS = ("female", "prior_transplant")


def patient_rows(cohort: Cohort, lots: Lots) -> pl.DataFrame:
    """Covariates and lots of everyone enrolled; outcomes still empty."""
    columns: dict[str, object] = {"patient": cohort.patients}
    for name, values in cohort.covariates.items():
        columns[name] = values > 0.5 if name in FLAGS else values
    for field in fields(lots):
        if field.name in LOT_COLUMNS:
            columns[field.name] = getattr(lots, field.name)
    frame = pl.DataFrame(columns).with_columns(pl.col("status").cast(pl.String), pl.col("prior_lines").cast(pl.Int64))
    frame = frame.with_columns(pl.col(pl.Float64).fill_nan(None))
    empty = {name: pl.lit(None, dtype=kind) for name, kind in OUTCOME_TYPES.items()}
    return frame.with_columns(**empty).with_columns(course_status=pl.lit("not infused"))


OUTCOME_TYPES = {
    "responded_3mo": pl.Boolean, "cr_3mo": pl.Boolean, "cri_3mo": pl.Boolean, "best_response": pl.String,
    "first_response_day": pl.Float64, "mrd_negative_3mo": pl.Boolean, "treatment_failure_day": pl.Float64,
    "relapse_day": pl.Float64, "relapse_antigen_negative": pl.Boolean, "death_day": pl.Float64, "death_cause": pl.String,
    "subsequent_therapy_day": pl.Float64, "last_contact_day": pl.Float64, "crs_penn_max": pl.Int64,
    "crs_astct_max": pl.Int64, "crs_lee_max": pl.Int64, "neurotoxicity_ctcae_max": pl.Int64,
    "neurotoxicity_onset_day": pl.Float64, "neurotoxicity_duration_days": pl.Float64,
    "neurological_events_ctcae_max": pl.Int64, "neurological_onset_day": pl.Float64,
    "neurological_duration_days": pl.Float64, "hypotension_treated": pl.Boolean, "vasopressor_high_dose": pl.Boolean,
    "oxygen": pl.Boolean, "dialysis": pl.Boolean, "crs_onset_day": pl.Float64, "crs_duration_days": pl.Float64,
    "icans_max": pl.Int64,
    "icans_onset_day": pl.Float64, "icans_duration_days": pl.Float64, "icu": pl.Boolean, "n_tocilizumab": pl.Int64,
    "n_steroid": pl.Int64, "vasopressor": pl.Boolean, "ventilation": pl.Boolean, "cmax_copies_per_ug": pl.Float64,
    "tmax_day": pl.Float64, "auc_0_28_day_copies_per_ug": pl.Float64, "last_detectable_day": pl.Float64,
    "cmax_cells_per_ul": pl.Float64, "tmax_cells_day": pl.Float64, "auc_0_28_day_cells_per_ul": pl.Float64,
    "b_cell_recovery_day": pl.Float64, "neutropenia_grade_day28": pl.Int64, "thrombocytopenia_grade_day28": pl.Int64,
    "n_infections_8wk": pl.Int64, "n_severe_infections_8wk": pl.Int64, "n_infections": pl.Int64,
    "igg_nadir_g_per_l": pl.Float64, "ivig": pl.Boolean, "haemoglobin_nadir_g_per_dl": pl.Float64,
    "days_anc_below_500": pl.Float64, "icaht_early": pl.Int64, "icaht_late": pl.Int64,
    "icaht_platelets_early": pl.Int64, "icaht_platelets_late": pl.Int64, "car_hematotox": pl.Int64,
    "hlh_like": pl.Boolean, "iec_hs_max": pl.Int64, "mnt_max": pl.Int64, "mnt_onset_day": pl.Float64,
    "truth_cured": pl.Boolean,
    "truth_positive_clone_extinct_day": pl.Float64, "truth_negative_clone_extinct_day": pl.Float64,
    "course_status": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """Everything that was seen of the infused patients; arrays are (n,), infinite days never came.

    Attributes
    ----------
    checks, truth
        Check days (C,) and model outputs (n, C).
    clones, target
        The model's clones, and the antigen that the product aims at.
    visits, response, infections, log
        Frames cut at the end of each patient's view.
    graded
        Daily grades on the trial's scales.
    support
        Vasopressor, ventilation, intensive care.
    death_day, toxicity_day, infection_day, leukaemia_day, subsequent_therapy_day, last_contact_day, lost_day
        Days.
    status, failed
        How the integration ended, in words; and whether it failed.
    conduct
        The trial's numbers; `b_cell_recovery` is read here.
    cytopenia
        Scales and score of cytopenia.
    hyperinflammation
        Daily IEC-HS grades; None for a model without an HLH-like second wave.
    movement
        Grades of movement and neurocognitive events over the whole course; None for a model without them.
    """

    patients: NDArray[np.int64]
    checks: Floats
    truth: Mapping[str, Floats]
    clones: tuple[Clone, ...]
    target: str
    visits: pl.DataFrame
    response: pl.DataFrame
    infections: pl.DataFrame
    graded: tuple[DailyGrades, ...]
    log: pl.DataFrame
    support: Mapping[str, NDArray[np.bool_]]
    death_day: Floats
    toxicity_day: Floats
    infection_day: Floats
    leukaemia_day: Floats
    subsequent_therapy_day: Floats
    last_contact_day: Floats
    lost_day: Floats
    status: tuple[str, ...]
    failed: NDArray[np.bool_]
    conduct: Mapping[str, Quantity]
    neutrophil_scale: Scale
    platelet_scale: Scale
    cytopenia: Cytopenia
    hyperinflammation: DailyGrades | None
    movement: DailyGrades | None = None

    def outcomes(self) -> pl.DataFrame:
        """The outcome columns of the patients frame; all null (but the status) where the integration failed."""
        response = {name: self.response[name] for name in self.response.columns if name != "patient"}
        columns = {
            "patient": self.patients,
            **response,
            "relapse_antigen_negative": self._relapse_kind(),
            "death_day": self.death_day,
            "death_cause": self._death_cause(),
            "subsequent_therapy_day": self.subsequent_therapy_day,
            "last_contact_day": self.last_contact_day,
            **self._toxicity(),
            **self.support,
            **self._drugs(),
            **self._kinetics(),
            **self._blood(),
            **self._cytopenia(),
            **self._hyperinflammation(),
            **self._movement(),
            **self._infection_counts(),
            **self._truth(),
            "course_status": self._status(),
        }
        frame = pl.DataFrame(columns).with_columns(
            pl.when(pl.col(pl.Float64).is_finite()).then(pl.col(pl.Float64)).otherwise(None)
        )
        frame = frame.cast({name: kind for name, kind in OUTCOME_TYPES.items() if name in frame.columns})
        failed = pl.Series(self.failed)
        keep = ("patient", "course_status")
        return frame.with_columns(pl.when(~failed).then(pl.exclude(*keep)).otherwise(None))

    def _status(self) -> list[str]:
        died = np.isfinite(self.death_day)
        words = ["died" if dead else "finished" for dead in died]
        return [self.status[i] if self.failed[i] else words[i] for i in range(len(words))]

    def _death_cause(self) -> list[str | None]:
        causes = {"toxicity": self.toxicity_day, "infection": self.infection_day, "leukaemia": self.leukaemia_day}
        found: list[str | None] = []
        for row, day in enumerate(self.death_day):
            known = [name for name, days in causes.items() if days[row] == day]
            found.append(None if not np.isfinite(day) else known[0] if known else "other")
        return found

    def _relapse_kind(self) -> list[bool | None]:
        """Whether clones without the antigen dominate on the day the relapse was seen (flow cytometry would tell)."""
        kinds: list[bool | None] = []
        for row, day in enumerate(self.response["relapse_day"].to_list()):
            if day is None:
                kinds.append(None)
                continue
            check = min(int(np.searchsorted(self.checks, day)), len(self.checks) - 1)
            cells = {True: 0.0, False: 0.0}
            for clone in self.clones:
                cells[clone.carries(self.target)] += self.truth[clone.cells][row, check]
            kinds.append(bool(cells[False] > cells[True]))
        return kinds

    def _toxicity(self) -> dict[str, NDArray]:
        columns: dict[str, NDArray] = {}
        for graded in self.graded:
            family = graded.scale.partition("_")[0]
            columns["icans_max" if family == "icans" else f"{graded.scale}_max"] = graded.highest
            prefix = family if family in TIMED else ""
            if prefix and f"{prefix}_onset_day" not in columns:
                first, last = graded.first_and_last()
                columns[f"{prefix}_onset_day"] = first
                columns[f"{prefix}_duration_days"] = last - first + 1.0
        return columns

    def _drugs(self) -> dict[str, list]:
        counts = {name: self._per_patient(self.log, pl.col("drug").is_in(drugs)) for name, drugs in
                  (("n_tocilizumab", ["tocilizumab"]), ("n_steroid", list(STEROIDS)), ("ivig", ["immunoglobulin"]))}  # fmt: skip
        return {**counts, "ivig": [count > 0 for count in counts["ivig"]]}

    def _per_patient(self, frame: pl.DataFrame, condition: pl.Expr) -> list[int]:
        counted = dict(frame.filter(condition).group_by("patient").len().rows())
        return [counted.get(int(number), 0) for number in self.patients]

    def _grid(self, quantity: str) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Days, values and below-limit flags of a quantity as (n, visits) tables; NaN where nothing was measured."""
        rows = self.visits.filter(pl.col("quantity") == quantity).sort("patient", "day", maintain_order=True)
        number = rows.select(pl.int_range(pl.len()).over("patient")).to_series().to_numpy()
        shape = (len(self.patients), int(number.max()) + 1 if number.size else 1)
        place = np.searchsorted(self.patients, rows["patient"].to_numpy()) if number.size else number
        days, values, low = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        days[place, number], values[place, number] = rows["day"].to_numpy(), rows["value"].to_numpy()
        low[place, number] = rows["below_limit"].to_numpy()
        days[np.isnan(values)] = np.nan
        return days, values, low

    def _kinetics(self) -> dict[str, Floats]:
        found = non_compartmental(*self._grid("car_t_copies_per_ug"))
        cells = non_compartmental(*self._grid("car_t_per_ul"))
        return {
            "cmax_copies_per_ug": found.cmax,
            "tmax_day": found.tmax_day,
            "auc_0_28_day_copies_per_ug": np.where(np.isnan(found.cmax), np.nan, found.auc),
            "last_detectable_day": found.last_detectable_day,
            "cmax_cells_per_ul": cells.cmax,
            "tmax_cells_day": cells.tmax_day,
            "auc_0_28_day_cells_per_ul": np.where(np.isnan(cells.cmax), np.nan, cells.auc),
        }

    def _blood(self) -> dict[str, object]:
        if "b_cell_recovery" not in self.conduct:
            raise CatalogError("the trial's [conduct] lacks b_cell_recovery, the B-cell count [cell/uL] of recovery")
        days, values, low = self._grid("b_cells_per_ul")
        back = (values >= self.conduct["b_cell_recovery"].value) & ~low & (days >= 28.0)
        recovery = np.where(back.any(axis=1), days[np.arange(len(days)), back.argmax(axis=1)], np.inf)
        igg = self._grid("igg_g_per_l")[1]
        nadir = np.where(np.isnan(igg).all(axis=1), np.nan, np.nanmin(np.where(np.isnan(igg), np.inf, igg), axis=1))
        columns: dict[str, object] = {"b_cell_recovery_day": recovery, "igg_nadir_g_per_l": nadir}
        for name, quantity, sign, scale in (
            ("neutropenia_grade_day28", "anc_1e9_per_l", "neutrophils", self.neutrophil_scale),
            ("thrombocytopenia_grade_day28", "platelets_1e9_per_l", "platelets", self.platelet_scale),
        ):
            at = self.visits.filter(
                (pl.col("quantity") == quantity) & (pl.col("day_planned") == 28.0) & ~pl.col("missed")
            )
            measured = dict(at.select("patient", "value").rows())
            columns[name] = [
                int(grade(scale, {sign: np.array([measured[int(number)]])})[0]) if int(number) in measured else None
                for number in self.patients
            ]
        return columns

    def _cytopenia(self) -> dict[str, object]:
        haemoglobin = self._grid("haemoglobin_g_per_dl")[1]
        lowest = np.where(np.isnan(haemoglobin), np.inf, haemoglobin).min(axis=1)
        counts = [self._grid(quantity)[:2] for quantity in ("anc_1e9_per_l", "platelets_1e9_per_l")]
        return {
            "haemoglobin_nadir_g_per_dl": lowest,
            **self.cytopenia.seen(*counts),
            "car_hematotox": self.cytopenia.score_before(self.truth),
        }

    def _hyperinflammation(self) -> dict[str, NDArray]:
        if self.hyperinflammation is None:
            return {}
        highest = self.hyperinflammation.highest
        return {"hlh_like": highest > 0, "iec_hs_max": highest}

    def _movement(self) -> dict[str, NDArray]:
        if self.movement is None:
            return {}
        return {"mnt_max": self.movement.highest, "mnt_onset_day": self.movement.first_and_last()[0]}

    def _infection_counts(self) -> dict[str, list[int]]:
        early = pl.col("day") <= WATCHED_DAYS
        return {
            "n_infections_8wk": self._per_patient(self.infections, early),
            "n_severe_infections_8wk": self._per_patient(self.infections, early & (pl.col("grade") >= 3)),
            "n_infections": self._per_patient(self.infections, pl.lit(True)),
        }

    def _truth(self) -> dict[str, object]:
        days = {}
        for clone in self.clones:
            reached = self.truth[extinct_day(clone)]
            last = np.nanmin(np.where(np.isnan(reached), NEVER, reached), axis=1)
            days[clone.name] = np.where(last >= NEVER, np.inf, last)
        cured = np.logical_and.reduce([np.full(len(self.patients), bool(days)), *map(np.isfinite, days.values())])
        return {"truth_cured": cured, **{f"truth_{name}_clone_extinct_day": day for name, day in days.items()}}


def event_rows(outcomes: pl.DataFrame, infections: pl.DataFrame) -> pl.DataFrame:
    """The events frame: patient, day, event, detail, grade."""
    pieces = [
        infections.select(
            "patient", "day", event=pl.lit("infection"), detail=pl.col("infection_class"), grade=pl.col("grade")
        )
    ]
    relapse = pl.when("relapse_antigen_negative").then(pl.lit("antigen-negative")).otherwise(pl.lit("antigen-positive"))
    told = {
        "remission": ("first_response_day", pl.col("best_response")),
        "treatment_failure": ("treatment_failure_day", pl.lit("no remission")),
        "relapse": ("relapse_day", relapse),
        "b_cell_recovery": ("b_cell_recovery_day", pl.lit("")),
        "subsequent_therapy": ("subsequent_therapy_day", pl.lit("")),
        "death": ("death_day", pl.col("death_cause")),
    }
    for event, (day, detail) in told.items():
        pieces.append(
            outcomes.filter(pl.col(day).is_not_null()).select(
                "patient",
                pl.col(day).alias("day"),
                event=pl.lit(event),
                detail=detail,
                grade=pl.lit(None, dtype=pl.Int64),
            )
        )
    if "mnt_onset_day" in outcomes.columns:
        pieces.append(
            outcomes.filter(pl.col("mnt_onset_day").is_not_null()).select(
                "patient",
                pl.col("mnt_onset_day").alias("day"),
                event=pl.lit("delayed_neurotoxicity"),
                detail=pl.lit("worst grade"),
                grade=pl.col("mnt_max"),
            )
        )
    return pl.concat(pieces).sort("patient", "day", maintain_order=True)
