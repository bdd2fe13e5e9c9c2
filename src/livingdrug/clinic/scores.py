"""Risk scores from laboratory values: units at the door, one formula or table of points, a band with its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.score import Score, ScoreInput
from livingdrug.foundation.amounts import NotAnAmount, expectation, read_amount
from livingdrug.foundation.errors import BadInput, UnitError, UnknownName
from livingdrug.foundation.expressions import read_formula
from livingdrug.foundation.numerals import may_be_thousands, plain_spaces
from livingdrug.foundation.units import convert_laboratory
from livingdrug.foundation.yes_no import with_usual_spellings

_NUMERAL = re.compile(r"[\d.,'_eE]*")


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
    given
        Input -> the quantity as it was read, for inputs given as text; in one spelling, to be shown back.
    """

    score: str
    value: NDArray[np.float64]
    band: NDArray[np.str_]
    points: dict[str, NDArray[np.float64]]
    inputs: dict[str, NDArray[np.float64]]
    given: dict[str, str]


def score(record: Score, values: Mapping[str, Any]) -> ScoreResult:
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
    known = record.input
    names = {_plain(other): name for name, one in known.items() for other in (name, *one.synonyms)}
    inputs: dict[str, NDArray[np.float64]] = {}
    told: dict[str, str] = {}
    for given, value in values.items():
        name = names.get(_plain(given))
        if name is None:
            raise UnknownName(f"input of {record.id}", given, names, "livingdrug score NAME tells what it reads.")
        if name in inputs:
            raise BadInput(f"{record.id}: {name} is given twice.")
        if isinstance(value, str):
            value, told[name] = _from_text(value, known[name], f'{record.id}, "{name}"')
        inputs[name] = _checked(value, name, known[name], record, told.get(name, ""))
    missing = [f"{name} [{one.unit}]" if one.unit else name for name, one in known.items() if name not in inputs]
    if missing:
        raise BadInput(
            f'score "{record.id}" also reads {", ".join(missing)}.\n'
            "  Give every input: a score with a missing value would look lower than it is."
        )
    return _evaluated(record, inputs, told)


def told_probability(record: Score, value: float) -> str:
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


def refuse(record: Score) -> None:
    """Raise `BadInput` with the reason when this score is not computed."""
    if record.refused:
        raise BadInput(
            f'score "{record.id}" ({record.title}) is refused: {record.refused}.\n'
            f"  Source: {record.source}. With the published numbers in hand, write score/{record.id}.toml in a catalog"
            " folder of your own."
        )


def _plain(name: str) -> str:
    return re.sub(r"[\s\-./]+", "_", name.strip().lower()).strip("_")


def _checked(value: Any, name: str, one: ScoreInput, record: Score, told: str) -> NDArray[np.float64]:
    expected = f"expected {expectation(one.low, one.high, one.unit, whole=one.whole, words=one.words)}"
    where = f'{record.id}, "{name}"'
    try:
        number = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"{where}: got {value!r}, {expected}.") from None
    with np.errstate(invalid="ignore"):
        wrong = (number < one.low) | (number > one.high)
        if one.whole:
            wrong |= number != np.floor(number)
            wrong &= ~np.isnan(number)
    if np.any(wrong):
        shown = told or f"{number[wrong].flat[0]:g}"
        raise BadInput(f'{where}: got "{shown}", {expected}.')
    return number


def _from_text(text: str, one: ScoreInput, where: str) -> tuple[float, str]:
    """The value in its canonical unit, and the quantity as it was read."""
    words = {word.lower(): value for word, value in with_usual_spellings(one.words).items()}
    if text.strip().lower() in words:
        return words[text.strip().lower()], text.strip().lower()
    expected = expectation(one.low, one.high, one.unit, whole=one.whole, words=one.words)
    shown = text if len(text) <= 80 else f"{text[:60]}…"
    try:
        given = read_amount(text)
    except NotAnAmount as problem:
        raise UnitError(f'{where}: got "{shown}": {problem}; expected {expected}.') from None
    if one.unit and not given.unit:
        raise UnitError(f'{where}: got "{shown}" without a unit; write for example "{given.value:g} {one.unit}".')
    try:
        value = float(convert_laboratory(given.value, given.unit, one.unit, molar_mass=one.molar_mass))
    except UnitError:
        raise UnitError(
            f'{where}: got "{text}", read as {given.told}; expected a quantity in "{one.unit or "no unit"}".'
        ) from None
    found = _NUMERAL.match(plain_spaces(text))
    digits = found[0] if found else ""  # much of Europe writes 1650 as 1.650
    if may_be_thousands(digits, ".") and one.low <= value <= one.high and value * 1000.0 <= one.high:
        raise UnitError(
            f'{where}: got "{shown}": "{digits}" may be {digits.replace(".", "")} or {float(digits):g}, and a patient may have either;'
            f" write {digits.replace('.', '')} or {digits}0."
        )
    # Limits are met exactly: 101.12 degF is 38.4 degC, not 38.40000000000003.
    return (value if given.unit == one.unit else round(value, 9)), given.told


def _evaluated(record: Score, inputs: dict[str, NDArray[np.float64]], given: dict[str, str]) -> ScoreResult:
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
    return ScoreResult(record.id, value, np.asarray(band, dtype=np.str_), parts if record.points else {}, inputs, given)
