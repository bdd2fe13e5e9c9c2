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
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.fitting.data import Finding
from livingdrug.interop.kinetics.cells import BLANK, read_number
from livingdrug.interop.kinetics.columns import SINCE_LAST_DOSE, Meaning, meaning_of, plain, stated_time_unit
from livingdrug.interop.kinetics.table import Table

_DAYS = ("day", "days", "study_day", "ady", "pcdy", "lbdy")
_CLOCKS = ("time", "hour", "hours", "hr", "hrs", "clock", "clock_time", "time_of_day", "hour_of_day")
_PERIODS = ("week", "weeks", "wk", "cycle", "period", "month", "months", "year")
_OTHER_COUNT = re.compile(r"^(actual|nominal|planned|scheduled|visit|protocol|target|real|true|relative|sample|sampling|collection)_?(days?|dy|hours?|hrs?|weeks?)$")  # fmt: skip
"""A second count of days or hours: nominal_day, VISITDY, actual_hours."""
_DATE = re.compile(r"(^|_)(dates?|datum|dtc|dtm|dat[123]?|datetime|dttm|timestamp)(_|$)|(dtc|dtm)$")
NONMEMS_DATES = ("date", "dat1", "dat2", "dat3")
"""Beside them TIME is the hour of the day."""
DAYS_IN = {"day": 1.0, "hour": 1 / 24, "minute": 1 / 1440, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
ADVANCES, LASTS, TWICE = 2.0, 7.0, 2.0
"""Days that a date goes on while the time does not; days that times last before their span is compared; how much longer one span may be."""
_NUMBERS = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[T ,].*)?$")
_WORDED = re.compile(r"(\d{1,2})[- ./]?([A-Za-z]{3,9})[- ./,]?(\d{2}|\d{4})(?:[T :,].*)?$")
_DAY_OF_MOMENT = r"^(\d{1,4}[-./]\d{1,2}[-./]\d{1,4})[T ,].*$"
"""The date in 2024-03-01T08:30, taken out for all rows at once: there are fewer dates than moments."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_REMEDY = "Put both in one column of days from infusion; or take one out."

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Times:
    """The times that are read from a table, and the columns that may say another.

    Attributes
    ----------
    heading, word
        The column that is read, as it stands and as a word.
    unit
        Of its times: day, hour …
    time
        As read (rows,), NaN where there is none.
    who
        Number of each row's patient (rows,).
    lines
        The rows' numbers in a spreadsheet (rows,).
    others
        Heading -> cells as text (rows,), of the columns that speak of time.
    """

    heading: str
    word: str
    unit: str
    time: Numbers
    who: NDArray[np.int64]
    lines: NDArray[np.int64]
    others: Mapping[str, pl.Series]

    def ordered(self, rows: NDArray[np.intp], by: Numbers | None = None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows that follow one another within a patient: those before, and those after, in the order of the file or of `by` (rows,)."""
        keys = (self.who[rows],) if by is None else (by[rows], self.who[rows])
        there = rows[np.lexsort(keys)]
        same = self.who[there[1:]] == self.who[there[:-1]]
        return there[:-1][same], there[1:][same]


def times_of(text: Table, known: Mapping[str, Meaning], unit: str) -> Times:
    """The times of a table of kinetics; `unit` is that of the times that are read."""
    used, time = {meaning.heading for meaning in known.values()}, known["time"]
    numbers: dict[str, int] = {}
    who = [numbers.setdefault(cells[known["id"].heading].strip(), len(numbers)) for _, cells in text.rows]
    read = [read_number(cells[time.heading]) for _, cells in text.rows]
    return Times(
        time.heading,
        time.word,
        unit,
        np.array([np.nan if one is None else one for one in read]),
        np.array(who, dtype=np.int64),
        np.array([line for line, _ in text.rows], dtype=np.int64),
        {
            one: pl.Series([cells[one] for _, cells in text.rows], dtype=pl.String)
            for one in text.headings
            if one not in used and one.strip() and may_be_a_clock(one)
        },
    )


def clocks(times: Times) -> list[Finding]:
    """Everything that another column of time says against the one that is read, one finding per column."""
    found = [_begins_again(times)]
    for heading in times.others:
        word = plain(heading)
        if _DATE.search(word):
            found.append(_against_dates(times, heading))
        elif word not in SINCE_LAST_DOSE:
            found.append(_a_clock(times, heading) or _another_span(times, heading))
    return [one for one in found if one]


def may_be_a_clock(heading: str) -> bool:
    """Whether a heading speaks of time: a date, an hour, a week, a cycle, days."""
    word = plain(heading)
    return bool(_DATE.search(word)) or word in {*_DAYS, *_CLOCKS, *_PERIODS} or bool(_unit_of_count(heading))


def _unit_of_count(heading: str) -> str:
    """The unit of a column that counts time; ``""`` where its heading does not say.

    >>> [_unit_of_count(heading) for heading in ("TIME [h]", "VISITDY", "Nominal Day", "care")]
    ['hour', 'day', 'day', '']
    """
    other = _OTHER_COUNT.match(plain(heading))
    return stated_time_unit(meaning_of(heading)) or (
        {"d": "day", "h": "hour", "w": "week"}[other[2][0]] if other else ""
    )


