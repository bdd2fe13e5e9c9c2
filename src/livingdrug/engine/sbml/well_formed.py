"""What is seen of an SBML text before it is read: XML, not nested out of all measure, no entities of its own, numbers that are numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

from livingdrug.foundation.errors import BadInput

DEEPEST = 250
"""Elements inside one another: of 767 published models and the SBML Test Suite the deepest have 57."""
WIDEST = 1000
"""Operands of one <apply>: as many are nested when the formula is read, and hundreds of thousands end the program without a word."""


_REAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_WHOLE = r"[+-]?[0-9]+(?:\.0*)?"
NUMBERS = {
    "real": ((_REAL,), "a decimal number such as 1.5 or 2e-3"),
    "integer": ((_WHOLE,), "a whole number such as 15"),
    "e-notation": ((_REAL, _WHOLE), "two numbers with <sep/> between them, such as 1.5<sep/>3"),
    "rational": ((_WHOLE, _WHOLE), "two whole numbers with <sep/> between them, such as 1<sep/>3"),
}
"""Type of a <cn> -> how its parts are written, and that in words. Of "1,5" or "1d3" libSBML takes the 1 without a word."""
_NOT_MATHEMATICS = ("annotation", "notes", "message")


class _Numbers:
    """The numbers of the formulas, as a reader comes by them."""

    def __init__(self, reader: expat.XMLParserType) -> None:
        self._reader = reader
        self._apart = 0  # elements open around this one that hold no mathematics
        self._parts: list[str] | None = None  # of the <cn> that is open
        self._type = ""

    def begins(self, name: str, attributes: Mapping[str, str]) -> None:
        self._apart += name in _NOT_MATHEMATICS
        if self._apart:
            return
        if name == "cn":
            self._parts, self._type = [""], attributes.get("type", "real").strip()
            if (base := attributes.get("base", "10").strip()) != "10":
                raise self._problem(f"a number to the base {base[:20]}", "one to the base 10")
        elif name == "sep" and self._parts is not None:
            self._parts.append("")

    def text(self, text: str) -> None:
        if self._parts is not None:
            self._parts[-1] += text

    def ends(self, name: str) -> None:
        self._apart -= name in _NOT_MATHEMATICS
        if name != "cn" or self._parts is None:
            return
        parts, self._parts = [one.strip() for one in self._parts], None
        if self._type not in NUMBERS or not any(parts):
            return  # told by libSBML
        patterns, expected = NUMBERS[self._type]
        if len(parts) != len(patterns) or not all(map(re.fullmatch, patterns, parts)):
            raise self._problem(f'"{"<sep/>".join(parts)[:60]}" of type "{self._type}"', expected)

    def _problem(self, found: str, expected: str) -> BadInput:
        return BadInput(
            f"line {self._reader.CurrentLineNumber}, <cn>: {found}, expected {expected}.\n"
            "  Write the number with a decimal point and without other signs between its digits."
        )


def refuse_malformed(text: str) -> None:
    """Stop at what is no XML document, one made to exhaust its reader, or one whose numbers can only be read in part.

    Raises
    ------
    BadInput
        With line and column.
    """
    reader = expat.ParserCreate("utf-8")
    depth = 0
    inside: list[int | None] = []  # of each open element: what an <apply> holds so far; None for any other

    numbers = _Numbers(reader)

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if inside and (held := inside[-1]) is not None:
            inside[-1] = held + 1
            if held > WIDEST:
                raise BadInput(
                    f"line {reader.CurrentLineNumber}, <apply>: more than {WIDEST:,} operands in one formula.\n"
                    "  Divide the formula: give its parts names of their own by assignment rules."
                )
        plain = name.rpartition(":")[2]
        numbers.begins(plain, attributes)
        inside.append(0 if plain == "apply" else None)
        if depth > DEEPEST:
            raise BadInput(
                f"line {reader.CurrentLineNumber}, <{name[:40]}>: more than {DEEPEST} elements inside one another.\n"
                "  Divide the formula: give its parts names of their own by assignment rules."
            )

    def ends(name: str) -> None:
        nonlocal depth
        depth -= 1
        numbers.ends(name.rpartition(":")[2])
        inside.pop()

    def entity(name: str, *_: object) -> None:
        raise BadInput(
            f'line {reader.CurrentLineNumber}: the document defines an entity "{name[:40]}", which no SBML needs.\n'
            "  Write its text where it is used."
        )

    reader.StartElementHandler, reader.EndElementHandler, reader.EntityDeclHandler = begins, ends, entity
    reader.CharacterDataHandler = numbers.text
    try:
        reader.Parse(text.encode("utf-8", errors="replace"), True)
    except expat.ExpatError as problem:
        raise BadInput(
            f"not XML, {expat.ErrorString(problem.code)} at line {problem.lineno}, column {problem.offset + 1}.\n"
            "  Correct the file there, or write it again with the program it came from."
        ) from None
