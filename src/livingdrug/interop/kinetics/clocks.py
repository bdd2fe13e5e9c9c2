"""Columns of time beside the one that is read: dates, a second count of days, hours of the day, weeks with their days, times since the last dose.

what                                                       what is done
a clock that goes another way than the time that is read   asked about: one may be the hour of the day, or the day of a week
dates that advance while the time does not                 asked about: NONMEM's TIME beside DATE is the hour of the day
dates or days that span twice as long, or half             asked about: the times may be hours
TAD, ARRLT that begin again                                asked about: results of two doses would lie on one another
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from livingdrug.fitting.data import Finding
from livingdrug.interop.kinetics.cells import BLANK, read_number
from livingdrug.interop.kinetics.columns import SINCE_LAST_DOSE, Meaning, meaning_of, plain, stated_time_unit
from livingdrug.interop.kinetics.table import Table

_DAYS = ("day", "days", "study_day", "ady", "pcdy", "lbdy")
_CLOCKS = ("time", "hour", "hours", "hr", "hrs", "clock", "clock_time", "time_of_day", "hour_of_day")
_PERIODS = ("week", "weeks", "wk", "cycle", "period", "month", "months", "year")
_DATE = re.compile(r"(^|_)(dates?|datum|dtc|dtm|dat[123]?|datetime|dttm|timestamp)(_|$)|(dtc|dtm)$")
NONMEMS_DATES = ("date", "dat1", "dat2", "dat3")
"""Beside them TIME is the hour of the day."""
DAYS_IN = {"day": 1.0, "hour": 1 / 24, "minute": 1 / 1440, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
ADVANCES, LASTS, TWICE = 2.0, 7.0, 2.0
"""Days that a date goes on while the time does not; days that times last before their span is compared; how much longer one span may be."""
_NUMBERS = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[T ,].*)?$")
_WORDED = re.compile(r"(\d{1,2})[- ./]?([A-Za-z]{3,9})[- ./,]?(\d{2}|\d{4})(?:[T :,].*)?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_REMEDY = "Put both in one column of days from infusion; or take one out."


def clocks(text: Table, known: Mapping[str, Meaning], unit: str) -> list[Finding]:
    """Everything that another column of time says against the one that is read, one finding per column.

    Parameters
    ----------
    unit
        Of the times that are read: day, hour …
    """
    used = {meaning.heading for meaning in known.values()}
    found = [_begins_again(text, known)]
    for heading in text.headings:
        if heading in used or not heading.strip():
            continue
        word = plain(heading)
        if _DATE.search(word):
            found.append(_against_dates(text, known, heading, unit))
        elif word not in SINCE_LAST_DOSE:
            found.append(_a_clock(text, known, heading) or _another_span(text, known, heading, unit))
    return [one for one in found if one]


def may_be_a_clock(heading: str) -> bool:
    """Whether a heading speaks of time: a date, an hour, a week, a cycle, days."""
    word = plain(heading)
    return (
        bool(_DATE.search(word)) or word in {*_DAYS, *_CLOCKS, *_PERIODS} or bool(stated_time_unit(meaning_of(heading)))
    )


def _rows(text: Table, known: Mapping[str, Meaning]) -> dict[str, list[tuple[float, int, dict[str, str]]]]:
    """Patient -> time, row and cells in the order of the file, rows without a time left out."""
    found: dict[str, list[tuple[float, int, dict[str, str]]]] = defaultdict(list)
    for line, cells in text.rows:
        time = read_number(cells[known["time"].heading])
        if time is not None and time == time:
            found[cells[known["id"].heading].strip()].append((time, line, cells))
    return found


def _begins_again(text: Table, known: Mapping[str, Meaning]) -> Finding | None:
    """Times since the last dose of a patient who had two."""
    time = known["time"]
    if time.word not in SINCE_LAST_DOSE:
        return None
    for mine in _rows(text, known).values():
        for (before, _, _), (now, line, _) in pairwise(mine):
            if now < before:
                return Finding(
                    "error", f'"{time.heading}" counts from the last dose, and begins again', (line,),
                    "Give times from the first dose (AFRLT, TIME, day), or a table for each dose.",
                )  # fmt: skip
    return None


def _a_clock(text: Table, known: Mapping[str, Meaning], heading: str) -> Finding | None:
    """A second column of time that goes another way than the one that is read."""
    time, word = known["time"], plain(heading)
    pair = {time.word, word}
    if not (pair & set(_DAYS) and pair & {*_CLOCKS, *_PERIODS}):
        return None
    for mine in _rows(text, known).values():
        moments = []
        for here, line, cells in mine:
            other = read_number(cells[heading])
            if cells[heading].strip().lower() not in BLANK:
                moments.append((here, float("nan") if other is None else other, line))  # 8:30 is none
        for (here, first, _), (there, second, line) in pairwise(sorted(moments, key=lambda moment: moment[0])):
            if not second >= first or (there == here and second != first):
                what = (
                    "is one the hour of the day?" if word not in _PERIODS else "do days begin again with each of them?"
                )
                return Finding("error", f'"{time.heading}" is read as the time, and "{heading}" tells another: {what}', (line,), _REMEDY)  # fmt: skip
    return None


def _another_span(text: Table, known: Mapping[str, Meaning], heading: str, unit: str) -> Finding | None:
    """A second column of days or hours over which a patient's results last twice as long, or half."""
    other = stated_time_unit(meaning_of(heading))
    if other not in ("day", "hour", "week"):
        return None
    moments: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for who, mine in _rows(text, known).items():
        for time, line, cells in mine:
            number = read_number(cells[heading])
            if number is not None and number == number:
                moments[who].append((time * DAYS_IN[unit], number * DAYS_IN[other], line))
    return _no_one_span(moments, f'"{known["time"].heading}", in {unit}s,', heading, unit)


