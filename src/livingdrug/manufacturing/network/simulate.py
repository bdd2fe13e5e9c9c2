"""A network from day 0 until everyone's way has ended: events in the order of time, patients in the order of the policy.

    referral ─► list ─► apheresis ─► shipping ─► culture ─► testing ─► shipping ─► booking ─► lymphodepletion ─► infused
               (slot)    (chair)        ▲         (line)    (analyst)                          (bed)
                                        └─────────────────────┘ failed: remade from frozen cells, or from the chair on

Before each of the places in brackets is a queue.

Everybody's luck is drawn beforehand by address (`people.py`, `luck.py`); the loop only puts it in order. A patient's own
day of death or progression is known to the loop and to nobody in it: whoever has passed it is found when next looked for, and
leaves on that day.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush
from itertools import count

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.network import Network
from livingdrug.manufacturing.network.calendar import Calendar
from livingdrug.manufacturing.network.identity import GONE, STEPS, Chain
from livingdrug.manufacturing.network.journeys import (
    ANALYSTS,
    APHERESIS,
    BED_QUEUE,
    BEDS,
    BOOKING,
    CHAIR_QUEUE,
    CHAIRS,
    CULTURE,
    INFUSED,
    LAB_QUEUE,
    LINES,
    LIST,
    LOST,
    LYMPHODEPLETION,
    NOT_MADE,
    OUT_OF_SPECIFICATION,
    QUEUE,
    SHIPPING_BACK,
    SHIPPING_OUT,
    TESTING,
    WRONG_CELLS,
    Journeys,
)
from livingdrug.manufacturing.network.luck import Luck, draw_luck
from livingdrug.manufacturing.network.people import People, draw_people, n_of
from livingdrug.manufacturing.network.policies import policy as policy_of
from livingdrug.manufacturing.network.resources import Resource

MOST_ATTEMPTS = 6
"""As many as a file may allow; a probe whose material spoils goes that often."""


def simulate(
    network: Network,
    *,
    policy: str | None = None,
    patients: int | None = None,
    seed: int = 1,
    replicate: int = 0,
    probes: NDArray[np.int64] | None = None,
) -> Journeys:
    """One replicate of a network under one policy, until everyone's way has ended.

    Parameters
    ----------
    network
        The network.
    policy
        Order of waiting, a file of `policies`; the network's own when omitted.
    patients
        How many; the network's own number when omitted.
    seed, replicate
        Address of the luck: the same patients with the same luck under every policy.
    probes
        Places of patients who are neither lost nor left without a product, to see what their wait would be.

    Raises
    ------
    UnknownName, BadInput
        No such policy; a number of patients that the arrivals do not allow.
    """
    order = policy_of(policy or network.policy).order
    people = draw_people(network, n_of(network, patients), seed, replicate)
    if probes is not None:
        kept = np.isin(np.arange(len(people)), probes)
        people = replace(people, kept=kept, lost_on=np.where(kept, np.inf, people.lost_on))
    found = order(people)
    run = _Run(network, people, draw_luck(network, people), None if found is None else found.tolist())
    run.go()
    return run.journeys()


class _Run:
    """The state of one run; its methods are what can happen."""

    def __init__(self, network: Network, people: People, luck: Luck, order: list[float] | None) -> None:
        n = len(people)
        self.network, self.people, self.luck = network, people, luck
        self.arrived, self.centre_of = people.arrived.tolist(), people.centre.tolist()
        self.lost_on, self.kept = people.lost_on.tolist(), people.kept.tolist()
        self.stage, self.since, self.place = [-1] * n, [0.0] * n, self.centre_of.copy()
        self.end, self.ended, self.lost_in = [-1] * n, [np.nan] * n, [-1] * n
        self.factory, self.attempt, self.batches = [-1] * n, [0] * n, [0] * n
        self.collected, self.fresh_from, self.bed_since = [np.nan] * n, [0.0] * n, [0.0] * n
        self.out_of_specification = [False] * n
        self.visits = (array("q"), array("q"), array("q"), array("d"), array("d"))
        self.uses = (array("q"), array("q"), array("d"), array("d"))
        self.n_shipments = self.n_aphereses = self.n_tests = self.n_events = 0
        self.day, self.n_gone, self.events = 0.0, 0, []
        self.chain = Chain.of(n, network.identity.swap)
        self._open_places(order)

    def _open_places(self, order: list[float] | None) -> None:
        network, always, numbers = self.network, {}, count()

        def resource(units, hours, start):
            calendar = always.setdefault(hours.model_dump_json(), Calendar(hours, network.begins))
            lot = partial(self.luck.lot, next(numbers))
            return Resource(np.inf if units is None else units, calendar, start, self.is_lost, self.remind, order, lot)

        open_hours = type(network.centres[0].hours)()
        self.slots = [resource(0 if c.slots else None, open_hours, self.has_slot) for c in network.centres]
        self.chairs = [resource(c.chairs, c.hours, self.begin_apheresis) for c in network.centres]
        self.beds = [resource(c.beds, c.hours, self.begin_lymphodepletion) for c in network.centres]
        self.lines = [resource(f.lines, f.hours, self.begin_culture) for f in network.factories]
        self.labs = [resource(f.analysts, open_hours, self.begin_testing) for f in network.factories]
        self.released = [Calendar(f.hours, network.begins) for f in network.factories]
        self.yet_to_come = np.bincount(self.people.centre, minlength=len(network.centres)).tolist()

    # --- main loop -----------------------------------------------------------------------------------------------------

    def go(self) -> None:
        """Everything in the order of time."""
        for place, centre in enumerate(self.network.centres):
            if centre.slots:
                self.later(self.luck.slot_gap(place, 0, first=True), self.slot_comes, place, 0)
        events, arrived, n, coming = self.events, self.arrived, len(self.people), 0
        while coming < n or events:
            if coming < n and (not events or arrived[coming] <= events[0][0]):
                self.day = arrived[coming]
                self.refer(self.day, coming)
                coming += 1
            else:
                day, _, what, who = heappop(events)
                self.day = day
                what(day, *who)

    def later(self, day: float, what, *who) -> None:
        """Something will happen on that day."""
        self.n_events += 1
        heappush(self.events, (day, self.n_events, what, who))

    def remind(self, day: float, resource: Resource) -> None:
        """A closed place opens then."""
        self.later(day, resource.look)

    # --- where a patient is --------------------------------------------------------------------------------------------

    def enter(self, day: float, patient: int, stage: int, place: int) -> None:
        """The patient leaves a stage for another one."""
        before = self.stage[patient]
        if before >= 0:
            whose, which, where, begun, over = self.visits  # arrays: a million tuples would keep the collector busy
            whose.append(patient)
            which.append(before)
            where.append(self.place[patient])
            begun.append(self.since[patient])
            over.append(day)
        self.stage[patient], self.since[patient], self.place[patient] = stage, day, place

    def leave(self, day: float, patient: int, end: int) -> None:
        """The patient's way ends."""
        if end in (LOST, NOT_MADE):
            self.lost_in[patient] = self.stage[patient]
        self.enter(day, patient, -1, -1)
        self.end[patient], self.ended[patient] = end, day
        self.n_gone += 1

    def is_lost(self, day: float, patient: int) -> bool:
        """Whether the patient is no longer there; told now, if it was not yet."""
        if self.end[patient] >= 0:
            return True
        if self.lost_on[patient] <= day:
            self.leave(self.lost_on[patient], patient, LOST)
            return True
        return False

    # --- what happens, in the order of a patient's way -----------------------------------------------------------------

    def refer(self, day: float, patient: int) -> None:
        centre = self.centre_of[patient]
        self.yet_to_come[centre] -= 1
        self.enter(day, patient, LIST, centre)
        self.slots[centre].join(day, patient)

    def slot_comes(self, day: float, centre: int, number: int) -> None:
        slots = self.slots[centre]
        slots.free = 1
        slots.look(day)
        slots.free = 0  # an unused slot lapses
        if self.yet_to_come[centre] or slots.queue:
            self.later(day + self.luck.slot_gap(centre, number + 1), self.slot_comes, centre, number + 1)

    def has_slot(self, day: float, patient: int) -> None:
        self.want_chair(day, patient)

    def want_chair(self, day: float, patient: int) -> None:
        centre = self.centre_of[patient]
        self.enter(day, patient, CHAIR_QUEUE, centre)
        self.chairs[centre].join(day, patient)

    def begin_apheresis(self, day: float, patient: int) -> None:
        centre = self.centre_of[patient]
        if np.isnan(self.collected[patient]):
            self.collected[patient] = day
        self.n_aphereses += 1
        self.enter(day, patient, APHERESIS, centre)
        until = day + self.luck.apheresis(patient, self.attempt[patient])
        self.used(CHAIRS, centre, day, until)
        self.later(until, self.cells_collected, patient)

    def cells_collected(self, day: float, patient: int) -> None:
        centre = self.centre_of[patient]
        self.chairs[centre].give_back(day)
        if self.is_lost(day, patient):
            return
        factory = self.route(centre)
        self.factory[patient], self.fresh_from[patient] = factory, day
        self.chain.renew(patient)
        if not self.passes(0, centre, patient):
            self.again(day, patient, from_chair=True)
            return
        self.n_shipments += 1
        self.enter(day, patient, SHIPPING_OUT, factory)
        self.chain.wait_for(1, factory, patient)
        self.later(day + self.luck.out(patient, factory, self.attempt[patient]), self.at_factory, patient)

    def route(self, centre: int) -> int:
        """The factory to which a bag goes now."""
        reached = self.luck.reached[centre]
        if len(reached) == 1 or self.network.routing == "nearest":
            return reached[0]
        return min(
            reached, key=lambda f: (len(self.lines[f].queue) - self.lines[f].free) / self.network.factories[f].lines
        )

    def at_factory(self, day: float, patient: int) -> None:
        factory = self.factory[patient]
        if self.is_lost(day, patient):
            self.chain.leave(1, factory, patient)
            return
        arrived = self.kept[patient] or not self.luck.lost_out(patient, factory, self.attempt[patient])
        if not (self.passes(1, factory, patient) and arrived):
            self.again(day, patient, from_chair=True)
            return
        self.want_line(day, patient)

    def want_line(self, day: float, patient: int) -> None:
        factory = self.factory[patient]
        self.enter(day, patient, QUEUE, factory)
        self.chain.wait_for(2, factory, patient)
        self.lines[factory].join(day, patient)

    def begin_culture(self, day: float, patient: int) -> None:
        number, factory = self.factory[patient], self.network.factories[self.factory[patient]]
        spoiled = day - self.fresh_from[patient] > factory.keeps_days
        if not self.passes(2, number, patient) or spoiled:
            self.later(day, self.lines[number].give_back)  # after this round of giving lines
            self.again(day, patient, from_chair=True)
            return
        self.batches[patient] += 1
        self.enter(day, patient, CULTURE, number)
        attempt = self.attempt[patient]
        harvested = self.released[number].next_open(day + self.luck.culture(patient, number, attempt))
        free_again = harvested + self.luck.changeover(patient, number, attempt)
        self.used(LINES, number, day, free_again)
        self.later(harvested, self.harvested, patient)
        self.later(free_again, self.lines[number].give_back)

    def harvested(self, day: float, patient: int) -> None:
        if not self.is_lost(day, patient):
            factory = self.factory[patient]
            self.enter(day, patient, LAB_QUEUE, factory)
            self.labs[factory].join(day, patient)

    def begin_testing(self, day: float, patient: int) -> None:
        factory = self.factory[patient]
        self.n_tests += 1
        self.enter(day, patient, TESTING, factory)
        until = self.released[factory].next_open(day + self.luck.testing(patient, factory, self.attempt[patient]))
        self.used(ANALYSTS, factory, day, until)
        self.later(until, self.tested, patient)

    def tested(self, day: float, patient: int) -> None:
        number, attempt = self.factory[patient], self.attempt[patient]
        self.labs[number].give_back(day)
        if self.is_lost(day, patient):
            return
        factory = self.network.factories[number]
        if not self.kept[patient] and self.luck.fails(patient, number, attempt):
            if self.luck.given_anyway(patient, number, attempt):
                self.out_of_specification[patient] = True
            elif self.luck.remade(patient, number, attempt):
                self.again(day, patient, from_chair=factory.remade_from == "apheresis")
                return
            else:
                self.leave(day, patient, NOT_MADE)
                return
        self.chain.wait_for(3, number, patient)
        if not self.passes(3, number, patient):
            self.again(day, patient, from_chair=True)
            return
        self.n_shipments += 1
        self.enter(day, patient, SHIPPING_BACK, number)
        self.chain.wait_for(4, self.centre_of[patient], patient)
        self.later(day + self.luck.back(patient, number, attempt), self.at_centre, patient)

    def again(self, day: float, patient: int, *, from_chair: bool) -> None:
        """Another batch from frozen cells, or from another apheresis; or none any more."""
        factory = self.network.factories[self.factory[patient]]
        self.out_of_specification[patient] = False
        if self.attempt[patient] + 1 >= (MOST_ATTEMPTS if self.kept[patient] else factory.attempts):
            self.leave(day, patient, NOT_MADE)
            return
        begins = day + self.luck.restart(patient, self.factory[patient], self.attempt[patient])
        self.attempt[patient] += 1
        self.enter(
            day,
            patient,
            LIST if from_chair else QUEUE,
            self.centre_of[patient] if from_chair else self.factory[patient],
        )
        self.later(begins, self.begin_again, patient, from_chair)

    def begin_again(self, day: float, patient: int, from_chair: bool) -> None:
        if self.is_lost(day, patient):
            return
        if from_chair:
            self.want_chair(day, patient)
        else:
            self.fresh_from[patient] = np.inf  # frozen: it keeps
            self.chain.renew(patient)
            self.want_line(day, patient)

    def at_centre(self, day: float, patient: int) -> None:
        centre, attempt = self.centre_of[patient], self.attempt[patient]
        if self.is_lost(day, patient):
            self.chain.leave(4, centre, patient)
            return
        arrived = self.kept[patient] or not self.luck.lost_back(patient, self.factory[patient], attempt)
        if not (self.passes(4, centre, patient) and arrived):
            self.again(day, patient, from_chair=True)
            return
        self.enter(day, patient, BOOKING, centre)
        self.chain.wait_for(5, centre, patient)
        self.later(day + self.luck.booking(patient, attempt), self.want_bed, patient)

    def want_bed(self, day: float, patient: int) -> None:
        if self.is_lost(day, patient):
            self.chain.leave(5, self.centre_of[patient], patient)
        else:
            self.enter(day, patient, BED_QUEUE, self.centre_of[patient])
            self.beds[self.centre_of[patient]].join(day, patient)

    def begin_lymphodepletion(self, day: float, patient: int) -> None:
        centre, attempt = self.centre_of[patient], self.attempt[patient]
        self.enter(day, patient, LYMPHODEPLETION, centre)
        self.bed_since[patient] = day
        self.later(day + self.luck.lymphodepletion(patient, attempt), self.infuse, patient)

    def infuse(self, day: float, patient: int) -> None:
        centre = self.centre_of[patient]
        if self.is_lost(day, patient):
            self.chain.leave(5, centre, patient)
            self.bed_until(day, patient, day)
            return
        whose = self.hand_over(5, centre, patient)
        if whose == GONE:
            self.bed_until(day, patient, day)
            self.again(day, patient, from_chair=True)
            return
        self.chain.given(patient)
        if self.network.centres[centre].beds is not None:
            self.bed_until(day, patient, day + self.luck.stay(patient, self.attempt[patient]))
        good = OUT_OF_SPECIFICATION if self.out_of_specification[patient] else INFUSED
        self.leave(day, patient, good if whose == patient else WRONG_CELLS)

    def bed_until(self, day: float, patient: int, until: float) -> None:
        """The patient's bed is free again then."""
        centre = self.centre_of[patient]
        self.used(BEDS, centre, self.bed_since[patient], until)
        if until > day:
            self.later(until, self.beds[centre].give_back)
        else:
            self.beds[centre].give_back(day)

    def used(self, units: int, place: int, begun: float, over: float) -> None:
        """A unit of this kind is in use from one day to another."""
        of, at, since, until = self.uses
        of.append(units)
        at.append(place)
        since.append(begun)
        until.append(over)

    # --- whose bag -----------------------------------------------------------------------------------------------------

    def hand_over(self, step: int, place: int, patient: int) -> int:
        """Whose bag moves on; see `Chain.hand_over`."""
        if not self.chain.swap:
            return self.chain.hand_over(step, place, patient, 1.0, False)
        swapped, missed = self.luck.hand_over(patient, step + len(STEPS) * self.attempt[patient])
        return self.chain.hand_over(step, place, patient, swapped, missed)

    def passes(self, step: int, place: int, patient: int) -> bool:
        """Whether there is still a bag for this patient after the hand-over."""
        return self.hand_over(step, place, patient) != GONE

    # --- finish --------------------------------------------------------------------------------------------------------

    def journeys(self) -> Journeys:
        """What became of everyone."""
        whose, which, where, begun, over = (np.array(column) for column in self.visits)
        use_of, use_at, use_from, use_to = (np.array(column) for column in self.uses)
        return Journeys(
            people=self.people, end=np.array(self.end), ended=np.array(self.ended), lost_in=np.array(self.lost_in),
            factory=np.array(self.factory), collected=np.array(self.collected), batches=np.array(self.batches),
            visit_patient=whose, visit_stage=which, visit_place=where, visit_from=begun, visit_to=over,
            use_of=use_of, use_at=use_at, use_from=use_from, use_to=use_to,
            n_shipments=self.n_shipments, n_aphereses=self.n_aphereses, n_tests=self.n_tests,
            hand_overs=self.chain.n_checked, swapped=self.chain.n_swapped, caught=self.chain.n_caught, last_day=self.day,
        )  # fmt: skip
