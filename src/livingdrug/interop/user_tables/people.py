"""Who each row is about and on which day: columns are taken in a stated order, and what remains unclear is told.

Patients: a name that is unique everywhere (usubjid) before one that is unique in its study (patient, then subject, then
id). The latter are joined with the columns of study and site, where there are any: subject 001 of two sites is two people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables.columns import Column, Match, key, plain
from livingdrug.interop.user_tables.files import SHOWN_ERRORS, UserTable, listed

UNIQUE = ("usubjid", "unique_subject_id", "unique_subject_identifier")
IN_STUDY = (
    ("patient", "patient_id", "patient_no", "patient_number", "patient_nr", "patient_name", "pat_id", "pat_no", "pat_nr", "pt", "pt_id", "pt_no",
     "pid", "mrn", "upn", "medical_record_number", "hospital_number", "patienten_id", "patientennummer"),
    ("subject", "subject_id", "subjid", "subj", "subj_id", "subj_no", "subject_no", "subject_number", "subject_identifier", "participant",
     "participant_id", "participant_no", "individual", "proband", "case", "case_id", "case_no", "record_id", "subject_identifier_for_the_study"),
    ("id", "id_no", "id_number", "identifier", "rid"),
)  # fmt: skip
STUDY, SITE = ("study", "study_id"), ("site", "site_id", "site_no", "site_number", "centre", "centre_id", "center", "center_id")  # fmt: skip
ARM = (
    "arm", "arm_code", "armcd", "actarm", "actarmcd", "trt01p", "trt01a", "treatment_arm", "treatment_group", "study_arm", "actual_arm", "planned_arm",
    "randomised_arm", "randomized_arm", "cohort", "cohort_id",
)  # fmt: skip
"""Columns in which one person stands with one value: with two, one name is two people, as patient 1 of each arm."""
BLANKS = ("", "na", "n/a", "#n/a", "nan", "null", ".", "-", "--", "?", "none", "missing", "unknown")
UNSEEN = "[\u200b\u200c\u200d\u2060\ufeff\u00ad]"
"""Letters without width or ink, which programs leave in names."""
SUMMARIES = frozenset({
    "mean", "average", "avg", "median", "total", "subtotal", "grandtotal", "sum", "overall", "minimum", "maximum", "stdev", "std", "sem", "geomean",
    "geometricmean", "mittelwert", "summe", "gesamt", "moyenne", "médiane",
})  # fmt: skip
"""What spreadsheets write below a column in place of a patient."""
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{2}")
_NAMES = re.compile(
    r"(^|_)(nr|no|number|nummer|num|id|ids|code|key|name|patients?|subjects?|person|who|identifier)(_|$)|id$"
)
_NOBODY = re.compile(
    r"(^|_)(notes?|comments?|remarks?|dates?|datum|time|hours?|dtc|visits?|weeks?|cycles?|phase|unit|method|assay|specimen|result_text|flag)(_|$)"
)
PEOPLE_NAMES = tuple(key(name) for names in (UNIQUE, *IN_STUDY, STUDY, SITE) for name in names)
LOOKED_FOR = "usubjid, patient, subject, id"

DAY = Column(
    "day", "day", "Day from infusion", -10000.0, 36525.0,
    synonyms=("day_from_infusion", "days_from_infusion", "day_since_infusion", "days_since_infusion", "days_after_infusion",
              "day_post_infusion", "days_post_infusion"),
)  # fmt: skip
STUDY_DAY = Column(
    "study_day", "day", "CDISC study day: day 1 is the day of infusion, and there is no day 0", -10000.0, 36525.0,
    synonyms=("studyday", "study_day_number", "ady", "lbdy", "vsdy", "aedy", "qsdy", "dy"),
)  # fmt: skip


@dataclass(frozen=True)
class People:
    """Who each row is about.

    Attributes
    ----------
    codes
        Number of each row's patient (rows,), from 0.
    labels
        Name of each patient.
    headings
        The columns that name them; empty when there is none and everybody is one patient.
    notes
        What was done to blank or padded names, and columns that were passed over.
    problem
        Why rows cannot be told apart by patient; ``""`` when they can. Only what grades whole courses needs to know.
    """

    codes: NDArray[np.int64]
    labels: tuple[str, ...]
    headings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def told(self) -> str:
        """How many there are and by which columns."""
        if not self.headings:
            return f"patients: 1, as no column names them (looked for {LOOKED_FOR})"
        by = " and ".join(f'"{heading}"' for heading in self.headings)
        return f"patients: {len(self.labels)}, by {by}"


def people(table: UserTable) -> People:
    """The patient of each row; never refuses, but says what is unclear in `problem`."""
    by_key = {key(heading): heading for heading in table.frame.columns}

    def first(names: tuple[str, ...]) -> list[str]:
        return [by_key[key(name)] for name in names if key(name) in by_key]

    rows = table.frame.height
    ranks = [found for found in (first(names) for names in (UNIQUE, *IN_STUDY)) if found]
    if not ranks:
        return People(np.zeros(rows, dtype=np.int64), ("the patient",), ())
    chosen, notes, problem = ranks[0], [], ""
    if len(chosen) > 1:
        pairs = table.frame.select(pl.col(chosen).str.strip_chars()).unique()
        if any(pairs[name].n_unique() != pairs.height for name in chosen):
            problem = f"columns {_quoted(chosen)} both name patients, and differently; keep one of them"
    passed = [heading for rank in ranks[1:] for heading in rank]
    if passed:
        notes.append(f"{_quoted(passed)} passed over: {_quoted(chosen[:1])} comes first")
    place = first(STUDY)[:1] + first(SITE)[:1]
    unique = key(chosen[0]) in map(key, UNIQUE)
    fixed, place = [*(place if unique else ()), *first(ARM)], [] if unique else place
    names, filled, trouble = _filled(table, chosen[0])
    names = names.str.replace_all(UNSEEN, "")
    if filled:
        notes.append(f'{filled} blank cells of "{chosen[0]}" filled from the row above, as in merged cells')
    problem = problem or trouble
    parts, more, unclear = filled_places(
        names, [table.frame[heading].rename(heading) for heading in place], table.lines
    )
    notes, problem = [*notes, *more], problem or unclear
    joined = pl.DataFrame([part.alias(str(i)) for i, part in enumerate((*parts, names))])
    label = joined.select(pl.concat_str(pl.all(), separator="/", ignore_nulls=True)).to_series()
    codes, labels = _numbered(label)
    problem = problem or alike(labels) or in_several(label, [table.frame[heading] for heading in fixed])
    return People(codes, labels, (*place, chosen[0]), tuple(notes), problem)


def filled_places(
    names: pl.Series, places: Sequence[pl.Series], lines: NDArray[np.int64]
) -> tuple[list[pl.Series], list[str], str]:
    """Study and site of each row, blank ones taken from the patient's other rows; what was filled, and what stays unclear.

    Parameters
    ----------
    names
        Of the patients (rows,).
    places
        Columns of study and site (rows,), named as in the table.
    lines
        The rows' numbers in a spreadsheet (rows,).
    """
    found, notes, problem = [], [], ""
    for given in places:
        place = given.str.strip_chars()
        blank = place.str.to_lowercase().is_in(BLANKS)
        n_blank = int(blank.sum())
        if not n_blank or n_blank == place.len():
            found.append(place)
            continue
        rows = pl.DataFrame({"who": names, "place": place.set(blank, None)})
        only = pl.col("place").drop_nulls().unique()
        filled = rows.select(
            pl.coalesce("place", pl.when(only.len().over("who") == 1).then(pl.col("place").max().over("who")))
        ).to_series()
        left = filled.is_null()
        if left.any():
            first = ", ".join(map(str, lines[left.to_numpy()][:3])) + (", …" if left.sum() > 3 else "")
            problem = problem or (
                f'column "{given.name}" is blank in {left.sum()} rows ({first}); name it in every row of a patient'
            )
        else:
            notes.append(f'{n_blank} blank cells of "{given.name}" filled from other rows of the same patient')
        found.append(filled.fill_null(""))
    return found, notes, problem


def in_several(names: pl.Series, columns: Iterable[pl.Series]) -> str:
    """That one name stands with two sites, studies or arms, and may be two people; ``""`` where none does.

    Parameters
    ----------
    names
        Of the patients (rows,).
    columns
        Of what one person has one value of (rows,), named as in the table.

    Examples
    --------
    >>> in_several(pl.Series(["1", "1", "2"]), [pl.Series("arm", ["A", "B", "A"])])[:50]
    'patient "1" stands with "A" and "B" in column "arm'
    """
    for column in columns:
        held = column.cast(pl.String).str.strip_chars()
        rows = pl.DataFrame({"who": names, "held": held}).filter(~held.str.to_lowercase().is_in(BLANKS).fill_null(True))
        several = rows.unique(maintain_order=True).filter(pl.col("who").is_duplicated())
        if several.height:
            who = several["who"][0]
            one, other = several.filter(pl.col("who") == who)["held"].head(2)
            return (
                f'patient "{who}" stands with "{one}" and "{other}" in column "{column.name}", and may be two people;'
                f' join the columns into one name for two, or take "{column.name}" out for one'
            )
    return ""


def perhaps_people(table: UserTable, read: Iterable[str]) -> tuple[str, ...]:
    """Headings that are not understood and may name patients, where no column is known to.

    A name that stands in several rows but not in all of them may be a patient's; so may every cell of a column whose
    heading speaks of numbers, codes or names.

    Parameters
    ----------
    read
        Headings that are understood.
    """
    known = {*read}
    found = []
    for heading in table.frame.columns:
        if heading in known or _NOBODY.search(plain(heading)):
            continue
        names = table.frame[heading].str.strip_chars()
        names = names.filter(names != "")
        several = 1 < names.n_unique() < names.len()
        if several or (_NAMES.search(plain(heading)) and names.n_unique() > 1):
            found.append(heading)
    return tuple(found)


def _numbered(label: pl.Series) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Each row's patient as a number, and their names, in the order of the file."""
    code = label.rank("dense").cast(pl.Int64).to_numpy() - 1
    first = np.full(int(code.max()) + 1, code.size, dtype=np.int64)
    np.minimum.at(first, code, np.arange(code.size))
    order = np.argsort(first)
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.arange(order.size)
    return number[code], tuple(label.gather(first[order]).to_list())


