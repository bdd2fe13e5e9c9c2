"""Expected values: by hand. Opening hours, the way of one patient, orders of waiting, and what a network says of itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from livingdrug.catalog.network_parts import Hours
from livingdrug.catalog.records.network import Network
from livingdrug.foundation.errors import BadInput, CatalogError, UnknownName
from livingdrug.manufacturing.network.calendar import Calendar
from livingdrug.manufacturing.network.identity import GONE, Chain
from livingdrug.manufacturing.network.journeys import (
    ANALYSTS,
    BED_QUEUE,
    BEDS,
    CHAIRS,
    ENDS,
    LAB_QUEUE,
    LINES,
    LOST,
    QUEUE,
    STAGES,
)
from livingdrug.manufacturing.network.measures import measure
from livingdrug.manufacturing.network.policies import policies
from livingdrug.manufacturing.network.simulate import simulate
from livingdrug.manufacturing.network.soundness import check_network


def network(**rest: Any) -> Network:
    """One centre and one factory, every time fixed."""
    parts = {"centre": {}, "factory": {}, "lane": {}} | {
        key: rest.pop(key) for key in ("centre", "factory", "lane") if key in rest
    }
    return Network.model_validate({
        "id": "small", "title": "One of each",
        "centre": [{"name": "a", "arrivals": "10 within 1 day", "booking": "2 day", **parts["centre"]}],
        "factory": [{"name": "f", "lines": 20, "culture": "8 day", "changeover": "1 day", "testing": "7 day", **parts["factory"]}],
        "lane": [{"centre": "a", "factory": "f", "out": "1 day", "back": "2 day", **parts["lane"]}], **rest,
    })  # fmt: skip


def test_the_way_of_a_patient_is_the_sum_of_its_stages() -> None:
    # by hand: no queue anywhere, 1 apheresis + 1 out + 8 culture + 7 testing + 2 back + 2 booking + 5 lymphodepletion
    found = simulate(network())
    assert found.vein_to_vein == pytest.approx(np.full(10, 26.0))
    days = [found.days_in(k)[0] for k in range(len(STAGES))]
    assert days == pytest.approx([0, 0, 1, 1, 0, 8, 0, 7, 2, 2, 0, 5])


def test_a_line_serves_one_batch_after_another() -> None:
    # by hand: one line, batches of 8 days and a day of cleaning: the tenth waits for nine times nine days, less its own delay
    found = simulate(network(factory={"lines": 1}))
    waited = np.sort(found.days_in(QUEUE))
    order = found.people.arrived - found.people.arrived[0]
    assert waited == pytest.approx(9.0 * np.arange(10) - order)
    assert found.mean_in_use(LINES, 0, 2.0 + found.people.arrived[0], 92.0 + found.people.arrived[0]) == pytest.approx(
        1.0
    )


def test_every_failure_is_remade_until_attempts_end() -> None:
    # by hand: all batches fail; three attempts of 8 + 7 days with 3 days between, and then there is no product
    found = simulate(network(factory={"failure": 1, "remade": 1, "restart": "3 day", "attempts": 3}))
    assert set(found.end) == {ENDS.index("no product")}
    assert (found.batches == 3).all()
    assert found.ended - found.collected == pytest.approx(np.full(10, 2 + 3 * 15 + 2 * 3))


def test_failed_batches_are_given_all_the_same_where_that_is_the_rule() -> None:
    found = simulate(network(factory={"failure": 1, "out_of_specification_given": 1}))
    assert set(found.end) == {ENDS.index("infused out of specification")}


def test_old_material_is_collected_anew() -> None:
    # by hand: with one line and material that keeps three days, only the first batch begins in time; of the others one more fits
    # nowhere within two attempts
    found = simulate(network(factory={"lines": 1, "keeps": "3 day", "attempts": 2}))
    assert found.n_aphereses > 10
    assert found.infused.sum() < 10


def test_lost_shipments_and_beds() -> None:
    # by hand: nearly every shipment lost leaves nobody with a bag; one bed serves one patient each 5 + 14 days
    assert not simulate(network(lane={"lost": 0.999999})).infused.any()
    found = simulate(network(centre={"beds": 1}))
    assert np.diff(np.sort(found.ended)) == pytest.approx(np.full(9, 19.0))


def test_closed_days() -> None:
    # by hand: 2026-01-05 is a Monday; a factory open on working days from 6 to 22, closed on 6 January
    office = Calendar(Hours(days=("monday", "tuesday", "wednesday", "thursday", "friday"), opens="6 hour", closes="22 hour",
                            holidays=("01-06",)), date(2026, 1, 5))  # fmt: skip
    assert office.next_open(0.0) == 0.25
    assert office.next_open(0.5) == 0.5
    assert office.next_open(0.95) == 2.25  # Tuesday is a holiday
    assert office.next_open(4.95) == 7.25  # Friday night to Monday
    found = simulate(network(factory={"hours": {"days": ["monday"]}}))
    assert {int(day) % 7 for day in found.use_from[found.use_of == LINES]} == {0}


def test_tiers_go_first_under_their_policy() -> None:
    # by hand: one line, ten patients there at once; whoever has rank 1 is served before rank 2
    tiers = [{"name": "later", "share": 0.5, "rank": 2}, {"name": "first", "share": 0.5, "rank": 1}]
    found = simulate(network(factory={"lines": 1}, tier=tiers, policy="by_tier"), seed=4)
    order = found.people.rank[np.argsort(found.ended)][1:]  # the very first met an empty queue
    assert (np.diff(order) >= 0).all()
    assert set(order) == {1, 2}


def test_a_bag_that_was_given_away_is_gone() -> None:
    # by hand: 0 and 1 are exchanged unnoticed, 1 is infused with the cells of 0; when 0's bag is looked at, the own one is gone
    chain = Chain.of(3, 0.5)
    chain.wait_for(0, 0, 1)
    assert chain.hand_over(0, 0, 0, 0.1, True) == 1
    assert chain.hand_over(0, 0, 1, 0.9, True) == 0
    chain.given(1)
    assert chain.hand_over(1, 0, 0, 0.9, False) == GONE
    chain.renew(0)
    assert chain.hand_over(1, 0, 0, 0.9, False) == 0


def test_overload_for_ever_is_refused_or_told() -> None:
    # by hand: 10 a day come, 20 lines take 20 / 9 = 2.2 a day
    rates = {"centre": {"arrivals": "10 per day"}}
    with pytest.raises(CatalogError, match=r'factory "f", "lines".*304 a month come and 67.6 can be served') as problem:
        check_network(network(**rates))
    assert "without end" in str(problem.value)
    told = check_network(network(**rates, tier=[{"name": "all", "share": 1, "loss": "0.01 1/day"}]))
    assert len(told) == 1
    assert "at most 22 %" in told[0]
    assert check_network(network(centre={"arrivals": "2 per day"})) == ()
    with pytest.raises(CatalogError, match='centre "a", "slots"'):
        check_network(network(centre={"arrivals": "2 per day", "slots": "1 per day"}))


def test_unknown_policies_and_numbers() -> None:
    with pytest.raises(UnknownName, match="first_come"):
        check_network(network(policy="first_com"))
    with pytest.raises(BadInput, match="fixed numbers"):
        simulate(network(), patients=11)
    assert set(policies()) == {"by_tier", "by_urgency", "first_come", "random"}


def test_measures_of_one_replicate() -> None:
    # by hand: all ten infused after 26 days; 20 lines, ten of them for nine days
    rows = {(name, place): value for name, place, value in measure(network(), simulate(network())).iter_rows()}
    assert rows["infused", ""] == 1.0
    assert rows["never treated", ""] == 0.0
    assert rows["vein to vein, median", ""] == pytest.approx(26.0)
    assert rows["days in stage, mean", "culture"] == pytest.approx(8.0)
    assert sum(value for (name, _), value in rows.items() if name == "lost in stage") == 0.0


def test_what_is_in_use_and_who_waits() -> None:
    # by hand: ten patients within a day, one chair (a day each), one analyst (seven days each), one bed (5 + 14 days each); 20 lines
    found = simulate(network(centre={"chairs": 1, "beds": 1}, factory={"analysts": 1}))
    assert [np.ptp(found.use_to[found.use_of == k]) for k in (CHAIRS, ANALYSTS, BEDS)] == pytest.approx([9, 63, 171])
    first = found.people.arrived[0]
    assert found.mean_in_use(CHAIRS, 0, first, first + 20) == pytest.approx(0.5)
    tested = found.use_from[found.use_of == ANALYSTS].min()
    assert found.mean_in_use(ANALYSTS, 0, tested, tested + 70) == pytest.approx(1.0)
    # whoever is k-th at the analyst comes a day after the one before, and waits six days longer; at the bed it is twelve
    assert np.sort(found.days_in(LAB_QUEUE)) == pytest.approx(6.0 * np.arange(10))
    assert np.sort(found.days_in(BED_QUEUE)) == pytest.approx(12.0 * np.arange(10))
    own = {"chairs": 1, "beds": 1}
    rows = {
        (name, place): value
        for name, place, value in measure(network(centre=own), simulate(network(centre=own))).iter_rows()
    }
    assert {name for name, _ in rows if name.endswith("in use")} == {"lines in use", "chairs in use", "beds in use"}


def test_losses_follow_the_hazard() -> None:
    # exponential law: 26 days from vein to vein at 0.02 a day leave exp(-0.52) = 0.595 infused; 4 standard errors of 4000
    found = simulate(network(centre={"arrivals": "4000 within 1 day"}, factory={"lines": 4000},
                             tier=[{"name": "all", "share": 1, "loss": "0.02 1/day"}]))  # fmt: skip
    assert found.infused.mean() == pytest.approx(np.exp(-0.52), abs=4 * np.sqrt(0.24 / 4000))
    assert (found.end == LOST).mean() == pytest.approx(1 - found.infused.mean())
