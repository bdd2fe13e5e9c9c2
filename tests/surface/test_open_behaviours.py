"""Every behaviour that does not hold stands, with why and what was tried, on the page of known defects; expected from the two lists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LISTS = ("tests/science/one_biology/open.toml", "tests/science/open.toml")


def rows() -> dict[str, list[str]]:
    """Name of the test -> cells of its row."""
    left = (ROOT / "docs/mechanisms/defects.md").read_text(encoding="utf-8").partition("## Left")[2]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in left.splitlines() if "`test_" in line]
    return {found[0]: row for row in cells if (found := re.findall(r"`(test_\w+)`", row[0]))}


def test_the_page_tells_of_every_behaviour_that_does_not_hold_and_of_no_other():
    listed = {
        one["test"].partition("[")[0]
        for path in LISTS
        for one in tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["open"]
    }
    assert listed
    assert set(rows()) == listed, "docs/mechanisms/defects.md, section Left"


def test_each_says_what_was_expected_what_is_and_why():
    for name, row in rows().items():
        assert len(row) == 4, name
        assert all(row), name
        assert len(row[3]) > 80, name
