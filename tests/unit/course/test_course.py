"""A course made by hand: what its columns and clones say."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.course.course import ANTIGEN_NEGATIVE, Course
from livingdrug.course.fate import extinct_day
from livingdrug.engine.ensemble import Firings
from livingdrug.engine.program import NEVER
from livingdrug.foundation.errors import UnknownName
from livingdrug.model.instance import Clone

DAYS = np.array([0.0, 10.0, 20.0])
NOTHING = np.array([], dtype=np.int64)
FULL = Clone("full", "full", {"CD19": 1.0}, "full_cells", "full_lineage", "full_survivors")
LOST = Clone("lost", "lost", {"CD19": 0.0}, "lost_cells", "lost_lineage", "lost_survivors")


def course(columns, *, n=2, failed=(False, False), stop=(2, 2)):
    values = np.stack([np.broadcast_to(one, (n, 3)) for one in columns.values()], axis=2).astype(np.float64)
    return Course(
        np.arange(1, n + 1), DAYS, tuple(columns), values, np.array(stop), (FULL, LOST), "CD19",
        Firings(NOTHING, NOTHING, NOTHING, np.array([])), (), np.array(failed), ("finished",) * n,
    )  # fmt: skip


def test_antigen_negative_share_is_that_of_clones_without_the_target():
    """By hand: 3 cells with and 1 without CD19 are 25 percent without; no cell at all is 0; after the end unknown."""
    full = np.array([[3.0, 0.0, 0.0], [1.0, 0.0, np.nan]])
    lost = np.array([[1.0, 5.0, 0.0], [3.0, 0.0, np.nan]])
    found = course({FULL.cells: full, LOST.cells: lost})[ANTIGEN_NEGATIVE]
    np.testing.assert_array_equal(found, [[25.0, 100.0, 0.0], [75.0, 0.0, np.nan]])


def test_a_column_is_its_name_over_time():
    # expected: the values put in; a near miss is told
    told = course({"temperature": np.array([[37.0, 38.0, 39.0], [36.0, 36.5, 37.0]])})
    assert told["temperature"].tolist() == [[37.0, 38.0, 39.0], [36.0, 36.5, 37.0]]
    assert "temperature" in told
    assert list(told) == ["temperature"]
    with pytest.raises(UnknownName, match='Did you mean "temperature"'):
        told["temperatur"]


def test_cure_asks_for_every_clone():
    # expected: by hand; patient 1 loses both clones, patient 2 only one
    gone = {
        extinct_day(FULL): np.array([[NEVER, 8.0, 8.0], [NEVER, 9.0, 9.0]]),
        extinct_day(LOST): np.array([[NEVER, NEVER, 15.0], [NEVER, NEVER, NEVER]]),
    }
    told = course(gone).fates()
    assert told.rows() == [(1, True, 8.0, 15.0), (2, False, 9.0, None)]
    # nothing is known of a course that failed
    assert course(gone, failed=(True, False)).fates().rows()[0] == (1, None, None, None)


def test_death_from_toxicity_is_read_where_the_course_stopped():
    # expected: by hand; what never comes is infinite
    day = np.array([[NEVER, 9.5, np.nan], [NEVER, NEVER, NEVER]])
    assert course({"toxicity_death_day": day}, stop=(1, 2)).toxicity_death_day.tolist() == [9.5, np.inf]


def test_the_sample_ends_where_a_course_ends():
    # expected: one row a check that was reached, of the patients numbered 1 to n
    told = course({"temperature": np.array([[37.0, 38.0, np.nan], [36.0, 36.5, 37.0]])})
    assert told.sample(1).rows() == [(1, 0.0, 37.0), (1, 10.0, 38.0)]
    assert told.sample(2).height == 5
    assert told.sample(0).is_empty()


def test_what_never_came_is_empty_in_the_sample():
    # expected: by hand; a drug first given on day 10, to patient 1; patient 2 never had it and keeps the clone
    days = np.stack([DAYS, DAYS])
    last = np.array([[-NEVER, 10.0, 10.0], [-NEVER] * 3])
    first = np.array([[NEVER, 10.0, 10.0], [NEVER] * 3])
    told = course({
        "hours_since_steroid": (days - last) * 24, "hours_since_first_steroid": (days - first) * 24,
        extinct_day(FULL): np.array([[NEVER, 8.0, 8.0], [NEVER] * 3]), "temperature": np.full((2, 3), 37.0),
        "tumour": np.full((2, 3), 5e11),
    }).sample(2)  # fmt: skip
    empty = [None, None, None]
    assert told["hours_since_steroid"].to_list() == [None, 0.0, 240.0, *empty]
    assert told["hours_since_first_steroid"].to_list() == [None, 0.0, 240.0, *empty]
    assert told[extinct_day(FULL)].to_list() == [None, 8.0, 8.0, *empty]
    assert told["temperature"].to_list() == [37.0] * 6
    assert told["tumour"].to_list() == [5e11] * 6
