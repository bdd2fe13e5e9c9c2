"""Frames of an invented trial, shaped like a virtual ELIANA: for looking at the report before and without a simulation.

Nothing here is a result. The shapes are drawn so that every section has something to show.
"""

from __future__ import annotations

import numpy as np
import polars as pl

KINETICS = [1, 4, 7, 11, 14, 21, 28, 90, 180, 365, 730, 1095, 1460, 1825]
SAFETY = [0, 3, 7, 10, 14, 17, 21, 28, 42, 60, 90, 120, 180, 270, 365]
RESPONSE = [28, 90, 180, 270, 365, 545, 730]
CYTOKINES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 21, 28]
LAST_DAY = 1826.0


def frames(n: int = 1000, seed: int = 7, arm: str = "tisa-cel", sample: int = 40) -> dict[str, pl.DataFrame]:
    """All frames of one arm with `n` enrolled patients."""
    random = np.random.default_rng(seed)
    patients = _patients(random, n, arm)
    infused = patients.filter(pl.col("status") == "infused")
    grades, log = _grades_and_log(random, infused, arm)
    visits = _visits(random, infused, arm)
    events = _events(infused, random, arm)
    courses = _courses(infused, arm, sample)
    failed = patients.head(0)
    return {"patients": patients, "visits": visits, "grades": grades, "events": events, "log": log, "courses": courses, "failed": failed}  # fmt: skip


def _optional(values: np.ndarray) -> pl.Series:
    return pl.Series(values).fill_nan(None)


