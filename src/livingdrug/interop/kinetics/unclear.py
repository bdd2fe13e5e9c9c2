"""Columns that would change what other columns say: rows commented out or excluded, flags under other names.

what                                        what is done
C, with the letter C in some rows           these rows are passed over, as NONMEM's IGNORE=C does, and told
ANL01FL, EXCLUDE … that leave rows out      asked about: rows are never dropped in silence, nor kept
"<" and "=" in a column of their own        the flag of results below (or, with ">", above) the limit
a flag with a name that speaks of limits    asked about
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from livingdrug.fitting.data import Finding
from livingdrug.fitting.flags import may_be_flag
from livingdrug.interop.kinetics.cells import SIGNS, read_flag
from livingdrug.interop.kinetics.columns import Meaning, plain
from livingdrug.interop.kinetics.table import Table

_EXCLUDED = re.compile(r"(^|_)(excl\w*|exclude\w*|ignore\w*|drop|omit\w*)(_|$)|exclfl$")
_ANALYSED = ("anl01fl", "anlfl", "pcanlfl")


def without_commented(text: Table) -> tuple[Table, list[Finding]]:
    """The table without rows that a column C marks by its letter."""
    heading = next((one for one in text.headings if plain(one) == "c"), "")
    marks = {cells[heading].strip().lower() for _, cells in text.rows} - {"", "."} if heading else set()
    if marks != {"c"}:
        return text, []
    commented = [cells[heading].strip().lower() == "c" for _, cells in text.rows]
    gone = tuple(line for (line, _), out in zip(text.rows, commented, strict=True) if out)
    rows = tuple(row for row, out in zip(text.rows, commented, strict=True) if not out)
    return replace(text, rows=rows), [Finding("note", f'rows with C in column "{heading}" are comments', gone)]


def with_signs(text: Table, known: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """What is known, with a column of signs (<, =, >) as the flag of the results where there is no other."""
    found = dict(known)
    if "censored" in found:
        return found
    used = {meaning.heading for meaning in known.values()}
    for heading in text.headings:
        words = {cells[heading].strip() for _, cells in text.rows} - {""} if heading not in used else set()
        if words and words <= SIGNS and words != {"="}:
            found["censored"] = Meaning(heading, plain(heading))
            break
    return found


def asked_about(text: Table, known: Mapping[str, Meaning]) -> list[Finding]:
    """Everything that has to be said first, one finding per column."""
    used = {meaning.heading for meaning in known.values()}
    others = [heading for heading in text.headings if heading not in used and heading.strip()]
    found = [one for heading in others if (one := _left_out(text, heading))]
    if "censored" not in known:
        found += [one for heading in others if (one := _a_flag(text, heading))]
    return found


def _left_out(text: Table, heading: str) -> Finding | None:
    word = plain(heading)
    if word in _ANALYSED:
        marked = {line: cells[heading].strip().lower() in ("y", "yes", "1") for line, cells in text.rows}
        rows = tuple(line for line, kept in marked.items() if not kept)
        if not rows or len(rows) == len(marked):
            return None
    elif _EXCLUDED.search(word):
        rows = tuple(line for line, cells in text.rows if read_flag(cells[heading]) != 0)
        if not rows:
            return None
    else:
        return None
    return Finding(
        "error", f'"{heading}" marks rows that an analysis leaves out', rows, "Take these rows out, or the column."
    )


def _a_flag(text: Table, heading: str) -> Finding | None:
    if not may_be_flag(plain(heading)):
        return None
    flags = {line: read_flag(cells[heading]) for line, cells in text.rows}
    if None in flags.values() or len(set(flags.values())) < 2:
        return None
    return Finding(
        "error", f'"{heading}" may flag results below the limit', tuple(line for line, flag in flags.items() if flag),
        f"If 1 means below it, say columns={{'CENS': '{heading}'}} (--column CENS={heading}); if not, take the column out.",
    )  # fmt: skip
