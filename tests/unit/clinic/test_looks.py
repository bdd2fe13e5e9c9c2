"""Arrays beside the patients, against the same questions asked one by one in plain Python."""

import numpy as np
import polars as pl

from livingdrug.clinic.looks import Looks, first_at, latest_by, lowest_before, places

RANDOM = np.random.default_rng(3)


def test_places_of_one_arm_and_of_several():
    one = pl.DataFrame({"arm": ["a"] * 3, "patient": [9, 2, 5]})
    asked = pl.DataFrame({"arm": ["a"] * 4, "patient": [5, 5, 7, 9]})
    assert places(asked, one).tolist() == [2, 2, -1, 0]
    two = pl.DataFrame({"arm": ["a", "b", "b"], "patient": [9, 9, 5]})
    assert places(asked, two).tolist() == [-1, -1, -1, 0]
    assert places(asked.with_columns(arm=pl.lit("b")), two).tolist() == [2, 2, -1, 1]
    assert places(asked, one.clear()).tolist() == [-1] * 4
    assert places(asked.clear(), one).tolist() == []


def test_the_latest_day_up_to_a_day():
    patient, day = RANDOM.integers(0, 5, 40), RANDOM.integers(0, 12, 40).astype(float)
    who, until = RANDOM.integers(0, 7, 60), RANDOM.integers(-2, 14, 60).astype(float)
    found = latest_by(patient, day, who, until)
    for row, one, last in zip(found, who, until, strict=True):
        days = [d for p, d in zip(patient, day, strict=True) if p == one and d <= last]
        assert (row < 0) == (not days)
        if days:
            assert patient[row] == one
            assert day[row] == max(days)


def test_the_earliest_of_a_planned_day():
    patient, planned = RANDOM.integers(0, 4, 40), RANDOM.integers(0, 3, 40) * 28.0
    day = planned + RANDOM.permutation(40) / 40
    who, asked = RANDOM.integers(0, 6, 30), RANDOM.integers(0, 5, 30) * 28.0
    found = first_at(patient, planned, day, who, asked)
    for row, one, at in zip(found, who, asked, strict=True):
        days = [d for p, q, d in zip(patient, planned, day, strict=True) if p == one and q == at]
        assert (row < 0) == (not days)
        if days:
            assert day[row] == min(days)
    nothing = np.empty(0)
    assert first_at(nothing.astype(int), nothing, nothing, who, asked).tolist() == [-1] * 30


def test_the_lowest_before():
    patient, values = np.repeat([4, 1, 7], [3, 1, 4]), np.array([5.0, 3.0, 4.0, 9.0, 2.0, 6.0, 1.0, 8.0])
    found = lowest_before(patient, values)
    np.testing.assert_array_equal(found, [np.nan, 5.0, 3.0, np.nan, np.nan, 2.0, 2.0, 1.0])
    assert lowest_before(patient[:0], values[:0]).size == 0


def test_looks_of_those_who_are_asked_for():
    statuses = pl.DataFrame(
        {"arm": ["a"] * 5, "patient": [1, 1, 3, 3, 8], "day": [1.0, 2.0, 1.0, 5.0, 1.0],
         "status": ["PR", None, "PD", "PR", "PR"], "residual": [None, True, False, None, False]}
    )  # fmt: skip
    patients = pl.DataFrame({"arm": ["a"] * 3, "patient": [3, 2, 1], "death_day": [None, 4.0, 9.0]})
    looks = Looks.of(statuses, patients)
    assert looks.place.tolist() == [2, 2, 0, 0]
    assert looks.judged.tolist() == [True, False, True, True]
    assert looks.is_one_of(["PR"]).tolist() == [True, False, False, True]
    assert looks.sought.tolist() == [False, True, True, False]
    assert looks.clear.tolist() == [False, False, True, False]
    assert looks.date("death_day").tolist() == [np.inf, 4.0, 9.0]
    assert looks.first(looks.judged).tolist() == [1.0, np.inf, 1.0]
    assert looks.last(looks.judged).tolist() == [3, -1, 0]
    assert looks.ever(looks.clear).tolist() == [True, False, False]
