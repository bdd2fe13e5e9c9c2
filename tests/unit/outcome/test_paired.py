"""Paired differences. Expected: formulas by hand, the jackknife, Greenwood's variance, and the share of intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.estimators.paired import incidence_influence, paired_incidences, paired_means, paired_shares


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
    """A pair that is equal leaves nothing: estimate and interval are nought."""
    time, cause = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 2, 1])
    apart = paired_incidences((time, cause), (time, cause), 3.5)
    assert (apart.estimate, apart.ci_low, apart.ci_high) == (0.0, 0.0, 0.0)


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
