"""A user's own table of vital signs, graded: one row per moment, any scale, blanks allowed, faults told by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.load import Catalog, default_catalog
from livingdrug.catalog.records.scale import Scale
from livingdrug.catalog.signs import SHIPPED, Signs, signs_of
from livingdrug.clinic.course_signs import course_signs_of_many
from livingdrug.clinic.grading import grade
from livingdrug.foundation.errors import BadInput, did_you_mean
from livingdrug.interop.user_tables.cells import numbers
from livingdrug.interop.user_tables.columns import match_columns, plain
from livingdrug.interop.user_tables.files import UserTable, read_table
from livingdrug.interop.user_tables.other_clocks import against_days
from livingdrug.interop.user_tables.people import (
    DAY,
    LOOKED_FOR,
    PEOPLE_NAMES,
    STUDY_DAY,
    People,
    days,
    people,
    perhaps_people,
    repeated,
)
from livingdrug.interop.user_tables.signs import columns_of
from livingdrug.interop.user_tables.understood import Understood, understood


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
    people
        Who each row is about.
    understood
        What is told of it on every use.
    day_headings
        The column that the days were read from.
    known
        The signs that were looked for.
    day_problem
        What another column says against the days; ``""`` where nothing does. Only what grades whole courses needs to know.
    """

    table: UserTable
    signs: dict[str, NDArray[np.float64]]
    day: NDArray[np.float64] | None
    people: People
    understood: Understood
    day_headings: tuple[str, ...] = ()
    known: Signs = SHIPPED
    day_problem: str = ""


def read_sign_table(path: Path | str, known: Signs = SHIPPED) -> SignTable:
    """Read a table of vital signs; headings are sign names or synonyms, with a unit in brackets where it differs.

    Parameters
    ----------
    path
        CSV.
    known
        The signs there are, each a column the table may have.

    Raises
    ------
    BadInput
        What cannot be used, with row, column, value and expectation.
    """
    table = read_table(path)
    columns = (*columns_of(known).values(), DAY, STUDY_DAY)
    matches = match_columns(table, columns, known=PEOPLE_NAMES)
    read = numbers(table, matches, columns)
    day, day_from = days(table, matches, read.values)
    who = people(table)
    problem = _unclear(table, who, day, [match.heading for match in matches.values()])
    day_headings = tuple(matches[name].heading for name in ("day", "study_day") if name in matches)[:1]
    day_problem = against_days(table, who, day, *day_headings) if day_headings else ""
    told = understood(
        table, matches, decimal_mark=read.decimal_mark, people=who.told, day=day, day_from=day_from,
        other_headings=who.headings,
        notes=(*who.notes, *read.notes, *([f"patients are not clear: {problem}"] if problem else []), *([f"days are not clear: {day_problem}"] if day_problem else []), *repeated(table, who, day)),
    )  # fmt: skip
    return SignTable(table, read.values, day, replace(who, problem=problem), told, day_headings, known, day_problem)


def _unclear(table: UserTable, who: People, day: NDArray[np.float64] | None, read: Sequence[str]) -> str:
    """Why rows may not be put together by patient; ``""`` when they may."""
    if who.problem or who.headings or day is None:
        return who.problem
    perhaps = perhaps_people(table, read)
    if perhaps:
        headings = ", ".join(f'"{heading}"' for heading in perhaps[:4])
        return (
            f"no column is known to name them (looked for {LOOKED_FOR}), and {headings} may;"
            ' call it "patient", or take it out if all rows are one patient\'s'
        )
    known = np.sort(day[~np.isnan(day)])
    twice = known[1:][known[1:] == known[:-1]]
    if not twice.size:
        return ""
    headings = ", ".join(f'"{heading}"' for heading in table.frame.columns[:12])
    return (
        f"day {twice[0]:g} stands more than once and no column names the patients"
        f" (looked for {LOOKED_FOR}; found {headings})"
    )


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
    return graded(read_sign_table(path, signs_of(catalog)), scales, catalog=catalog)


def graded(read: SignTable, scales: Sequence[str] | None = None, *, catalog: Catalog | None = None) -> pl.DataFrame:
    """As `grade_table`, of a table that was read already."""
    records = _asked(read, scales, catalog or default_catalog())
    frame = read.table.frame
    for record in records:
        clash = [name for name in (record.id, f"{record.id}_at_most") if name in frame.columns]
        if clash:
            raise BadInput(
                f'{read.table.source}: there is a column "{clash[0]}" already.\n  Rename it, or grade without it.'
            )
        frame = frame.with_columns(_graded(read, record))
    return frame


