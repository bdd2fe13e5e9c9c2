"""Every published row outside its interval has a written reason; expected by definition, from the page that lists them."""

from __future__ import annotations

import importlib
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from livingdrug.catalog.load import default_catalog

ROOT = Path(__file__).parents[2]
ENTRIES = tomllib.loads((Path(__file__).parent / "outside.toml").read_text(encoding="utf-8"))["outside"]


def _told_by(monkeypatch: pytest.MonkeyPatch, script: str, page: str):
    """A script of examples/, a page that it wrote, and the rows outside that the page lists."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    for name in ("covered_rows", "board_rows"):
        sys.modules.pop(name, None)
    told = importlib.import_module(script)
    text = (ROOT / page).read_text(encoding="utf-8")
    found = told.outside(text)
    assert len(found) > 5, "the page lists rows outside"
    return told, text, found


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch):
    return _told_by(monkeypatch, "covered_rows", "docs/coverage.md")


def test_every_row_outside_has_a_reason(rows):
    told, _, found = rows
    without = [row[:2] for row in found if told.why(row[0], row[1], float(row[4])) == "not looked into"]
    assert not without, "say why in tests/published/outside.toml"


def test_the_page_tells_the_reasons_as_they_stand(rows):
    told, page, _ = rows
    assert told.with_reasons(page) == page, "python examples/covered_rows.py reasons docs/coverage.md"


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: f"{one['trial']}-{one['row']}-{one['side']}")
def test_an_entry_is_whole(one):
    re.compile(one["row"])
    known = default_catalog()
    assert known.has("trial", one["trial"]) or known.has("association", one["trial"])
    assert one["side"] in ("above", "below")
    assert one["cause"] in ("model", "data", "stand-in", "both")
    assert len(one["reason"]) > 60, "a reason says what in the model or in the data"


def test_entries_stand_once_and_do_not_share_a_reason():
    assert len({(one["trial"], one["row"], one["side"]) for one in ENTRIES}) == len(ENTRIES)
    assert len({one["reason"] for one in ENTRIES}) == len(ENTRIES)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch):
    return _told_by(monkeypatch, "board_rows", "docs/scoreboard.md")


def test_every_row_outside_on_the_scoreboard_has_a_reason(board):
    told, _, found = board
    without = [row[:2] for row in found if row[-1] == "not looked into"]
    assert not without, "say why in tests/published/outside.toml"
    assert all(told.why(row[0], row[1], float(row[-2])) == row[-1] for row in found), (
        "python examples/board_rows.py runs/validate docs/scoreboard.md"
    )


def test_the_scoreboard_told_is_that_of_the_parameters_kept(board):
    _, page, _ = board
    kept = json.loads((ROOT / "docs/calibration/parameters/parameters.json").read_text(encoding="utf-8"))["sha256"]
    assert f"parameter set `{kept[:12]}`" in page
