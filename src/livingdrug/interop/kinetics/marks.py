"""Decimal and thousands marks of a table of kinetics: found once for the whole table, as for every other table of users."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from livingdrug.fitting.data import Finding
from livingdrug.foundation.numerals import NotANumber
from livingdrug.interop.kinetics.table import Table
from livingdrug.interop.user_tables.cells import marks_of

_NUMBER = re.compile(r"(?P<before>(?:<=?|>=?|≤|≥)?\s*)(?P<digits>[+-]?[0-9.,]*[.,][0-9]+)(?P<after>\s*(?:[^\W\d].*)?)")


def with_one_mark(text: Table, who: str) -> tuple[Table, list[Finding]]:
    """The table with a point for every decimal mark, and an error for cells whose marks may mean two things.

    1.250 is 1250 where other cells have a decimal comma, which is refused; 1,250 is 1.25 there, and 1250 where others
    have a decimal point.

    Parameters
    ----------
    who
        The heading of the patients, whose names are left as they are.
    """
    columns = [heading for heading in text.headings if heading != who]
    if not any("," in cells[heading] or "." in cells[heading] for _, cells in text.rows for heading in columns):
        return text, []
    cells_of = {heading: pl.Series([cells[heading].strip().lstrip("<>=≤≥ ") for _, cells in text.rows], dtype=pl.String) for heading in columns}  # fmt: skip
    marks = marks_of(cells_of, text.delimiter)
    if not (
        marks.comma
        or marks.thousands
        or marks.points_unclear
        or any("," in word for column in cells_of.values() for word in column)
    ):
        return text, []
    wrong: dict[str, list[int]] = {}

    def one(word: str, line: int) -> str:
        found = _NUMBER.fullmatch(word.strip())
        if not found:
            return word
        try:
            return f"{found['before']}{marks.read(found['digits'])!r}{found['after']}"
        except NotANumber as problem:
            if "may be" in str(problem) or marks.comma:
                wrong.setdefault(f'"{word.strip()[:20]}" ({problem})', []).append(line)
            return word

    rows = tuple(
        (line, {heading: one(cell, line) if heading != who else cell for heading, cell in cells.items()})
        for line, cells in text.rows
    )
    findings = [Finding("error", what, tuple(lines), "Write every number with one decimal mark and no thousands.") for what, lines in wrong.items()]  # fmt: skip
    return replace(text, rows=rows), findings
