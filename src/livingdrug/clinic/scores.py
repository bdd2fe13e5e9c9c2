"""Risk scores from laboratory values: units at the door, one formula or table of points, a band with its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.catalog.records.score import Record as ScoreRecord
from livingdrug.clinic.user_table import Column, match_columns, numbers, plain, read_table, to_unit
from livingdrug.foundation.errors import BadInput, UnitError, UnknownName
from livingdrug.foundation.expressions import read_formula

_TEXT = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


@dataclass(frozen=True)
class ScoreResult:
    """What a score came to.

    Attributes
    ----------
    score
        The score's id.
    value
        The score, in the inputs' shape; NaN where an input is missing.
    band
        Label of the band the value lies in, same shape; ``""`` where there is none.
    points
        Item -> its points, for scores that add points.
    inputs
        Input -> value in its canonical unit.
    """

    score: str
    value: NDArray[np.float64]
    band: NDArray[np.str_]
    points: dict[str, NDArray[np.float64]]
    inputs: dict[str, NDArray[np.float64]]


def columns_of(record: ScoreRecord) -> tuple[Column, ...]:
    """The score's inputs as columns of a table."""
    return tuple(
        Column(name, one.unit, one.meaning, one.low, one.high, one.whole, one.synonyms, one.words, one.molar_mass)
        for name, one in record.input.items()
    )


def score(record: ScoreRecord, values: Mapping[str, Any]) -> ScoreResult:
    """A score of one patient or many.

    Parameters
    ----------
    record
        A score of the catalogue.
    values
        Input (or a synonym) -> text with a unit such as ``"0.8 1e9/L"`` (``"yes"`` where words are known), or a
        number or array in the input's canonical unit. Arrays share one shape; NaN is a missing value.

    Raises
    ------
    BadInput
        The score is refused (with the reason), an input is missing or unknown, or a value is out of range.
    UnitError
        A text without a unit, or with one that does not fit.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> easix = Catalog().load("score", "easix")
    >>> values = {"ldh": "300 U/L", "creatinine": "0.8 mg/dL", "platelets": "100 1e9/L"}
    >>> round(float(score(easix, values).value), 6)
    2.4
    """
    refuse(record)
    known = {column.name: column for column in columns_of(record)}
    names = {plain(other): column.name for column in known.values() for other in (column.name, *column.synonyms)}
    inputs: dict[str, NDArray[np.float64]] = {}
    for given, value in values.items():
        name = names.get(plain(given))
        if name is None:
            raise UnknownName(f"input of {record.id}", given, names, "livingdrug score NAME tells what it reads.")
        if name in inputs:
            raise BadInput(f"{record.id}: {name} is given twice.")
        inputs[name] = _checked(value, known[name], record)
    missing = [f"{name} [{one.unit}]" if one.unit else name for name, one in known.items() if name not in inputs]
    if missing:
        raise BadInput(
            f'score "{record.id}" also reads {", ".join(missing)}.\n'
            "  Give every input: a score with a missing value would look lower than it is."
        )
    return _evaluated(record, inputs)


def score_table(path: Path | str, record: ScoreRecord) -> pl.DataFrame:
    """Score a CSV of patients; columns by input name or synonym, units in brackets where they differ.

    Returns
    -------
    The table's own columns as text, the score (Float64, null where an input is blank), and its band if it has bands.

    Raises
    ------
    BadInput
        The score is refused, a column is missing, or cells cannot be used (row, column, value, expectation).
    """
    refuse(record)
    table = read_table(path)
    columns = columns_of(record)
    matches = match_columns(table, columns)
    missing = [column for column in columns if column.name not in matches]
    if missing:
        told = [f"- {one.name}{f' [{one.unit}]' if one.unit else ''}: {one.meaning}" for one in missing]
        raise BadInput("\n".join([f'{table.source}: score "{record.id}" reads columns that are not there:', *told]))
    result = _evaluated(record, numbers(table, matches, columns))
    new = [record.id, f"{record.id}_band"][: 2 if record.band else 1]
    clash = [name for name in new if name in table.frame.columns]
    if clash:
        raise BadInput(f'{table.source}: there is a column "{clash[0]}" already.\n  Rename it first.')
    frame = table.frame.with_columns(pl.Series(record.id, result.value, dtype=pl.Float64).fill_nan(None))
    if record.band:
        labels = [str(label) or None for label in result.band]
        frame = frame.with_columns(pl.Series(new[1], labels, dtype=pl.String))
    return frame


