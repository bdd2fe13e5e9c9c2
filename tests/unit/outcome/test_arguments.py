"""Expected values: R's `survival` (ties joined within rounding), lifelines, by hand; faults are refused with the remedy."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import ROUNDING, joined_ties
from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
from livingdrug.outcome.estimators.exact_binomial import exact_binomial
from livingdrug.outcome.estimators.geometric_mean import geometric_mean
from livingdrug.outcome.estimators.gray import gray_test
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.estimators.log_rank import log_rank
from livingdrug.outcome.estimators.paired import (
    incidence_influence,
    paired_incidences,
    paired_means,
    paired_shares,
)
from livingdrug.outcome.estimators.quantiles import median, quantiles
from livingdrug.outcome.estimators.restricted_mean import paired_restricted_means, restricted_mean

WEEK = (7 / 30.4375, 7 * (12 / 365.25))  # 7 days in months, by two ways of writing: they differ in the last digit


def test_ties_that_rounding_broke_are_one_time():
    # R's survfit(timefix = TRUE), and the same in days: one of three at risk has the event, 2/3 remain.
    assert WEEK[0] != WEEK[1]
    for first, second in (WEEK, WEEK[::-1]):
        curve = kaplan_meier([first, second, 99], [1, 0, 0])
        assert curve.survival.tolist() == pytest.approx([2 / 3, 2 / 3])
        assert curve.n_at_risk.tolist() == [3, 1]
        found = cumulative_incidence([first, second, 99], [1, 2, 0])
        assert found.incidence.tolist() == pytest.approx([1 / 3, 1 / 3])
        one, influence = incidence_influence([first, second, 99], [1, 2, 0], 50.0)
        assert (one, influence.sum()) == pytest.approx((1 / 3, 0))
        days = log_rank([7, 7, 9, 12], [1, 1, 1, 1], list("abab"))
        assert log_rank([first, second, 9, 12], [1, 1, 1, 1], list("abab")).statistic == pytest.approx(days.statistic)
        assert restricted_mean([first, second, 99], [1, 0, 0], 50).estimate == pytest.approx(
            first + 2 / 3 * (50 - first)
        )


@given(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=30))
def test_joining_ties_moves_nothing_by_more_than_rounding(times):
    # By definition: order kept, each moved by less than the tolerance of R for each tie in its chain, joined again: same.
    time = np.array(times)
    joined = joined_ties(time)
    assert (joined <= time).all()
    assert (time - joined <= time.size * ROUNDING * max(1.0, time.max())).all()
    assert (np.diff(joined[np.argsort(time)]) >= 0).all()


def test_distinct_times_stay_distinct():
    # A microsecond of a day in years of follow-up is beyond rounding.
    assert np.unique(joined_ties(np.array([1.0, 1.001, 1800.0]))).size == 3


@pytest.mark.parametrize(
    ("times", "groups", "strata"),
    [([5, 5, 5, 5], "aabb", None), ([1, 2, 3, 4], "aabb", "xxyy"), ([1, 1], "ab", None), ([5, 5, 5, 5], "abcc", None)],
)
def test_nothing_to_compare_is_zero_and_one(times, groups, strata):
    # lifelines.statistics.logrank_test([5, 5], [5, 5]): statistic 0, p = 1; without overlap no stratum has two groups.
    found = log_rank(times, [1] * len(times), list(groups), strata=None if strata is None else list(strata))
    assert (found.statistic, found.p_value) == (0.0, 1.0)
    again = gray_test(times, [1] * len(times), list(groups)) if strata is None else None
    assert again is None or (again.statistic, again.p_value) == (0.0, 1.0)


def test_a_group_that_shares_no_stratum_adds_nothing():
    # By hand: c stands alone in its stratum, so the test is that of a and b with one degree of freedom.
    time, event = [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1]
    alone = log_rank(time[:4], event[:4], list("abab"))
    found = log_rank(time, event, list("ababcc"), strata=list("xxxxyy"))
    assert found.statistic == pytest.approx(alone.statistic)
    assert (found.degrees_of_freedom, found.p_value) == (1, pytest.approx(alone.p_value))


def test_grays_test_without_competing_events_is_the_log_rank_test():
    # Gray 1988: with one cause the subdistribution is the distribution. (Ties: either counts them in its own way.)
    draw = np.random.default_rng(4)
    time, event, group = draw.exponential(1, 90), draw.integers(0, 2, 90), draw.integers(0, 3, 90)
    gray, plain = gray_test(time, event, group), log_rank(time, event, group)
    assert gray.statistic == pytest.approx(plain.statistic)
    assert gray.degrees_of_freedom == 2
    assert gray.variance == pytest.approx(plain.variance)


CURVES = {"kaplan_meier": kaplan_meier, "cumulative_incidence": cumulative_incidence}


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize(
    ("times", "codes", "told"),
    [
        ([1, 2], [1, np.nan], r"1 of 2 (events|causes) are missing \(first: row 2\)"),
        ([1, 2], [1, None], "are missing"),
        ([1, 2], [1, -1], r"hold -1 \(row 2\)"),
        ([1, 2], [1, 0.5], r"hold 0\.5 \(row 2\)"),
        ([1, 2], [1], "expected two columns of one length"),
        ([1, np.nan], [1, 0], r"row 2"),
        (["a", "b"], [1, 0], "not a number"),
        (["1", "2"], [1, 0], "not a number"),
        ([dt.date(2020, 1, 1)], [1], "not a number"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), [1], "not a number"),
        ([[1, 2]], [[1, 0]], "expected one column"),
    ],
)
def test_codes_and_times_nobody_can_mean(curve, times, codes, told):
    with pytest.raises(BadInput, match=told) as caught:
        curve(times, codes)
    assert "\n  " in str(caught.value)  # the next step


def test_codes_of_r_are_refused_with_the_recoding():
    # lung$status is 1 for censored and 2 for dead: taken as it is, everybody would have had the event.
    with pytest.raises(BadInput, match="events == 2"):
        kaplan_meier([5, 6, 7, 8], [1, 2, 1, 2])
    with pytest.raises(BadInput, match="cumulative_incidence"):
        kaplan_meier([5, 6, 7, 8], [0, 1, 2, 1])
    assert kaplan_meier([5, 6, 7, 8], [0, 1, 0, 1]).survival.tolist() == pytest.approx([1, 2 / 3, 2 / 3, 0])


LEVELS = {
    "kaplan_meier": lambda level: kaplan_meier([1, 2], [1, 0], level=level),
    "cumulative_incidence": lambda level: cumulative_incidence([1, 2], [1, 0], level=level),
    "restricted_mean": lambda level: restricted_mean([1, 2], [1, 1], 2, level=level),
    "exact_binomial": lambda level: exact_binomial(1, 2, level=level),
    "geometric_mean": lambda level: geometric_mean([1, 2], level=level),
    "median": lambda level: median([1, 2], level=level),
    "paired_shares": lambda level: paired_shares([1, 0], [0, 0], level=level),
    "paired_means": lambda level: paired_means([1, 0], [0, 0], level=level),
    "paired_incidences": lambda level: paired_incidences(([1], [1]), ([2], [1]), 1.0, level=level),
    "paired_restricted_means": lambda level: paired_restricted_means(([1], [1]), ([2], [1]), 1.0, level=level),
}


@pytest.mark.parametrize("estimate", LEVELS.values(), ids=LEVELS)
@pytest.mark.parametrize(("level", "told"), [(95, r"level=0\.95"), (0, "0.95"), (1, "0.95"), (np.nan, "0.95"), ("95%", "0.95"), (True, "0.95")])  # fmt: skip
def test_levels_that_are_no_level(estimate, level, told):
    with pytest.raises(BadInput, match=told):
        estimate(level)


@pytest.mark.parametrize(("n_events", "n"), [(2.5, 10), (-1, 10), (5, 3), (np.nan, 10), (1, 2.5), ("1", 2), (True, 2)])
def test_counts_that_are_no_count(n_events, n):
    with pytest.raises(BadInput):
        exact_binomial(n_events, n)


def test_whole_numbers_of_any_type_are_counts():
    # numpy's and polars' integers, and a float without a fraction.
    wanted = exact_binomial(61, 75)
    assert exact_binomial(np.int32(61), np.uint8(75)) == wanted
    assert exact_binomial(61.0, 75) == wanted  # type: ignore[arg-type]


def test_columns_of_any_library_are_read():
    # Lists, arrays, polars; booleans as events.
    wanted = kaplan_meier([1.0, 2.0, 3.0], [1, 0, 1]).survival.tolist()
    for events in ([True, False, True], np.array([1, 0, 1], dtype=np.uint8), pl.Series([1.0, 0.0, 1.0])):
        assert kaplan_meier(pl.Series([1, 2, 3]), events).survival.tolist() == wanted


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (lambda: log_rank([1, 2], [1, 1], ["a", None]), "1 of 2 groups are missing"),
        (lambda: log_rank([1, 2], [1, 1], [1.0, np.nan]), "groups are missing"),
        # numpy makes the text "nan" of it, which would be a group of its own; R leaves such patients out
        (lambda: log_rank([1, 2, 3], [1, 1, 1], ["a", np.nan, "b"]), "1 of 3 groups are missing"),
        (lambda: log_rank([1, 2, 3], [1, 1, 1], ["a", " ", "b"]), "1 of 3 groups are missing"),
        (lambda: log_rank([1, 2], [1, 1], ["a"]), "a label for each time"),
        (lambda: log_rank([1, 2], [1, 1], ["a", "b"], strata=["x"]), "a label for each time"),
        (lambda: log_rank([1, 2], [1, 1], ["a", "b"], rho=np.inf), "rho"),
        (lambda: gray_test([1, 2], [1, 1], ["a", "a"]), "two groups"),
        (lambda: restricted_mean([1, 2], [1, 0], 3), "nobody was watched until 2"),
        (lambda: restricted_mean([1, 2], [1, 0], np.inf), "horizon"),
        (lambda: restricted_mean([1, 2], [1, 0], -1), "horizon"),
        # R's survfit: "data set has no non-missing observations"; binom.test: "'n' must be a positive integer"; its median: NA
        (lambda: restricted_mean([], [], 1), "times: got none"),
        (lambda: kaplan_meier([], []), "times: got none"),
        (lambda: cumulative_incidence([], []), "times: got none"),
        (lambda: geometric_mean([]), "values: got none"),
        (lambda: median([]), "values: got none"),
        (lambda: quantiles([], [0.5]), "values: got none"),
        (lambda: exact_binomial(0, 0), "n: got none"),
        (lambda: log_rank([], [], []), "two groups"),
        (lambda: kaplan_meier([1, 2], [1, 0]).at([np.nan]), "missing"),
        (lambda: kaplan_meier([1, 2], [1, 0]).quantile(50), "Write 0.5"),
        (lambda: quantiles([1, 2], [25]), "Write 0.25"),
        (lambda: median([1, np.nan]), r"1 of 2 values are missing or infinite \(first: row 2\)"),
        (lambda: geometric_mean([1, -1]), "positive"),
        (lambda: paired_means([1, 2], [1, np.nan]), "missing"),
        (lambda: paired_shares([1, 2], [1, 0]), "codes 1 and 2|hold 2"),
        (lambda: incidence_influence([1, 2], [1, 0], np.nan), "at"),
        (lambda: paired_restricted_means(([1, 2], [1, 1]), ([1], [1]), 1.0), "one length"),
    ],
)
def test_what_else_nobody_can_mean(what, told):
    with pytest.raises(BadInput, match=told) as caught:
        what()
    assert "\n  " in str(caught.value)


def test_a_horizon_beyond_the_last_event_of_everybody_is_known():
    # By hand: all had the event by day 2; the curve stays 0. Carried on by a share when asked.
    assert restricted_mean([1, 2], [1, 1], 9).estimate == 1.5
    assert restricted_mean([1, 2], [1, 0], 2.1, beyond=0.05).estimate == pytest.approx(1 + 1.1 / 2)


@pytest.mark.parametrize(
    "labels", [["a", "b", "a ", "b"], [1, 2, 1.0, "2"], [1.0, 2.0, 1.0, 2.0], (True, False, True, False)]
)
def test_labels_that_are_written_differently_are_one_group(labels):
    # expected: two groups, whose test is that of a, b, a, b (R: survdiff, chisq 0.6153846)
    found = log_rank([1, 2, 3, 4], [1, 1, 1, 1], labels)
    assert len(found.groups) == 2
    assert found.statistic == pytest.approx(0.6153846153846156, rel=1e-12)
