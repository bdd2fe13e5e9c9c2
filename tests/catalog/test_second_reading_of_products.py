"""What labels and regulators say of each product, typed a second time by hand from the table of products; the files must say it too.

`date` is that of an approval or a change; its fact carries it in words. A number stands alone: "5.0e6" is not found in "15.0e6".
`provenance` "recalled" must show in the fact; "accelerated" among the words, or not, tells the kind of an approval.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog

with (Path(__file__).parent / "second_reading_products.csv").open(encoding="utf-8") as lines:
    ROWS = [tuple(row.values()) for row in csv.DictReader(lines)]
FIELDS = ("generic_name", "brand", "manufacturer", "target", "costimulation", "vector")


def said(words: str, text: str) -> bool:
    """Whether every one of the words stands in the text, numbers whole, letters as they come."""
    return all(re.search(rf"(?<![\w.]){re.escape(one)}(?![\w])", text, re.IGNORECASE) for one in words.split("|"))


def in_words(day: str) -> str:
    """2017-08-30 -> 30 August 2017."""
    then = date.fromisoformat(day)
    return f"{then.day} {then:%B %Y}"


@pytest.mark.parametrize(("product", "what", "day", "words", "provenance"), ROWS)
def test_the_second_reading_agrees(product, what, day, words, provenance):
    record = Catalog().load("product", product)
    if what in FIELDS:
        assert said(words, str(getattr(record, what)).replace("_", "-"))
        return
    facts = [fact for name, fact in record.fact.items() if name.startswith(what)]
    found = [one for one in facts if said(words, one.text) and (not day or in_words(day) in one.text)]
    assert found, [one.text for one in facts]
    if what == "approval":
        assert all(("accelerated" in one.text) == ("accelerated" in words) for one in found)
    if provenance == "recalled":
        assert all(one.status == "unverified" or "recalled" in f"{one.text} {one.source} {one.where}" for one in found)


@pytest.mark.parametrize("product", sorted({row[0] for row in ROWS}))
def test_no_approval_is_told_that_was_not_read_twice(product):
    typed = {row[2] for row in ROWS if row[0] == product and row[1] == "approval"}
    told = [one for name, one in Catalog().load("product", product).fact.items() if name.startswith("approval")]
    assert len(told) == len(typed)


def test_every_product_with_a_label_is_read_twice():
    catalog = Catalog()
    with_a_brand = {name for name in catalog.names("product") if catalog.load("product", name).brand}
    assert {row[0] for row in ROWS} == with_a_brand


@pytest.mark.parametrize(
    ("words", "text", "found"), [("5.0e6", "15.0e6", False), ("1e8", "at most 1e8.", True), ("a|b", "a", False)]
)
def test_a_word_is_found_whole(words, text, found):
    # expected: by hand
    assert said(words, text) is found
