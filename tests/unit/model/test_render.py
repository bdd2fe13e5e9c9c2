"""The model's page: whole, self-contained, and with every number's origin."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

from livingdrug.model.assemble import assemble
from livingdrug.model.fragment import Statement
from livingdrug.model.notation import equation
from livingdrug.model.render import render
from livingdrug.model.texts import texts_in
from livingdrug.model.wiring import readings, wiring_svg


class _Balanced(HTMLParser):
    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        pass


def test_page_is_whole_and_asks_nobody(small):
    # expected: every element closed; no script, image, style sheet or font from outside
    page = render(assemble("both", texts=texts_in([small()])))
    reader = _Balanced()
    reader.feed(page)
    assert reader.open == []
    assert "simulation; not for patient care" in page
    assert not re.search(r"<script|<img|<link|@import|url\((?!#)", page)
    for word in ("Growth rate", "made up for a test", "crowding", "± 0.2"):
        assert word in page


def test_wiring_is_xml_and_follows_reads(small):
    # expected: cells read drug_kill from drug
    model = assemble("both", texts=texts_in([small()]))
    assert readings(model) == {("drug", "cells"): ("drug_kill",)}
    picture = ElementTree.fromstring(wiring_svg(model))
    squares = [one for one in picture.iter("a") if one.find("rect") is not None]
    assert ["".join(one.itertext()) for one in squares] == ["cells reads from drug: drug_kill1"]


def test_equations_are_well_formed():
    # expected: MathML's own elements for each construct
    for formula, element in {
        "a/(b + c)": "mfrac",
        "(a - b)^2": "msup",
        "piecewise(1, a > 3 day, 0)": "mtable",
        "floor(a) - max(0, b)": "⌊",
        "1e-6 * sqrt(a) && !b": "msqrt",
    }.items():
        text = equation(Statement("x", False, formula, 1), {})
        ElementTree.fromstring(text.replace("&#160;", " "))
        assert element in text


def test_difference_keeps_its_brackets():
    # expected: a - (b - c) is not a - b - c
    text = re.sub(r"<[^>]+>", "", equation(Statement("x", False, "a - (b - c)", 1), {}))
    assert text == "x=a−(b−c)"