def template(known: Signs = SHIPPED) -> str:
    """A table to fill in, as CSV text: every sign a scale may read, with its unit, and two example rows."""
    names = ["patient", "day", *(name for name in known if name not in known.course)]
    unit = {**{name: sign.unit for name, sign in known.items()}, "day": "day"}
    heading = ",".join(f"{name} [{unit[name]}]" if unit.get(name) else name for name in names)
    well = {name: f"{known[name].well:g}" for name in names if name in known}
    rows = (
        {"patient": "A", "day": "1", **well, "capd_score": ""},
        {"patient": "A", "day": "3", **well, "capd_score": "", "temperature": "39.4", "pressor_level": "low",
         "oxygen_level": "low flow", "fever_treated": "yes", "ice_score": "8", "il6": "", "igg": ""},
    )  # fmt: skip
    return "\n".join([heading, *(",".join(row[name] for name in names) for row in rows), ""])


def _asked(read: SignTable, scales: Sequence[str] | None, catalog: Catalog) -> list[Scale]:
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


def _missing(read: SignTable, scale: Scale) -> list[str]:
    """Signs the scale cannot do without and the table has no column for."""
    if scale.graded_on == "course" and not _given_directly(read, scale):
        counts = _counts(read, scale.names)
        return [*(["day"] if read.day is None else []), *(count for count in counts if count not in read.signs)]
    partners = {**scale.stands_in, **{other: name for name, other in scale.stands_in.items()}}
    given = {*read.signs, *read.known.flags, *read.known.complaints}
    return [name for name in scale.names if name not in given and partners.get(name) not in given]


def _no_column(read: SignTable, scale: Scale, missing: Iterable[str]) -> str:
    told = []
    for name in missing:
        column = {**columns_of(read.known), "day": DAY}[name]
        unit = f" [{column.unit}]" if column.unit else ""
        guess = did_you_mean(name, map(plain, read.table.frame.columns), cutoff=0.6)
        told.append(f"- {name}{unit}: {column.meaning}{'.' if guess else ''}{guess}")
    return "\n".join(
        [
            f'{read.table.source}: scale "{scale.id}" reads columns that are not there:',
            *told,
            "  Add them (cells may stay blank), or grade on another scale; livingdrug grade --template shows all.",
        ]
    )


def _given_directly(read: SignTable, scale: Scale) -> bool:
    return all(name in read.signs for name in scale.names if name not in read.known.flags)


def _graded(read: SignTable, scale: Scale) -> list[pl.Series]:
    rows = read.table.frame.height
    signs: Mapping[str, NDArray[np.float64]] = read.signs
    if scale.graded_on == "course" and not _given_directly(read, scale):
        signs = _per_patient(read, scale)
    partners = {**scale.stands_in, **{other: name for name, other in scale.stands_in.items()}}
    unseen = np.full(rows, np.nan)
    here, worst = {}, {}
    seen, blanks = np.zeros(rows, dtype=bool), False
    for name in scale.names:
        values = signs.get(name, unseen)
        seen |= ~np.isnan(values)
        # What the ward would have said is 0 when nobody says it; a sign that nobody looked at may be anything.
        here[name] = np.nan_to_num(values) if name in read.known.flags else values
        unknown = np.isnan(here[name]) & np.isnan(signs.get(partners.get(name, ""), unseen))
        blanks |= bool(unknown.any())
        worst[name] = np.where(unknown, np.inf * read.known[name].worse, here[name])
    least = grade(scale, here, read.known).astype(np.int64)
    columns = [pl.Series(scale.id, least).set(~pl.Series(seen), None)]
    if blanks:
        most = grade(scale, worst, read.known).astype(np.int64)
        if (most > least).any():
            columns.append(pl.Series(f"{scale.id}_at_most", most, dtype=pl.Int64))
    return columns


def _counts(read: SignTable, names: Iterable[str]) -> list[str]:
    """The counts that these signs of a whole course are read off, each once."""
    found = [sign.summary.counts for name in names if (sign := read.known.course.get(name)) and sign.summary]
    return list(dict.fromkeys(found))


def _per_patient(read: SignTable, scale: Scale) -> dict[str, NDArray[np.float64]]:
    """Course signs of each row's patient, from the counts of all that patient's rows."""
    if read.people.problem:
        raise BadInput(
            f'{read.table.source}: scale "{scale.id}" grades whole courses, and patients are not clear:'
            f" {read.people.problem}.\n  Give one column that names the patient of every row."
        )
    if read.day_problem:
        raise BadInput(
            f'{read.table.source}: scale "{scale.id}" grades whole courses, and days are not clear: {read.day_problem}.\n'
            "  Put days from infusion in one column, and take the others out."
        )
    assert read.day is not None
    counts = {name: read.signs[name] for name in _counts(read, read.known.course) if name in read.signs}
    known = ~np.isnan(read.day)
    signs = course_signs_of_many(
        read.people.codes[known],
        read.day[known],
        {name: values[known] for name, values in counts.items()},
        len(read.people.labels),
        read.known,
    )
    return {name: values[read.people.codes] for name, values in signs.items() if name in scale.names}
