"""When a place next works: days of the week, hours, holidays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

from livingdrug.catalog.network_parts import WEEK, Hours


@dataclass
class Calendar:
    """The open hours of one place along days from day 0.

    Attributes
    ----------
    hours
        When the place works.
    begins
        Date of day 0.
    """

    hours: Hours
    begins: date
    _open_days: dict[int, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.always = self.hours.always
        self._first, self._last = self.hours.span
        self._weekdays = {WEEK.index(day) for day in self.hours.days}
        self._closed = self.hours.closed_dates

    def next_open(self, day: float) -> float:
        """`day` itself when the place works then, else the next moment at which it does.

        Examples
        --------
        >>> office = Calendar(Hours(days=("monday",), opens="8 hour", closes="16 hour"), date(2026, 1, 5))
        >>> office.next_open(0.5), round(office.next_open(0.9), 3), round(office.next_open(5.0), 3)
        (0.5, 7.333, 7.333)
        """
        if self.always:
            return day
        whole = math.floor(day)
        if self._works(whole):
            part = day - whole
            if part < self._first:
                return whole + self._first
            if part < self._last or (part == self._last == 1.0):
                return day
        whole += 1
        while not self._works(whole):
            whole += 1
        return whole + self._first

    def _works(self, whole: int) -> bool:
        found = self._open_days.get(whole)
        if found is None:
            then = self.begins + timedelta(days=whole % 146_097)  # the calendar repeats after 400 years
            found = then.weekday() in self._weekdays and (then.month, then.day) not in self._closed
            self._open_days[whole] = found
        return found
