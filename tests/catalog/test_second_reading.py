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


READ_ONCE = {
    "allo_715_myeloma",
    "aml_marrow_rescue",
    "b7h3_midline_glioma",
    "b_all_first_line_chemotherapy",
    "ctx110_lymphoma",
    "gcc_cd19_colorectal",
    "gd2_midline_glioma",
    "gucy2c_colorectal",
    "ovarian_routes",
    "t_all_fratricide",
}
"""Scenarios beside which phase 1 results stand, and nothing is fitted to: read once so far."""


def test_every_trial_with_published_rows_is_read_twice():
    catalog = Catalog()
    assert set(catalog.names("evidence")) - {row[0] for row in ROWS} == READ_ONCE


def test_what_is_read_once_is_fitted_to_by_nothing():
    catalog = Catalog()
    for name in READ_ONCE:
        assert not [row for row in catalog.load("evidence", name).results if row.use == "calibration"], name