def told_probability(record: ScoreRecord, value: float) -> str:
    """What the published table says of this score; a range between two of its lines, ``""`` without a table.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> hscore = Catalog().load("score", "hscore")
    >>> [told_probability(hscore, score) for score in (80, 170, 178, 300)]
    ['at most 1 %', '54 %', '54 to 70 %', 'at least 99 %']
    """
    table = record.probability
    if table is None or np.isnan(value):
        return ""
    scores, percent = table.scores, table.percent
    if value < scores[0] or (table.below_first and value < scores[1]):
        return f"at most {percent[1 if value > scores[0] else 0]:g} %"
    if value > scores[-1] or (table.above_last and value > scores[-2]):
        return f"at least {percent[-2 if value < scores[-1] else -1]:g} %"
    below = int(np.searchsorted(scores, value, side="right")) - 1
    if scores[below] == value or percent[below] == percent[below + 1]:
        return f"{percent[below]:g} %"
    return f"{percent[below]:g} to {percent[below + 1]:g} %"


def refuse(record: ScoreRecord) -> None:
    """Raise `BadInput` with the reason when this score is not computed."""
    if record.refused:
        raise BadInput(
            f'score "{record.id}" ({record.title}) is refused: {record.refused}.\n'
            f"  Source: {record.source}. With the published numbers in hand, write score/{record.id}.toml in a catalog"
            " folder of your own."
        )


def _checked(value: Any, column: Column, record: ScoreRecord) -> NDArray[np.float64]:
    where = f'{record.id}, "{column.name}"'
    if isinstance(value, str):
        number: Any = _from_text(value, column, where)
    else:
        try:
            number = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise BadInput(f"{where}: got {value!r}, expected {column.expectation}.") from None
    with np.errstate(invalid="ignore"):
        wrong = (number < column.low) | (number > column.high)
        if column.whole:
            wrong |= number != np.floor(number)
            wrong &= ~np.isnan(number)
    if np.any(wrong):
        shown = value if isinstance(value, str) else f"{np.asarray(number)[wrong].flat[0]:g}"
        raise BadInput(f'{where}: got "{shown}", expected {column.expectation}.')
    return np.asarray(number, dtype=np.float64)


def _from_text(text: str, column: Column, where: str) -> float:
    words = {word.lower(): value for word, value in column.words.items()}
    if text.strip().lower() in words:
        return words[text.strip().lower()]
    match = _TEXT.match(text)
    if not match:
        raise BadInput(f'{where}: got "{text}", expected {column.expectation}.')
    number, unit = float(match[1]), match[2]
    if not unit and column.unit:
        raise UnitError(f'{where}: got "{text}" without a unit; write for example "{match[1]} {column.unit}".')
    try:
        return float(to_unit(number, unit, column))
    except UnitError:
        raise UnitError(f'{where}: got "{text}", expected a quantity in "{column.unit or "no unit"}".') from None


def _evaluated(record: ScoreRecord, inputs: dict[str, NDArray[np.float64]]) -> ScoreResult:
    shape = np.broadcast_shapes(*(values.shape for values in inputs.values()))
    inputs = {name: np.broadcast_to(values, shape) for name, values in inputs.items()}
    parts = {
        item: np.broadcast_to(np.asarray(read_formula(text).evaluate(inputs), dtype=np.float64), shape)
        for item, text in record.formulas()
    }
    missing = np.zeros(shape, dtype=bool)
    for values in inputs.values():
        missing |= np.isnan(values)
    total = np.zeros(shape)
    for points in parts.values():
        total = total + points
    value = np.where(missing, np.nan, total)
    band = np.full(shape, "", dtype=object)
    for one in record.band:
        band = np.where(value >= one.at_least, one.label, band)
    return ScoreResult(record.id, value, np.asarray(band, dtype=np.str_), parts if record.points else {}, inputs)
