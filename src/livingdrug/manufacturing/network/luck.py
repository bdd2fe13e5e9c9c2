"""Everything that will happen by chance to each patient's bag, by address: the same whatever the policy and the queue."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.clocks import Clock
from livingdrug.catalog.network_parts import Centre, Lane
from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import CatalogError
from livingdrug.manufacturing.network.people import People, luck

Array = NDArray[np.float64]
ANYWHERE = -1
AT_ONCE = 1024


@dataclass
class Luck:
    """Durations [day] and yes-or-no of each patient, attempt and place; drawn for all patients when first asked for.

    Attributes
    ----------
    network, people
        Whose.
    reached
        Centre -> factories that a lane leads to, nearest first.
    """

    network: Network
    people: People
    reached: tuple[tuple[int, ...], ...]
    _drawn: dict[tuple[str, int, int], array[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._some_lane_loses = any(lane.lost for lane in self.network.lanes)
        centres, factories = ([one.name for one in places] for places in (self.network.centres, self.network.factories))
        self._lost_share = {
            (centres.index(lane.centre), factories.index(lane.factory)): lane.lost for lane in self.network.lanes
        }

    def apheresis(self, patient: int, attempt: int) -> float:
        """Days on the chair."""
        return self._at_centre("apheresis", patient, attempt)

    def booking(self, patient: int, attempt: int) -> float:
        """Days from the bag's arrival to the wish for a bed."""
        return self._at_centre("booking", patient, attempt)

    def lymphodepletion(self, patient: int, attempt: int) -> float:
        """Days from the first drug to the infusion."""
        return self._at_centre("lymphodepletion", patient, attempt)

    def stay(self, patient: int, attempt: int) -> float:
        """Days in the bed after the infusion."""
        return self._at_centre("stay", patient, attempt)

    def out(self, patient: int, factory: int, attempt: int) -> float:
        """Days on the road to the factory."""
        return self._on_lane("out", factory, attempt, lambda lane: lane.out)[patient]

    def back(self, patient: int, factory: int, attempt: int) -> float:
        """Days on the road to the centre."""
        return self._on_lane("back", factory, attempt, lambda lane: lane.home)[patient]

    def culture(self, patient: int, factory: int, attempt: int) -> float:
        """Days in culture."""
        return self._at_factory("culture", factory, attempt)[patient]

    def changeover(self, patient: int, factory: int, attempt: int) -> float:
        """Days of cleaning after it."""
        return self._at_factory("changeover", factory, attempt)[patient]

    def testing(self, patient: int, factory: int, attempt: int) -> float:
        """Days of testing."""
        return self._at_factory("testing", factory, attempt)[patient]

    def restart(self, patient: int, factory: int, attempt: int) -> float:
        """Days from a failure to the next attempt."""
        return self._at_factory("restart", factory, attempt)[patient]

    def fails(self, patient: int, factory: int, attempt: int) -> bool:
        """Whether the batch fails release."""
        return self._chance("failure", patient, attempt) < self.network.factories[factory].failure

    def given_anyway(self, patient: int, factory: int, attempt: int) -> bool:
        """Whether a failed batch is given all the same."""
        return (
            self._chance("given anyway", patient, attempt) < self.network.factories[factory].out_of_specification_given
        )

    def remade(self, patient: int, factory: int, attempt: int) -> bool:
        """Whether another batch is tried."""
        return self._chance("remade", patient, attempt) < self.network.factories[factory].remade

    def lost_out(self, patient: int, factory: int, attempt: int) -> bool:
        """Whether the shipment to the factory is lost."""
        return self._shipment_lost("lost out", patient, factory, attempt)

    def lost_back(self, patient: int, factory: int, attempt: int) -> bool:
        """Whether the shipment to the centre is lost."""
        return self._shipment_lost("lost back", patient, factory, attempt)

    def hand_over(self, patient: int, index: int) -> tuple[float, bool]:
        """Number for a swap at this hand-over, and whether all checks would miss it."""
        miss = self.network.identity.miss
        return self._chance("swap", patient, index), self._chance("miss", patient, index) < miss

    def slot_gap(self, centre: int, number: int, *, first: bool = False) -> float:
        """Days to the centre's next slot; the first of even ones falls anywhere in its interval."""
        place = self.network.centres[centre]
        if place.slots_pattern == "random":
            return -math.log(self._slot_number(centre, number)) / place.slots_per_day
        return (self._slot_number(centre, 0) if first else 1.0) / place.slots_per_day

    def lot(self, place: int, number: int) -> float:
        """A number strictly between 0 and 1 for the so many-th lot drawn at a place."""
        return self._numbered("lot", f"place {place}", place, number)

    def _slot_number(self, centre: int, number: int) -> float:
        return self._numbered("slot", self.people.names[centre], centre, number)

    def _numbered(self, what: str, name: str, place: int, number: int) -> float:
        block, people = number // AT_ONCE, self.people

        def draw() -> Array:
            numbers = np.arange(block * AT_ONCE, (block + 1) * AT_ONCE, dtype=np.int64)
            return luck(people.seed, name, what, numbers, people.replicate)

        return self._kept(what, place, block, draw)[number % AT_ONCE]

    # --- drawn for all patients at once --------------------------------------------------------------------------------

    def _kept(self, what: str, place: int, attempt: int, draw: Callable[[], Array]) -> array[float]:
        key = (what, place, attempt)
        found = self._drawn.get(key)
        if found is None:
            found = self._drawn[key] = array("d", np.ascontiguousarray(draw(), dtype=float).tobytes())
        return found

    def _chance(self, what: str, patient: int, index: int) -> float:
        return self._kept(what, ANYWHERE, index, lambda: self.people.uniform(what, index))[patient]

    def _at_factory(self, what: str, factory: int, attempt: int) -> array[float]:
        clock = getattr(self.network.factories[factory], what)
        return self._kept(what, factory, attempt, lambda: self._days(clock, what, attempt))

    def _at_centre(self, what: str, patient: int, attempt: int) -> float:
        def draw() -> Array:
            return self._by_centre(lambda centre: getattr(centre, what), what, attempt)

        return self._kept(what, ANYWHERE, attempt, draw)[patient]

    def _on_lane(self, what: str, factory: int, attempt: int, clock: Callable[[Lane], Clock]) -> array[float]:
        name = self.network.factories[factory].name

        def of_centre(centre: Centre) -> Clock | None:
            lane = self.network.lane(centre.name, name)
            return clock(lane) if lane else None

        return self._kept(what, factory, attempt, lambda: self._by_centre(of_centre, what, attempt))

    def _shipment_lost(self, what: str, patient: int, factory: int, attempt: int) -> bool:
        if not self._some_lane_loses:
            return False
        share = self._lost_share.get((int(self.people.centre[patient]), factory), 0.0)
        return share > 0.0 and self._chance(what, patient, attempt) < share

    def _by_centre(self, clock: Callable[[Centre], Clock | None], what: str, attempt: int) -> Array:
        days, drawn = np.full(len(self.people), np.nan), self.people.uniform(what, attempt)
        for k, centre in enumerate(self.network.centres):
            law = clock(centre)
            mine = self.people.centre == k
            if law is not None and mine.any():
                days[mine] = law.days(drawn[mine])
        return days

    def _days(self, clock: Clock, what: str, attempt: int) -> Array:
        return clock.days(self.people.uniform(what, attempt))


def draw_luck(network: Network, people: People) -> Luck:
    """The luck of these patients in this network.

    Raises
    ------
    CatalogError
        A centre from which no factory can be reached.
    """
    reached = []
    for centre in network.centres:
        lanes = [(network.lane(centre.name, factory.name), k) for k, factory in enumerate(network.factories)]
        near = sorted((lane.out.mean_days + lane.home.mean_days, k) for lane, k in lanes if lane is not None)
        if not near:
            raise CatalogError(f'"centre" {centre.name}: no factory can be reached.\n  Add a [[lane]].')
        reached.append(tuple(k for _, k in near))
    return Luck(network, people, tuple(reached))
