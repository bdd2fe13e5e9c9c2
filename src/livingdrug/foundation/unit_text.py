"""The grammar of units: a power of ten, names with small whole powers, * and /, brackets. Nothing is evaluated.

    unit   := [× | x] [scale] product            scale  := 1 | 10^9 | 10*9 (UCUM) | 10⁹ | 1e9 | 1000 | thousand …
    product := factor (('*' | '/') factor)*      factor := name[^power] | '(' product ')' | number name

A number may stand below a line (mL/min/1.73 m2, mg/100 mL), never above it: it would be a part of the value. From left
to right, as in pint: a/b*c is (a/b)*c. Sizes are bounded: letters, powers, brackets.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

from livingdrug.foundation.numerals import plain_spaces
from livingdrug.foundation.unit_names import AMBIGUOUS, ANY_CASE, NAMES, TEMPERATURE_SCALES, THOUSANDS
from livingdrug.foundation.unit_registry import known_name

LONGEST_UNIT, DEEPEST_BRACKETS, HIGHEST_POWER, HIGHEST_SCALE = 80, 4, 6.0, 30
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SIGNS = str.maketrans({"µ": "u", "μ": "u", "×": "*", "✕": "*", "∙": "*", "·": "*", "⋅": "*", "•": "*", "÷": "/",
                        "∕": "/", "⁄": "/", "º": "°", "˚": "°", "℃": "°C", "℉": "°F"})  # fmt: skip
_SPELLINGS = [
    (re.compile(r"\bmm ?\[?Hg\]?", re.I), "mmHg"),
    (re.compile(r"\bcm ?\[?H2O\]?", re.I), "cmH_O"),
    (re.compile(r"^# ?(?=/)"), "1"),
    (re.compile(r"\[(m|u)?(i?u)\]", re.I), lambda found: f"{(found[1] or '').lower()}{found[2].upper()}"),
    (re.compile(r"\[deg([CF])\]", re.I), lambda found: f"deg{found[1].upper()}"),
    (re.compile(r"(?:\bdegrees? ?|\bdeg |° ?)(celsius|fahrenheit|[CF])\b", re.I), lambda found: f"deg{found[1][0].upper()}"),
    (re.compile(r"^(celsius|fahrenheit)$", re.I), lambda found: f"deg{found[1][0].upper()}"),
    (re.compile(r"{1\.73[_ ]?m\^?2}"), "(1.73 m^2)"),
    (re.compile(r"(?<=[A-Za-z0-9\]]){[^{}]*}"), ""),  # a UCUM annotation says nothing about the unit
    (re.compile(r"{([A-Za-z]+)}"), r"\1"),
    (re.compile(r"\b(?:cu\.? ?mm|cmm)\b|\bMM\^?3\b", re.I), "mm^3"),
    (re.compile(r"^per\s+", re.I), "1/"),
    (re.compile(r"\s+per\s+", re.I), "/"),
]  # fmt: skip
_COUNT = re.compile(
    rf"^({'|'.join(sorted(THOUSANDS, key=len, reverse=True))})\.?(?: ?(cells?))? ?/ ?(?=(?:mc|u|m)?[lL]\b|UL\b|mm\^?3)"
)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_%°#]+)|(?P<mark>\*\*|[\^*/.()-]))", re.ASCII
)
_SCALE = re.compile(
    r"10 ?(?:\^|\*\*|\*) ?([+-]?\d{1,3})(?![\d.A-Za-z*^])|1[eE]([+-]?\d{1,3})(?![\d.])|(10{0,9})(?![\d.eE^*])"
)
_RAISED_NUMBER = re.compile(r" ?(?:\^|\*\*|\*(?=\d)) ?([+-]?\d{1,3})(?![\d.])")
_POWER = re.compile(
    r"\s*(?:\^|\*\*)\s*([+-]?\d{1,2}(?:\.\d{1,4})?|\([+-]\d{1,2}\))(?![\d.])|([+-]?\d)(?![\d.A-Za-z])", re.ASCII
)


class NotAUnit(ValueError):
    """Why a text is not a unit, in words."""


@dataclass(frozen=True)
class ParsedUnit:
    """A unit taken apart.

    Attributes
    ----------
    text
        As written.
    scale
        The number in it: 1e9 for 10^9/L.
    powers
        pint's name -> power, in the order of writing.
    scaled
        Whether it begins with a power of ten.
    """

    text: str
    scale: float
    powers: dict[str, float] = field(hash=False)
    scaled: bool = False

    @property
    def told(self) -> str:
        """The unit in one spelling, as it was understood.

        >>> parse("K/µL").told, parse("10*9/L").told, parse("MG/DL").told, parse("°C").told
        ('10^3/uL', '10^9/L', 'mg/dL', 'degC')
        """
        above = [_raised(name, power) for name, power in self.powers.items() if power > 0]
        below = [_raised(name, -power) for name, power in self.powers.items() if power < 0]
        if self.scale == 1.0 and not self.powers:
            return ""
        power = round(math.log10(self.scale))
        if abs(self.scale / 10.0**power - 1.0) > 1e-9 and below:  # a number below the line, as in mL/min/(1.73 m^2)
            below[-1] = f"({1.0 / self.scale:.10g} {below[-1]})"
        elif self.scale != 1.0:
            above = [" ".join([f"10^{power}", *above[:1]]), *above[1:]]
        return "/".join(["*".join(above) or "1", *below])


@lru_cache(maxsize=4096)
def parse(text: str) -> ParsedUnit:
    """The unit in a text; ``""`` is a plain number's.

    Raises
    ------
    NotAUnit
        Says which piece could not be read.

    Examples
    --------
    >>> parse("mL/min/1.73 m2").powers
    {'milliliter': 1.0, 'minute': -1.0, 'meter': -2.0}
    """
    if len(text) > LONGEST_UNIT:
        raise NotAUnit(f"a unit of {len(text)} letters, expected at most {LONGEST_UNIT}")
    reader = _Reader(_tidied(text))
    reader.read()
    if not any(power < 0 for power in reader.powers.values()) and not reader.scaled and reader.scale != 1.0:
        raise NotAUnit("a number stands in the unit")  # mg/2: what was below the line has gone
    scales = TEMPERATURE_SCALES & reader.powers.keys()
    if scales and (len(reader.powers) > 1 or reader.scale != 1.0 or reader.powers[next(iter(scales))] != 1.0):
        raise NotAUnit("a temperature stands alone; a difference of temperatures is delta_degC")
    return ParsedUnit(text, reader.scale, reader.powers, reader.scaled)


def _tidied(text: str) -> str:
    tidy = re.sub(
        f"[{''.join(map(chr, _RAISED))}]+", lambda found: f"^{found[0].translate(_RAISED)}", plain_spaces(text)
    )
    tidy = tidy.translate(_SIGNS)
    for pattern, spelling in _SPELLINGS:
        tidy = pattern.sub(spelling, tidy)
    if tidy == "dimensionless":
        return ""
    tidy = re.sub(
        r"^[xX*]\s*(?=10\s*[\^*]|10[eE]|1[eE]|10{2,9}\b|[kKMG]\s*/|thou|mill)", "", tidy
    )  # the multiplication sign of x10^9/L
    tidy = re.sub(r"^(?:(thousand)|million)s?\s+", lambda found: "1e3 " if found[1] else "1e6 ", tidy)
    return _COUNT.sub(lambda found: f"1e{THOUSANDS[found[1]]}{' cell' if found[2] else ''}/", tidy, count=1)


class _Reader:
    """Reads a tidied unit from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.depth = text, 0, 0
        self.scale, self.scaled = 1.0, False
        self.powers: dict[str, float] = {}

    @property
    def rest(self) -> str:
        return self.text[self.place :].strip()

    def read(self) -> None:
        """The whole text."""
        if not self.text:
            return
        self.scale_in_front()
        if self.rest[:1] in ("*", "."):
            raise NotAUnit(f'"{self.rest[:20]}" is not a unit')
        if self.rest and self.rest[0] != "/":
            self.factor(1)
        self.more(1)
        if self.rest:
            raise NotAUnit(f'"{self.rest[:20]}" is left over')
        self.powers = {name: power for name, power in self.powers.items() if power}

    def scale_in_front(self) -> None:
        """1, or a power of ten."""
        double = re.match(r"10(?:\.0)?[eE]([+-]?\d*)", self.text)
        if double:
            raise NotAUnit(
                f'"{double[0]}" is 10^{double[1]} to a laboratory and 10 × 10^{double[1]} to a computer: write 10^{double[1]}'
            )
        found = _SCALE.match(self.text)
        if not found:
            return
        power = found[1] or found[2]
        if power and abs(int(power)) > HIGHEST_SCALE:
            raise NotAUnit(f"10^{power} is beyond 10^{HIGHEST_SCALE}")
        self.scale = float(f"1e{power}") if power else float(found[3])
        self.place, self.scaled = found.end(), bool(power) or self.scale != 1.0
        if not self.rest and not power:
            raise NotAUnit("a number without a unit")

    def more(self, sign: int) -> None:
        """Further factors, each after a mark."""
        while mark := self.mark("*", ".", "/"):
            self.factor(-sign if mark == "/" else sign)

    def factor(self, sign: int) -> None:
        """A number, a name with its power, or a product in brackets."""
        number = self.number(sign)
        if self.mark("("):
            self.depth += 1
            if self.depth > DEEPEST_BRACKETS:
                raise NotAUnit(f"brackets deeper than {DEEPEST_BRACKETS}")
            self.factor(sign)
            self.more(sign)
            if not self.mark(")"):
                raise NotAUnit("a bracket is not closed")
            self.depth -= 1
            return
        token = _TOKEN.match(self.text, self.place)
        if not token or not token["name"]:
            if number:
                return
            raise NotAUnit(f'"{self.rest[:20]}" is not a unit' if self.rest else "a unit is missing at the end")
        self.place = token.end()
        unit, power = unit_name(token["name"]), 1.0
        found = _POWER.match(self.text, self.place)
        if found:
            power, self.place = float((found[1] or found[2]).strip("()")), found.end()
            if abs(power) > HIGHEST_POWER:
                raise NotAUnit(f'the power {power:g} of "{token["name"]}" is beyond {HIGHEST_POWER:g}')
        self.powers[unit] = self.powers.get(unit, 0.0) + sign * power

    def number(self, sign: int) -> bool:
        """A number below a line, a power of ten in brackets, or 1."""
        token = _TOKEN.match(self.text, self.place)
        if not token or not token["number"]:
            return False
        text, end = token["number"], token.end()
        value = float(text)
        power = _RAISED_NUMBER.match(self.text, end)
        if power:
            if text != "10" or abs(int(power[1])) > HIGHEST_SCALE or _RAISED_NUMBER.match(self.text, power.end()):
                raise NotAUnit(f'"{self.rest[:20]}": a number raised to a power, which only 10 may be')
            value, end = float(f"1e{power[1]}"), power.end()
        ten = value > 0 and f"{value:e}".startswith("1.000000e")
        if sign > 0 and value != 1.0 and not (self.depth and ten):
            raise NotAUnit(f'a number, "{text[:20]}", stands in the unit')
        if not 1e-30 <= value <= 1e30 or len(text) > 20:
            raise NotAUnit(f'the number "{text[:20]}" has no place in a unit')
        self.place = end
        self.scale = self.scale * value if sign > 0 else self.scale / value
        return True

    def mark(self, *wanted: str) -> str:
        """One of these marks if it comes next; ``""`` if not."""
        token = _TOKEN.match(self.text, self.place)
        if not token or token["mark"] not in wanted:
            return ""
        self.place = token.end()
        return token["mark"]


def unit_name(name: str) -> str:
    """pint's name of one unit.

    Raises
    ------
    NotAUnit
        It is none, or may be two.
    """
    if name in NAMES:
        return NAMES[name]
    if name in AMBIGUOUS:
        raise NotAUnit(f'"{name}" alone is {AMBIGUOUS[name]}')
    if name.lower() in ANY_CASE:
        return ANY_CASE[name.lower()]
    if len(name) >= 4 and name.replace("_", "").isascii():
        for spelling in (name, name.lower()):
            if found := known_name(spelling):
                return found
    raise NotAUnit(f'"{name}" is not a unit')


_SHORT: dict[str, str] = {}
for _name, _unit in NAMES.items():
    _SHORT.setdefault(_unit, _name)
_SHORT.update({"degree_Celsius": "degC", "degree_Fahrenheit": "degF", "month": "month", "year": "year", "week": "week",
               "day": "day", "hour": "hour"})  # fmt: skip


def _raised(name: str, power: float) -> str:
    return f"{_SHORT.get(name, name)}^{power:g}" if power != 1 else _SHORT.get(name, name)
