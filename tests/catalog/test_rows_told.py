"""The list of trials tells how many published rows each has and how many were read; expected by definition, from the evidence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livingdrug.catalog.load import default_catalog

PAGE = Path(__file__).parents[2] / "docs/trials/README.md"
TOLD = re.findall(r"\| \[?`(\w+)`[^\n]*?\| (\d+), of which (\d+) read", PAGE.read_text(encoding="utf-8"))


def test_the_page_has_its_trials():
    assert len(TOLD) > 25


@pytest.mark.parametrize(("trial", "rows", "read"), TOLD, ids=lambda one: str(one))
def test_rows_are_counted_as_the_evidence_has_them(trial, rows, read):
    published = default_catalog().load("evidence", trial).results
    assert (len(published), sum(one.status == "read" for one in published)) == (int(rows), int(read))