def days(
    table: UserTable, matches: dict[str, Match], values: dict[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64] | None, str]:
    """Day from infusion of each row (rows,), and how it was found; None and ``""`` without a column of days.

    Takes `day` and `study_day` out of `values`.

    Raises
    ------
    BadInput
        A CDISC study day 0, or between −1 and 1: there is none.
    """
    day, study = values.pop("day", None), values.pop("study_day", None)
    if day is not None:
        match = matches["day"]
        unit = f" [{match.unit}]" if match.unit != "day" else ""
        other = matches["study_day"].heading if study is not None else ""
        rest = "" if not other else f', before "{other}"'
        return day, f'from "{match.heading}"{unit}{rest}'
    if study is None:
        return None, ""
    heading = matches["study_day"].heading
    with np.errstate(invalid="ignore"):
        none_such = np.flatnonzero((study > -1) & (study < 1))
        if none_such.size:
            told = [
                f'row {table.lines[i]}, column "{heading}": got "{table.frame[heading][int(i)]}"'
                for i in none_such[:SHOWN_ERRORS]
            ]
            raise BadInput(
                listed(
                    f"{table.source}: study day 0 does not exist: the day of infusion is 1, the day before is -1",
                    told,
                    none_such.size,
                )
                + f'\n  If these are days from infusion, call the column "day" instead of "{heading}".'
            )
        shifted = np.where(study >= 1, study - 1, study)
    return shifted, f'from "{heading}": CDISC study days, shifted so that day 1 is day 0, the day of infusion'