def _patients(random: np.random.Generator, n: int, arm: str) -> pl.DataFrame:
    age = np.clip(random.gamma(4.2, 2.9, n), 3, 25)
    weight = np.clip(9 + 3.1 * age * np.exp(random.normal(0, 0.2, n)), 12, 110)
    height = np.clip(80 + 6.0 * age - 0.08 * age**2 + random.normal(0, 6, n), 88, 195)
    blasts = np.clip(100 * random.beta(1.9, 0.9, n), 5, 99)
    status = random.choice(
        ["infused", "manufacturing_failure", "died_waiting", "withdrawn_waiting"], n, p=[0.815, 0.076, 0.073, 0.036]
    )
    infused = status == "infused"
    waiting = np.clip(random.gamma(9, 5.2, n), 30, 105)
    nan = np.full(n, np.nan)

    responded = infused & (random.random(n) < 0.81)
    cr = responded & (random.random(n) < 0.74)
    first = np.where(responded, 28.0 + random.integers(-2, 4, n), nan)
    relapse = np.where(responded, first + random.weibull(0.8, n) * 1100, nan)
    death = np.where(infused, np.where(responded, 2600.0, 260.0) * random.weibull(0.9, n), nan)
    death = np.where(np.isfinite(relapse) & (relapse < LAST_DAY), relapse + random.exponential(500, n), death)
    last = np.where(infused, np.minimum(LAST_DAY, random.uniform(700, 2600, n)), nan)
    death = np.where(responded, np.fmax(death, 45.0), death)
    death = np.where(death <= last, death, nan)
    last = np.fmin(last, death)
    relapse = np.where(relapse <= last, relapse, nan)
    subsequent = np.where(responded & (random.random(n) < 0.15), random.uniform(60, 400, n), nan)
    subsequent = np.where(subsequent < np.fmin(last, np.where(np.isfinite(relapse), relapse, 1e9)), subsequent, nan)
    cause = np.where(np.isfinite(death), np.where(np.isfinite(relapse) | ~responded, "disease", "infection"), None)

    crs = np.where(infused, random.choice([0, 1, 2, 3, 4], n, p=[0.23, 0.12, 0.20, 0.21, 0.24]), -1)
    onset = np.where(crs > 0, np.clip(random.gamma(2.2, 1.6, n), 1, 22), nan)
    icans = np.where(infused, np.maximum(random.choice([0, 1, 2, 3], n, p=[0.6, 0.16, 0.12, 0.12]) * (crs > 0), 0), -1)
    cmax = np.where(infused, np.exp(random.normal(10.4, 1.1, n)), nan)
    aplasia = np.where(responded, random.weibull(0.9, n) * 900, nan)

    def whole(values: np.ndarray) -> pl.Series:
        return pl.Series(np.where(infused, values, np.nan)).fill_nan(None).cast(pl.Int64)

    return pl.DataFrame(
        {
            "arm": [arm] * n, "patient": np.arange(n), "age_years": age, "weight_kg": weight, "height_cm": height,
            "bsa_m2": np.sqrt(weight * height / 3600), "female": random.random(n) < 0.43, "blasts_percent": blasts,
            "alc_cells_per_ul": np.exp(random.normal(6.6, 0.8, n)), "prior_transplant": random.random(n) < 0.61,
            "prior_lines": random.choice([1, 2, 3, 4, 5, 6], n, p=[0.07, 0.22, 0.36, 0.2, 0.1, 0.05]),
            "egfr_ml_min_173": random.normal(125, 25, n), "status": status, "enrolment_day": -waiting,
            "vein_to_vein_days": np.where(infused, waiting, nan), "bridging": random.random(n) < 0.87,
            "waiting_end_day": np.where(infused, 0.0, -waiting + random.uniform(5, 40, n)),
            "dose_cells": np.where(infused, 3.1e6 * weight, nan), "dose_cells_per_kg": _optional(np.where(infused, np.clip(np.exp(random.normal(14.9, 0.4, n)), 2e5, 5.4e6), nan)),
            "viability": np.clip(random.normal(0.9, 0.05, n), 0, 1), "transduction": np.clip(random.normal(0.25, 0.1, n), 0.02, 0.7),
            "copies_per_car_t_cell": np.exp(random.normal(0.9, 0.3, n)), "culture_doublings": random.normal(4.5, 0.8, n),
            "out_of_specification": random.random(n) < 0.05, "n_manufacturing_attempts": random.choice([1, 2], n, p=[0.93, 0.07]),
            "responded_3mo": pl.Series(np.where(infused, responded.astype(float), nan)).fill_nan(None).cast(pl.Boolean),
            "cr_3mo": pl.Series(np.where(infused, cr.astype(float), nan)).fill_nan(None).cast(pl.Boolean),
            "cri_3mo": pl.Series(np.where(infused, (responded & ~cr).astype(float), nan)).fill_nan(None).cast(pl.Boolean),
            "best_response": np.where(~infused, None, np.where(cr, "CR", np.where(responded, "CRi", "NR"))),
            "first_response_day": _optional(first),
            "mrd_negative_3mo": pl.Series(np.where(responded, (random.random(n) < 0.98).astype(float), nan)).fill_nan(None).cast(pl.Boolean),
            "treatment_failure_day": _optional(np.where(infused & ~responded, np.fmin(28.0, last), nan)),
            "relapse_day": _optional(relapse),
            "relapse_antigen_negative": pl.Series(np.where(np.isfinite(relapse), (random.random(n) < 0.62).astype(float), nan)).fill_nan(None).cast(pl.Boolean),
            "death_day": _optional(death), "death_cause": cause, "subsequent_therapy_day": _optional(subsequent),
            "last_contact_day": _optional(last), "crs_penn_max": whole(crs), "crs_astct_max": whole(np.maximum(crs - (random.random(n) < 0.3), 0)),
            "crs_onset_day": _optional(onset), "crs_duration_days": _optional(np.where(crs > 0, np.clip(random.gamma(3, 2.9, n), 1, 36), nan)),
            "icans_max": whole(icans), "icans_onset_day": _optional(np.where(icans > 0, np.nan_to_num(onset) + 3, nan)),
            "icans_duration_days": _optional(np.where(icans > 0, random.gamma(3, 2.2, n), nan)),
            "icu": pl.Series(np.where(infused, (crs >= 3).astype(float), nan)).fill_nan(None).cast(pl.Boolean),
            "n_tocilizumab": whole(np.where(crs >= 3, random.choice([1, 2, 3], n, p=[0.6, 0.3, 0.1]), 0)),
            "n_steroid": whole(np.where(crs >= 4, random.choice([0, 2, 6], n), 0)),
            "vasopressor": crs >= 3, "ventilation": (crs == 4) & (random.random(n) < 0.5),
            "cmax_copies_per_ug": _optional(cmax), "tmax_day": _optional(np.where(infused, np.clip(random.gamma(12, 0.85, n), 3, 27), nan)),
            "auc_0_28_day_copies_per_ug": _optional(cmax * 9.0), "last_detectable_day": _optional(np.where(infused, np.clip(random.weibull(0.9, n) * 250, 14, 1826), nan)),
            "b_cell_recovery_day": _optional(np.where(aplasia <= last, aplasia, nan)),
            "neutropenia_grade_day28": whole(random.choice([0, 1, 2, 3, 4], n, p=[0.25, 0.1, 0.12, 0.28, 0.25])),
            "thrombocytopenia_grade_day28": whole(random.choice([0, 1, 2, 3, 4], n, p=[0.34, 0.12, 0.13, 0.21, 0.2])),
            "n_infections_8wk": whole(random.poisson(0.5, n)), "n_severe_infections_8wk": whole(random.poisson(0.25, n)),
            "n_infections": whole(random.poisson(1.5, n)), "igg_nadir_g_per_l": _optional(np.where(infused, np.exp(random.normal(1.1, 0.3, n)), nan)),
            "ivig": random.random(n) < 0.6, "truth_cured": responded & ~np.isfinite(relapse),
            "truth_positive_clone_extinct_day": _optional(np.where(responded, 60.0, nan)),
            "truth_negative_clone_extinct_day": _optional(np.where(responded, 90.0, nan)),
            "course_status": np.where(infused, np.where(np.isfinite(death), "died", "finished"), "not infused"),
        },
        strict=False,
    )  # fmt: skip


