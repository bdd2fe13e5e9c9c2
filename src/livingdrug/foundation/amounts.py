"""A number, then a unit, nothing else: the one reader of quantities for commands, headings, catalogue and trials.

What is more than that (a range, a limit, a value with its spread, two numbers) is refused with what was understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from livingdrug.foundation.numerals import NotANumber, leading_number, plain_spaces
from livingdrug.foundation.unit_text import NotAUnit, parse

LONGEST = 120
_LIMIT = re.compile(
    r"^\s*(?:[<>≤≥]=?|[~≈]|ca\.?\s|about\s|approx|up to\b|at (?:most|least)\b|less than\b|more than\b)", re.I
)
_SPREAD = re.compile(r"±|\+/-|\+-")
_JOINT = r"(?:-|–|—|‒|‐|‑|\bto\b|\.{2,3}|…)"
_BETWEEN_NUMBERS = re.compile(rf"\s*{_JOINT}\s*(?=[+-]?(?:\d|[.,]\d))")
_BETWEEN_QUANTITIES = re.compile(r"\s+(?:-|–|—|‒|to)\s+(?=[+-]?(?:\d|[.,]\d))|\s*[–—‒]\s*(?=\d)")


class NotAnAmount(ValueError):
    """Why a text is not a number and a unit, in words that follow 'got "…": '."""


@dataclass(frozen=True)
class Amount:
    """A quantity as it was written and understood.

    Attributes
    ----------
    value
        In `unit`.
    unit
        As written, without spaces at its ends; ``""`` for a plain number.
    has_power
        Whether the number was written with a power of ten.
    """

    value: float
    unit: str
    has_power: bool = False

    @property
    def told(self) -> str:
        """Value and unit in one spelling, to be shown back.

        >>> read_amount("1 250,5 MG/DL").told, read_amount("60 K/µL").told
        ('1250.5 mg/dL', '60 10^3/uL')
        """
        return f"{self.value:.12g} {parse(self.unit).told}".strip()


def read_amount(text: str) -> Amount:
    """One number and its unit.

    Raises
    ------
    NotAnAmount
        Something else, or a text that may mean two things.

    Examples
    --------
    >>> read_amount("60 10*3/uL").told, read_amount("2 x 10^6 cells/kg").told, read_amount("0.5").told
    ('60 10^3/uL', '2 10^6 cell/kg', '0.5')
    """
    tidy = _bounded(text)
    if _SPREAD.search(tidy):
        raise NotAnAmount("a value with its spread")
    if _LIMIT.match(tidy):
        raise NotAnAmount("a limit, not a value")
    try:
        value, rest, has_power = leading_number(tidy)
    except NotANumber as problem:
        raise NotAnAmount(str(problem)) from None
    span = _BETWEEN_NUMBERS.match(rest)
    if span or _BETWEEN_QUANTITIES.search(rest):
        raise NotAnAmount(f"a range that begins at {value:g}")
    unit = rest.strip()
    if re.match(r"\d", unit) and not re.match(r"1\s?/|1[eE][+-]?\d|10(?:[eE]\d|\s?(?:\^|\*)|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻])", unit):
        raise NotAnAmount(f'two numbers, {value:g} and "{unit[:20]}"')
    try:
        parsed = parse(unit)
    except NotAUnit as problem:
        raise NotAnAmount(f'the number is {value:g}, and "{unit[:40]}" is no unit: {problem}') from None
    return Amount(value, unit, has_power or parsed.scaled)


def read_span(text: str) -> tuple[Amount, Amount] | None:
    """The two ends of a range, each with its unit; None when the text is no range.

    Raises
    ------
    NotAnAmount
        A range whose ends cannot be read, or whose power of ten may hold for one end or for both.

    Examples
    --------
    >>> [end.told for end in read_span("0.2e6–5.0e6 cell/kg")], read_span("5 mg")
    (['200000 cell/kg', '5000000 cell/kg'], None)
    """
    tidy = _bounded(text)
    try:
        value, rest, has_power = leading_number(tidy)
    except NotANumber as problem:
        raise NotAnAmount(str(problem)) from None
    if found := _BETWEEN_NUMBERS.match(rest):
        high = read_amount(rest[found.end() :])
        _same_marks(tidy)
        if high.has_power and not has_power and not parse(high.unit).scaled and value != 0:
            raise NotAnAmount(
                f"the power of ten of {high.value:g} may hold for {value:g} as well: write it with both numbers"
            )
        return Amount(value, high.unit, has_power), high
    if found := _BETWEEN_QUANTITIES.search(tidy, len(tidy) - len(rest)):
        _same_marks(tidy)
        return read_amount(tidy[: found.start()]), read_amount(tidy[found.end() :])
    return None


def _same_marks(text: str) -> None:
    """Refuse a range where a point groups thousands in one number and would be a decimal mark in the other."""
    if re.search(r"\d\.\d{3}\.\d{3}", text) and (lone := re.search(r"(?<![\d.])[1-9]\d{0,2}\.\d{3}(?![\d.eE])", text)):
        raise NotAnAmount(
            f'"{lone[0]}" stands beside a number whose points are thousands: write {lone[0].replace(".", "")}'
        )


def expectation(
    low: float, high: float, unit: str, *, whole: bool = False, words: Mapping[str, float] | None = None
) -> str:
    """What a value has to be, in words.

    >>> expectation(0, 1, "", whole=True, words={"no": 0.0, "yes": 1.0})
    'a whole number from 0 to 1, or one of no, yes'
    """
    kind = "a whole number" if whole else "a number"
    told = f", or one of {', '.join(words)}" if words else ""
    return f"{kind} from {low:g} to {high:g}{' ' + unit if unit else ''}{told}"


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise NotAnAmount(f"{len(text)} letters, expected at most {LONGEST}")
    return plain_spaces(text)