def repeated(table: UserTable, who: People, day: NDArray[np.float64] | None) -> list[str]:
    """Rows that stand twice: the same patient on the same moment, named with patient and rows."""
    if not who.headings and day is None:
        return []
    frame = pl.DataFrame(
        {"who": who.codes, "day": np.full(who.codes.size, np.nan) if day is None else day, "line": table.lines}
    )
    if day is not None:
        frame = frame.filter(~pl.col("day").is_nan())
    frame = frame.filter(pl.struct("who", "day").is_duplicated())
    if not frame.height:
        return []
    twice = frame.group_by("who", "day").agg(pl.len().alias("n"), pl.col("line").sort().head(3))
    told: list[str] = []
    for row in twice.sort("who", "day").head(3).iter_rows(named=True):
        rows = ", ".join(map(str, row["line"])) + (", …" if row["n"] > 3 else "")
        when = f", day {row['day']:g}" if day is not None else ""
        told.append(f"patient {who.labels[row['who']]}{when} (rows {rows})")
    more = f", and {twice.height - 3} more" if twice.height > 3 else ""
    what = "moments stand" if day is not None else "patients stand"
    one = "moment stands" if day is not None else "patient stands"
    return [f"{twice.height} {one if twice.height == 1 else what} more than once: {'; '.join(told)}{more}"]


