"""Expected: the promises of docs/architecture.md: a section, an endpoint, a scale and a drug are files, and are told without any code."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import polars as pl
import pytest
from rich.console import Console

from livingdrug.catalog.load import HERE, Catalog
from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.catalog.records.evidence import Published
from livingdrug.catalog.records.trial import EndpointUse
from livingdrug.reports import sections
from livingdrug.reports.comparison import compare
from livingdrug.reports.html import open_source, render, section_files
from livingdrug.reports.terminal import summary

SECTION = """
from livingdrug.reports.page import Note, Section
ORDER = {order}
def section(source):
    return {what}
"""
TITLE = "Days until nothing is left of it"
ENDPOINT = f'''
title = "{TITLE}"
definition = "Whatever, among everybody infused."
short = "Nothing left"
kind = "proportion"
card = 15
success = "responded_3mo"
source = "own: made up"
'''


def test_a_section_is_one_file(result, tmp_path, monkeypatch):
    told = "Section('moon', 'The moon', '', (Note('It is full.'),))"
    (tmp_path / "moon.py").write_text(SECTION.format(order=35, what=told), encoding="utf-8")
    (tmp_path / "nothing.py").write_text(SECTION.format(order=36, what="None"), encoding="utf-8")
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    page = render(result)
    # between the sections of orders 30 and 40, with its number, and the one that has nothing to say takes none
    for number, name in ((4, "Cellular kinetics"), (5, "The moon"), (6, "Survival")):
        assert f'<span class="number">{number}</span>{name}' in page
    assert "It is full." in page


def test_sections_have_orders_of_their_own():
    orders = [module.ORDER for module in section_files()]
    assert orders == sorted(set(orders))


@pytest.fixture
def own(result, tmp_path):
    """The synthetic run with an endpoint of one's own that its trial asks for, and a published number of it."""
    (tmp_path / "endpoint").mkdir()
    (tmp_path / "endpoint" / "nothing_left.toml").write_text(ENDPOINT, encoding="utf-8")
    uses = (*result.trial.endpoints, EndpointUse(id="nothing_left"))
    return replace(result, trial=result.trial.model_copy(update={"endpoints": uses}), catalog=Catalog([tmp_path]))


def test_an_endpoint_is_one_file(own):
    source = open_source(own)
    row = Published(
        endpoint="nothing_left", value=50, unit="percent", n=10, source="made up", status="read", use="comparison"
    )
    assert source.evidence is not None
    evidence = source.evidence.model_copy(update={"results": (*source.evidence.results, row)})
    compared = [c for c in compare(replace(source, evidence=evidence, asked={}))[0] if c.row is row]
    assert [(c.group, c.short) for c in compared] == [(GROUPS["other"], "Nothing left")]
    page = render(own)
    assert f'<th scope="row">{TITLE}</th>' in page  # a table
    assert "<dt>Nothing left</dt>" in page  # a card
    screen = Console(file=StringIO(), width=100)
    screen.print(summary(own))
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "Nothing left" in shown


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_a_place_in_the_report(own, group, tmp_path):
    (tmp_path / "endpoint" / "nothing_left.toml").write_text(ENDPOINT + f'group = "{group}"\n', encoding="utf-8")
    assert f'<th scope="row">{TITLE}</th>' in render(own)


def test_every_scale_and_drug_of_a_run_is_drawn_and_told(frames, make_result):
    """Grades on a scale and doses of a drug that no code knows: the titles are those of their files."""
    catalog = Catalog()
    scale, drug = "iec_hs", "siltuximab"
    one = frames["grades"].filter(pl.col("scale") == "crs_penn").with_columns(scale=pl.lit(scale))
    log = frames["log"].with_columns(drug=pl.lit(drug))
    changed = {"grades": pl.concat([frames["grades"], one]), "log": pl.concat([frames["log"], log])}
    page = re.sub(r"</?span[^>]*>", "", render(make_result({**frames, **changed})))
    assert f"<h3>{catalog.load('scale', scale).title}</h3>" in page
    assert f'<th scope="row">{catalog.load("drug", drug).title}</th>' in page


def test_headline_flow_and_table_are_one_definition(frames, make_result):
    """By hand: the infused with a first response day are the responders of the sentence, the river and the table of best responses."""
    result = make_result(frames)
    infused = frames["patients"].filter(pl.col("status") == "infused")
    n = infused["first_response_day"].drop_nulls().len()
    share = f"{100 * n / infused.height:.0f}"
    page = render(result).replace("\u00a0", " ")
    assert f"{share} % of them responded (CR or CRi, by 3 months, kept for at least 28 days)" in page
    assert f"CR or CRi {share}%" in repr(result)
    assert "Responded: CR or CRi" in page
    assert f"{infused.height - n:,} no remission" in page
    best = infused.filter(pl.col("best_response").is_in(["CR", "CRi"])).height
    assert best == n


class Words(HTMLParser):
    """What a reader sees or hears: text outside style and script, names of figures and readings."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.silent = False

    def handle_starttag(self, tag, attrs):
        self.silent = tag in ("style", "script")
        self.told += [value for name, value in attrs if name in ("aria-label", "data-tip")]

    def handle_data(self, data):
        if not self.silent:
            self.told.append(data)


def test_words_of_another_disease_do_not_appear(frames, make_result):
    """A lymphoma trial speaks of response and progression; remission, blasts and CRi are leukaemia's."""
    patients = frames["patients"].with_columns(pl.col("best_response").replace({"CRi": "PR", "NR": "SD"}))
    run = make_result({**frames, "patients": patients})
    words = Words()
    words.feed(
        render(replace(run, trial=Catalog().load("trial", "juliet"), manifest={"arms": ["tisa-cel"]}), published=False)
    )
    for word in ("remission", "CRi", "leukaemia"):
        assert [text for text in words.told if word.lower() in text.lower()] == [], word


def test_endpoints_that_ship_say_where_they_are_told():
    catalog = Catalog()
    for name in sorted(path.stem for path in (HERE / "endpoint").glob("*.toml")):
        record = catalog.load("endpoint", name)
        assert record.group != "other", name
        assert record.short, name
        assert len(record.short) <= 42, name
