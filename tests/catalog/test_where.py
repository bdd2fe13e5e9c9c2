"""Where in its source each published number stands: rows that do not say are listed with the reason, and may only become fewer."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from livingdrug.catalog.load import Catalog

UNSEEN = tomllib.loads((Path(__file__).parent / "where_unseen.toml").read_text(encoding="utf-8"))["unseen"]
LISTED = {(one["trial"], one["source"]): one["rows"] for one in UNSEEN}


def without() -> Counter[tuple[str, str]]:
    """Rows that do not say where they stand, by trial and source."""
    catalog = Catalog()
    return Counter(
        (name, row.source)
        for name in catalog.names("evidence")
        for row in catalog.load("evidence", name).results
        if not row.where
    )


def test_no_row_more_is_without_its_place() -> None:
    # expected: the list as it was counted on 2026-11-29; a new row says where it stands
    assert {key: n for key, n in without().items() if n > LISTED.get(key, 0)} == {}


def test_the_list_holds_no_more_than_is_missing() -> None:
    # expected: a row that has found its place leaves the list, so that the number cannot grow again
    found = without()
    assert {key: n for key, n in LISTED.items() if n > found[key]} == {}


def test_every_entry_has_a_reason_and_stands_once() -> None:
    assert len(LISTED) == len(UNSEEN)
    assert all(len(one["reason"]) > 20 for one in UNSEEN)
