"""What a place can serve when it is never idle: units, times, open hours, and how often a patient's cells come back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.catalog.clocks import Clock
from livingdrug.catalog.network_parts import Centre, Factory, Hours, Lane
from livingdrug.catalog.records.network import Network
from livingdrug.manufacturing.network.calendar import Calendar

ROUNDS = 600
"""Uses of one unit that are followed where a place closes: about two years of cultures."""
SLACK = 1.01
GOLDEN, ROOT = 0.6180339887498949, 0.4142135623730951


@dataclass(frozen=True)
class Rounds:
    """What one patient asks of the places on the way, in the mean, if nobody leaves.

    Attributes
    ----------
    batches
        Begun on a line.
    aphereses
        The first, and those after a lost shipment or a failure that is made good from the chair.
    infusions
        Share of patients who get a bag.
    """

    batches: float
    aphereses: float
    infusions: float


def rounds(factory: Factory, lane: Lane) -> Rounds:
    """Attempts follow one another until one succeeds, is not repeated, or the file's number of attempts is reached."""
    released = 1.0 - factory.failure * (1.0 - factory.out_of_specification_given)
    made = 1.0 - lane.lost
    remade = made * (1.0 - released) * factory.remade
    collected = lane.lost + made * released * lane.lost + (remade if factory.remade_from == "apheresis" else 0.0)
    again = collected + (0.0 if factory.remade_from == "apheresis" else remade)
    tries = sum(again**k for k in range(factory.attempts))
    retried = sum(again**k for k in range(factory.attempts - 1))
    return Rounds(tries * made, 1.0 + retried * collected, tries * made * released * (1.0 - lane.lost))


def chairs_per_day(network: Network, centre: Centre) -> float:
    """Aphereses a day."""
    return _per_day(network, centre.chairs, centre.hours, (centre.apheresis,), lambda day, taken, _: day + taken[0])


def beds_per_day(network: Network, centre: Centre) -> float:
    """Patients a day who can be given lymphodepletion and kept as long as they stay."""
    times = (centre.lymphodepletion, centre.stay)
    return _per_day(network, centre.beds, centre.hours, times, lambda day, taken, _: day + taken[0] + taken[1])


def lines_per_day(network: Network, factory: Factory) -> float:
    """Batches a day: a culture ends, as it begins, in open hours only."""

    def free(day: float, taken: tuple[float, ...], calendar: Calendar) -> float:
        return calendar.next_open(day + taken[0]) + taken[1]

    return _per_day(network, factory.lines, factory.hours, (factory.culture, factory.changeover), free)


def analysts_per_day(network: Network, factory: Factory) -> float:
    """Batches a day that can be tested; a test begins at any hour, and a lot is released in open hours."""

    def free(day: float, taken: tuple[float, ...], calendar: Calendar) -> float:
        return calendar.next_open(day + taken[0])

    return _per_day(network, factory.analysts, factory.hours, (factory.testing,), free, begins=Hours())


def share_spoiled(factory: Factory, lane: Lane) -> float:
    """Share of fresh material that is too old when it arrives, whether a line is free or not."""
    days = lane.out.days((np.arange(1000) + 0.5) / 1000)
    return float(np.mean(days > factory.keeps_days))


Free = Callable[[float, tuple[float, ...], Calendar], float]


def _per_day(
    network: Network, units: int | None, hours: Hours, times: tuple[Clock, ...], free: Free, begins: Hours | None = None
) -> float:
    """Rounds a day of all units when somebody always waits.

    Where the place never closes it is one over the mean time. Else one unit is followed through `ROUNDS` uses, whose times are spread evenly
    over their laws; a hundredth is added to what it finds, so that an approximate number refuses nothing that holds.
    """
    whole = sum(clock.mean_days for clock in times)
    if units is None or whole == 0.0:
        return np.inf
    if hours.always:
        return units / whole
    calendar, opening = Calendar(hours, network.begins), Calendar(begins or hours, network.begins)
    each = np.arange(ROUNDS) + 0.5
    taken = [clock.days(np.modf(each * step)[0]).tolist() for clock, step in zip(times, (GOLDEN, ROOT), strict=False)]
    day = first = opening.next_open(0.0)
    for k in range(ROUNDS):
        day = opening.next_open(free(day, tuple(one[k] for one in taken), calendar))
    return SLACK * units * ROUNDS / (day - first)
