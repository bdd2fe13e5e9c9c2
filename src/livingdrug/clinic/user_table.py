"""A user's own CSV file: read whole, its columns matched to quantities, its cells checked one by one and told by row."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput, UnitError
from livingdrug.foundation.units import convert

SHOWN_ERRORS = 20
BLANK = frozenset({"", "na", "n/a", "nan", "null", "none measured", "."})
_UNIT = re.compile(r"^\s*(.*?)\s*[\[(]\s*(.*?)\s*[\])]\s*$")


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    Attributes
    ----------
    name
        The quantity's own name.
    unit
        Canonical unit; ``""`` for a plain number. Assumed where the heading states none.
    meaning
        One phrase, for messages and templates.
    low, high
        Plausible range in `unit`; outside it is an error.
    whole
        Whole numbers only.
    synonyms
        Other headings that mean this quantity.
    words
        Words that stand for numbers, such as yes and no.
    molar_mass
        g/mol, where amounts of substance are written as masses or the other way round; 0 for never.
    """

    name: str
    unit: str
    meaning: str
    low: float
    high: float
    whole: bool = False
    synonyms: tuple[str, ...] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    molar_mass: float = 0.0

    @property
    def expectation(self) -> str:
        """What a cell has to be, in words."""
        kind = "a whole number" if self.whole else "a number"
        words = f", or one of {', '.join(self.words)}" if self.words else ""
        return f"{kind} from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}{words}"


@dataclass(frozen=True)
class UserTable:
    """A CSV file as text: `frame` has one text column per heading; `lines` are the rows' numbers in a spreadsheet."""

    source: str
    frame: pl.DataFrame
    lines: tuple[int, ...]


