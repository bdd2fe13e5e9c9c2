"""A user's own table of vital signs, graded: one row per moment, any scale, blanks allowed, faults told by row."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.load import Catalog, default_catalog
from livingdrug.catalog.records.scale import COMPLAINTS, COURSE_SIGNS, FLAGS, READABLE
from livingdrug.catalog.records.scale import Record as ScaleRecord
from livingdrug.clinic.course_signs import course_signs
from livingdrug.clinic.grading import grade
from livingdrug.clinic.user_table import Column, UserTable, match_columns, numbers, plain, read_table
from livingdrug.foundation.errors import BadInput

YES_NO = {"no": 0.0, "yes": 1.0}
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
DAY = Column("day", "day", "Day from infusion", -10000.0, 100000.0, synonyms=("day_from_infusion", "study_day"))
PATIENT_HEADINGS = ("patient", "patient_id", "subject", "subject_id", "usubjid")
COLUMNS: dict[str, Column] = {
    name: Column(
        name, sign.unit, sign.meaning, sign.low, sign.high, sign.whole, SYNONYMS.get(name, ()), WORDS.get(name, {})
    )
    for name, sign in READABLE.items()
}


@dataclass(frozen=True)
class SignTable:
    """A table that was read and found sound.

    Attributes
    ----------
    table
        The file as text.
    signs
        Sign -> values in canonical units (rows,), NaN where blank; only signs that have a column.
    day
        Days from infusion (rows,), or None without such a column.
    patients
        Who each row is about (rows,); everybody is one patient without such a column.
    """

    table: UserTable
    signs: dict[str, NDArray[np.float64]]
    day: NDArray[np.float64] | None
    patients: NDArray[np.str_]


def read_sign_table(path: Path | str) -> SignTable:
    """Read a CSV of vital signs; headings are sign names or synonyms, with a unit in brackets where it differs.

    Raises
    ------
    BadInput
        What cannot be used, with row, column, value and expectation.
    """
    table = read_table(path)
    columns = (*COLUMNS.values(), DAY)
    values = numbers(table, match_columns(table, columns), columns)
    day = values.pop("day", None)
    who = next((heading for heading in table.frame.columns if plain(heading) in PATIENT_HEADINGS), None)
    patients = np.zeros(table.frame.height) if who is None else table.frame[who].to_numpy()
    return SignTable(table, values, day, patients.astype(np.str_))


def grade_table(
    path: Path | str, scales: Sequence[str] | None = None, *, catalog: Catalog | None = None
) -> pl.DataFrame:
    """Grade a table of vital signs on any scales.

    Parameters
    ----------
    path
        CSV: one row per moment; see `template()` for the columns. Cells may be blank.
    scales
        Names of grading scales; all that the table has the signs for when omitted.
    catalog
        Where scales are looked up; `default_catalog()` when omitted.

    Returns
    -------
    The table's own columns as text, then for every scale a column of its name (Int64): the grade that the signs seen
    amount to, null where none of them was seen. Where blanks could hide more, `<scale>_at_most` is the grade if every
    blank were as bad as can be. Scales of a whole course give each row its patient's grade.

    Raises
    ------
    BadInput
        The table or a cell in it cannot be used, or lacks a sign that a scale reads.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "signs.csv"
    >>> _ = file.write_text("temp [degF],pressor_level,oxygen_level\\n98.2,0,0\\n101.8,low,0\\n")
    >>> grade_table(file, ["crs_astct"])["crs_astct"].to_list()
    [0, 3]
    """
    catalog = catalog or default_catalog()
    read = read_sign_table(path)
    records = _asked(read, scales, catalog)
    frame = read.table.frame
    for record in records:
        clash = [name for name in (record.id, f"{record.id}_at_most") if name in frame.columns]
        if clash:
            raise BadInput(
                f'{read.table.source}: there is a column "{clash[0]}" already.\n  Rename it, or grade without it.'
            )
        frame = frame.with_columns(_graded(read, record))
    return frame


def template() -> str:
    """A table to fill in, as CSV text: every sign a scale may read, with its unit, and two example rows."""
    names = ["patient", "day", *(name for name in READABLE if name not in COURSE_SIGNS)]
    unit = {**{name: sign.unit for name, sign in READABLE.items()}, "day": "day"}
    heading = ",".join(f"{name} [{unit[name]}]" if unit.get(name) else name for name in names)
    well = {name: f"{READABLE[name].well:g}" for name in names if name in READABLE}
    rows = (
        {"patient": "A", "day": "1", **well, "capd_score": ""},
        {"patient": "A", "day": "3", **well, "capd_score": "", "temperature": "39.4", "pressor_level": "low",
         "oxygen_level": "low flow", "fever_treated": "yes", "ice_score": "8", "il6": "", "igg": ""},
    )  # fmt: skip
    return "\n".join([heading, *(",".join(row[name] for name in names) for row in rows), ""])


def _asked(read: SignTable, scales: Sequence[str] | None, catalog: Catalog) -> list[ScaleRecord]:
    if scales:
        records = [catalog.load("scale", name) for name in dict.fromkeys(scales)]
        for record in records:
            missing = _missing(read, record)
            if missing:
                raise BadInput(_no_column(read, record, missing))
        return records
    every = [catalog.load("scale", name) for name in catalog.names("scale")]
    possible = [record for record in every if not _missing(read, record)]
    if not possible:
        nearest = min(every, key=lambda record: len(_missing(read, record)))
        raise BadInput(_no_column(read, nearest, _missing(read, nearest)))
    return possible


def _missing(read: SignTable, scale: ScaleRecord) -> list[str]:
    """Signs the scale cannot do without and the table has no column for."""
    if scale.graded_on == "course" and not _given_directly(read, scale):
        counts = [count for count in ("neutrophils", "platelets") if any(count in name for name in scale.names)]
        return [*(["day"] if read.day is None else []), *(count for count in counts if count not in read.signs)]
    partners = {**scale.stands_in, **{other: name for name, other in scale.stands_in.items()}}
    given = {*read.signs, *FLAGS, *COMPLAINTS}
    return [name for name in scale.names if name not in given and partners.get(name) not in given]


def _no_column(read: SignTable, scale: ScaleRecord, missing: Iterable[str]) -> str:
    told = []
    for name in missing:
        column = {**COLUMNS, "day": DAY}[name]
        unit = f" [{column.unit}]" if column.unit else ""
        near = difflib.get_close_matches(name, [plain(h) for h in read.table.frame.columns], n=1, cutoff=0.6)
        told.append(f"- {name}{unit}: {column.meaning}" + (f' (is it "{near[0]}"?)' if near else ""))
    return "\n".join(
        [
            f'{read.table.source}: scale "{scale.id}" reads columns that are not there:',
            *told,
            "  Add them (cells may stay blank), or grade on another scale; livingdrug grade --template shows all.",
        ]
    )


def _given_directly(read: SignTable, scale: ScaleRecord) -> bool:
    return all(name in read.signs for name in scale.names if name not in FLAGS)


def _graded(read: SignTable, scale: ScaleRecord) -> list[pl.Series]:
    rows = read.table.frame.height
    signs: Mapping[str, NDArray[np.float64]] = read.signs
    if scale.graded_on == "course" and not _given_directly(read, scale):
        signs = _per_patient(read, scale)
    partners = {**scale.stands_in, **{other: name for name, other in scale.stands_in.items()}}
    unseen = np.full(rows, np.nan)
    here, worst, seen = {}, {}, np.zeros(rows, dtype=bool)
    for name in scale.names:
        values = signs.get(name, unseen)
        seen |= ~np.isnan(values)
        # What the ward would have said is 0 when nobody says it; a sign that nobody looked at may be anything.
        here[name] = np.nan_to_num(values) if name in FLAGS else values
        unknown = np.isnan(here[name]) & np.isnan(signs.get(partners.get(name, ""), unseen))
        worst[name] = np.where(unknown, np.inf * READABLE[name].worse, here[name])
    least = grade(scale, here).astype(np.int64)
    most = grade(scale, worst).astype(np.int64)
    columns = [pl.Series(scale.id, [int(g) if s else None for g, s in zip(least, seen, strict=True)], dtype=pl.Int64)]
    if (most > least).any():
        columns.append(pl.Series(f"{scale.id}_at_most", most, dtype=pl.Int64))
    return columns


def _per_patient(read: SignTable, scale: ScaleRecord) -> dict[str, NDArray[np.float64]]:
    """Course signs of each row's patient, from the counts of all that patient's rows."""
    counts = {name: read.signs[name] for name in ("neutrophils", "platelets") if name in read.signs}
    assert read.day is not None
    result: dict[str, NDArray[np.float64]] = {}
    for who in np.unique(read.patients):
        mine = read.patients == who
        known = mine & ~np.isnan(read.day)
        for name, value in course_signs(read.day[known], {key: c[known] for key, c in counts.items()}).items():
            result.setdefault(name, np.full(mine.size, np.nan))[mine] = value
    return {name: values for name, values in result.items() if name in scale.names}
