"""Expected values: exponentials whose areas and slopes are known in closed form, and PKNCA's rules by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.outcome.kinetics import non_compartmental
from livingdrug.outcome.non_compartmental import POLICIES, analyse

FALL, RISE = 0.1, 0.8
DAYS = np.array([[1.0, 3, 5, 7, 10, 14, 21, 28, 60, 90]])
# Up with a doubling time of ln 2 / 0.8 to day 7, then down with a half-life of ln 2 / 0.1.
LEVELS = np.where(DAYS <= 7, np.exp(RISE * DAYS), np.exp(RISE * 7 - FALL * (DAYS - 7)))


def test_a_course_of_two_exponentials():
    found = analyse(DAYS, LEVELS, areas_to=(28, 90), start_at_zero=False)
    peak = np.exp(RISE * 7)
    assert found.doubling_time[0] == pytest.approx(np.log(2) / RISE)
    assert found.doubling_points[0] == 4
    assert found.half_life[0] == pytest.approx(np.log(2) / FALL)
    # On a perfect line every window is as good; the longest is taken, without the highest level itself.
    assert (found.half_life_points[0], found.half_life_from[0], found.half_life_r2[0]) == (6, 10.0, pytest.approx(1))
    assert analyse(DAYS, LEVELS, peak_in_half_life=True).half_life_points[0] == 7
    up = sum(0.5 * (LEVELS[0, i] + LEVELS[0, i + 1]) * 2 for i in range(3))
    assert found.areas[0] == pytest.approx(up + peak * (1 - np.exp(-FALL * np.array([21, 83]))) / FALL)
    assert found.area_last[0] == found.areas[0, 1]
    # To infinity the fall encloses peak / rate, whatever was seen of it.
    assert found.area_infinity[0] == pytest.approx(up + peak / FALL)
    assert found.extrapolated_percent[0] == pytest.approx(100 * peak * np.exp(-8.3) / FALL / (up + peak / FALL))
    assert (found.first_day[0], found.last_day[0], found.last_result_day[0]) == (1, 90, 90)


def test_the_area_is_that_of_the_trial():
    # One rule for both: the endpoint's area and the analysis of a table.
    draw = np.random.default_rng(2)
    days = np.sort(draw.uniform(0, 60, (40, 9)), axis=1)
    values = np.exp(draw.normal(4, 3, (40, 9)))
    values[draw.random((40, 9)) < 0.2] = np.nan
    low = values < 20
    here, there = non_compartmental(days, values, low), analyse(days, values, low, areas_to=28.0)
    assert np.array_equal(here.auc, there.areas[:, 0], equal_nan=True)
    assert np.array_equal(here.last_detectable_day, there.last_day, equal_nan=True)


def test_the_best_window_is_short_where_the_fall_is_of_two_phases():
    # A steep first phase spoils longer windows: adjusted r² of the last three on a line is 1.
    days = [[0.0, 7, 10, 14, 28, 56, 84]]
    logs = np.array([[9.0, 8.0, 7.0, 4.0, 2.0, 1.0, 0.0]])
    found = analyse(days, np.exp(logs))
    assert (found.half_life_points[0], found.half_life_from[0]) == (3, 28.0)
    assert found.half_life[0] == pytest.approx(28 * np.log(2))


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        ([100.0, 50, 25], "the highest level is no point: two remain"),
        ([100.0, 50, 60, 70, 80], "it rises at the end"),
        ([100.0, 7, 7, 7, 7], "it does not move"),
        ([100.0, 0, 0, 0, 0], "nothing is above the limit"),
    ],
)
def test_no_half_life(levels, why):
    found = analyse([np.arange(len(levels)) * 7.0], [levels])
    assert np.isnan([found.half_life[0], found.area_infinity[0], found.half_life_r2[0]]).all(), why
    assert found.half_life_points[0] == 0


def test_results_below_the_limit_by_each_policy():
    # By hand: 0 – 40 – (below 8) – 20 – (below 8) on days 0, 1, 2, 3, 4; areas to day 4, linear up, log down.
    days, values = [[0.0, 1, 2, 3, 4]], [[0.0, 40, np.nan, 20, np.nan]]
    low, limits = [[False, False, True, False, True]], [[8.0] * 5]

    def area(policy):
        return analyse(days, values, low, limits, areas_to=4, below_limit_as=policy).areas[0, 0]

    def log(a, b, width=1):
        return (a - b) * width / np.log(a / b)

    assert area("zero") == pytest.approx(20 + 20 + 10 + 10)
    assert area("dropped") == pytest.approx(20 + log(40, 20, 2))
    assert area("middle_dropped") == pytest.approx(20 + log(40, 20, 2) + 10)
    # The 0 of day 0 is below the limit too.
    assert area("half_limit") == pytest.approx(22 + log(40, 4) + 12 + log(20, 4))
    assert set(POLICIES) == {"zero", "dropped", "middle_dropped", "half_limit"}
    assert all(policy.__doc__ for policy in POLICIES.values())
    found = analyse(days, values, low, limits, below_limit_as="half_limit")
    assert (found.cmax[0], found.last_day[0], found.n_quantified[0], found.n_results[0]) == (40, 3, 2, 5)


def test_patients_without_anything():
    # By definition: nothing known, nothing said; the others are not disturbed.
    days = [[np.nan, np.nan, np.nan], [0.0, 7, 14], [5.0, np.nan, np.nan], [-7.0, np.nan, np.nan]]
    values = [[1.0, 2, 3], [0.0, 10, 5], [4.0, np.nan, np.nan], [4.0, np.nan, np.nan]]
    found = analyse(days, values)
    for patient in (0, 3):
        assert np.isnan([found.cmax[patient], found.area_last[patient], found.last_result_day[patient]]).all()
        assert np.isnan(found.areas[patient]).all()
        assert found.n_results[patient] == 0
    alone = analyse(days[1:2], values[1:2])
    assert found.area_last[1] == alone.area_last[0] == pytest.approx(35 + 35 / np.log(2))
    assert found.area_last[2] == 10.0  # from nothing on day 0
    assert np.isnan(found.doubling_time[2])
    empty = analyse(np.zeros((2, 0)), np.zeros((2, 0)))
    assert np.isnan(empty.cmax).all()


@pytest.mark.parametrize(
    ("what", "told", "error"),
    [
        (lambda: analyse([[0.0]], [[1.0]], areas_to=0), "areas_to", BadInput),
        (lambda: analyse([[0.0]], [[1.0]], areas_to=()), "areas_to", BadInput),
        (lambda: analyse([[0.0]], [[1.0]], areas_to="28"), "not a number", BadInput),
        (lambda: analyse([[0.0]], [[1.0]], below_limit_as="drop"), 'Did you mean "dropped"', UnknownName),
        (lambda: analyse([[1.0]], [[1.0]], [[True]], below_limit_as="half_limit"), "without their limit|lower_limit", BadInput),
        (lambda: analyse([[1.0]], [[1.0]], limits=[[1.0, 2.0]]), "one shape", BadInput),
    ],
)  # fmt: skip
def test_faults(what, told, error):
    with pytest.raises(error, match=told) as caught:
        what()
    assert "\n  " in str(caught.value)


def test_each_patient_is_bitwise_independent_of_the_others():
    draw = np.random.default_rng(1)
    days = np.sort(draw.uniform(0, 90, (60, 14)), axis=1)
    values = np.exp(8 - 0.05 * days + draw.normal(0, 1, (60, 14)))
    values[draw.random((60, 14)) < 0.2] = np.nan
    together = analyse(days, values, values < 20)
    assert np.isfinite(together.half_life).sum() > 20
    for i in (0, 17, 59):
        alone = analyse(days[i : i + 1], values[i : i + 1], values[i : i + 1] < 20)
        for name in ("half_life", "area_infinity", "doubling_time", "areas", "half_life_r2"):
            assert getattr(alone, name).tobytes() == getattr(together, name)[i : i + 1].tobytes(), name
