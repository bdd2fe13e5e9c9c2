"""What one replicate of a network says: a number for each measure and place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.network import Network
from livingdrug.manufacturing.network.journeys import (
    ANALYSTS,
    BED_QUEUE,
    BEDS,
    CHAIR_QUEUE,
    CHAIRS,
    ENDS,
    LAB_QUEUE,
    LINES,
    LIST,
    LOST,
    NOT_MADE,
    OUT_OF_SPECIFICATION,
    QUEUE,
    STAGES,
    UNITS,
    WRONG_CELLS,
    Journeys,
)

if TYPE_CHECKING:
    import polars as pl

Row = tuple[str, str, float]
DAYS_A_YEAR = 365.25
WHOLE = ""
"""The place of a measure of the whole network."""


def measure(network: Network, found: Journeys) -> pl.DataFrame:
    """Numbers of one replicate.

    Patients referred during the warm-up are simulated and not counted; queues and lines are looked at from its end to the last
    referral. Costs are those of the whole replicate over all its infused.

    Returns
    -------
    Columns measure, place, value. A share or a time of nobody is NaN.
    """
    import polars as pl

    counted = found.people.arrived >= network.warm_up_days
    rows = [*_shares(network, found, counted), *_days(found, counted), *_places(network, found), *_work(network, found)]
    return pl.DataFrame(rows, schema={"measure": pl.String, "place": pl.String, "value": pl.Float64}, orient="row")


def _shares(network: Network, found: Journeys, counted: NDArray[np.bool_]) -> Iterator[Row]:
    groups = [(WHOLE, counted)]
    groups += [(f"tier {t.name}", counted & (found.people.tier == k)) for k, t in enumerate(network.tiers)]
    groups += [(f"centre {c.name}", counted & (found.people.centre == k)) for k, c in enumerate(network.centres)]
    for place, group in groups:
        yield "patients counted", place, float(group.sum())
        yield "infused", place, _mean(found.infused[group])
        yield "never treated", place, _mean(~found.infused[group])
        yield "lost while waiting", place, _mean((found.end == LOST)[group])
        yield "vein to vein, median", place, _quantile(found.vein_to_vein[group & found.infused], 0.5)
    for k in (OUT_OF_SPECIFICATION, NOT_MADE, WRONG_CELLS):
        yield ENDS[k], WHOLE, _mean((found.end == k)[counted])
    for k, stage in enumerate(STAGES):
        yield "lost in stage", stage, _mean(((found.end == LOST) & (found.lost_in == k))[counted])
    days = float(found.people.arrived[-1] - network.warm_up_days) if counted.any() else 0.0
    for name, whose in (("infused", found.infused), ("lost while waiting", found.end == LOST)):
        yield f"{name} per year", WHOLE, _ratio(float((whose & counted).sum()) * DAYS_A_YEAR, max(days, 0.0))


def _days(found: Journeys, counted: NDArray[np.bool_]) -> Iterator[Row]:
    infused = counted & found.infused
    for name, days in (
        ("vein to vein", found.vein_to_vein),
        ("referral to infusion", found.ended - found.people.arrived),
    ):
        yield f"{name}, mean", WHOLE, _mean(days[infused])
        for q, word in ((0.1, "fastest tenth"), (0.5, "median"), (0.9, "slowest tenth")):
            if (name, q) != ("vein to vein", 0.5):  # told with the shares, by place
                yield f"{name}, {word}", WHOLE, _quantile(days[infused], q)
    for k, stage in enumerate(STAGES):
        there = found.days_in(k)[infused]
        yield "days in stage, mean", stage, _mean(there)
        yield "days in stage, slowest tenth", stage, _quantile(there, 0.9)


def _places(network: Network, found: Journeys) -> Iterator[Row]:
    first, last = network.warm_up_days, float(found.people.arrived[-1])
    for name, k, units, there, queue in limited(network):
        if there is not None:
            yield f"{UNITS[units]} in use", name, found.mean_in_use(units, k, first, last) / there
        yield f"waiting for {QUEUED_FOR[queue]}", name, found.mean_present(queue, k, first, last)


QUEUED_FOR = {LIST: "a slot", CHAIR_QUEUE: "a chair", QUEUE: "a line", LAB_QUEUE: "an analyst", BED_QUEUE: "a bed"}


def limited(network: Network) -> Iterator[tuple[str, int, int, int | None, int]]:
    """Every place where there is only so much of something.

    Yields
    ------
    Name and number of the centre or factory; what there is (place in `UNITS`), how many (None for slots, which come one by one), and the
    stage of those who wait for it.
    """
    for k, factory in enumerate(network.factories):
        yield factory.name, k, LINES, factory.lines, QUEUE
        if factory.analysts is not None:
            yield factory.name, k, ANALYSTS, factory.analysts, LAB_QUEUE
    for k, centre in enumerate(network.centres):
        if centre.slots:
            yield centre.name, k, LINES, None, LIST
        if centre.chairs is not None:
            yield centre.name, k, CHAIRS, centre.chairs, CHAIR_QUEUE
        if centre.beds is not None:
            yield centre.name, k, BEDS, centre.beds, BED_QUEUE


def _work(network: Network, found: Journeys) -> Iterator[Row]:
    batches = float(found.batches.sum())
    yield "batches per patient infused", WHOLE, _ratio(batches, float(found.infused.sum()))
    yield "wrong bags noticed", WHOLE, float(found.caught)
    costs = network.costs
    if costs.any:
        lines = sum(factory.lines for factory in network.factories) * found.last_day / DAYS_A_YEAR
        total = (
            costs.apheresis * found.n_aphereses + costs.batch * batches + costs.testing * found.n_tests
            + costs.shipment * found.n_shipments + costs.line_year * lines
        )  # fmt: skip
        yield "cost per patient infused", WHOLE, _ratio(total, float(found.infused.sum()))
        yield "cost per patient referred", WHOLE, _ratio(total, float(len(found)))


def _ratio(above: float, below: float) -> float:
    return above / below if below else np.nan


def _mean(values: NDArray) -> float:
    return float(values.mean()) if values.size else np.nan


def _quantile(values: NDArray, q: float) -> float:
    return float(np.quantile(values, q)) if values.size else np.nan
