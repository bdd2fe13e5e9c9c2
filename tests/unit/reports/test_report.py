"""The report is whole, self-contained, and says what is missing instead of failing."""

from __future__ import annotations

import errno
import re
import xml.etree.ElementTree as xml
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.reports import sections
from livingdrug.reports.html import render, write_report

SECTIONS = [
    "flow", "waiting", "patients", "kinetics", "survival", "response", "toxicity", "swimmer", "b-cells", "marrow", "laboratory",
    "calibration", "patient", "provenance",
]  # fmt: skip
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """Open and close tags, ids and everything that could ask a host for something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sections: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.sections.append(values["id"])
        self.fetched += [values[k] for k in ("src", "srcset", "xlink:href", "action") if k in values]
        if tag == "link":
            self.fetched.append(values["href"])

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(result) -> str:
    return render(result)


def test_page_has_every_section_in_order_and_closes_every_tag(page):
    """The order is the specification's; the parser is the standard library's."""
    outline = Outline()
    outline.feed(page)
    assert outline.sections == SECTIONS
    assert outline.open == []


def test_page_asks_no_host_for_anything(page):
    """Nothing is loaded: no script, style, image or font address outside the file; a policy forbids it as well."""
    outline = Outline()
    outline.feed(page)
    assert all(address.startswith("data:") for address in outline.fetched)
    assert "url(" not in page
    assert "@import" not in page


def test_every_drawing_is_sound_xml_with_a_name_and_no_nan(page):
    """Well-formed by the standard library's parser; drawings without a name are silent to a screen reader."""
    drawings = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(drawings) > 30
    for drawing in drawings:
        root = xml.fromstring(drawing.replace("\u00a0", " "))
        assert root.get("aria-label") or root.get("aria-hidden") == "true"
        assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', re.sub(r'data-tip="[^"]*"|aria-label="[^"]*"', "", drawing))


def test_says_that_it_is_a_simulation(page):
    """The house rule for every surface."""
    assert page.count("Simulation; not for patient care") >= 2


def test_published_value_stands_beside_the_simulation(page, result):
    """ELIANA's primary result: 61 of 75, 81 % (71 to 89), Maude et al. 2018."""
    words = '81\u00a0% (<span class="whole">71–89</span>)<small>61 of 75</small>'  # unbreakable, so that a narrow table keeps it together
    assert words in page
    assert words not in render(result, published=False)


@pytest.mark.parametrize("gone", ["patients", "visits", "grades", "events", "log", "courses", "failed"])
def test_a_missing_frame_costs_its_sections_not_the_report(frames, make_result, gone):
    """Sections stay, because a reader must see that something is missing; only measurements beyond them may vanish."""
    outline = Outline()
    outline.feed(render(make_result({**frames, gone: pl.DataFrame()})))
    assert [*outline.sections] == [
        name
        for name in SECTIONS
        if (name != "laboratory" or gone not in ("visits", "patients")) and (name != "waiting" or gone != "patients")
    ]


def test_an_empty_run_gives_a_report(make_result, frames):
    """Nobody enrolled: every frame has its columns and no rows."""
    page = render(make_result({name: frame.head(0) for name, frame in frames.items()}))
    assert "This run has no patients" in page


def test_nobody_infused_gives_a_report(make_result, frames):
    """Every product failed: outcomes are empty, the flow still stands."""
    patients = frames["patients"].filter(pl.col("status") != "infused")
    page = render(make_result({**{k: f.head(0) for k, f in frames.items()}, "patients": patients}))
    assert "no product could be made" in page


def test_missing_column_names_itself(result, tmp_path, monkeypatch):
    """A frame of another origin may lack a column: the section says which, and the others stand."""
    text = "ORDER = 1\n\ndef section(source):\n    return source.frame('grades').select('hue')\n"
    (tmp_path / "rainbow.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    outline = Outline()
    page = render(result)
    outline.feed(page)
    assert outline.sections == ["rainbow", *SECTIONS]
    assert "needs a column the run does not have" in page
    assert "hue" in page


def test_two_arms_are_both_shown(two_arms):
    """Each arm has its own line, river and lanes."""
    page = render(two_arms)
    assert "From apheresis to the end of follow-up: tisa-cel" in page
    assert "From apheresis to the end of follow-up: early" in page
    assert 'class="line s1"' in page


def test_failed_courses_are_told(frames, make_result):
    """A patient whose integration failed is reported, never dropped."""
    failed = frames["patients"].head(2).with_columns(course_status=pl.lit("step became too small near day 4"))
    assert "2 of 150 courses did not finish" in render(make_result({**frames, "failed": failed}))


def test_names_from_files_cannot_become_markup(result):
    """A trial's title is text, whatever is in it."""
    shouting = replace(result, trial=result.trial.model_copy(update={"title": "<script>alert(1)</script>"}))
    assert "<script>alert(1)" not in render(shouting)


def test_same_run_gives_the_same_bytes(result, page):
    """No times, no random ids."""
    assert render(result) == page


def test_writes_one_file_and_nothing_else(result, tmp_path):
    """Small enough to send by mail: a tenth of the patients of the demonstration."""
    path = write_report(result, tmp_path / "report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert path.stat().st_size < 1_500_000


def test_a_folder_or_a_missing_folder_is_refused(result, tmp_path):
    """Bad input, with the next step."""
    with pytest.raises(BadInput, match="folder"):
        write_report(result, tmp_path)
    with pytest.raises(BadInput, match="not there"):
        write_report(result, tmp_path / "no" / "report.html")


def test_full_disk_leaves_nothing_half_written(result, tmp_path, monkeypatch):
    """The system's own error for a full disk, ENOSPC."""
    old = tmp_path / "report.html"
    old.write_text("the old report")

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BadInput, match="disk is full"):
        write_report(result, old)
    assert old.read_text(encoding="utf-8") == "the old report"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_report_shows_what_its_trial_asks_for():
    """Expected: the trial's own list of endpoints; a trial without one asks for every endpoint."""
    from types import SimpleNamespace

    from livingdrug.catalog.load import load_trial
    from livingdrug.reports.source import Source

    lymphoma = Source(SimpleNamespace(trial=load_trial("juliet")))  # type: ignore[arg-type]
    assert lymphoma.planned("lugano_orr")
    assert not lymphoma.planned("cr_cri_3mo")
    assert Source(SimpleNamespace(trial=SimpleNamespace(endpoints=()))).planned("cr_cri_3mo")


def test_a_story_speaks_of_its_own_disease():
    """Expected: the words of the disease and product files."""
    from livingdrug.catalog.load import default_catalog, load_trial
    from livingdrug.reports.setting import setting

    catalog = default_catalog()
    for trial, arm, malignancy, antigen in (
        ("cartitude_1", "cilta-cel", "myeloma", "BCMA"),
        ("juliet", "tisa-cel", "lymphoma", "CD19"),
    ):
        words = setting(load_trial(trial), arm, catalog)
        assert (words.malignancy, words.antigen) == (malignancy, antigen)
        assert [scale.id for scale in words.scales] == list(load_trial(trial).scales)


def test_what_scrolls_and_what_is_asked_has_a_name_of_its_own(page):
    # WCAG 2.2, 1.3.1 and 2.4.6: landmarks of one sort are told apart, no heading of a column is blank
    names = re.findall(r'role="region" aria-label="([^"]*)"', page)
    assert all(names)
    assert len(names) == len(set(names))
    assert '<th scope="col"></th>' not in page


def test_a_short_end_of_a_word_stays_with_it_in_headings(two_arms):
    # arms are called as their products: "axi-" at the end of a line tells nothing
    text = render(two_arms)
    assert ".whole { white-space: nowrap; }" in text
    headings = re.findall(r"<h[13][^>]*>(.*?)</h[13]>", text)
    loose = [re.sub(r'<span class="whole">.*?</span>', "", heading) for heading in headings]
    assert any(heading != rest for heading, rest in zip(headings, loose, strict=True))
    assert not [rest for rest in loose if re.search(r"\w-\w{1,4}\b", rest)]
    # what is copied, or searched for, holds no letter that is not seen
    assert not re.search("[\u200b\u2060\ufeff]", text)
