"""Intervals in words, whole or not at all. Expected: by hand."""

import math

import pytest

from livingdrug.reports.compared_rows import apart
from livingdrug.reports.words import interval


def row(difference, low, high, shown_as="amount", pairs=6, sides=(0, 0)):
    return {
        "difference": difference, "ci_low": low, "ci_high": high, "shown_as": shown_as, "n_pairs": pairs, "unit": "day",
        "n_only_reference": sides[0], "n_only_policy": sides[1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (row(0.0, None, None), ("0", "no pair differs")),
        (row(1.0, None, None, "ratio"), ("x 1", "no pair differs")),
        (row(2.0, None, None), ("+2", "all differ alike")),
        (row(2.0, None, None, pairs=1), ("+2", "one pair alone")),
        (row(2.0, None, None, pairs=None, sides=(1, 9)), ("+2", "too few")),
        (row(0.0, None, None, pairs=None, sides=(9, 9)), ("0", "nothing varies")),
        (row(0.0, -0.0, 0.0, "share"), ("+0.0 points", "+0.0 to +0.0")),
        (row(0.5, -1.0, 2.0), ("+0.5", "-1 to 2")),
        (row(0.5, math.nan, 2.0), ("+0.5", "all differ alike")),
        (row(None, None, None), ("", "")),
    ],
)
def test_a_difference_and_its_interval(given, told):
    assert apart(given) == told


def test_half_an_interval_is_none():
    assert interval(None, 1.0, str, missing="–") == interval(math.nan, 1.0, str, missing="–") == "–"
    assert interval(0.0, math.inf, "{:g}".format) == "0 to inf"
