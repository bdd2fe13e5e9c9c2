"""Expected values: the level of each rule under no effect and the power of theory under a planted one, within Monte Carlo error.

Trials are made of exponential times and independent responses, whose laws are known; bounds of the checks hold 99.9 % of the
binomial law of the number of trials, so that a rule with the wrong level fails and a right one does not.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from livingdrug.catalog.load import Catalog
from livingdrug.design.finder import Persons, find
from livingdrug.design.method import GO
from livingdrug.design.observed import proportion, times_to_event
from livingdrug.design.phase_1 import boin, crm, three_plus_three
from livingdrug.design.ruled import rule_of

CATALOG = Catalog()
TRIALS = 1500


def within(won: int, probability: float, trials: int = TRIALS, slack: float = 0.0) -> bool:
    """Whether so many of the trials are what this probability gives."""
    low, high = (
        binom.ppf(0.0005, trials, max(probability - slack, 0)),
        binom.ppf(0.9995, trials, min(probability + slack, 1)),
    )
    return low <= won <= high


def two_arms(rng: np.random.Generator, n: int, ratio: float, delay: float = 0.0):
    """Exponential times of mean 300 days over 400 days of enrolment, the second arm's hazard times a ratio, once a delay is over."""
    entry = np.sort(rng.uniform(0, 400, n))
    arm = rng.permutation(np.arange(n) % 2)
    time = rng.exponential(300.0, n)
    if delay:
        time = np.where((arm == 1) & (time > delay), delay + (time - delay) / ratio, time)
    else:
        time = np.where(arm == 1, time / ratio, time)
    return times_to_event(entry, np.arange(n), time, np.ones(n, dtype=bool), entry, arm)


def won(rule: str, keys: dict, n: int, make, trials: int = TRIALS, seed: int = 4) -> int:
    ruled, rng = rule_of(rule, CATALOG, keys), np.random.default_rng(seed)
    design = ruled.planned(n)
    return sum(ruled.method.decide(design, make(rng)).word == GO for _ in range(trials))


TWO_ARMS = [
    ("log_rank", {"events": 80}, TRIALS),
    ("log_rank_late", {"events": 80}, TRIALS),
    ("restricted_mean", {"horizon": "12 month", "after_last": "12 month"}, TRIALS),
    ("group_sequential_obrien_fleming", {"events": 80}, TRIALS),
    ("group_sequential_pocock", {"events": 80}, TRIALS),
    ("group_sequential_beta_spending", {"events": 80, "looks": [0.4, 0.7, 1.0], "binding": True}, TRIALS),
    ("max_combo", {"events": 80}, 300),
]


@pytest.mark.parametrize(("rule", "keys", "trials"), TWO_ARMS, ids=[one[0] for one in TWO_ARMS])
def test_the_level_of_two_arms(rule: str, keys: dict, trials: int) -> None:
    # tests are asymptotic: with 80 events their own level may differ from the nominal by half a per cent
    found = won(rule, {**keys, "alpha": 0.05}, 120, lambda rng: two_arms(rng, 120, 1.0), trials)
    assert within(found, 0.05, trials, slack=0.006)


@pytest.mark.parametrize("rule", ["log_rank", "group_sequential_obrien_fleming", "group_sequential_pocock"])
def test_the_power_of_two_arms_is_schoenfelds(rule: str) -> None:
    # Schoenfeld's law of Z is an approximation: within two points of power here
    ruled = rule_of(rule, CATALOG, {"events": 100})
    theory = ruled.method.exact(ruled.planned(160), 0.55, 160)[GO]
    assert 0.75 < theory < 0.9
    assert within(won(rule, {"events": 100}, 160, lambda rng: two_arms(rng, 160, 0.55)), theory, slack=0.02)


def test_late_weights_find_late_differences() -> None:
    # direction: where hazards part after 200 days only, the late weight wins more often than the plain test
    plain, late = (
        won(rule, {"events": 110}, 160, lambda rng: two_arms(rng, 160, 0.4, 200.0), 400)
        for rule in ("log_rank", "log_rank_late")
    )
    assert late > plain + 30


def one_arm(rng: np.random.Generator, n: int, p: float):
    entry = np.sort(rng.uniform(0, 400, n))
    return proportion(entry, np.arange(n), rng.random(n) < p, entry + 90)


ONE_ARM = [
    ("exact_binomial", {"p0": 0.3}),
    ("simon_optimal", {"p0": 0.2, "p1": 0.4}),
    ("simon_minimax", {"p0": 0.2, "p1": 0.4}),
    ("bayes_single_arm", {"p0": 0.3, "looks": [15, 30], "futile_below": 0.1, "certain": 0.95}),
    ("bop2", {"p0": 0.2, "p1": 0.4, "size": 40, "looks": [10, 20, 30]}),
]


