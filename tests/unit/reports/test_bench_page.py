"""The page of an experiment. Expected: every group, every measured number and every assumption of the file, and nothing that the page's policy forbids."""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from html import unescape

import pytest

from livingdrug.reports.bench import bench_figures, bench_page
from livingdrug.reports.sheet import sheet_text
from livingdrug.trial.bench import bench
from tests.page_policy import held


@pytest.fixture(scope="module")
def found():
    return bench("myeloma_xenograft", n=4)


def test_every_group_has_a_figure_with_what_was_measured(found):
    figures = bench_figures(found)
    assert [one.name for one in figures] == list(found.experiment.condition)
    for figure in figures:
        drawing = xml.fromstring(figure.draw(416))
        marks = [one for one in drawing.iter() if (one.get("class") or "") in ("published", "seen")]
        assert len(marks) == sum(row.measured.condition == figure.name for row in found.rows)
        assert "Scenario: calibrated on 14 mice" in sheet_text(figure, 416)
        assert figure.data is not None
        assert figure.data.columns == ["day", "median", "low", "high", "car_t"]


def test_the_page_tells_what_it_rests_on_and_runs_nothing_but_its_own(found):
    text = held(bench_page(found))
    plain = re.sub(r"</?span[^>]*>", "", unescape(text)).replace("\u00a0", " ")
    assert "scenario: calibrated on 14 mice" in plain
    for words in found.experiment.assumptions:
        assert words in plain
    assert "Simulation; not for patient care" in text
