"""A number as people write it: 1.2, 1,2, 1 250, 1.250,5, 2e6. Read when it can mean one thing only, refused otherwise.

The rule, in one place (docs/units_and_tables.md tells it to users):

- a point is a decimal mark; only several points in groups of three are thousands (1.250.000). A point with three zeros
  after it, as in 200.000, is refused: nobody writes two hundred so, and much of Europe writes 200,000 so;
- a comma is a decimal mark (1,2 and 0,250), unless groups of three follow several of them or a point comes after
  (1,250,000 and 1,250.5); one comma with three digits after it and one to three before, as in 1,250, may be either
  and is refused;
- a space, an apostrophe or an underscore is a thousands mark, in groups of three;
- ``10e6`` is refused: a laboratory means 10^6, a computer 10 × 10^6.
"""

from __future__ import annotations

import math
import re

LONGEST_NUMBER = 40
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\r\n", " "))  # fmt: skip
_SIGNS = str.maketrans(
    {"−": "-", "’": "'", "ʼ": "'", "‘": "'", **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad")}
)
_LEADING = re.compile(
    r"(?P<sign>[+-]?)\s?"
    r"(?P<digits>\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?![\d.,'_])|\d[\d.,'_]*|[.,]\d+)"
    r"(?P<exponent>[eE][+-]?\d+)?(?![\d.,'_])",
    re.ASCII,
)
_GROUPS = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", re.ASCII) for mark in ",.' _"}
_POINT_AND_ZEROS = re.compile(r"[1-9]\d{0,2}\.000", re.ASCII)


class NotANumber(ValueError):
    """Why a text is not one number, in words that follow 'got "…": '."""


def plain_spaces(text: str) -> str:
    """The text with every kind of space as a space, typographic minus and apostrophe as typed ones, and nothing unseen."""
    return text.translate(_SPACES).translate(_SIGNS).strip()


def leading_number(text: str) -> tuple[float, str, bool]:
    """The number a text begins with, the rest, and whether it was written with a power of ten.

    Raises
    ------
    NotANumber
        The text does not begin with a number, or with one that may mean two things.

    Examples
    --------
    >>> leading_number("1,2 mg/dL"), leading_number("2e6 cell/kg"), leading_number("1 250 U/L")
    ((1.2, ' mg/dL', False), (2000000.0, ' cell/kg', True), (1250.0, ' U/L', False))
    """
    found = _LEADING.match(text)
    if not found:
        raise NotANumber("it does not begin with a number")
    digits, exponent = found["digits"], found["exponent"] or ""
    if not exponent and _POINT_AND_ZEROS.fullmatch(digits):
        whole = digits.partition(".")[0]
        raise NotANumber(f'"{digits}" may be {whole}000 or {whole}: write one of these')
    if len(digits) > LONGEST_NUMBER or len(exponent) > 5:
        raise NotANumber(f"a number of more than {LONGEST_NUMBER} digits")
    if exponent and digits in ("10", "10.0"):
        power = exponent[1:].lstrip("+")
        raise NotANumber(f'"{digits}{exponent}" is 10^{power} to a laboratory and 1e{int(power) + 1} to a computer')
    value = float(f"{plain_digits(digits)}{exponent}")
    if not math.isfinite(value):
        raise NotANumber("too large for a number")
    if value == 0.0 and re.search("[1-9]", digits):
        raise NotANumber("too small for a number")
    return -value if found["sign"] == "-" else value, text[found.end() :], bool(exponent)


def read_number(text: str) -> float:
    """A text that is one number and nothing else.

    Raises
    ------
    NotANumber
        It is not, or may mean two things.

    Examples
    --------
    >>> [read_number(text) for text in ("0,250", "1.250.000", "1'250", "−6", "1.250,5")]
    [0.25, 1250000.0, 1250.0, -6.0, 1250.5]
    """
    value, rest, _ = leading_number(plain_spaces(text))
    if rest.strip():
        raise NotANumber(f'"{rest.strip()[:20]}" follows the number')
    return value


def plain_digits(digits: str) -> str:
    """Digits with decimal and thousands marks as a computer writes them.

    Raises
    ------
    NotANumber
        The marks may mean two things, or nothing.
    """
    for mark in "' _":
        if mark in digits:
            whole, _, decimals = digits.replace(",", ".").partition(".")
            if not _GROUPS[mark].fullmatch(whole) or (decimals and not decimals.isdigit()):
                raise NotANumber(f'"{digits}": its thousands marks do not stand in groups of three')
            return f"{whole.replace(mark, '')}.{decimals or 0}"
    commas, points = digits.count(","), digits.count(".")
    if commas == 0 and points <= 1:
        return digits
    last = "," if digits.rfind(",") > digits.rfind(".") else "."
    other = "." if last == "," else ","
    whole, _, decimals = digits.rpartition(last)
    if commas and points:  # the last mark is the decimal one, and the other groups thousands
        if decimals.isdigit() and _GROUPS[other].fullmatch(whole):
            return f"{whole.replace(other, '')}.{decimals}"
    elif digits.count(last) > 1:  # one mark, several times: thousands
        if _GROUPS[last].fullmatch(digits):
            return digits.replace(last, "")
    elif decimals.isdigit() and may_be_thousands(digits):
        raise NotANumber(f'"{digits}" may be {whole}{decimals} or {float(f"{whole}.{decimals}"):g}: write one of these')
    elif decimals.isdigit():
        return f"{whole or 0}.{decimals}"
    raise NotANumber(f'"{digits}": its decimal and thousands marks do not fit together')


def may_be_thousands(digits: str, mark: str = ",") -> bool:
    """Whether one mark may be a decimal or a thousands mark: 1,250 may be either, 0,250 and 12,5 may not."""
    return bool(re.fullmatch(rf"[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}", digits, re.ASCII))
