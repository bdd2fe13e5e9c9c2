"""Expected: Clopper and Pearson's limit of 0 of n, (alpha / 2)^(1 / n), by scipy's binomial test; no interval where nothing tells one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from livingdrug.outcome.effect_between import _restricted
from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.estimators.paired import paired_means
from livingdrug.outcome.estimators.restricted_mean import restricted_mean


@pytest.mark.parametrize("n", [1, 4, 40])
def test_nobody_had_the_event(n: int) -> None:
    low = binomtest(n, n).proportion_ci().low
    found = kaplan_meier(np.full(n, 10.0), np.zeros(n)).at([5.0, 10.0])
    assert found["estimate"].tolist() == [1.0, 1.0]
    assert found["ci_low"] == pytest.approx([low, low])
    assert found["ci_high"].tolist() == [1.0, 1.0]
    risen = cumulative_incidence(np.full(n, 10.0), np.zeros(n, dtype=int)).at([5.0])
    assert risen["ci_high"][0] == pytest.approx(1 - low)
    assert risen["ci_low"][0] == 0.0


def test_only_those_still_watched_tell() -> None:
    # three left view before day 5, two are watched on
    found = kaplan_meier([1.0, 2.0, 3.0, 9.0, 9.0], np.zeros(5)).at([0.0, 5.0])
    assert found["ci_low"] == pytest.approx([1.0, binomtest(2, 2).proportion_ci().low])


def test_who_had_another_event_first_is_known() -> None:
    # a competing event on day 1 and one on day 5 itself: with the two still watched, four are known on day 5
    risen = cumulative_incidence([1.0, 5.0, 9.0, 9.0, 2.0], [2, 2, 0, 0, 0]).at([5.0, 4.0])
    assert risen["ci_high"] == pytest.approx([1 - binomtest(4, 4).proportion_ci().low] * 2)


def test_the_median_keeps_its_interval() -> None:
    # the exact limit is of a share at a time; Brookmeyer and Crowley's interval of the median begins with the events
    curve = kaplan_meier([1.0, 8.0, 9.0, 10.0], [0, 1, 1, 1])
    assert curve.quantile(0.5)[1] >= 8.0


def test_means_without_an_event_have_no_interval() -> None:
    alone = restricted_mean([5.0, 5.0], [0, 0], 4.0)
    assert alone.estimate == 4.0
    assert np.isnan([alone.ci_low, alone.ci_high]).all()
    time, treated = np.array([100.0, 400.0, 400.0, 400.0]), np.array([True, True, False, False])
    assert _restricted(time, np.zeros(4, dtype=bool), treated, 0.95) is None
    one = _restricted(time, np.array([True, False, False, False]), treated, 0.95)
    assert one is not None
    assert one.estimate < 0
    assert np.isnan([one.low, one.high]).all()


def test_pairs_that_differ_alike_tell_no_interval() -> None:
    same = paired_means([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert same.estimate == 0.0
    assert np.isnan([same.ci_low, same.ci_high]).all()
