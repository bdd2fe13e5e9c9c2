"""Expected values: by hand. What a place can serve, with its open hours and with what has to be done again."""

from __future__ import annotations

from typing import Any

import pytest

from livingdrug.catalog.network_parts import Factory, Lane
from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import CatalogError
from livingdrug.manufacturing.network.capacity import beds_per_day, chairs_per_day, lines_per_day, rounds
from livingdrug.manufacturing.network.journeys import LINES
from livingdrug.manufacturing.network.simulate import simulate
from livingdrug.manufacturing.network.soundness import check_counted, check_network

WORKING = {"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "opens": "8 hour", "closes": "18 hour"}
WITHIN = 0.02
"""One hundredth is added on purpose, and two years of rounds end within a week."""


def network(*, centre: dict[str, Any] | None = None, factory: dict[str, Any] | None = None, **rest: Any) -> Network:
    return Network.model_validate({
        "id": "small", "title": "One of each",
        "centre": [{"name": "a", "arrivals": "0.8 per day", **(centre or {})}],
        "factory": [{"name": "f", "lines": 100, "culture": "8 day", **(factory or {})}],
        "lane": [{"centre": "a", "factory": "f", "out": "1 day", **rest.pop("lane", {})}], **rest,
    })  # fmt: skip


def test_a_chair_on_working_days() -> None:
    # by hand: an apheresis of a day begun at eight frees the chair at eight: five a week on working days, seven where it never closes
    always, working = (network(centre={"chairs": 1, **hours}) for hours in ({}, {"hours": WORKING}))
    assert chairs_per_day(always, always.centres[0]) == pytest.approx(1.0)
    assert chairs_per_day(working, working.centres[0]) == pytest.approx(5 / 7, rel=WITHIN)
    assert check_network(always) == ()
    with pytest.raises(CatalogError, match=r'centre "a", "chairs".*without end'):
        check_network(working)


def test_a_line_that_is_emptied_on_mondays() -> None:
    # by hand: a culture of eight days begun on a Monday ends on the Monday a fortnight later, and the next begins at once
    found = network(factory={"lines": 2, "hours": {"days": ["monday"]}}, centre={"arrivals": "0.1 per day"})
    assert lines_per_day(found, found.factories[0]) == pytest.approx(2 / 14, rel=WITHIN)


def test_beds_on_working_days() -> None:
    # by hand: 5 + 14 days from a Monday morning end on a Saturday, and the next patient comes on Monday: three weeks each
    found = network(centre={"beds": 3, "hours": {"days": ["monday"]}})
    assert beds_per_day(found, found.centres[0]) == pytest.approx(3 / 21, rel=WITHIN)


def test_a_saturated_line_serves_what_was_foretold() -> None:
    # by simulation: two hundred patients wait from the first day for one line with two shifts; batches follow one another
    factory = {
        "lines": 1,
        "culture": "7 to 9 day",
        "changeover": "0.5 day",
        "hours": {**WORKING, "opens": "6 hour", "closes": "22 hour"},
    }
    found = network(centre={"arrivals": "200 within 1 day"}, factory=factory)
    run = simulate(found)
    ended = run.use_to[run.use_of == LINES]
    served = len(ended) / (ended.max() - 2.0)
    assert lines_per_day(found, found.factories[0]) == pytest.approx(served, rel=WITHIN)


def test_what_is_done_again() -> None:
    # by hand: half of the batches fail, all are remade, two attempts: 1 + 1/2 batches, 3/4 of the patients infused, from one apheresis,
    # or from 1 + 1/2 where cells are collected again
    factory = Factory.model_validate(
        {"name": "f", "lines": 1, "culture": "1 day", "failure": 0.5, "remade": 1, "attempts": 2}
    )
    lane = Lane.model_validate({"centre": "a", "factory": "f", "out": "1 day"})
    found = rounds(factory, lane)
    assert (found.batches, found.aphereses, found.infusions) == (1.5, 1.0, 0.75)
    assert rounds(factory.model_copy(update={"remade_from": "apheresis"}), lane).aphereses == 1.5
    # by hand: one shipment in ten is lost on each road: 0.9 of 1.19 attempts reach a line, and 0.81 (1 + 0.19) a patient
    safe, rough = factory.model_copy(update={"failure": 0.0}), lane.model_copy(update={"lost": 0.1})
    found = rounds(safe, rough)
    assert (found.batches, found.aphereses, found.infusions) == pytest.approx((0.9 * 1.19, 1.19, 0.81 * 1.19))


def test_remaking_fills_the_lines() -> None:
    # by hand: 0.8 patients a day need 0.8 batches, or 1.2 where every second one is made again; nine lines take 9 / 8 a day
    check_network(network(factory={"lines": 9}))
    with pytest.raises(CatalogError, match=r'factory "f", "lines": 36.5 a month come and 34.2 can be served'):
        check_network(network(factory={"lines": 9, "failure": 0.5, "remade": 1}))


def test_roads_longer_than_material_keeps() -> None:
    # by hand: one day on the road; of shipments that take 0 to 2 days three quarters come within 1.5
    with pytest.raises(CatalogError, match=r'"keeps": fresh material keeps 0.5 day, and 100 % of the shipments from a'):
        check_network(network(factory={"keeps": "0.5 day"}))
    (told,) = check_network(network(factory={"keeps": "1.5 day"}, lane={"out": "0 to 2 day"}))
    assert "25 % of the shipments" in told


def test_a_warm_up_that_leaves_nobody_to_count() -> None:
    # by hand: 24 come a month; 1000 patients come in 1250 days
    check_counted(network(warm_up="12 month"), 1000)
    with pytest.raises(CatalogError, match=r'"warm_up": of 1000 patients about 0 come after 1826'):
        check_counted(network(warm_up="5 year"), 1000)
