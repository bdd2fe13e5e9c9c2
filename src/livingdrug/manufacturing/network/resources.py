"""Something of which there is only so much: slots, chairs, lines, analysts, beds; and the queue before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from livingdrug.manufacturing.network.calendar import Calendar


@dataclass
class Resource:
    """Free units, those who wait for one, and what happens when one is given.

    Attributes
    ----------
    free
        Units that are free now; infinite where there is no limit.
    calendar
        When a unit can be given.
    start
        Called with (day, patient) when the patient is given a unit.
    is_lost
        Called with (day, patient) before: whether the patient has left meanwhile. Those are passed over.
    wake
        Called with (day) to be reminded of `look` then.
    order
        Patient -> number; the smallest is served first, then who joined first. None: anyone of those who wait, by lot.
    lot
        Called with the count of draws: a number strictly between 0 and 1.
    """

    free: float
    calendar: Calendar
    start: Callable[[float, int], None]
    is_lost: Callable[[float, int], bool]
    wake: Callable[[float, Resource], None]
    order: list[float] | None
    lot: Callable[[int], float]
    queue: list[tuple[float, float, int, int]] = field(default_factory=list)
    n_joined: int = 0
    n_lots: int = 0
    woken_at: float = -1.0

    def join(self, day: float, patient: int) -> None:
        """Ask for a unit; it may be given at once."""
        if self.free > 0 and not self.queue and self.calendar.next_open(day) == day:
            self.free -= 1
            self.start(day, patient)
            return
        self.n_joined += 1
        if self.order:
            heappush(self.queue, (self.order[patient], day, self.n_joined, patient))
        else:
            self.queue.append((0.0, day, self.n_joined, patient))
        self.look(day)

    def give_back(self, day: float, units: float = 1) -> None:
        """So many units are free again."""
        self.free += units
        if self.queue:
            self.look(day)

    def look(self, day: float) -> None:
        """Give free units to those who wait, as long as the place works; else be reminded when it does."""
        opens = self.calendar.next_open(day)
        if opens > day:
            if self.queue and self.free > 0 and self.woken_at < opens:
                self.woken_at = opens
                self.wake(opens, self)
            return
        queue = self.queue
        while queue and self.free > 0:
            patient = heappop(queue)[3] if self.order else self._anyone()
            if not self.is_lost(day, patient):
                self.free -= 1
                self.start(day, patient)

    def _anyone(self) -> int:
        """One of those who wait, each alike; the last one takes the place in the list."""
        place = int(self.lot(self.n_lots) * len(self.queue))
        self.n_lots += 1
        chosen, last = self.queue[place], self.queue.pop()
        if place < len(self.queue):
            self.queue[place] = last
        return chosen[3]
