"""Is a network able to serve those who come? What never can is refused; what loses patients by design is told before the run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livingdrug.catalog.network_parts import Centre, Factory, Lane
from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import CatalogError
from livingdrug.manufacturing.network.capacity import (
    analysts_per_day,
    beds_per_day,
    chairs_per_day,
    lines_per_day,
    rounds,
    share_spoiled,
)
from livingdrug.manufacturing.network.policies import policy


def check_network(network: Network) -> tuple[str, ...]:
    """Warnings, each with its place.

    Parameters
    ----------
    network
        A network whose file holds together.

    Raises
    ------
    UnknownName
        A policy that there is not.
    CatalogError
        More patients come than can be served, for ever, and nobody ever leaves: the queue would grow without end.
    """
    for name in network.policies:
        policy(name)
    warnings = [*_overloads(network), *_idle(network), *_spoiled(network)]
    if network.warm_up_days and network.n_fixed:
        warnings.append('"warm_up": the arrivals are a fixed number, of which the first are not counted.')
    return tuple(warnings)


def check_counted(network: Network, n: int) -> None:
    """Whether enough of `n` patients come after the warm-up.

    Raises
    ------
    CatalogError
        Fewer are expected than twice the square root of all: a replicate might count nobody.
    """
    counted = expected_after_warm_up(network, n)
    if counted < 2.0 * np.sqrt(n) and network.warm_up_days:
        raise CatalogError(
            f'"warm_up": of {n} patients about {max(counted, 0.0):.0f} come after {network.warm_up_days:g} day, too few to count.\n'
            '  Shorten it, or raise "patients".'
        )


def expected_after_warm_up(network: Network, n: int) -> float:
    """How many of `n` patients are expected to come after the warm-up; below 0 where all have come before."""
    if network.n_fixed:
        fixed = [centre.fixed_number for centre in network.centres if centre.fixed_number]
        return sum(number * max(1.0 - network.warm_up_days / days, 0.0) for number, days in fixed)
    return n - network.warm_up_days * sum(centre.rate for centre in network.centres)


def _overloads(network: Network) -> Iterator[str]:
    """Where more come than go; refused when nobody leaves in any other way."""
    if network.n_fixed:
        return  # a number that ends is served in the end
    everyone_stays = network.losses is None and all(tier.hazard == 0.0 for tier in network.tiers)
    for place, comes, goes in _flows(network):
        if comes <= goes * (1 + 1e-9):
            continue
        told = f"{place}: {comes * DAYS:.3g} a month come and {goes * DAYS:.3g} can be served"
        if everyone_stays:
            raise CatalogError(
                f"{told}, for ever, and no tier has a loss: the queue would grow without end.\n"
                '  Add capacity, lower "arrivals", give "loss" to a tier, or a fixed number of arrivals ("100 within 88 day").'
            )
        yield f"{told}: at most {100 * goes / comes:.0f} % of them, the others are lost while waiting."


DAYS = 365.25 / 12
HARDLY_ANY_IN_TIME = 0.99
"""Share of spoiled shipments above which a lane is refused."""


def _flows(network: Network) -> Iterator[tuple[str, float, float]]:
    """Place, patients (or batches) a day that come to it, and that it can serve when somebody always waits."""
    batches = np.zeros(len(network.factories))
    for centre in network.centres:
        yield f'centre "{centre.name}", "slots"', centre.rate, centre.slots_per_day
        through = min(centre.rate, centre.slots_per_day)
        asked = [(share, f, rounds(f, lane)) for share, f, lane in _ways(network, centre)]
        aphereses = through * sum(share * one.aphereses for share, _, one in asked)
        yield f'centre "{centre.name}", "chairs"', aphereses, chairs_per_day(network, centre)
        infusions = through * sum(share * one.infusions for share, _, one in asked)
        yield f'centre "{centre.name}", "beds"', infusions, beds_per_day(network, centre)
        for k, factory in enumerate(network.factories):
            batches[k] += through * sum(share * one.batches for share, f, one in asked if f is factory)
    for factory, comes in zip(network.factories, batches, strict=True):
        yield f'factory "{factory.name}", "lines"', float(comes), lines_per_day(network, factory)
        yield f'factory "{factory.name}", "analysts"', float(comes), analysts_per_day(network, factory)


def _ways(network: Network, centre: Centre) -> list[tuple[float, Factory, Lane]]:
    """Share of the centre's bags, factory and lane, of every lane that leads from it."""
    found = [
        (share, f, network.lane(centre.name, f.name))
        for share, f in zip(_shares(network, centre), network.factories, strict=True)
    ]
    return [(float(share), f, lane) for share, f, lane in found if lane is not None]


def _shares(network: Network, centre: Centre) -> np.ndarray:
    """Which factories the centre's bags go to: the nearest, or all that are reached, by their capacity."""
    lanes = [network.lane(centre.name, factory.name) for factory in network.factories]
    if network.routing == "nearest":
        days = [np.inf if lane is None else lane.out.mean_days + lane.home.mean_days for lane in lanes]
        return (np.arange(len(days)) == int(np.argmin(days))).astype(float)
    weights = np.array(
        [0.0 if lane is None else f.batches_per_day for lane, f in zip(lanes, network.factories, strict=True)]
    )
    return weights / weights.sum()


def _idle(network: Network) -> Iterator[str]:
    """Factories that no bag ever reaches."""
    reached: set[str] = set()
    for centre in network.centres:
        reached |= {f.name for f, share in zip(network.factories, _shares(network, centre), strict=True) if share}
    names: list[Factory] = [factory for factory in network.factories if factory.name not in reached]
    yield from (
        f'factory "{factory.name}": no centre sends there; its lines cost and make nothing.' for factory in names
    )


def _spoiled(network: Network) -> Iterator[str]:
    """Roads longer than fresh material keeps; refused where nothing would ever arrive in time."""
    for centre in network.centres:
        for share, factory, lane in _ways(network, centre):
            old = share_spoiled(factory, lane)
            if share == 0.0 or old == 0.0:
                continue
            told = f'factory "{factory.name}", "keeps": fresh material keeps {factory.keeps_days:g} day'
            if old >= HARDLY_ANY_IN_TIME:
                raise CatalogError(
                    f"{told}, and {100 * old:.3g} % of the shipments from {centre.name} take longer.\n"
                    '  Shorten the lane ("out"), raise "keeps", or leave it out where material is frozen.'
                )
            yield f"{told}, and {100 * old:.0f} % of the shipments from {centre.name} take longer: their cells are collected again."
