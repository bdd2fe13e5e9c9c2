"""Cells of text as numbers in canonical units: the decimal mark is found once for the whole table, faults are told by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.numerals import NotANumber, read_number
from livingdrug.foundation.units import convert_laboratory
from livingdrug.interop.user_tables.columns import Column, Match, plain
from livingdrug.interop.user_tables.files import SHOWN_ERRORS, UserTable, listed

BLANK = ("", "na", "n/a", "nan", "null", "none measured", ".")
MOST_ODD = 20_000
"""So many different texts of one column are read one by one; beyond, the column does not hold numbers."""

FEWEST_WITH_FRACTION = 20.0
"""Cells per microlitre: below, a fraction is not a count but a number in 10^9/L among others."""

_SIGN, _EXPONENT = r"^[+-]?", r"(?:[eE][+-]?\d{1,3})?$"
_EITHER = rf"{_SIGN}[1-9]\d{{0,2}},\d{{3}}$"
_COMMA_DECIMAL = rf"{_SIGN}(?:\d*,\d+|\d{{1,3}}(?:\.\d{{3}})+,\d+){_EXPONENT}"
_COMMA_THOUSANDS = rf"{_SIGN}\d{{1,3}}(?:(?:,\d{{3}}){{2,}}(?:\.\d*)?|(?:,\d{{3}})+\.\d+)$"
_HUNDREDS, _ABOVE_HUNDREDS = rf"{_SIGN}[1-9]\d\d$", rf"{_SIGN}\d{{4,}}$"
_POINT_EITHER = rf"{_SIGN}[1-9]\d{{0,2}}\.\d{{3}}$"
_NINES = r"^9{3,}(?:[.,]9*0*)?$"
_POINT_DECIMAL = rf"{_SIGN}\d*\.\d+{_EXPONENT}"


@dataclass(frozen=True)
class Numbers:
    """The matched columns as numbers.

    Attributes
    ----------
    values
        Name -> values in canonical units (rows,), NaN where a cell is blank.
    decimal_mark
        "point" or "comma": how the table writes decimals; "point" where it has none.
    notes
        Cells that were read and are worth a look: 999 and the like, which many registries write for a missing value.
    """

    values: dict[str, NDArray[np.float64]]
    decimal_mark: str
    notes: tuple[str, ...] = ()


def numbers(table: UserTable, matches: Mapping[str, Match], columns: Iterable[Column]) -> Numbers:
    """The matched columns in canonical units, NaN where a cell is blank.

    Raises
    ------
    BadInput
        Cells that are no number, that may be two, or that are out of range: with row, column, value and expectation.
    """
    read = [column for column in columns if column.name in matches]
    cells = {column.name: table.frame[matches[column.name].heading].str.strip_chars() for column in read}
    decimals = marks_of(cells, table.delimiter)
    values, problems, n_problems, notes = {}, [], 0, []
    for column in read:
        match = matches[column.name]
        given, blank = _as_floats(cells[column.name], column, decimals)
        converted = _in_own_unit(given, match, column)
        high = column.high if match.stated or not column.high_without_unit else column.high_without_unit
        with np.errstate(invalid="ignore"):
            wrong = np.isnan(converted) | (converted < column.low) | (converted > high)
            if column.whole:
                wrong |= converted != np.floor(converted)
            if _per_microlitre(match, column):
                wrong |= (given < FEWEST_WITH_FRACTION) & (given != np.floor(given))
        wrong &= ~blank
        rows = np.flatnonzero(wrong)
        n_problems += rows.size
        problems += [
            (int(table.lines[i]), _told(table, column, match, cells[column.name][int(i)], int(i), high, decimals))
            for i in rows[:SHOWN_ERRORS]
        ]
        values[column.name] = np.where(blank, np.nan, converted)
        notes += [
            *_nines(table, match.heading, cells[column.name]),
            *_levels(match.heading, cells[column.name], column),
        ]
    if n_problems:
        told = [text for _, text in sorted(problems, key=lambda item: item[0])]
        count = f"{n_problems} cell{'s' if n_problems > 1 else ''} cannot be used"
        raise BadInput(listed(f"{table.source}: {count} (the heading is row 1)", told, n_problems))
    return Numbers(values, "comma" if decimals.comma else "point", tuple(notes))


def _per_microlitre(match: Match, column: Column) -> bool:
    """Whether a column of counts is stated in cells per microlitre, of which none has a fraction."""
    return column.unit == "1e9/L" and float(_in_own_unit(np.asarray(1.0), match, column)) == 1e-3


def _nines(table: UserTable, heading: str, cells: pl.Series) -> list[str]:
    """Cells such as 999 and 9999.9, which may be a code for a missing value."""
    found = cells.str.contains(_NINES)
    n = int(found.sum())
    if not n:
        return []
    rows = table.lines[found.to_numpy()]
    told = ", ".join(map(str, rows[:3])) + (", …" if n > 3 else "")
    what = cells.filter(found)[0]
    return [
        f'column "{heading}": {what} in row{"s" if n > 1 else ""} {told} is read as a number; if it means missing, leave the cell blank'
    ]


def _levels(heading: str, cells: pl.Series, column: Column) -> list[str]:
    """Numbers of a column whose values are levels with words: 1 of "vasopressor" may mean yes, and 2 of "o2" two litres."""
    if len(set(column.words.values())) < 3 or "level" in plain(heading) or not cells.str.contains(r"^[1-9]").any():
        return []
    levels = ", ".join(f"{value:g} {word}" for word, value in column.words.items())
    return [
        f'column "{heading}": numbers are read as levels ({levels}); where they mean litres, or yes and no, write the words'
    ]


@dataclass(frozen=True)
class Marks:
    """What a table's own cells say: `comma` is a decimal mark, `thousands` groups digits, `point` is a decimal mark; or none of it.

    `points_unclear`: no cell tells what a point is, and commas do not stand between cells, as programs write tables
    where the comma is the decimal mark, or a column holds 400 beside 1.250, or 150.000 and 40.500 and no other: 1.250 may be 1250.
    """

    comma: bool = False
    thousands: bool = False
    point: bool = False
    points_unclear: bool = False

    def read(self, text: str) -> float:
        """One cell.

        Raises
        ------
        NotANumber
            It is none, or may be two.
        """
        if self.comma and "." in text and "," not in text:
            raise NotANumber("a point, where other cells have a decimal comma")
        if re.fullmatch(_POINT_EITHER, text):
            plain = text.lstrip("+-")
            if self.points_unclear:
                raise NotANumber(
                    f'"{plain}" may be {plain.replace(".", "")} or {float(plain):g}, and no cell tells what a point is here: write one of these'
                )
            return float(text)
        if re.fullmatch(_EITHER, text):
            if self.comma and not self.thousands and not self.point:
                return float(text.replace(",", "."))
            if (self.thousands or self.point) and not self.comma:
                return float(text.replace(",", ""))
        return read_number(text)


def marks_of(cells: Mapping[str, pl.Series], delimiter: str) -> Marks:
    """What the cells of these columns say about commas and points; the delimiter in words, as of `UserTable`."""
    comma = thousands = point = either_point = grouped = False
    for series in cells.values():
        with_comma = series.filter(series.str.contains(",", literal=True)).unique()
        if with_comma.len():
            either = with_comma.str.contains(_EITHER)
            comma |= bool((with_comma.str.contains(_COMMA_DECIMAL) & ~either).any())
            thousands |= bool(with_comma.str.contains(_COMMA_THOUSANDS).any())
        if not point:
            either = series.str.contains(_POINT_EITHER)
            either_point |= bool(either.any())
            grouped |= bool(either.any()) and _looks_grouped(series)
            point = bool((series.str.contains(_POINT_DECIMAL) & ~either).any())
    unclear = either_point and not (comma or thousands or point) and (grouped or delimiter in ("semicolon", "tab"))
    return Marks(comma, thousands, point, unclear)


def _looks_grouped(cells: pl.Series) -> bool:
    """Whether 1.250 stands as it would if its point grouped thousands.

    Whole numbers of three digits stand beside it, or every number with a point ends in a zero, as 150.000 and 40.500 do:
    programs leave such zeros out of decimals. Whole numbers of more digits say that nothing is grouped.
    """
    rounded = cells.filter(cells.str.contains(_POINT_EITHER)).str.ends_with("0").all()
    return bool(rounded or cells.str.contains(_HUNDREDS).any()) and not cells.str.contains(_ABOVE_HUNDREDS).any()


def _as_floats(cells: pl.Series, column: Column, decimals: Marks) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    lower = cells.str.to_lowercase()
    blank = lower.is_in(list(BLANK)).to_numpy()
    values = cells.cast(pl.Float64, strict=False).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan
    if decimals.comma:  # a point then is a thousands mark or a slip: it is read one by one
        values[cells.str.contains(".", literal=True).to_numpy()] = np.nan
    if decimals.points_unclear:
        values[cells.str.contains(_POINT_EITHER).to_numpy()] = np.nan
    spellings = column.spellings
    if spellings:
        worded = lower.is_in(list(spellings)).to_numpy()
        values[worded] = lower.filter(pl.Series(worded)).replace_strict(spellings, return_dtype=pl.Float64).to_numpy()
    odd = np.isnan(values) & ~blank
    if odd.any():
        values[odd] = _odd_ones(cells.filter(pl.Series(odd)), decimals)
    return values, blank


def _odd_ones(cells: pl.Series, decimals: Marks) -> NDArray[np.float64]:
    """Numbers with commas and other marks: the plain forms together, what remains one by one."""
    either = cells.str.contains(_EITHER)
    as_decimal = cells.str.contains(_COMMA_DECIMAL) & (
        (not decimals.thousands and decimals.comma and not decimals.point) | ~either
    )
    as_thousands = cells.str.contains(_COMMA_THOUSANDS) | (
        either & ((decimals.thousands or decimals.point) and not decimals.comma)
    )
    text = (
        cells.to_frame("text")
        .select(
            pl.when(as_decimal)
            .then(pl.col("text").str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
            .when(as_thousands)
            .then(pl.col("text").str.replace_all(",", "", literal=True))
            .otherwise(None)
        )
        .to_series()
    )
    values = text.cast(pl.Float64, strict=False).to_numpy().copy()
    left = np.isnan(values)
    if left.any():
        rest = cells.filter(pl.Series(left))
        unique = rest.unique()
        if unique.len() <= MOST_ODD:
            known = {one: _one(one, decimals) for one in unique}
            values[left] = rest.replace_strict(known, return_dtype=pl.Float64).to_numpy()
    return values


def _one(text: str, decimals: Marks) -> float:
    try:
        return decimals.read(text)
    except NotANumber:
        return np.nan


def _in_own_unit(values: NDArray[np.float64], match: Match, column: Column) -> NDArray[np.float64]:
    if match.unit == column.unit:
        return values
    # Limits are met exactly: 100.4 degF is 38 degC, not 38.00000000000006.
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite, and is out of any range
        return np.round(convert_laboratory(values, match.unit, column.unit, molar_mass=column.molar_mass), 9)


def _told(table: UserTable, column: Column, match: Match, cell: str, row: int, high: float, decimals: Marks) -> str:
    why = ""
    try:
        value = decimals.read(cell)
        if high != column.high and float(_in_own_unit(np.asarray(value), match, column)) > high:
            why = f" above {high:g} only with the unit in the heading, as in [{column.unit}]"
        elif _per_microlitre(match, column) and value < FEWEST_WITH_FRACTION and value != int(value):
            why = f'; "{match.unit}" is what the heading says, and so few are counted whole: is this cell in 10^9/L?'
    except NotANumber as problem:
        if any(letter.isdigit() for letter in cell):
            why = f" ({problem})"
    if column.name == "temperature" and not why:
        why = "; the heading may state another unit, as in [degF]"
    shown = cell if len(cell) <= 60 else f"{cell[:57]}…"
    expected: Any = column.expectation
    return f'row {table.lines[row]}, column "{match.heading}": got "{shown}", expected {expected}{why}'
