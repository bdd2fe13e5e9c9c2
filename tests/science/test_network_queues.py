"""Expected values: closed forms of queueing theory (Erlang C, Pollaczek–Khinchine, birth–death chains), Little's law, conservation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from livingdrug.catalog.records.network import Network
from livingdrug.manufacturing.network.identity import Chain
from livingdrug.manufacturing.network.journeys import ENDS, LIST, LOST, QUEUE, Journeys
from livingdrug.manufacturing.network.simulate import simulate

AT_ONCE = {"apheresis": "0 day", "booking": "0 day", "lymphodepletion": "0 day", "stay": "0 day"}


def network(*, centre: dict[str, Any], factory: dict[str, Any] | None = None, **rest: Any) -> Network:
    """One centre, one factory, no time between them."""
    return Network.model_validate({
        "id": "bare", "title": "One queue", "centre": [{"name": "a", **AT_ONCE, **centre}],
        "factory": [{"name": "f", "lines": 10**6, "culture": "1 day", **(factory or {})}],
        "lane": [{"centre": "a", "factory": "f", "out": "0 day"}], **rest,
    })  # fmt: skip


def waits(journeys: Journeys, stage: int) -> np.ndarray:
    return journeys.days_in(stage)


@pytest.mark.parametrize(("lines", "load"), [(1, 0.6), (4, 0.75)])
def test_mean_wait_of_a_queue_with_several_lines(lines: int, load: float) -> None:
    # Erlang C: wait = C / (c mu - lambda); the standard error of the simulated mean from means of 20 stretches
    rate = lines * load
    found = simulate(network(
        centre={"arrivals": f"{rate} per day"}, factory={"lines": lines, "culture": {"mean": "1 day", "shape": 1}}),
        patients=40_000,
    )  # fmt: skip
    terms = [rate**k / math.factorial(k) for k in range(lines)]
    last = rate**lines / math.factorial(lines) / (1 - load)
    expected = last / (sum(terms) + last) / (lines - rate)
    stretches = waits(found, QUEUE).reshape(20, -1).mean(axis=1)
    error = stretches.std(ddof=1) / math.sqrt(20)
    assert error < 0.08 * expected
    assert stretches.mean() == pytest.approx(expected, abs=3 * error)


def test_mean_wait_with_fixed_culture_time() -> None:
    # Pollaczek–Khinchine for M/D/1: rho / (2 mu (1 - rho)), half the wait of exponential service
    found = simulate(
        network(centre={"arrivals": "0.7 per day"}, factory={"lines": 1, "culture": "1 day"}), patients=40_000
    )
    stretches = waits(found, QUEUE).reshape(20, -1).mean(axis=1)
    error = stretches.std(ddof=1) / math.sqrt(20)
    assert error < 0.05 * 1.17
    assert stretches.mean() == pytest.approx(0.7 / (2 * 0.3), abs=3 * error)


@pytest.mark.parametrize(("arrivals", "slots", "loss"), [(4.0, 1.0, 0.15), (1.0, 2.0, 0.5)])
def test_a_list_whose_patients_leave(arrivals: float, slots: float, loss: float) -> None:
    # birth–death chain: up at lambda, down at mu + n theta from n; slots come as a Poisson stream and lapse when nobody waits
    found = simulate(network(
        centre={"arrivals": f"{arrivals} per day", "slots": f"{slots} per day", "slots_pattern": "random"},
        factory={"culture": "1 minute"}, tier=[{"name": "all", "share": 1, "loss": f"{loss} 1/day"}]),
        patients=40_000,
    )  # fmt: skip
    weights = [1.0]
    for n in range(1, 400):
        weights.append(weights[-1] * arrivals / (slots + n * loss))
    chance = np.array(weights) / sum(weights)
    length, served = float(np.arange(400) @ chance), slots * (1 - chance[0]) / arrivals
    begun = found.people.arrived[-1] * 0.02
    assert found.mean_present(LIST, None, begun, found.people.arrived[-1]) == pytest.approx(length, rel=0.03)
    assert found.infused.mean() == pytest.approx(served, abs=0.012)


def example(seed: int = 3, **changes: Any) -> Journeys:
    from livingdrug.catalog.load import default_catalog

    known = default_catalog().load("network", "three_centres")
    return simulate(known.model_copy(update=changes), patients=3000, seed=seed)


def test_littles_law_on_a_closed_horizon() -> None:
    # Little: mean number present = arrivals a day x mean stay, with the number counted at 20,000 even moments
    found = example()
    last = found.last_day
    moments = (np.arange(20_000) + 0.5) * last / 20_000
    present = np.searchsorted(np.sort(found.people.arrived), moments) - np.searchsorted(np.sort(found.ended), moments)
    mean_stay = (found.ended - found.people.arrived).mean()
    assert present.mean() == pytest.approx(len(found) / last * mean_stay, rel=0.01)
    for stage in (LIST, QUEUE):
        counted = found.mean_present(stage, None, 0.0, last)
        assert counted == pytest.approx(len(found) / last * found.days_in(stage).mean(), rel=0.01)


@pytest.mark.parametrize("policy", ["first_come", "by_tier", "by_urgency", "random"])
def test_everyone_ends_in_exactly_one_state(policy: str) -> None:
    # conservation: stays follow one another without a gap from referral to the end, and the lost leave on their own day
    found = example(policy=policy)
    assert np.isin(found.end, range(len(ENDS))).all()
    assert np.bincount(found.end, minlength=len(ENDS)).sum() == len(found) == 3000
    order = np.lexsort((found.visit_to, found.visit_from, found.visit_patient))
    whose, begun, over = found.visit_patient[order], found.visit_from[order], found.visit_to[order]
    assert (over >= begun).all()
    same = whose[1:] == whose[:-1]
    assert np.array_equal(begun[1:][same], over[:-1][same])
    assert np.array_equal(begun[np.r_[True, ~same]], found.people.arrived)
    assert np.array_equal(over[np.r_[~same, True]], found.ended)
    lost = found.end == LOST
    assert np.array_equal(found.ended[lost], found.people.lost_on[lost])
    assert (found.ended[~lost] < found.people.lost_on[~lost]).all()
    assert (found.batches[found.infused] >= 1).all()


def test_policies_meet_the_same_people_with_the_same_luck() -> None:
    # common random numbers: referrals, hazards and days of loss do not depend on the policy
    one, other = example(policy="first_come"), example(policy="random")
    assert np.array_equal(one.people.lost_on, other.people.lost_on)
    assert not np.array_equal(one.end, other.end)
    fewer = example(policy="by_urgency")
    assert (fewer.end == LOST).sum() < (one.end == LOST).sum()


def test_a_centre_more_does_not_change_who_comes_to_the_others() -> None:
    # addressed randomness: the patients of a centre are those of its own stream
    from livingdrug.catalog.load import default_catalog

    known = default_catalog().load("network", "three_centres")
    fewer = known.model_copy(update={"centres": known.centres[:2], "lanes": known.lanes[:3]})
    whole, part = (simulate(one, patients=600, seed=5).people for one in (known, fewer))
    first = [people.arrived[people.centre == 1][:100] for people in (whole, part)]
    assert np.array_equal(*first)


def hand_over_many(n: int, swap: float, miss: float, seed: int = 1) -> tuple[float, Chain]:
    """Share of bags that reach a wrong patient after one checked hand-over each, in rooms of 25 bags."""
    chain, numbers = Chain.of(n, swap), np.random.default_rng(seed)
    for patient in range(n):
        chain.wait_for(0, patient // 25, patient)
    swapped, missed = numbers.random(n), numbers.random(n) < miss
    for patient in range(n):
        chain.hand_over(0, patient // 25, patient, float(swapped[patient]), bool(missed[patient]))
    return sum(bag != patient for patient, bag in enumerate(chain.bag)) / n, chain


def test_wrong_bags_get_through_as_often_as_theory_says() -> None:
    # a swapped pair gets through when the check of the one misses it and then the check of the other: 2 s m^2 of all bags,
    # less a twenty-fifth, because beside the last bag of a room there is no other; second order in s is below 1 %
    n, swap, miss = 1_000_000, 0.01, 0.2 * 0.5
    share, chain = hand_over_many(n, swap, miss)
    expected = 2 * swap * (24 / 25) * miss**2
    assert chain.n_checked == n
    assert chain.n_swapped == pytest.approx(swap * n * 24 / 25, rel=0.03)
    assert share == pytest.approx(expected, abs=4 * math.sqrt(2 * expected / n))  # pairs, so twice the variance


def test_no_wrong_bag_gets_past_two_checks_that_cannot_both_miss() -> None:
    # by definition: with a joint miss of nought every swap is noticed
    from livingdrug.catalog.network_parts import Identity

    readers = Identity(swap=0.05, readers=(0.3, 0.3), all_miss=0.0)
    share, chain = hand_over_many(1_000_000, readers.swap, readers.miss)
    assert share == 0.0
    assert chain.n_caught > 40_000
    whole = example(identity=readers)
    assert (whole.end == ENDS.index("infused with another patient's cells")).sum() == 0
    assert whole.swapped > 100


def test_wrong_cells_are_counted_when_nobody_looks() -> None:
    # every swap gets through where there is no check; both patients of a pair are hurt, or hurt each other's way later
    from livingdrug.catalog.network_parts import Identity

    blind = example(identity=Identity(swap=0.02, readers=()))
    wrong = (blind.end == ENDS.index("infused with another patient's cells")).sum()
    assert blind.caught == 0
    assert 0.5 * blind.swapped < wrong <= 2 * blind.swapped
