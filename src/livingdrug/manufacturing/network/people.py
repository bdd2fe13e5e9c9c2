"""Who comes to the network, and the luck each brings along: the same in every policy, with any factories."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.catalog.network_parts import Centre
from livingdrug.catalog.records.network import Network
from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput
from livingdrug.manufacturing.network.losses import bounds, by_rank, danger

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
PER_REPLICATE = 64
"""Numbers of one stream that a replicate may use for one patient."""


@dataclass(frozen=True)
class People:
    """Patients in the order of their referral; arrays shaped (n,).

    Attributes
    ----------
    centre
        Place in the network's list of centres.
    number
        Of the patient within the centre, from 0: the address of the patient's luck.
    arrived
        Day of referral.
    tier, rank
        Place in the list of tiers, and the tier's rank.
    hazard
        Of loss while waiting [1/day].
    lost_on
        Day on which the patient dies or is beyond treatment, unless infused before; may be infinite.
    kept
        Who is neither lost nor left without a product: probes that tell what a wait would be, shaped (n,).
    seed, replicate
        Of the draw.
    names
        Of the centres.
    """

    centre: Whole
    number: Whole
    arrived: Array
    tier: Whole
    rank: Whole
    hazard: Array
    lost_on: Array
    kept: NDArray[np.bool_]
    seed: int
    replicate: int
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.arrived)

    def uniform(self, purpose: str, index: int = 0) -> Array:
        """A number strictly between 0 and 1 for each patient: the same whatever else is simulated, shaped (n,)."""
        found = np.empty(len(self))
        for k, name in enumerate(self.names):
            mine = self.centre == k
            found[mine] = luck(self.seed, name, purpose, self.number[mine], self.replicate, index)
        return found


def luck(seed: int, centre: str, purpose: str, numbers: Whole, replicate: int, index: int = 0) -> Array:
    """Uniform numbers of patients of one centre."""
    return streams.uniform(seed, f"network/{centre}/{purpose}", numbers, replicate * PER_REPLICATE + index)


def draw_people(network: Network, n: int, seed: int, replicate: int) -> People:
    """The first `n` patients that come, from all centres.

    Parameters
    ----------
    network
        The network.
    n
        Patients; where arrivals are fixed numbers, those count and `n` is not looked at.
    seed, replicate
        Address of the luck.
    """
    names = tuple(centre.name for centre in network.centres)
    total_rate = sum(centre.rate for centre in network.centres)
    times, centres, numbers = [], [], []
    for k, centre in enumerate(network.centres):
        share = n * centre.rate / total_rate
        most = centre.fixed_number[0] if centre.fixed_number else int(np.ceil(share + 8.0 * np.sqrt(share) + 20.0))
        mine = np.arange(most, dtype=np.int64)
        arrived = _arrivals(centre, mine, seed, replicate)
        times.append(arrived)
        centres.append(np.full(most, k))
        numbers.append(mine)
    every = np.concatenate(times)
    first = np.lexsort((np.concatenate(centres), every))[: network.n_fixed or n]
    centre, number, arrived = np.concatenate(centres)[first], np.concatenate(numbers)[first], every[first]
    blank = np.zeros(len(first))
    bare = People(
        centre, number, arrived, blank.astype(int), blank.astype(int), blank, blank, blank > 0, seed, replicate, names
    )
    if network.losses is not None:
        return _by_the_law(network, bare)
    edges = np.cumsum([tier.share for tier in network.tiers])[:-1]
    tier = np.searchsorted(edges, bare.uniform("tier"), side="right")
    typical, spread = (np.array([getattr(one, name) for one in network.tiers]) for name in ("hazard", "spread"))
    hazard = typical[tier] * np.exp(spread[tier] * ndtri(bare.uniform("hazard")))
    with np.errstate(divide="ignore"):
        lost_on = arrived - np.log(bare.uniform("loss")) / hazard
    rank = np.array([one.rank for one in network.tiers])[tier]
    return replace(bare, tier=tier, rank=rank, hazard=hazard, lost_on=lost_on)


def _by_the_law(network: Network, people: People) -> People:
    """With hazard, day of loss and tier by the one law of loss."""
    losses, referred = network.losses, network.referred
    if losses is None or referred is None:
        raise BadInput(
            '"losses" names files of the catalogue, which are not here.\n  Load the network from a catalogue.'
        )
    hazard, lost_on = np.empty(len(people)), np.empty(len(people))
    for k, name in enumerate(people.names):
        mine = people.centre == k
        if mine.any():
            found = danger(losses, referred, people.number[mine], f"{people.seed}/network/{name}/{people.replicate}")
            hazard[mine], lost_on[mine] = found.hazard, people.arrived[mine] + found.lost_after
    order = np.array(by_rank(network))
    # bounds descend with rank: a hazard above all of them belongs to the first
    tier = order[np.searchsorted(-bounds(network), -hazard, side="left")]
    rank = np.array([one.rank for one in network.tiers])[tier]
    return replace(people, tier=tier, rank=rank, hazard=hazard, lost_on=lost_on)


def n_of(network: Network, patients: int | None) -> int:
    """Patients of one replicate, as asked or as the file says.

    Raises
    ------
    BadInput
        Another number than the fixed numbers of arrivals give, or none at all.
    """
    if patients is not None and patients < 1:
        raise BadInput(f"got {patients} patients, expected at least 1.")
    if network.n_fixed and patients not in (None, network.n_fixed):
        raise BadInput(
            f"{network.id}: the arrivals are fixed numbers, {network.n_fixed} patients together, and {patients} were asked for.\n"
            '  Leave the number out, or write arrivals as rates, such as "4 per month".'
        )
    return network.n_fixed or patients or network.patients


def _arrivals(centre: Centre, numbers: Whole, seed: int, replicate: int) -> Array:
    """Ascending days of referral."""
    drawn = luck(seed, centre.name, "arrival", numbers, replicate)
    if centre.pattern == "even":
        return (numbers + drawn[0]) / centre.rate
    if centre.fixed_number:
        return np.sort(drawn) * centre.fixed_number[1]
    return np.cumsum(-np.log(drawn)) / centre.rate
