"""Expected values: the recursion of queues in tandem (Lindley; Kiefer and Wolfowitz), stage by stage instead of event by event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from heapq import heapify, heapreplace

import numpy as np
import pytest
from numpy.typing import NDArray

from livingdrug.catalog.records.network import Network
from livingdrug.manufacturing.network.calendar import Calendar
from livingdrug.manufacturing.network.journeys import INFUSED, LOST, STAGES, Journeys
from livingdrug.manufacturing.network.luck import Luck, draw_luck
from livingdrug.manufacturing.network.simulate import simulate

Array = NDArray[np.float64]
HOURS = {"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"], "opens": "6 hour", "closes": "22 hour",
         "holidays": ["01-01", "12-25"]}  # fmt: skip
PATIENTS = 4000
NETWORK = Network.model_validate({
    "id": "tandem", "title": "Chairs, lines, analysts and beds, one after another", "patients": PATIENTS, "begins": date(2026, 1, 5),
    "tier": [{"name": "all", "share": 1, "loss": "0.006 1/day", "spread": 0.5}],
    "centre": [{"name": "a", "arrivals": "1 per day", "chairs": 2, "apheresis": "1 to 2 day", "booking": {"median": "2 day", "spread": 0.5},
                "beds": 22, "stay": {"median": "13 day", "spread": 0.4}, "hours": HOURS}],
    "factory": [{"name": "f", "lines": 8, "culture": "6 to 8 day", "changeover": "0.5 day", "analysts": 9,
                 "testing": {"mean": "1 day", "shape": 2, "least": "7 day"}, "hours": HOURS}],
    "lane": [{"centre": "a", "factory": "f", "out": {"mean": "1 day", "shape": 4}, "back": "1 to 3 day"}],
})  # fmt: skip


class Stage:
    """First come, first served, by so many servers: each patient begins when a server is free, the place open, and everyone before has begun."""

    def __init__(self, servers: int, calendar: Calendar | None = None) -> None:
        self.free, self.calendar = [0.0] * servers, calendar
        heapify(self.free)

    def begin(self, ready: Array, lost_on: Array, hold: Callable[[int, float], float], *earlier: Array) -> Array:
        """When each patient begins; NaN where the patient is lost before.

        `hold` tells when the server is free again; of two who are ready at the same moment (when the place opens) the one goes first
        who was first `earlier`.
        """
        begun = np.full(len(ready), np.nan)
        for who in np.lexsort((*reversed(earlier), ready)):
            if np.isnan(ready[who]):
                continue
            day = max(ready[who], self.free[0])
            day = self.calendar.next_open(day) if self.calendar else day
            if lost_on[who] > day:
                begun[who] = day
                heapreplace(self.free, hold(int(who), day))
        return begun


def by_recursion(luck: Luck) -> tuple[Array, Array]:
    """Day of infusion of each patient, NaN for those who were lost before; and the day on which each culture began."""
    people, place = luck.people, NETWORK.centres[0]
    calendar, n, lost = Calendar(place.hours, NETWORK.begins), len(people), people.lost_on
    drawn = {
        name: np.array([getattr(luck, name)(k, 0) for k in range(n)])
        for name in ("apheresis", "booking", "lymphodepletion", "stay")
    }
    drawn |= {
        name: np.array([getattr(luck, name)(k, 0, 0) for k in range(n)])
        for name in ("out", "culture", "changeover", "testing", "back")
    }

    def alive(days: Array) -> Array:
        return np.where(lost > days, days, np.nan)

    chair = Stage(place.chairs or 0, calendar).begin(people.arrived, lost, lambda k, day: day + drawn["apheresis"][k])
    at_factory = alive(alive(chair + drawn["apheresis"]) + drawn["out"])
    harvest: dict[int, float] = {}

    def clean(k: int, day: float) -> float:
        harvest[k] = calendar.next_open(day + drawn["culture"][k])
        return harvest[k] + drawn["changeover"][k]

    line = Stage(NETWORK.factories[0].lines, calendar).begin(at_factory, lost, clean)
    harvested = alive(np.array([harvest.get(k, np.nan) for k in range(n)]))
    tested: dict[int, float] = {}

    def answered(k: int, day: float) -> float:
        tested[k] = calendar.next_open(day + drawn["testing"][k])
        return tested[k]

    Stage(NETWORK.factories[0].analysts or 0).begin(harvested, lost, answered, line, at_factory)
    home = alive(alive(np.array([tested.get(k, np.nan) for k in range(n)])) + drawn["back"])
    infused = np.full(n, np.nan)

    def left(k: int, day: float) -> float:
        planned = day + drawn["lymphodepletion"][k]
        if lost[k] <= planned:
            return planned
        infused[k] = planned
        return planned + drawn["stay"][k]

    Stage(place.beds or 0, calendar).begin(alive(home + drawn["booking"]), lost, left)
    return infused, line


@pytest.fixture(scope="module")
def both() -> tuple[Journeys, Array, Array]:
    found = simulate(NETWORK, seed=5)
    return found, *by_recursion(draw_luck(NETWORK, found.people))


def test_every_patient_is_infused_on_the_day_of_the_recursion(both: tuple[Journeys, Array, Array]) -> None:
    # the same luck: all days agree to rounding, and so does who is lost
    found, infused, _ = both
    assert 0.5 < np.isfinite(infused).mean() < 0.95
    np.testing.assert_array_equal(found.end == INFUSED, np.isfinite(infused))
    np.testing.assert_array_equal(found.end == LOST, np.isnan(infused))
    mine = np.isfinite(infused)
    np.testing.assert_allclose(found.ended[mine], infused[mine], rtol=0, atol=1e-6)


def test_every_place_was_short(both: tuple[Journeys, Array, Array]) -> None:
    # a comparison in which nobody waits would prove little: somebody waits for each of the four
    found, _, line = both
    for stage in ("queue for a chair", "queue for a line", "queue for an analyst", "queue for a bed"):
        assert found.days_in(STAGES.index(stage)).mean() > 0.05, stage
    assert np.isfinite(line).sum() == found.batches.sum()
