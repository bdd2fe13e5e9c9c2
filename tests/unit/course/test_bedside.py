"""Grades by day, support and the log, from made-up signs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.records.scale import SIGNS
from livingdrug.clinic.management import RuleInfo
from livingdrug.course.bedside import SHOWN_DAYS, DailyGrades, daily_grades, grade_rows, log_rows, support
from livingdrug.engine.ensemble import Firings

CHECKS = np.arange(0, 60 * 3) / 3
N = 3


@pytest.fixture
def signs():
    """Everyone well, all the time."""
    truth = {name: np.full((N, len(CHECKS)), float(sign.well)) for name, sign in SIGNS.items()}
    return {**truth, **{name: np.zeros((N, len(CHECKS))) for name in ("fever_treated", "admitted")}}


def hours(first_day, last_day):
    return (first_day <= CHECKS) & (last_day > CHECKS)


def test_worst_of_each_day_its_onset_and_its_end(signs, eliana):
    # expected: ASTCT 2019: fever with one vasopressor is grade 3, fever alone grade 1
    scale = eliana[1].load("scale", "crs_astct")
    signs["temperature"][0, hours(3, 9)] = 39.0
    signs["pressor_level"][0, hours(5 + 1 / 3, 5 + 2 / 3)] = 2
    graded = daily_grades(CHECKS, signs, scale, np.array([60.0, 60.0, 10.5]))
    assert graded.grades[0, :10].tolist() == [0, 0, 0, 1, 1, 3, 1, 1, 1, 0]
    assert graded.highest.tolist() == [3, 0, 0]
    first, last = graded.first_and_last()
    assert (first[0], last[0]) == (3, 8)
    assert np.isnan(first[1:]).all()
    # patient 3 was there to day 10
    assert graded.grades[2, 10] == 0
    assert (graded.grades[2, 11:] == -1).all()


def test_rows_of_quiet_days_end_with_the_first_month():
    # expected: every day to SHOWN_DAYS, afterwards only days with a grade, none after a patient left
    days = np.arange(56)
    grades = np.zeros((2, 56), dtype=np.int64)
    grades[0, 40] = 2
    grades[1, 12:] = -1
    frame = grade_rows([DailyGrades("crs_astct", days, grades)], np.array([11, 12]))
    assert frame.filter(pl.col("patient") == 11)["day"].to_list() == [*range(SHOWN_DAYS + 1), 40]
    assert frame.filter(pl.col("patient") == 12)["day"].to_list() == list(range(12))


def test_support_counts_only_while_present(signs):
    # expected: by hand
    signs["pressor_level"][0, hours(5, 6)] = 2
    signs["oxygen_level"][1, hours(5, 6)] = 4
    signs["ice_score"][2, hours(20, 21)] = 1
    found = support(CHECKS, signs, np.array([60.0, 60.0, 19.0]))
    assert found["vasopressor"].tolist() == [True, False, False]
    assert found["ventilation"].tolist() == [False, True, False]
    assert found["icu"].tolist() == [True, True, False]


def test_log_tells_who_what_when_why_and_ends_with_the_view(signs):
    # expected: by hand
    rule = RuleInfo("first", "tocilizumab", "given_first_mg", "mg", "at {temperature} degC", ("temperature",))
    signs["temperature"][1, :] = 39.42
    firings = Firings(np.array([0, 1]), np.array([30, 15]), np.array([0, 0]), np.array([400.0, 240.0]))
    frame = log_rows(firings, [rule], CHECKS, signs, np.array([101, 102, 103]), np.array([9.0, 60.0, 60.0]))
    assert frame.rows() == [(102, 5.0, "first", "tocilizumab", 240.0, "mg", "at 39.4 degC")]
