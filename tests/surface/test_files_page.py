"""Expected values: the JSON schemas that pydantic makes of the records, which name every key that a file may have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livingdrug.catalog import keys
from livingdrug.catalog.load import Catalog

PAGE = Path(__file__).parents[2] / "docs" / "files.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_records_say() -> None:
    assert keys.page() == TEXT, "run: python -m livingdrug.catalog.keys docs/files.md"


def test_every_kind_has_a_section() -> None:
    assert set(re.findall(r"^## (\w+)$", TEXT, re.M)) == set(Catalog().kinds())


@pytest.mark.parametrize("kind", keys.kinds())
def test_every_key_is_told_with_its_meaning(kind: str) -> None:
    section = re.split(r"^## (?=\w)", TEXT, flags=re.M)
    mine = next(part for part in section if part.startswith(f"{kind}\n"))
    schema = keys.record_class(kind).model_json_schema(by_alias=True)
    tables = [schema, *(one for name, one in schema.get("$defs", {}).items() if name not in ("Quantity", "Prior"))]
    wanted = {key for table in tables for key in table.get("properties", {})} - {"id"}
    rows = {row[0]: row for row in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \| .*\|$", mine, re.M)}
    assert wanted <= rows.keys(), wanted - rows.keys()
    assert not [name for name, row in rows.items() if len(row[3]) < 5]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\(#([\w-]+)\)", TEXT))))
def test_links_lead_somewhere(link: str) -> None:
    headings = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^#+ (.*)$", TEXT, re.M)}
    assert link in headings
