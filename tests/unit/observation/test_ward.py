"""Grades by day, worst signs and the log, from made-up signs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.signs import SHIPPED
from livingdrug.clinic.management import RuleInfo
from livingdrug.engine.ensemble import Firings
from livingdrug.observation.ward import SHOWN_DAYS, daily_grades, grade_rows, log_rows, sign_rows

CHECKS = np.arange(0, 60 * 3) / 3
N = 3
LAST = np.array([60.0, 60.0, 60.0])


@pytest.fixture
def signs():
    """Everyone well, all the time."""
    truth = {name: np.full((N, len(CHECKS)), float(sign.well)) for name, sign in SHIPPED.moment.items()}
    return {**truth, **{name: np.zeros((N, len(CHECKS))) for name in ("fever_treated", "admitted")}}


def hours(first_day, last_day):
    return (first_day <= CHECKS) & (last_day > CHECKS)


def test_the_worst_of_each_day_is_its_grade(signs, made, eliana):
    # expected: ASTCT 2019: fever with one vasopressor is grade 3, fever alone grade 1
    scale = eliana[1].load("scale", "crs_astct")
    signs["temperature"][0, hours(3, 9)] = 39.0
    signs["pressor_level"][0, hours(5 + 1 / 3, 5 + 2 / 3)] = 2
    days, grades = daily_grades(CHECKS, made(CHECKS, signs, N), scale, np.array([60.0, 60.0, 10.5]))
    assert days[:10].tolist() == list(range(10))
    assert grades[0, :10].tolist() == [0, 0, 0, 1, 1, 3, 1, 1, 1, 0]
    assert grades.max(axis=1).tolist() == [3, 0, 0]
    # patient 3 was there to day 10
    assert grades[2, 10] == 0
    assert (grades[2, 11:] == -1).all()
    # the same from signs in a plain table, as a comparison of lives asks for them
    np.testing.assert_array_equal(daily_grades(CHECKS, signs, scale, np.array([60.0, 60.0, 10.5]))[1], grades)


def test_rows_of_quiet_days_end_with_the_first_month(signs, made, eliana):
    # expected: every day to SHOWN_DAYS, afterwards only days with a grade, none after a patient left
    scale = eliana[1].load("scale", "crs_astct")
    signs["temperature"][0, hours(40, 41)] = 39.0
    course = made(CHECKS, signs, N)
    frame = grade_rows(course, [scale], np.array([60.0, 11.9, 60.0]))
    assert frame.filter(pl.col("patient") == 1)["day"].to_list() == [*range(SHOWN_DAYS + 1), 40]
    assert frame.filter(pl.col("patient") == 2)["day"].to_list() == list(range(12))
    assert frame.filter(pl.col("grade") > 0).rows() == [(1, 40, 1, "crs_astct")]


def test_a_scale_whose_signs_the_model_lacks_is_not_graded(signs, made, eliana):
    # expected: no row at all, rather than grade 0
    scale = eliana[1].load("scale", "crs_astct")
    assert grade_rows(made(CHECKS, {"neutrophils": 2.0}, N), [scale], LAST).is_empty()


def test_the_ward_keeps_the_worst_of_each_sign_while_present(signs, made):
    # expected: by hand; the lowest pressure and the highest fever of the day; nothing after a patient left
    signs["mean_arterial_pressure"][0, hours(5 + 1 / 3, 5 + 2 / 3)] = 50.0
    signs["temperature"][0, hours(5, 5 + 1 / 3)] = 40.0
    signs["pressor_level"][2, hours(20, 21)] = 2
    signs["ice_score"][1, hours(45, 46)] = 3
    frame = sign_rows(made(CHECKS, signs, N), np.array([60.0, 60.0, 19.0]))
    told = {(row["patient"], row["day"]): row for row in frame.to_dicts()}
    assert (told[1, 5]["mean_arterial_pressure"], told[1, 5]["temperature"]) == (50.0, 40.0)
    assert told[1, 6]["temperature"] == SHIPPED.moment["temperature"].well
    assert max(day for who, day in told if who == 3) == 19
    assert [day for who, day in told if who == 2 and day > SHOWN_DAYS] == [45]
    assert "ferritin" not in frame.columns, "what a laboratory measures is told by its visits"


def test_log_tells_who_what_when_why_and_ends_with_the_view(signs, made):
    # expected: by hand
    rule = RuleInfo("first", "tocilizumab", "given_first_mg", "mg", "at {temperature} degC", ("temperature",))
    signs["temperature"][1, :] = 39.42
    firings = Firings(np.array([0, 1]), np.array([30, 15]), np.array([0, 0]), np.array([400.0, 240.0]))
    course = made(CHECKS, signs, N, firings=firings, rules=(rule,), patients=np.array([101, 102, 103]))
    frame = log_rows(course, np.array([9.0, 60.0, 60.0]))
    assert frame.rows() == [(102, 5.0, "first", "tocilizumab", 240.0, "mg", "at 39.4 degC")]