@pytest.mark.parametrize("truth", [0.2, 0.3, 0.45])
@pytest.mark.parametrize(("rule", "keys"), ONE_ARM, ids=[one[0] for one in ONE_ARM])
def test_responses_are_decided_as_often_as_the_closed_form_says(rule: str, keys: dict, truth: float) -> None:
    ruled = rule_of(rule, CATALOG, keys)
    exact = ruled.method.exact(ruled.planned(50), truth, 50)
    assert sum(exact.values()) == pytest.approx(1.0, abs=1e-12)
    assert within(won(rule, keys, 50, lambda rng: one_arm(rng, 50, truth)), exact[GO])


def test_bop2_keeps_its_level() -> None:
    ruled = rule_of("bop2", CATALOG, {"p0": 0.2, "p1": 0.4, "size": 40, "looks": [10, 20, 30]})
    design = ruled.planned(40)
    assert ruled.method.exact(design, 0.2, 40)[GO] <= 0.1
    assert list(design.stop_at) == sorted(design.stop_at)


@pytest.mark.parametrize("ratio", [1.0, 0.7, 0.6])
def test_one_sample_log_rank(ratio: float) -> None:
    # theory: E_i - O_i has a known mean and variance (here by quadrature over time and end of view); Z is divided by the root of
    # the mean of E and O, so power is that of a normal law with this mean and spread. At a ratio of 1 it is the level.
    n, hazard = 60, math.log(2) / 182.625
    ruled = rule_of("one_sample_log_rank", CATALOG, {"median": "6 month", "after_last": "12 month", "alpha": 0.05})

    def make(rng: np.random.Generator):
        entry = np.sort(rng.uniform(0, 300, n))
        time = rng.exponential(1 / hazard / ratio, n)
        return times_to_event(entry, np.arange(n), time, np.ones(n, dtype=bool), entry)

    u, view = np.meshgrid((np.arange(2000) + 0.5) / 2000, 365.25 + 300 * (np.arange(200) + 0.5) / 200)
    time = -np.log(u) / hazard / ratio
    expected, observed = hazard * np.minimum(time, view), (time <= view).astype(float)
    apart = expected - observed
    drift = math.sqrt(n) * apart.mean() - 1.6449 * math.sqrt(0.5 * (expected.mean() + observed.mean()))
    power = 0.5 * math.erfc(-drift / apart.std() / math.sqrt(2))
    design, rng = ruled.planned(n), np.random.default_rng(3)
    found = sum(ruled.method.decide(design, make(rng)).word == GO for _ in range(TRIALS))
    assert within(found, power, slack=0.015)  # asymptotic, at fifty events


def persons(rng: np.random.Generator, rates, n: int = 60) -> Persons:
    toxic = rng.random((n, 1)) < np.asarray(rates)  # one person is as frail at every dose
    day = np.where(toxic, rng.uniform(0, 28, (n, len(rates))), np.inf)
    return Persons(
        np.cumsum(rng.exponential(7, n)), np.ones((n, len(rates)), dtype=bool), day, np.zeros((n, len(rates)))
    )


def test_three_plus_three_with_one_dose_is_a_closed_form() -> None:
    # found: none of three and at most one of the next three, or one of three and none of the next three
    p, rng = 0.25, np.random.default_rng(1)
    exact = binom.pmf(0, 3, p) * binom.cdf(1, 3, p) + binom.pmf(1, 3, p) * binom.pmf(0, 3, p)
    finder, keys = three_plus_three.FINDER, three_plus_three.Keys()
    assert within(sum(find(finder, keys, persons(rng, [p])).dose == 0 for _ in range(TRIALS)), exact)


SKELETON = (0.05, 0.12, 0.25, 0.4, 0.55)
FINDERS = [
    (boin.FINDER, boin.Keys()),
    (boin.FINDER, boin.Keys(in_time=True)),
    (crm.FINDER, crm.Keys(skeleton=SKELETON)),
    (crm.FINDER, crm.Keys(skeleton=SKELETON, in_time=True)),
]


@pytest.mark.parametrize(("finder", "keys"), FINDERS, ids=["boin", "tite_boin", "crm", "tite_crm"])
def test_the_dose_at_the_target_is_found_most_often(finder, keys) -> None:
    # direction: third of five doses at the target; half of the trials and more find it, in time the trial is shorter
    rng = np.random.default_rng(2)
    found = [find(finder, keys, persons(rng, [0.05, 0.12, 0.3, 0.45, 0.6])) for _ in range(200)]
    doses = np.array([one.dose for one in found])
    assert (doses == 2).mean() > 0.5
    assert (np.mean([one.day for one in found]) < 270) == keys.in_time


@pytest.mark.parametrize(("finder", "keys"), FINDERS, ids=["boin", "tite_boin", "crm", "tite_crm"])
def test_doses_that_are_all_too_toxic_are_left(finder, keys) -> None:
    rng = np.random.default_rng(2)
    found = [find(finder, keys, persons(rng, [0.75, 0.8, 0.85, 0.9, 0.95])) for _ in range(100)]
    assert sum(one.dose == -1 for one in found) > 90
    assert np.mean([one.treated.sum() for one in found]) < 15
