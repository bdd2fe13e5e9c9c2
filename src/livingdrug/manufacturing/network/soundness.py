"""Is a network able to serve those who come? What never can is refused; what loses patients by design is told before the run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livingdrug.catalog.network_parts import Centre, Factory
from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import CatalogError
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
    warnings = [*_overloads(network), *_idle(network)]
    if network.warm_up_days and network.n_fixed:
        warnings.append('"warm_up": the arrivals are a fixed number, of which the first are not counted.')
    return tuple(warnings)


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


def _flows(network: Network) -> Iterator[tuple[str, float, float]]:
    """Place, patients a day that come to it, and that it can serve when it never closes."""
    sent = np.zeros(len(network.factories))
    for centre in network.centres:
        yield f'centre "{centre.name}", "slots"', centre.rate, centre.slots_per_day
        through = min(centre.rate, centre.slots_per_day)
        yield f'centre "{centre.name}", "chairs"', through, _per_day(centre.chairs, centre.apheresis.mean_days)
        stay = centre.lymphodepletion.mean_days + centre.stay.mean_days
        yield f'centre "{centre.name}", "beds"', through, _per_day(centre.beds, stay)
        sent += through * _shares(network, centre)
    for factory, comes in zip(network.factories, sent, strict=True):
        yield f'factory "{factory.name}", "lines"', float(comes), factory.batches_per_day
        yield (
            f'factory "{factory.name}", "analysts"',
            float(comes),
            _per_day(factory.analysts, factory.testing.mean_days),
        )


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


def _per_day(units: int | None, days: float) -> float:
    return np.inf if units is None or days == 0 else units / days


def _idle(network: Network) -> Iterator[str]:
    """Factories that no bag ever reaches."""
    reached: set[str] = set()
    for centre in network.centres:
        reached |= {f.name for f, share in zip(network.factories, _shares(network, centre), strict=True) if share}
    names: list[Factory] = [factory for factory in network.factories if factory.name not in reached]
    yield from (
        f'factory "{factory.name}": no centre sends there; its lines cost and make nothing.' for factory in names
    )
