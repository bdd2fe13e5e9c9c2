"""Columns that would change what other columns say: rows commented out or excluded, flags under other names.

what                                        what is done
C, with the letter C in some rows           these rows are passed over, as NONMEM's IGNORE=C does, and told
ANL01FL, EXCLUDE … that leave rows out      asked about: rows are never dropped in silence, nor kept
"<" and "=" in a column of their own        the flag of results below (or, with ">", above) the limit
a flag with a name that speaks of limits    asked about
PCSTAT "not done" beside a result           asked about: programs write 0 there
a factor of dilution                        asked about: is the result multiplied by it, or not yet?
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from livingdrug.fitting.data import Finding
from livingdrug.fitting.flags import may_be_flag
from livingdrug.interop.kinetics.cells import BLANK, SIGNS, read_flag, read_number
from livingdrug.interop.kinetics.columns import Meaning, plain
from livingdrug.interop.kinetics.table import Table

_EXCLUDED = re.compile(r"(^|_)(excl\w*|exclude\w*|ignore\w*|drop|omit\w*)(_|$)|exclfl$")
_ANALYSED = ("anl01fl", "anlfl", "pcanlfl")
_STATUS = re.compile(r"^(pc|lb|is|mb|vs|qs)?stat$|(^|_)(status|result_status|sample_status|completion_status)$|reasnd$")
_NOT_DONE = re.compile(r"not[ _-]?(done|performed|taken|collected|analy[sz]ed|evaluable|available)|missed|missing|failed|invalid|rejected|cancell?ed|nd|n/d|insufficient.*", re.I)  # fmt: skip
_FACTORS = re.compile(r"(^|_)(dilution|dilution_factor|dil_factor|dilfact|multiplier|correction_factor|scale_factor|scaling_factor)(_|$)")  # fmt: skip


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
    found += [one for heading in others if (one := _not_done(text, known, heading) or _a_factor(text, heading))]
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


def _not_done(text: Table, known: Mapping[str, Meaning], heading: str) -> Finding | None:
    """Rows whose status says that nothing was measured, and that hold a result all the same."""
    if not _STATUS.search(plain(heading)):
        return None
    value = known["value"].heading
    rows = tuple(
        line
        for line, cells in text.rows
        if _NOT_DONE.fullmatch(cells[heading].strip()) and cells[value].strip().lower() not in BLANK
    )
    if not rows:
        return None
    return Finding("error", f'"{heading}" says that nothing was measured where "{value}" holds a result', rows, f'Leave "{value}" blank there, or take the column out.')  # fmt: skip


def _a_factor(text: Table, heading: str) -> Finding | None:
    """A column of factors that results may have to be multiplied by."""
    if not _FACTORS.search(plain(heading)):
        return None
    rows = tuple(
        line
        for line, cells in text.rows
        if cells[heading].strip().lower() not in BLANK and read_number(cells[heading]) != 1.0
    )
    if not rows:
        return None
    return Finding("error", f'"{heading}" may be a factor of the results', rows, "Multiply the results by it where that was not done, and take the column out.")  # fmt: skip
