"""The signs a table may hold: their usual headings, and words that stand for levels."""

from __future__ import annotations

from livingdrug.catalog.records.scale import COMPLAINTS, READABLE
from livingdrug.foundation.yes_no import YES_NO
from livingdrug.interop.user_tables.columns import Column

SYNONYMS: dict[str, tuple[str, ...]] = {
    "temperature": ("temp", "body_temperature"),
    "mean_arterial_pressure": ("map", "mean_pressure"),
    "pressor_level": ("pressor", "pressors", "vasopressor", "vasopressors", "vasopressor_level"),
    "oxygen_level": ("oxygen", "o2", "o2_level", "oxygen_support"),
    "creatinine_ratio": ("creatinine_x_uln", "creatinine_over_uln"),
    "transaminase_ratio": ("transaminases_x_uln", "alt_x_uln", "ast_x_uln", "alt_over_uln"),
    "ice_score": ("ice",),
    "capd_score": ("capd",),
    "arousal": ("consciousness", "level_of_consciousness"),
    "seizure": ("seizures",),
    "motor_weakness": ("weakness", "motor"),
    "tremor": ("tremors",),
    "headache": ("headaches", "cephalalgia"),
    "distress": ("insomnia", "anxiety", "dizziness"),
    "cerebral_oedema": ("cerebral_edema", "oedema", "edema"),
    "neutrophils": ("anc", "neutrophil_count", "absolute_neutrophil_count"),
    "platelets": ("plt", "platelet_count", "thrombocytes"),
    "igg": ("immunoglobulin_g",),
    "crp": ("c_reactive_protein",),
    "il6": ("il_6", "interleukin_6"),
    "admitted": ("in_hospital", "hospitalised", "hospitalized"),
}
WORDS: dict[str, dict[str, float]] = {
    "pressor_level": {"none": 0.0, "fluids": 1.0, "low": 2.0, "high": 3.0, "multiple": 4.0},
    "oxygen_level": {"none": 0.0, "low flow": 1.0, "high flow": 2.0, "mask": 2.0, "cpap": 3.0, "bipap": 3.0, "ventilator": 4.0},
    "arousal": {"spontaneous": 0.0, "voice": 1.0, "touch": 2.0, "unarousable": 3.0},
    "seizure": {"none": 0.0, "brief": 1.0, "prolonged": 2.0},
    **{name: {"none": 0.0, "mild": 1.0, "moderate": 2.0, "severe": 3.0} for name in (*COMPLAINTS, "movement_sign")},
    "cerebral_oedema": {"none": 0.0, "focal": 1.0, "diffuse": 2.0},
    "hlh_like": {"none": 0.0, "observed": 1.0, "treated": 2.0},
    **{name: YES_NO for name, sign in READABLE.items() if sign.whole and sign.high == 1.0},
}  # fmt: skip
NEEDS_UNIT = frozenset({"crp"})
"""Written in two units (mg/L and mg/dL) whose values overlap: the heading has to say which."""
HIGH_WITHOUT_UNIT = {"neutrophils": 50.0, "igg": 60.0}
"""Where no unit is stated: counts per µL and mg/dL are larger than these (our choice), so another unit is found out."""
COLUMNS: dict[str, Column] = {
    name: Column(
        name,
        sign.unit,
        sign.meaning,
        sign.low,
        sign.high,
        sign.whole,
        SYNONYMS.get(name, ()),
        WORDS.get(name, {}),
        needs_unit=name in NEEDS_UNIT,
        high_without_unit=HIGH_WITHOUT_UNIT.get(name, 0.0),
    )
    for name, sign in READABLE.items()
}