def _against_dates(text: Table, known: Mapping[str, Meaning], heading: str, unit: str) -> Finding | None:
    """Dates that say another time, however day and month are ordered; none where every row of a patient has one date."""
    rows = _rows(text, known)
    written = {who: [cells[heading].strip() for _, _, cells in mine] for who, mine in rows.items()}
    if not any(len({*texts} - {""}) > 1 for texts in written.values()):
        return None
    problem: Finding | None = None
    read_once = False
    for order in ("ymd", "dmy", "mdy"):
        moments: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
        for who, mine in rows.items():
            for (time, line, _), date in zip(mine, written[who], strict=True):
                day = _ordinal(date, order)
                if day is not None:
                    moments[who].append((time * DAYS_IN[unit], day, line))
        if sum(map(len, moments.values())) < sum(bool(date) for texts in written.values() for date in texts):
            continue
        read_once = True
        here = _against_order(moments, known["time"].heading, heading) or _no_one_span(
            moments, f'"{known["time"].heading}", in {unit}s,', heading, unit
        )
        if here is None:
            return None
        problem = problem or here
    if not read_once and plain(heading) in NONMEMS_DATES and known["time"].word == "time":
        return Finding(
            "error", f'beside "{heading}", "{known["time"].heading}" may be the hour of the day', (), _REMEDY
        )
    return problem


def _against_order(
    moments: Mapping[str, Sequence[tuple[float, float, int]]], time: str, heading: str
) -> Finding | None:
    for mine in moments.values():
        for (here, first, _), (there, second, line) in pairwise(sorted(mine, key=lambda moment: moment[1])):
            if second - first >= ADVANCES and there <= here:
                return Finding("error", f'"{time}" is read as the time, and does not go on where "{heading}" does: is it the hour of the day?', (line,), _REMEDY)  # fmt: skip
    return None


def _no_one_span(
    moments: Mapping[str, Sequence[tuple[float, float, int]]], what: str, heading: str, unit: str
) -> Finding | None:
    """Days of either column (read, other, row): a finding where one lasts twice as long as the other and both last."""
    for mine in moments.values():
        read, other = ([moment[k] for moment in mine] for k in (0, 1))
        here, there = max(read, default=0.0) - min(read, default=0.0), max(other, default=0.0) - min(other, default=0.0)
        if there > 0 and max(here, there) >= LASTS and not 1 / TWICE <= (here + 1.0) / (there + 1.0) <= TWICE:
            row = max(mine, key=lambda moment: moment[0])[2]
            return Finding(
                "error", f'{what} lasts {here:g} days, and "{heading}" {there:g} days', (row,),
                f"State the unit of time (TIME [hour], --time-unit hour) where it is not {unit}; or take one of the columns out.",
            )  # fmt: skip
    return None


@lru_cache(maxsize=4096)
def _ordinal(text: str, order: str) -> float | None:
    """A date as a day's number, with year, month and day in this order; None where it is none."""
    if worded := _WORDED.match(text):
        month = worded[2][:3].lower()
        return _day(int(worded[3]), _MONTHS.index(month) + 1, int(worded[1])) if month in _MONTHS else None
    if not (found := _NUMBERS.match(text)):
        return None
    parts = dict(zip(order, found.groups(), strict=True))
    if len(parts["y"]) not in (2, 4) or len(found[1]) == 3 or len(found[3]) == 3:
        return None
    return _day(int(parts["y"]), int(parts["m"]), int(parts["d"]))


def _day(year: int, month: int, day: int) -> float | None:
    try:
        return float(datetime.date(year + 2000 if year < 100 else year, month, day).toordinal())
    except ValueError:
        return None