def _copies(day: np.ndarray, cmax: float, tmax: float) -> np.ndarray:
    rise = np.exp(-((np.minimum(day, tmax) - tmax) ** 2) / 9)
    fall = 0.93 * np.exp(-np.maximum(day - tmax, 0) / 6) + 0.07 * np.exp(-np.maximum(day - tmax, 0) / 300)
    return cmax * rise * fall


def _visits(random: np.random.Generator, infused: pl.DataFrame, arm: str) -> pl.DataFrame:
    rows: list[tuple] = []
    for p in infused.iter_rows(named=True):
        last = p["last_contact_day"]

        def add(
            quantity: str,
            planned: list[int],
            values: np.ndarray,
            limit: float,
            unit: str,
            noise: float,
            who: int = p["patient"],
            last: float = last,
        ) -> None:
            for day, value in zip(planned, values * np.exp(random.normal(0, noise, len(planned))), strict=True):
                if day <= last:
                    missed = random.random() < 0.04
                    rows.append(
                        (
                            arm,
                            who,
                            quantity,
                            float(day),
                            day + 0.3,
                            None if missed else max(float(value), limit * 0.1),
                            limit,
                            bool(value < limit) and not missed,
                            missed,
                            unit,
                        )
                    )

        k = np.array(KINETICS, float)
        add("car_t_copies_per_ug", KINETICS, _copies(k, p["cmax_copies_per_ug"], p["tmax_day"]), 50.0, "copy/ug", 0.35)
        s = np.array(SAFETY, float)
        neutrophils = 0.06 + 2.6 / (1 + np.exp(-(s - 32 - 9 * random.normal()) / 9)) + 1.6 * np.exp(-s / 4)
        platelets = 15 + 190 / (1 + np.exp(-(s - 40 - 9 * random.normal()) / 10)) + 60 * np.exp(-s / 6)
        add("anc_1e9_per_l", SAFETY, neutrophils, 0.05, "1e9/L", 0.3)
        add("platelets_1e9_per_l", SAFETY, platelets, 5.0, "1e9/L", 0.2)
        recovery = p["b_cell_recovery_day"] or 1e9
        add(
            "b_cells_per_ul",
            KINETICS,
            np.where(k < recovery, 0.02, 180 * (1 - np.exp(-np.maximum(k - recovery, 0) / 90)) + 2),
            1.0,
            "cell/uL",
            0.5,
        )
        add("igg_g_per_l", RESPONSE, 6.5 * np.exp(-np.array(RESPONSE) / 120) + 3.4, 0.3, "g/L", 0.2)
        add("blasts_percent", RESPONSE, np.full(len(RESPONSE), 0.4), 0.01, "percent", 0.3)
        c = np.array(CYTOKINES, float)
        peak = 10 ** (1 + 0.8 * p["crs_penn_max"])
        add(
            "il6_pg_per_ml",
            CYTOKINES,
            4 + peak * np.exp(-((c - (p["crs_onset_day"] or 5) - 3) ** 2) / 12),
            2.0,
            "pg/mL",
            0.4,
        )
        add("ferritin_ng_per_ml", CYTOKINES, 600 + 40 * peak**0.7 * np.exp(-((c - 9) ** 2) / 40), 10.0, "ng/mL", 0.3)
    names = [
        "arm",
        "patient",
        "quantity",
        "day_planned",
        "day",
        "value",
        "lower_limit",
        "below_limit",
        "missed",
        "unit",
    ]
    return pl.DataFrame(rows, schema=names, orient="row")


