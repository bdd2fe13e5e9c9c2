"""A user's own table of patients, scored: every input's unit stands in its heading, as on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.score import Score
from livingdrug.clinic.scores import refuse, score
from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables.cells import numbers
from livingdrug.interop.user_tables.columns import Column, match_columns
from livingdrug.interop.user_tables.files import UserTable, read_table
from livingdrug.interop.user_tables.people import PEOPLE_NAMES, people, repeated
from livingdrug.interop.user_tables.understood import Understood, understood


@dataclass(frozen=True)
class PatientTable:
    """A table of a score's inputs that was read and found sound.

    Attributes
    ----------
    table
        The file as text.
    inputs
        Input -> values in its canonical unit (rows,), NaN where blank.
    understood
        What is told of it on every use.
    """

    table: UserTable
    inputs: dict[str, NDArray[np.float64]]
    understood: Understood


def columns_of(record: Score) -> tuple[Column, ...]:
    """The score's inputs as columns of a table."""
    return tuple(
        Column(
            name,
            one.unit,
            one.meaning,
            one.low,
            one.high,
            one.whole,
            one.synonyms,
            one.words,
            one.molar_mass,
            needs_unit=bool(one.unit),
        )
        for name, one in record.input.items()
    )


def read_patient_table(path: Path | str, record: Score) -> PatientTable:
    """The inputs of a score, one row for each patient.

    Raises
    ------
    BadInput
        The score is refused, a column or its unit is missing, or cells cannot be used (row, column, value, expectation).
    """
    refuse(record)
    table = read_table(path)
    columns = columns_of(record)
    matches = match_columns(table, columns, known=PEOPLE_NAMES)
    missing = [column for column in columns if column.name not in matches]
    if missing:
        told = [f"- {one.name}{f' [{one.unit}]' if one.unit else ''}: {one.meaning}" for one in missing]
        raise BadInput("\n".join([f'{table.source}: score "{record.id}" reads columns that are not there:', *told]))
    read = numbers(table, matches, columns)
    who = people(table)
    notes = (
        *who.notes,
        *read.notes,
        *([f"patients are not clear: {who.problem}"] if who.problem else []),
        *repeated(table, who, None),
    )
    told_people = who.told if who.headings else ""
    return PatientTable(
        table,
        read.values,
        understood(
            table, matches, decimal_mark=read.decimal_mark, people=told_people, other_headings=who.headings, notes=notes
        ),
    )


def score_table(path: Path | str, record: Score) -> pl.DataFrame:
    """Score a table of patients; columns by input name or synonym, with the unit in brackets.

    Returns
    -------
    The table's own columns as text, the score (Float64, null where an input is blank), and its band if it has bands.

    Raises
    ------
    BadInput
        As `read_patient_table`.
    """
    return scored(read_patient_table(path, record), record)


def scored(read: PatientTable, record: Score) -> pl.DataFrame:
    """As `score_table`, of a table that was read already."""
    result = score(record, read.inputs)
    new = [record.id, f"{record.id}_band"][: 2 if record.band else 1]
    clash = [name for name in new if name in read.table.frame.columns]
    if clash:
        raise BadInput(f'{read.table.source}: there is a column "{clash[0]}" already.\n  Rename it first.')
    frame = read.table.frame.with_columns(pl.Series(record.id, result.value, dtype=pl.Float64).fill_nan(None))
    if record.band:
        labels = pl.Series(new[1], result.band, dtype=pl.String)
        frame = frame.with_columns(labels.set(labels == "", None))
    return frame