def _filled(table: UserTable, heading: str) -> tuple[pl.Series, int, str]:
    """Names with blanks filled from above where the column looks like merged cells; how many; what is wrong."""
    names = table.frame[heading].str.strip_chars()
    blank = names.str.to_lowercase().is_in(BLANKS)
    n_blank = int(blank.sum())
    if not n_blank:
        return names, 0, ""
    given = names.filter(~blank)
    if not blank[0] and given.n_unique() == given.len():
        return names.set(blank, None).forward_fill(), n_blank, ""
    rows = table.lines[blank.to_numpy()][:3]
    told = ", ".join(map(str, rows)) + (", …" if n_blank > 3 else "")
    return names, 0, f'column "{heading}" is blank in {n_blank} rows ({told}); name the patient in every row'


def alike(labels: tuple[str, ...]) -> str:
    """Two names that differ only by zeros, capitals, spaces, a hyphen or a decimal point: 1 and 001, s01 and S-01; or one that a spreadsheet cut;
    or none, as of a row of means.

    >>> alike(("S-01", "S-02", "1-11", "11-1")), alike(("1.23457E+08",))[:21], alike(("A", "Mean"))[:16]
    ('', '"1.23457E+08" is a nu', '"Mean" is no pat')
    """
    seen: dict[str, str] = {}
    for label in labels:
        if re.sub(r"[\s_:.-]", "", label.rpartition("/")[2].lower()) in SUMMARIES:
            return f'"{label}" is no patient but a summary of others; take these rows out, or write the name otherwise'
        if _SHORTENED.fullmatch(label.rpartition("/")[2]):
            return f'"{label}" is a number that a spreadsheet has shortened, and may be several patients; format the column as text'
        folded = re.sub(r"(?<=[a-z])[-_](?=[0-9])", "", re.sub(r"\.0+$|\s", "", label.lower()))
        folded = re.sub(r"(?<![0-9])0+(?=[0-9])", "", folded)
        if folded in seen:
            return (
                f'"{seen[folded]}" and "{label}" may be one patient or two; write the same patient alike in every row'
            )
        seen[folded] = label
    return ""


def _quoted(headings: Any) -> str:
    return ", ".join(f'"{heading}"' for heading in headings)
