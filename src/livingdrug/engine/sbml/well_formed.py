"""What is seen of an SBML text before it is read: that it is XML, not nested out of all measure, without entities of its own."""

from __future__ import annotations

from xml.parsers import expat

from livingdrug.foundation.errors import BadInput

DEEPEST = 250
"""Elements inside one another: of 767 published models and the SBML Test Suite the deepest have 57."""
WIDEST = 1000
"""Operands of one <apply>: as many are nested when the formula is read, and hundreds of thousands end the program without a word."""


def refuse_malformed(text: str) -> None:
    """Stop at what is no XML document, or one made to exhaust its reader.

    Raises
    ------
    BadInput
        With line and column.
    """
    reader = expat.ParserCreate("utf-8")
    depth = 0
    inside: list[int | None] = []  # of each open element: what an <apply> holds so far; None for any other

    def begins(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if inside and (held := inside[-1]) is not None:
            inside[-1] = held + 1
            if held > WIDEST:
                raise BadInput(
                    f"line {reader.CurrentLineNumber}, <apply>: more than {WIDEST:,} operands in one formula.\n"
                    "  Divide the formula: give its parts names of their own by assignment rules."
                )
        inside.append(0 if name.rpartition(":")[2] == "apply" else None)
        if depth > DEEPEST:
            raise BadInput(
                f"line {reader.CurrentLineNumber}, <{name[:40]}>: more than {DEEPEST} elements inside one another.\n"
                "  Divide the formula: give its parts names of their own by assignment rules."
            )

    def ends(_: str) -> None:
        nonlocal depth
        depth -= 1
        inside.pop()

    def entity(name: str, *_: object) -> None:
        raise BadInput(
            f'line {reader.CurrentLineNumber}: the document defines an entity "{name[:40]}", which no SBML needs.\n'
            "  Write its text where it is used."
        )

    reader.StartElementHandler, reader.EndElementHandler, reader.EntityDeclHandler = begins, ends, entity
    try:
        reader.Parse(text.encode("utf-8", errors="replace"), True)
    except expat.ExpatError as problem:
        raise BadInput(
            f"not XML, {expat.ErrorString(problem.code)} at line {problem.lineno}, column {problem.offset + 1}.\n"
            "  Correct the file there, or write it again with the program it came from."
        ) from None
