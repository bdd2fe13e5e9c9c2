"""What is written in the cells: numbers, "BLQ", "<25", flags, blanks."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from livingdrug.foundation.numerals import NotANumber, leading_number, plain_spaces
from livingdrug.foundation.numerals import read_number as as_written

LARGEST = 1e30
"""Beyond it stands no measurement, dose or time in any unit, but a slip; sums and areas of what is smaller stay finite."""
TEN_E = re.compile(r"[+-]?10(\.0*)?[eE]\+?\d")
"""10e6 is 10^6 to a laboratory and 10 × 10^6 to a computer, which writes 1e7 itself."""
BLANK = frozenset({"", ".", "na", "n/a", "nan", "null", "none", "not done", "nr", "missing"})
_BELOW_WORD = re.compile(
    r"^(<\s*)?(blq|bql|bloq|blod|blloq|lloq|loq|lod|below.*|nq|nd|not detect\w*|undetect\w*|neg|negative|n\.d\.)$", re.I
)
_BELOW = re.compile(r"^(?:<=?|≤|=<|below)\s*(?=[.,]?[0-9])", re.I)
_ABOVE = re.compile(r"^(?:>=?|≥|=>|above)\s*(?=[.,]?[0-9])", re.I)
SIGNS = frozenset({"<", "<=", "≤", "=", ">", ">=", "≥"})
"""What laboratories write before a result, or in a column beside it."""
_YES, _NO = (
    frozenset({"1", "1.0", "y", "yes", "true", "t", "below", "blq", "<", "<=", "≤"}),
    frozenset({"0", "0.0", "n", "no", "false", "f", "", "="}),
)


@dataclass(frozen=True)
class Cell:
    """A result: `value` (NaN for a blank or a text without number), `censored` 1 below, -1 above, None for unreadable.

    `unit` is what follows the number of a limit, as in "<25 copies/ug".
    """

    value: float
    censored: int | None = 0
    unit: str = ""


def read_result(text: str) -> Cell:
    """A measured value as it is written.

    Examples
    --------
    >>> read_result("1.2e4"), read_result("<25"), read_result("BLQ"), read_result("12;5")
    (Cell(value=12000.0, censored=0, unit=''), Cell(value=25.0, censored=1, unit=''), Cell(value=nan, censored=1, unit=''), Cell(value=nan, censored=None, unit=''))
    """
    word = text.strip()
    if word.lower() in BLANK:
        return Cell(math.nan)
    number = read_number(word)
    if number is not None:
        return Cell(number)
    for pattern, sign in ((_BELOW, 1), (_ABOVE, -1)):
        if match := pattern.match(word):
            return _limit(word[match.end() :], sign)
    if _BELOW_WORD.match(word):
        return Cell(math.nan, 1)
    return Cell(math.nan, None)


def _limit(text: str, sign: int) -> Cell:
    """What follows the sign of a limit: a number, and perhaps a unit."""
    try:
        limit, unit, _ = leading_number(plain_spaces(text))
    except NotANumber:
        return Cell(math.nan, None)
    unit = unit.strip()
    unreadable = abs(limit) > LARGEST or "_" in text or re.match(r"[^\W\d]|%|10|x|$", unit) is None
    return Cell(math.nan, None) if unreadable else Cell(limit, sign, unit)


def read_number(text: str) -> float | None:
    """A number that a measurement may have, or None; NaN for a blank."""
    word = text.strip()
    if word.lower() in BLANK:
        return math.nan
    try:
        value = math.nan if TEN_E.match(word) else float(word)
    except ValueError:
        try:
            value = as_written(word)  # a decimal comma, thousands marks; what may be either is no number
        except NotANumber:
            return None
    return value if abs(value) <= LARGEST and "_" not in word else None


def read_flag(text: str) -> int | None:
    """A censoring flag: 1 below, -1 above, 0 neither; None when it is no flag."""
    word = text.strip().lower()
    if word in _YES:
        return 1
    if word in _NO or word in BLANK:
        return 0
    return -1 if word in ("-1", "-1.0", ">", ">=", "≥") else None


def another_number(one: float, other: float) -> bool:
    """Whether two readings of a result differ by more than rounding to three digits."""
    return not (math.isnan(one) or math.isnan(other) or math.isclose(one, other, rel_tol=6e-3, abs_tol=1e-9))