def read_table(path: Path | str) -> UserTable:
    """Read a CSV file (comma, semicolon or tab) without interpreting its cells.

    Raises
    ------
    BadInput
        No such file, not text, no rows, a heading twice or missing, or a row with too many or too few cells.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file.\n  Give a CSV table.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadInput(
            f"{path}: byte {problem.start} is not text in UTF-8.\n  Save the table as CSV (UTF-8), not as a workbook."
        ) from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as problem:
        raise BadInput(f"{path}: not a CSV table ({problem}).\n  Look for an unclosed quotation mark.") from None
    rows = [(line, row) for line, row in rows if len(row) > 1 or (row and row[0].strip())]  # empty lines mean nothing
    if not rows:
        raise BadInput(
            f"{path}: the table is empty.\n  It needs a line of headings and a row of values for each moment."
        )
    headings = [cell.strip() for cell in rows[0][1]]
    repeated = sorted({heading for heading in headings if headings.count(heading) > 1})
    if repeated:
        raise BadInput(
            f'{path}: the heading "{repeated[0]}" stands {headings.count(repeated[0])} times, expected once.'
        )
    ragged = [(line, len(row)) for line, row in rows[1:] if len(row) != len(headings)]
    if ragged:
        told = [f"row {line}: {n} cells, expected {len(headings)} as in the heading" for line, n in ragged]
        raise BadInput(_listed(f"{path}: {len(ragged)} rows do not fit the heading", told))
    if len(rows) == 1:
        raise BadInput(f"{path}: there are headings but no rows.\n  Add a row of values for each moment or patient.")
    columns = {heading: [row[i] for _, row in rows[1:]] for i, heading in enumerate(headings)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(headings, pl.String))
    return UserTable(str(path), frame, tuple(line for line, _ in rows[1:]))


def as_csv(frame: pl.DataFrame) -> str:
    """The frame as CSV text, with nothing between the commas where a cell is blank."""
    return frame.with_columns(pl.col(pl.String).replace("", None)).write_csv()


def plain(heading: str) -> str:
    """A heading as a name: lower case, words joined by _.

    Examples
    --------
    >>> plain(" Mean arterial pressure")
    'mean_arterial_pressure'
    """
    return re.sub(r"[\s\-./]+", "_", heading.strip().lower()).strip("_")


def match_columns(table: UserTable, columns: Iterable[Column]) -> dict[str, tuple[str, str]]:
    """Which heading holds which quantity, and in which unit: name -> (heading, unit).

    Raises
    ------
    BadInput
        Two headings for one quantity, an unknown unit, or a heading that looks like a misspelt quantity.
    """
    known = {column.name: column for column in columns}
    names = {plain(other): column.name for column in known.values() for other in (column.name, *column.synonyms)}
    found: dict[str, tuple[str, str]] = {}
    for heading in table.frame.columns:
        parts = _UNIT.match(heading)
        word, unit = (plain(parts[1]), parts[2]) if parts else (plain(heading), None)
        if word not in names:
            near = difflib.get_close_matches(word, names, n=1, cutoff=0.86)
            if near:
                raise BadInput(
                    f'{table.source}, column "{heading}": not a known name. Did you mean "{near[0]}"?\n'
                    "  Correct the heading, or rename the column if it is something else."
                )
            continue
        name = names[word]
        if name in found:
            raise BadInput(
                f'{table.source}: columns "{found[name][0]}" and "{heading}" both hold {name}.\n  Take one of them out.'
            )
        column = known[name]
        try:
            to_unit(1.0, column.unit if unit is None else unit, column)
        except UnitError:
            raise BadInput(
                f'{table.source}, column "{heading}": the unit "{unit}" does not convert to '
                f'"{column.unit or "a plain number"}", expected for {name}.\n  Correct the unit in the heading.'
            ) from None
        found[name] = (heading, column.unit if unit is None else unit)
    return found


def numbers(
    table: UserTable, matches: Mapping[str, tuple[str, str]], columns: Iterable[Column]
) -> dict[str, NDArray[np.float64]]:
    """The matched columns in canonical units, NaN where a cell is blank.

    Returns
    -------
    name -> values (rows,)

    Raises
    ------
    BadInput
        Cells that are no number or out of range: all of them, with row, column, value and expectation.
    """
    problems: list[tuple[int, str]] = []
    result = {}
    for column in columns:
        if column.name not in matches:
            continue
        heading, unit = matches[column.name]
        cells = table.frame[heading].str.strip_chars()
        values = _values(cells, column)
        blank = cells.str.to_lowercase().is_in(list(BLANK)).to_numpy()
        converted = to_unit(values, unit, column)
        with np.errstate(invalid="ignore"):
            wrong = np.isnan(converted) | (converted < column.low) | (converted > column.high)
            if column.whole:
                wrong |= converted != np.floor(converted)
        for i in np.flatnonzero(wrong & ~blank):
            hint = "; the heading may state another unit, as in [degF]" if column.name == "temperature" else ""
            problems.append(
                (table.lines[i], f'row {table.lines[i]}, column "{heading}": got "{cells[int(i)]}", '
                 f"expected {column.expectation}{hint}")
            )  # fmt: skip
        result[column.name] = np.where(blank, np.nan, converted)
    if problems:
        told = [text for _, text in sorted(problems, key=lambda item: item[0])]
        count = f"{len(told)} cell{'s' if len(told) > 1 else ''} cannot be used"
        raise BadInput(_listed(f"{table.source}: {count} (the heading is row 1)", told))
    return result


def to_unit(value: Any, unit: str, column: Column) -> Any:
    """A value given in `unit` in the column's own unit.

    Examples
    --------
    >>> creatinine = Column("creatinine", "mg/dL", "Creatinine", 0, 30, molar_mass=113.12)
    >>> float(round(to_unit(88.4, "umol/L", creatinine), 3))
    1.0
    """
    if unit == column.unit:
        return value
    # Limits are met exactly: 100.4 degF is 38 degC, not 38.00000000000006.
    return np.round(_converted(value, unit, column), 9)


def _converted(value: Any, unit: str, column: Column) -> Any:
    try:
        return convert(value, unit, column.unit)
    except UnitError:
        # In a blood count the cell is not a unit: 800 cells/uL is 0.8e9/L; and IU is what U is for enzymes.
        loose = re.sub(r"\bcells?\b", "1", unit, flags=re.I)
        if re.search(r"\bU/", column.unit):
            loose = re.sub(r"\bIU\b", "U", loose)
        if loose != unit:
            return convert(value, loose, column.unit)
        if not column.molar_mass:
            raise
    mass = f"{column.molar_mass!r} g/mol"
    try:
        return convert(value, f"({unit}) / ({mass})", column.unit)
    except UnitError:
        return convert(value, f"({unit}) * ({mass})", column.unit)


def _values(cells: pl.Series, column: Column) -> NDArray[np.float64]:
    values = cells.cast(pl.Float64, strict=False).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan
    lower = cells.str.to_lowercase()
    for word, value in column.words.items():
        values[(lower == word.lower()).to_numpy()] = value
    return values


def _listed(heading: str, told: Sequence[str]) -> str:
    more = [f"- … and {len(told) - SHOWN_ERRORS} more"] if len(told) > SHOWN_ERRORS else []
    return "\n".join([f"{heading}:", *(f"- {text}" for text in told[:SHOWN_ERRORS]), *more])