def _grades_and_log(random: np.random.Generator, infused: pl.DataFrame, arm: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    grades, log = [], []
    for p in infused.iter_rows(named=True):
        for scale, top, onset, length in (
            ("crs_penn", p["crs_penn_max"], p["crs_onset_day"], p["crs_duration_days"]),
            ("crs_astct", p["crs_astct_max"], p["crs_onset_day"], p["crs_duration_days"]),
            ("icans_astct", p["icans_max"], p["icans_onset_day"], p["icans_duration_days"]),
        ):
            for day in range(31):
                grade = 0
                if top and onset is not None and length is not None and onset <= day <= onset + length:
                    grade = max(1, round(top * (1 - abs((day - onset) / max(length, 1) - 0.45) * 1.3)))
                if day <= p["last_contact_day"]:
                    grades.append((arm, p["patient"], day, scale, grade))
        for k in range(p["n_tocilizumab"]):
            day = (p["crs_onset_day"] or 3) + 2.3 + 1.3 * k
            log.append(
                (
                    arm,
                    p["patient"],
                    day,
                    "tocilizumab_for_crs",
                    "tocilizumab",
                    12.0 * p["weight_kg"],
                    "mg",
                    "Penn grade 3: pressor level 2, oxygen level 1",
                )
            )
        for k in range(p["n_steroid"]):
            log.append(
                (
                    arm,
                    p["patient"],
                    (p["crs_onset_day"] or 3) + 4 + k,
                    "steroid_after_tocilizumab",
                    "methylprednisolone",
                    2.0 * p["weight_kg"],
                    "mg",
                    "no improvement 12 hours after tocilizumab",
                )
            )
        if p["ivig"]:
            log.append(
                (
                    arm,
                    p["patient"],
                    60.0 + random.integers(0, 60),
                    "ivig",
                    "immunoglobulin",
                    400.0 * p["weight_kg"],
                    "mg",
                    "IgG 3.4 g/L, below 4",
                )
            )
    return (
        pl.DataFrame(grades, schema=["arm", "patient", "day", "scale", "grade"], orient="row"),
        pl.DataFrame(log, schema=["arm", "patient", "day", "rule", "drug", "amount", "unit", "reason"], orient="row"),
    )


def _events(infused: pl.DataFrame, random: np.random.Generator, arm: str) -> pl.DataFrame:
    rows = []
    for p in infused.iter_rows(named=True):
        for name, key, detail in (
            ("remission", "first_response_day", p["best_response"]), ("treatment_failure", "treatment_failure_day", ""),
            ("relapse", "relapse_day", "CD19-negative" if p["relapse_antigen_negative"] else "CD19-positive"),
            ("death", "death_day", p["death_cause"]), ("b_cell_recovery", "b_cell_recovery_day", ""),
            ("subsequent_therapy", "subsequent_therapy_day", "allogeneic transplant"),
        ):  # fmt: skip
            if p[key] is not None:
                rows.append((arm, p["patient"], float(p[key]), name, detail or "", None))
        for _ in range(p["n_infections"]):
            day = float(min(random.exponential(200), p["last_contact_day"]))
            rows.append(
                (
                    arm,
                    p["patient"],
                    day,
                    "infection",
                    str(random.choice(["bacterial", "viral", "fungal"])),
                    int(random.choice([2, 3, 4], p=[0.55, 0.4, 0.05])),
                )
            )
    return pl.DataFrame(rows, schema=["arm", "patient", "day", "event", "detail", "grade"], orient="row")


def _courses(infused: pl.DataFrame, arm: str, sample: int) -> pl.DataFrame:
    parts = []
    for p in infused.head(sample).iter_rows(named=True):
        day = np.concatenate(
            [np.arange(-6, 35, 1 / 3), np.arange(35, 60, 1.0), np.arange(60, min(p["last_contact_day"], 1826), 7.0)]
        )
        day = day[day <= p["last_contact_day"]]
        onset = p["crs_onset_day"] or 5.0
        heat = np.exp(-((day - onset - 2.5) ** 2) / 10) * (p["crs_penn_max"] / 4)
        relapse = p["relapse_day"] or 1e9
        leukaemia = 2e11 * np.exp(-np.maximum(day - 3, 0) * 1.3 * bool(p["responded_3mo"])) + 1e10 * np.exp(
            np.minimum((day - relapse) / 9, 3)
        )
        recovery = p["b_cell_recovery_day"] or 1e9
        parts.append(
            pl.DataFrame(
                {
                    "arm": [arm] * len(day), "patient": [p["patient"]] * len(day), "day": day, "tumour_cells": leukaemia,
                    "car_t_copies_per_ug": np.where(day < 0, 1e-9, _copies(day, p["cmax_copies_per_ug"], p["tmax_day"])),
                    "il6": 4 + 10 ** (1 + 0.8 * p["crs_penn_max"]) * heat, "temperature": 36.8 + 3.6 * heat,
                    "b_cells_per_ul": np.where(day < 2, 90 * np.exp(-np.maximum(day, 0)), np.where(day < recovery, 0.02, 150.0)),
                    "neutrophils": 0.06 + 2.6 / (1 + np.exp(-(day - 32) / 9)),
                }
            )
        )  # fmt: skip
    return pl.concat(parts) if parts else pl.DataFrame()
