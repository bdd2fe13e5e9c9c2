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
    assert set(catalog.names("evidence")) == {row[0] for row in ROWS}


ONCE = {
    "allo_715_myeloma": {"gvhd_any"},
    "ctx110_lymphoma": {
        "lugano_orr",
        "lugano_cr",
        "crs_any_astct",
        "crs_severe_astct",
        "icans_severe",
        "gvhd_any",
    },
    "gd2_midline_glioma": {"os_from_diagnosis"},
}
"""Of scenarios: rows that nobody has found again; all of them recalled, and nothing is fitted to them."""


def test_of_scenarios_only_recalled_rows_are_read_once():
    catalog = Catalog()
    twice = {(trial, endpoint) for trial, endpoint, *_ in ROWS}
    for name, endpoints in ONCE.items():
        rows = catalog.load("evidence", name).results
        assert not [row for row in rows if row.use == "calibration"], name
        assert {row.endpoint for row in rows if row.status == "unverified"} == endpoints, name
        assert not [row for row in rows if row.status == "read" and (name, row.endpoint) not in twice], name
