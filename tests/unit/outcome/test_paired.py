"""Paired differences. Expected: formulas by hand, the jackknife, Greenwood's variance, and the share of intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.estimators.paired import incidence_influence, paired_incidences, paired_means, paired_shares
from livingdrug.outcome.estimators.restricted_mean import paired_restricted_means


def test_shares_by_hand():
    """Bonett and Price 2012: p12 = (8 + 1) / 102, p21 = (2 + 1) / 102; half width 1.959964 sqrt((12 - 36/102) / 102) / 102 ..."""
    first = np.repeat([True, True, False, False], [30, 8, 2, 60])
    second = np.repeat([True, False, True, False], [30, 8, 2, 60])
    apart = paired_shares(first, second)
    assert (apart.estimate, apart.n, apart.n_only_first, apart.n_only_second) == (pytest.approx(-0.06), 100, 8, 2)
    p12, p21 = 9 / 102, 3 / 102
    half = 1.959963985 * np.sqrt((p12 + p21 - (p12 - p21) ** 2) / 102)
    assert apart.ci_low == pytest.approx(p21 - p12 - half)
    assert apart.ci_high == pytest.approx(p21 - p12 + half)


def test_nobody_differs():
    """No discordant pair: the difference is nought, and its interval shrinks with the number of pairs but not to nothing."""
    few, many = (paired_shares(np.ones(n, bool), np.ones(n, bool)) for n in (100, 10_000))
    assert few.estimate == many.estimate == 0
    assert -0.05 < few.ci_low < many.ci_low < 0 < many.ci_high < few.ci_high < 0.05


def test_means_by_hand():
    """Differences 1, 2, 3: mean 2, standard deviation 1, Student's quantile with 2 degrees of freedom 4.302653."""
    apart = paired_means([1.0, 1.0, 1.0], [2.0, 3.0, 4.0])
    assert apart.estimate == 2.0
    assert apart.ci_high - apart.estimate == pytest.approx(4.302653 / np.sqrt(3), rel=1e-6)


def test_influence_is_the_jackknife():
    """Leaving one person out moves the estimate by that person's influence, up to terms of order 1/n^2."""
    rng = np.random.default_rng(1)
    time, cause = np.ceil(rng.exponential(10, 200)), rng.integers(0, 3, 200)
    total, influence = incidence_influence(time, cause, 12.0)
    assert total == pytest.approx(cumulative_incidence(time, cause).at([12.0])["estimate"][0])
    everyone = np.arange(200)
    left_out = [
        cumulative_incidence(time[everyone != k], cause[everyone != k]).at([12.0])["estimate"][0] for k in everyone
    ]
    assert 199 / 200 * (total - np.array(left_out)) == pytest.approx(
        influence, abs=2e-4 * np.abs(influence).max() * 100
    )
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)


def test_without_competing_events_it_is_greenwood():
    """Kaplan-Meier with Greenwood's variance, from our estimator that is tested against R's numbers."""
    rng = np.random.default_rng(2)
    time, event = rng.exponential(10, 300), rng.random(300) < 0.7
    total, influence = incidence_influence(time, event.astype(int), 8.0)
    curve = kaplan_meier(time, event).at([8.0])
    assert 1 - total == pytest.approx(curve["estimate"][0])
    assert np.sqrt((influence**2).sum()) == pytest.approx(curve["standard_error"][0], rel=1e-6)


def test_the_same_course_twice_has_no_difference():
    """By hand: nobody differs, and with one pair added on either side of the three known by then it is 0 ± 1.96 √2 / 5."""
    time, cause = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 2, 1])
    apart = paired_incidences((time, cause), (time, cause), 3.5)
    half = 1.959964 * np.sqrt(2) / 5
    assert (apart.estimate, apart.ci_low, apart.ci_high) == pytest.approx((0.0, -half, half))


def test_intervals_hold_as_often_as_they_say():
    """Two exponential times with common luck, hazards 1.0 and 0.8, censoring at 2: the true difference at 1 is known."""
    truth, held = (1 - np.exp(-0.8)) - (1 - np.exp(-1.0)), 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        luck, lost = rng.exponential(1.0, 600), rng.uniform(0.5, 2.0, 600)
        sides = []
        for hazard in (1.0, 0.8):
            time = luck / hazard
            sides.append((np.minimum(time, lost), (time <= lost).astype(int)))
        apart = paired_incidences(sides[0], sides[1], 1.0)
        held += apart.ci_low <= truth <= apart.ci_high
    assert 0.92 <= held / 400 <= 0.98


def test_pairs_of_unequal_length_are_refused():
    with pytest.raises(BadInput, match="one length"):
        paired_means([1.0], [1.0, 2.0])


def treated_twice(draw, n: int, only_first: float, only_second: float, lost: float):
    """People with the event by day 1 in both lives (0.3), in one of them, or in none (day 5); some are lost before day 1 in both."""
    who, day, other = draw.random(n), draw.random(n), draw.random(n)
    both = who < 0.3
    first, second = both | ((who >= 0.3) & (who < 0.3 + only_first)), both | (who >= 1 - only_second)
    end = np.where(draw.random(n) < lost, draw.random(n), 5.0)
    lives = [np.where(has, days, 5.0) for has, days in ((first, day), (second, np.where(both, day, other)))]
    return [(np.minimum(days, end), ((days <= end) & (days < 5)).astype(int)) for days in lives]


@pytest.mark.parametrize("lost", [0.0, 0.4])
@pytest.mark.parametrize(("only_first", "only_second"), [(0.02, 0.0), (0.05, 0.01), (0.1, 0.02), (0.1, 0.1)])
@pytest.mark.parametrize("n", [20, 60, 200])
def test_intervals_at_a_time_cover_the_truth_though_few_pairs_differ(n, only_first, only_second, lost):
    """By simulation with known truth: 95 % intervals cover it in 93.5 % or more of 600 trials (three standard errors are 2.7 %)."""
    draw = np.random.default_rng(11)
    truth, hits = only_second - only_first, 0
    for _ in range(600):
        found = paired_incidences(*treated_twice(draw, n, only_first, only_second, lost), 1.0)
        hits += found.ci_low <= truth <= found.ci_high
    assert hits >= 0.935 * 600


@pytest.mark.parametrize("n", [20, 60])
def test_intervals_of_restricted_means_cover_the_truth_though_few_pairs_differ(n):
    """By hand: 5 % lose half of the horizon on average in the first life only, so the means differ by 0.025 horizons."""
    draw = np.random.default_rng(12)
    hits = 0
    for _ in range(600):
        found = paired_restricted_means(*treated_twice(draw, n, 0.05, 0.0, 0.0), 1.0)
        hits += found.ci_low <= 0.025 <= found.ci_high
    assert hits >= 0.935 * 600


def test_without_censoring_the_interval_at_a_time_is_that_of_shares():
    """By definition: known to all, the incidence is a share, and Bonett and Price's interval of paired shares applies."""
    lives = treated_twice(np.random.default_rng(13), 90, 0.1, 0.05, 0.0)
    found = paired_incidences(*lives, 1.0)
    shares = paired_shares(*(cause == 1 for _, cause in lives))
    assert (found.ci_low, found.ci_high) == pytest.approx((shares.ci_low, shares.ci_high))
    assert found.estimate == pytest.approx(shares.estimate)
