"""One trial's data for one endpoint, person by person and on the calendar: what a rule sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Observed:
    """Calendar days are counted from the first enrolment. Arrays over those counted (m,) are in order of enrolment.

    Attributes
    ----------
    entry
        Calendar day on which each of the n enrolled comes, ascending (n,).
    place
        Of those counted: their place among the enrolled, from 0 (m,).
    arm
        0 for the reference, 1 for the other (m,).
    success, known
        Of a proportion: yes or no, and the calendar day on which it is known (m,).
    time, event, start
        Of a time to event: days from the start of the clock to event or censoring, whether it is the event, and the calendar day
        on which the clock starts (m,).
    stratum
        Within which arms are compared (m,).
    """

    entry: Floats
    place: Integers
    arm: Integers
    success: Mask
    known: Floats
    time: Floats
    event: Mask
    start: Floats
    stratum: Integers

    @property
    def n(self) -> int:
        """Enrolled."""
        return self.entry.size

    @property
    def m(self) -> int:
        """Counted."""
        return self.place.size

    def first(self, n: int) -> Observed:
        """A smaller trial: the first n enrolled."""
        return replace(self.only(self.place < n), entry=self.entry[:n])

    def only(self, rows: Mask) -> Observed:
        """With some of those counted."""
        names = ("place", "arm", "success", "known", "time", "event", "start", "stratum")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def by(self, day: float) -> Observed:
        """Times to event as they stood on a calendar day: who had not started is absent, what came later is censored."""
        seen = self.only(self.start <= day)
        most = day - seen.start
        known = seen.time <= most + 1e-6  # rounding must not lose the event that a look is held at
        return replace(seen, time=np.minimum(seen.time, most), event=seen.event & known)

    def enrolled_by(self, day: float) -> int:
        """How many had enrolled by a calendar day."""
        return int(np.searchsorted(self.entry, day, side="right"))

    def event_days(self) -> Floats:
        """Calendar days of the events, ascending."""
        return np.sort((self.start + self.time)[self.event])

    def last_day(self) -> float:
        """The calendar day on which the last person leaves view."""
        ends = self.start + self.time if self.time.size else self.known
        return float(max(ends.max(initial=0.0), self.entry.max(initial=0.0)))


def proportion(entry: Floats, place: Integers, success: Mask, known: Floats, arm: Integers | None = None) -> Observed:
    """A trial whose endpoint is a proportion.

    >>> import numpy as np
    >>> proportion(np.zeros(2), np.arange(2), np.array([True, False]), np.zeros(2)).m
    2
    """
    none = np.zeros(place.size)
    zero = np.zeros(place.size, dtype=np.int64)
    return Observed(entry, place, zero if arm is None else arm, success, known, none, none > 0, none, zero)


def times_to_event(
    entry: Floats, place: Integers, time: Floats, event: Mask, start: Floats, arm: Integers | None = None,
    stratum: Integers | None = None,
) -> Observed:  # fmt: skip
    """A trial whose endpoint is a time to event."""
    zero = np.zeros(place.size, dtype=np.int64)
    none = np.zeros(place.size)
    return Observed(
        entry,
        place,
        zero if arm is None else arm,
        none > 0,
        none,
        time,
        event,
        start,
        zero if stratum is None else stratum,
    )
