"""The published numbers typed a second time, by hand, from the table of trial results; the two must agree."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog

with (Path(__file__).parent / "second_reading.csv").open(encoding="utf-8") as lines:
    ROWS = [tuple(row.values()) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("trial", "endpoint", "at", "n", "value"), ROWS)
def test_the_second_reading_agrees(trial, endpoint, at, n, value):
    found = Catalog().load("evidence", trial).of(endpoint, at)
    values = [row.value for row in found if not n or row.n == int(n)]
    digits = len(value.split(".")[1]) if "." in value else 0
    # a share worked out from its count may carry more digits than were printed
    assert float(value) in [row if row == float(value) else round(row, digits) for row in values]


def test_every_trial_with_published_rows_is_read_twice():
    catalog = Catalog()
    assert {row[0] for row in ROWS} >= set(catalog.names("evidence"))
