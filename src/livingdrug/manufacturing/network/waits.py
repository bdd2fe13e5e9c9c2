"""What a trial's patients wait for in a network: a probe's stays for each, or the making file's own clocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.manufacturing.network.journeys import (
    APHERESIS,
    BED_QUEUE,
    BOOKING,
    CHAIR_QUEUE,
    LAB_QUEUE,
    LIST,
    QUEUE,
    SHIPPING_BACK,
    SHIPPING_OUT,
    Journeys,
)
from livingdrug.manufacturing.network.people import draw_people, n_of
from livingdrug.manufacturing.network.simulate import simulate
from livingdrug.manufacturing.network.soundness import expected_after_warm_up
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
ONE_IN = 20
"""Of so many patients of a network one is a probe: few enough not to change the queues."""


@dataclass(frozen=True)
class Waits:
    """Days outside the clean room; arrays shaped (n,).

    Attributes
    ----------
    before_apheresis
        Referral to the beginning of apheresis; 0 where enrolment is the day of apheresis.
    to_culture
        Apheresis, the road to the factory and the wait for a line.
    to_lymphodepletion
        The wait for an analyst, the road back and the wait for a bed.
    slot, shipping, booking
        Of these: the waits for a slot, a chair, a line or an analyst, both roads, and the wait for a bed.
    """

    before_apheresis: Array
    to_culture: Array
    to_lymphodepletion: Array
    slot: Array
    shipping: Array
    booking: Array


def own_clocks(waiting: Steps) -> Waits:
    """The clocks of a making file: counted from apheresis."""
    out, slot = waiting.drawn("ship_to_maker"), waiting.drawn("slot")
    back, booking = waiting.drawn("ship_to_clinic"), waiting.drawn("booking")
    return Waits(np.zeros(len(out)), out + slot, back + booking, slot, out + back, booking)


def waits_of(network: Network, patients: NDArray[np.int64], seed: int) -> Waits:
    """Each patient's waits: those of one probe in the network.

    Patient k is always the same probe, in any company and any chunk: so many fit into a replicate, the next ones are in the
    next. Probes wait like others of their centre and tier, and are never lost, so that a long wait is told as long as it would have
    been. Whether a trial's patient lives that long is the trial's affair.

    Raises
    ------
    BadInput
        The warm-up is longer than patients come.
    """
    per_replicate = max(1, n_of(network, None) // ONE_IN)
    numbers = np.maximum(patients, 1) - 1
    found = np.empty((6, len(patients)))
    for replicate in np.unique(numbers // per_replicate):
        mine = numbers // per_replicate == replicate
        days = _probed(network.model_dump_json(by_alias=True), network.id, seed, int(replicate), per_replicate)
        found[:, mine] = days[:, numbers[mine] % per_replicate]
    return Waits(*found)


def check_waits(network: Network) -> None:
    """Whether a replicate has room for its probes after the warm-up, whatever the luck.

    Raises
    ------
    CatalogError
        It has not: fewer patients than the probes and five standard deviations of the number that comes before.
    """
    n = n_of(network, None)
    after, wanted = expected_after_warm_up(network, n), n / ONE_IN + 5.0 * np.sqrt(n)
    if network.warm_up_days and after < wanted:
        raise CatalogError(
            f'"warm_up": of {n} patients about {max(after, 0.0):.0f} come after {network.warm_up_days:g} day, and a trial'
            f' that waits in it needs {wanted:.0f}.\n  Shorten it, or raise "patients".'
        )


@lru_cache(maxsize=512)
def _probed(text: str, name: str, seed: int, replicate: int, n_probes: int) -> Array:
    """Days of each probe of a replicate, shaped (6, probes) as in `Waits`. Kept, because every chunk of every arm asks again."""
    network = Network.model_validate_json(text)
    people = draw_people(network, n_of(network, None), seed, replicate)
    first = int(np.searchsorted(people.arrived, network.warm_up_days))
    if first + n_probes > len(people):
        raise BadInput(
            f'network {name}, "warm_up": after {network.warm_up_days:g} day only {len(people) - first} of {len(people)} patients come.\n'
            '  Shorten it, or raise "patients".'
        )
    probes = np.linspace(first, len(people) - 1, n_probes).astype(np.int64)
    # In no particular order of time: a trial's first patients are not all of one month.
    probes = probes[np.argsort(people.uniform("probe")[probes])]
    return _days(simulate(network, seed=seed, replicate=replicate, probes=probes), probes)


def _days(found: Journeys, probes: NDArray[np.int64]) -> Array:
    stages = (
        (LIST, CHAIR_QUEUE), (APHERESIS, SHIPPING_OUT, QUEUE), (LAB_QUEUE, SHIPPING_BACK, BOOKING, BED_QUEUE),
        (LIST, CHAIR_QUEUE, QUEUE, LAB_QUEUE), (SHIPPING_OUT, SHIPPING_BACK), (BOOKING, BED_QUEUE),
    )  # fmt: skip
    return np.stack([sum(found.days_in(stage)[probes] for stage in group) for group in stages])
