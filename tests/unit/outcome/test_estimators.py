"""Expected values: by hand, from published tables, and from identities that must hold."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence, incidence_curve
from livingdrug.outcome.estimators.exact_binomial import exact_binomial, share_of
from livingdrug.outcome.estimators.geometric_mean import geometric_mean
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier, survival_curve
from livingdrug.outcome.estimators.log_rank import log_rank
from livingdrug.outcome.estimators.quantiles import median
from livingdrug.outcome.estimators.restricted_mean import restricted_mean
from livingdrug.outcome.over_time import CARRIED

TIMES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=40)


def test_freireich_1963_remission_times():
    # Freireich et al. 1963, the 21 patients on 6-mercaptopurine; survival as printed in Kalbfleisch and Prentice.
    time = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    event = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    found = kaplan_meier(time, event)
    assert found.at([6, 7, 10, 13, 16, 22, 23])["estimate"].round(3).tolist() == [
        0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448,
    ]  # fmt: skip
    assert found.quantile()[0] == 23
    assert found.at([10])["n_at_risk"].tolist() == [15]


def test_nothing_is_known_beyond_the_last_patient_watched():
    # By definition: the last patient is censored at 4.
    found = kaplan_meier([1, 2, 4], [1, 0, 0]).at([3, 4, 5])
    assert found["estimate"][:2] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(found["estimate"][2])
    # When everybody had the event, survival stays 0.
    assert kaplan_meier([1, 2], [1, 1]).at([9])["estimate"].tolist() == [0.0]


def test_no_events_and_nobody():
    # By definition.
    curve = kaplan_meier([5, 6], [0, 0])
    assert curve.at([5])["estimate"].tolist() == [1.0]
    assert curve.quantile()[0] == np.inf
    # an arm of a run may be empty: nothing is known of it
    assert np.isnan(survival_curve([], []).at([1])["estimate"]).all()
    assert np.isnan(incidence_curve([], []).at([1])["estimate"]).all()


@given(TIMES)
def test_without_censoring_survival_is_the_share_left(pairs):
    # The empirical distribution function.
    time = np.array([t for t, _ in pairs], dtype=float)
    curve = kaplan_meier(time, np.ones(time.size))
    assert curve.survival == pytest.approx([(time > t).mean() for t in curve.time])


@given(TIMES)
def test_incidences_and_survival_add_to_one(pairs):
    # Everybody is event-free, or had one of the two events.
    time = np.array([t for t, _ in pairs], dtype=float)
    cause = np.array([c for _, c in pairs])
    one = cumulative_incidence(time, cause)
    other = cumulative_incidence(time, np.where(cause == 0, 0, 3 - cause))
    free = kaplan_meier(time, cause > 0)
    assert one.incidence + other.incidence + free.survival == pytest.approx(np.ones(one.time.size))


@given(TIMES)
def test_without_competing_events_incidence_mirrors_kaplan_meier(pairs):
    # An identity; the variance of ties differs (with or without replacement), so compare estimates.
    time = np.array([t for t, _ in pairs], dtype=float)
    event = np.array([c > 0 for _, c in pairs]).astype(int)
    assert cumulative_incidence(time, event).incidence == pytest.approx(1 - kaplan_meier(time, event).survival)


@pytest.mark.parametrize(
    ("n_events", "n", "low", "high"),
    [(0, 10, 0.0, 0.3085), (3, 10, 0.0667, 0.6525), (10, 10, 0.6915, 1.0), (61, 75, 0.71, 0.89), (45, 75, 0.48, 0.71)],
)
def test_exact_binomial_matches_published_tables(n_events, n, low, high):
    # Clopper and Pearson's tables (n = 10); ELIANA's CR/CRi 81% (71 to 89) and CR 60%.
    found = exact_binomial(n_events, n)
    digits = 4 if n == 10 else 2
    assert (round(found.ci_low, digits), round(found.ci_high, digits)) == (low, high)


def test_exact_binomial_matches_scipy():
    # scipy.stats.binomtest(...).proportion_ci("exact")
    for n_events, n in ((1, 7), (28, 58), (812, 1000)):
        wanted = stats.binomtest(n_events, n).proportion_ci(0.9, "exact")
        found = exact_binomial(n_events, n, level=0.9)
        assert (found.ci_low, found.ci_high) == pytest.approx((wanted.low, wanted.high), rel=1e-10)


def test_exact_binomial_of_nobody_and_of_nonsense():
    assert np.isnan(share_of(0, 0).estimate)
    with pytest.raises(BadInput, match="5 of 3"):
        exact_binomial(5, 3)


def test_geometric_mean_of_a_log_normal_sample():
    # CV of a log-normal with s = 1 is sqrt(e - 1) = 131.08 %; the interval is Student's on the logs.
    logs = np.array([-1.0, 0.0, 1.0])
    found = geometric_mean(np.exp(logs + 2))
    assert found.estimate == pytest.approx(np.exp(2))
    assert found.cv_percent == pytest.approx(131.0832, abs=1e-3)
    assert np.log([found.ci_low, found.ci_high]) == pytest.approx(2 + np.array([-1, 1]) * 4.302653 / np.sqrt(3))
    with pytest.raises(BadInput, match="zero"):
        geometric_mean([1.0, 0.0])


def test_median_interval_ranks_match_a_published_table():
    # Ranks of the 95 % interval of a median, Conover 1999, table A3: n = 20 -> 6th and 15th.
    found = median(np.arange(1, 21))
    assert (found.estimate, found.ci_low, found.ci_high) == (10.5, 6, 15)
    assert np.isinf(median([1, 2, 3]).ci_high)


def test_log_rank_of_equal_groups_is_zero():
    # Symmetry.
    found = log_rank([1, 2, 3, 1, 2, 3], [1, 0, 1, 1, 0, 1], ["a"] * 3 + ["b"] * 3)
    assert found.statistic == pytest.approx(0)
    assert found.p_value == pytest.approx(1)
    with pytest.raises(BadInput, match="two groups"):
        log_rank([1, 2], [1, 1], ["a", "a"])


def test_restricted_mean_of_everybody_event_free_is_the_horizon():
    # By definition.
    assert restricted_mean([10, 10], [0, 0], 5).estimate == 5
    with pytest.raises(BadInput):
        restricted_mean([1], [1], 0)


@pytest.mark.parametrize("time", [[-1.0], [np.nan], [np.inf]])
def test_impossible_times_stop_at_the_door(time):
    with pytest.raises(BadInput, match="negative or not finite"):
        kaplan_meier(time, [1])


def test_a_curve_found_before_is_that_of_the_same_patients_and_level():
    # expected: each time what is fitted anew, whichever patients and level came before
    rows = [("a", 1, 10.0, 1), ("a", 2, 20.0, 0), ("b", 3, 5.0, 1), ("b", 4, 30.0, 2), ("b", 5, 40.0, 0)]
    everyone = pl.DataFrame(rows, schema=["arm", "patient", "time_days", "cause"], orient="row")
    frames = [everyone.filter(pl.col("arm") == arm) for arm in ("a", "b")] + [everyone]
    days = np.array([6.0, 15.0, 25.0])
    for name in ("kaplan_meier", "cumulative_incidence"):
        estimator = import_module(f"livingdrug.outcome.estimators.{name}").ESTIMATOR
        for level, frame in [(level, frame) for level in (0.95, 0.9, 0.95) for frame in (*frames, frames[0])]:
            asked = SimpleNamespace(level=level, keys=SimpleNamespace(curve="survival"))
            told, anew = estimator.at(asked, frame, days), estimator.fit(asked, frame).at(days, beyond=CARRIED)
            for key, found in anew.items():
                np.testing.assert_array_equal(told[key], found)
