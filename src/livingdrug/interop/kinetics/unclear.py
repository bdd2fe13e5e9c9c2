"""Columns that would change what other columns say: rows commented out or excluded, flags under other names, a clock beside days.

what                                        what is done
C, with the letter C in some rows           these rows are passed over, as NONMEM's IGNORE=C does, and told
ANL01FL, EXCLUDE … that leave rows out      asked about: rows are never dropped in silence, nor kept
"<" and "=" in a column of their own        the flag of results below (or, with ">", above) the limit
a flag with a name that speaks of limits    asked about
day and hour that go different ways         asked about: one may be the hour of the day
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from livingdrug.fitting.data import Finding
from livingdrug.interop.kinetics.cells import BLANK, SIGNS, read_flag, read_number
from livingdrug.interop.kinetics.columns import Meaning, plain
from livingdrug.interop.kinetics.table import Table

_EXCLUDED = re.compile(r"(^|_)(excl\w*|exclude\w*|ignore\w*|drop|omit\w*)(_|$)|exclfl$")
_ANALYSED = ("anl01fl", "anlfl", "pcanlfl")
_SPEAKS_OF_LIMITS = re.compile(r"flag|qualif|detect|quantif|blq|bql|bloq|cens|lloq|(^|_)lo[qd](_|$)|below")
_DAYS = ("day", "days", "study_day", "ady", "pcdy", "lbdy")
_CLOCKS = ("time", "hour", "hours", "hr", "hrs", "clock", "clock_time", "time_of_day", "hour_of_day")


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
    return [*found, *(one for heading in others if (one := _a_clock(text, known, heading)))]


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
    if not _SPEAKS_OF_LIMITS.search(plain(heading)):
        return None
    flags = {line: read_flag(cells[heading]) for line, cells in text.rows}
    if None in flags.values() or len(set(flags.values())) < 2:
        return None
    return Finding(
        "error", f'"{heading}" may flag results below the limit', tuple(line for line, flag in flags.items() if flag),
        f"If 1 means below it, say columns={{'CENS': '{heading}'}} (--column CENS={heading}); if not, take the column out.",
    )  # fmt: skip


def _a_clock(text: Table, known: Mapping[str, Meaning], heading: str) -> Finding | None:
    """A second column of time that goes another way than the one that is read."""
    time = known["time"]
    pair = {time.word, plain(heading)}
    if not (pair & set(_DAYS) and pair & set(_CLOCKS)):
        return None
    moments: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for line, cells in text.rows:
        read, other = read_number(cells[time.heading]), read_number(cells[heading])
        if cells[heading].strip().lower() in BLANK:
            continue
        if other is None:  # 8:30
            other = float("nan")
        if read is not None:
            moments[cells[known["id"].heading].strip()].append((read, other, line))
    for mine in moments.values():
        mine.sort(key=lambda moment: moment[0])
        for (here, first, _), (there, second, line) in pairwise(mine):
            if not second >= first or (there == here and second != first):
                return Finding(
                    "error", f'"{time.heading}" is read as the time, and "{heading}" tells another: is one the hour of the day?', (line,),
                    "Put both in one column, such as day + hour / 24; or take one out.",
                )  # fmt: skip
    return None