def _each(cells: pl.Series, read: Callable[[str], float | None]) -> Numbers:
    """What each cell says (rows,), NaN where nothing; every text is read once."""
    texts = cells.unique()
    values = [np.nan if (one := read(text)) is None else one for text in texts]
    return cells.replace_strict(texts, values, return_dtype=pl.Float64).to_numpy().astype(np.float64)


def _begins_again(times: Times) -> Finding | None:
    """Times since the last dose of a patient who had two."""
    if times.word not in SINCE_LAST_DOSE:
        return None
    before, after = times.ordered(np.flatnonzero(~np.isnan(times.time)))
    again = after[times.time[after] < times.time[before]]
    if not again.size:
        return None
    return Finding(
        "error", f'"{times.heading}" counts from the last dose, and begins again', (int(times.lines[again[0]]),),
        "Give times from the first dose (AFRLT, TIME, day), or a table for each dose.",
    )  # fmt: skip


def _a_clock(times: Times, heading: str) -> Finding | None:
    """A second column of time that goes another way than the one that is read."""
    word = plain(heading)
    pair = {times.word, word}
    if not (pair & set(_DAYS) and pair & {*_CLOCKS, *_PERIODS}):
        return None
    cells, time = times.others[heading], times.time
    blank = cells.str.strip_chars().str.to_lowercase().is_in(BLANK).to_numpy()
    other = _each(cells, read_number)  # 8:30 is none
    before, after = times.ordered(np.flatnonzero(~np.isnan(time) & ~blank), time)
    with np.errstate(invalid="ignore"):
        back = ~(other[after] >= other[before])
        apart = (time[after] == time[before]) & (other[after] != other[before])
    wrong = after[back | apart]
    if not wrong.size:
        return None
    what = "is one the hour of the day?" if word not in _PERIODS else "do days begin again with each of them?"
    said = f'"{times.heading}" is read as the time, and "{heading}" tells another: {what}'
    return Finding("error", said, (int(times.lines[wrong[0]]),), _REMEDY)


def _another_span(times: Times, heading: str) -> Finding | None:
    """A second column of days or hours over which a patient's results last twice as long, or half."""
    unit = _unit_of_count(heading)
    if unit not in ("day", "hour", "week"):
        return None
    return _no_one_span(times, _each(times.others[heading], read_number) * DAYS_IN[unit], heading)


def _against_dates(times: Times, heading: str) -> Finding | None:
    """Dates that say another time, however day and month are ordered; none where every row of a patient has one date."""
    written = times.others[heading].str.strip_chars()
    timed = ~np.isnan(times.time)
    given = timed & (written != "").to_numpy()
    several = pl.DataFrame({"who": times.who[given], "date": written.filter(pl.Series(given))}).unique()
    if not several["who"].is_duplicated().any():
        return None
    dates = written.str.replace(_DAY_OF_MOMENT, "${1}")
    problem: Finding | None = None
    read_once = False
    for order in ("ymd", "dmy", "mdy"):
        day = _each(dates, lambda text, order=order: _ordinal(text, order))
        if np.isnan(day[given]).any():
            continue
        read_once = True
        here = _against_order(times, day, heading) or _no_one_span(times, day, heading)
        if here is None:
            return None
        problem = problem or here
    if not read_once and plain(heading) in NONMEMS_DATES and times.word == "time":
        return Finding("error", f'beside "{heading}", "{times.heading}" may be the hour of the day', (), _REMEDY)
    return problem


def _against_order(times: Times, day: Numbers, heading: str) -> Finding | None:
    """Days of dates (rows,) that go on where the times do not."""
    before, after = times.ordered(np.flatnonzero(~np.isnan(times.time) & ~np.isnan(day)), day)
    stands = after[(day[after] - day[before] >= ADVANCES) & (times.time[after] <= times.time[before])]
    if not stands.size:
        return None
    said = (
        f'"{times.heading}" is read as the time, and does not go on where "{heading}" does: is it the hour of the day?'
    )
    return Finding("error", said, (int(times.lines[stands[0]]),), _REMEDY)


def _no_one_span(times: Times, day: Numbers, heading: str) -> Finding | None:
    """Days of another column (rows,): a finding where one lasts twice as long as the other and both last."""
    rows = np.flatnonzero(~np.isnan(times.time) & ~np.isnan(day))
    frame = pl.DataFrame({"who": times.who[rows], "read": times.time[rows] * DAYS_IN[times.unit], "other": day[rows], "line": times.lines[rows]})  # fmt: skip
    read, other = pl.col("read"), pl.col("other")
    spans = frame.group_by("who", maintain_order=True).agg(
        here=read.max() - read.min(), there=other.max() - other.min(), line=pl.col("line").get(read.arg_max())
    )
    here, there = spans["here"].to_numpy(), spans["there"].to_numpy()
    ratio = (here + 1.0) / (there + 1.0)
    apart = np.flatnonzero(
        (there > 0) & (np.maximum(here, there) >= LASTS) & ~((ratio >= 1 / TWICE) & (ratio <= TWICE))
    )
    if not apart.size:
        return None
    first = int(apart[0])
    return Finding(
        "error", f'"{times.heading}", in {times.unit}s, lasts {here[first]:g} days, and "{heading}" {there[first]:g} days', (int(spans["line"][first]),),
        f"State the unit of time (TIME [hour], --time-unit hour) where it is not {times.unit}; or take one of the columns out.",
    )  # fmt: skip


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
