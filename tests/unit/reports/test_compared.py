"""The page of a comparison. Expected: the numbers of the comparison itself, in figures, table and plan, and nothing for absent sides."""

from __future__ import annotations

import re

import pytest

import livingdrug as ld
from livingdrug.cli.main import main
from livingdrug.reports.compared import render_comparison, write_comparison
from livingdrug.reports.compared_rows import apart, headline_rows
from livingdrug.trial.compare import compare
from livingdrug.trial.same_people import run_parameters, run_policies
from tests.page_policy import held

FEW = {"patients": 12, "seed": 7, "threads": 1}


@pytest.fixture(scope="module")
def two():
    return compare(run_policies(ld.load_trial("eliana"), ["kymriah_label_2018", "early_steroid"], **FEW, sample=0))


def test_the_page_tells_plan_differences_curves_and_measurements(two, tmp_path):
    text = held(write_comparison(two, tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "arm.management.guideline" in text
    for heading in ("What differs in the plan", "What it did", "Over time", "What was measured"):
        assert f"</span>{heading}</h2>" in text
    for row in headline_rows(two, "early_steroid"):
        for part in apart(row):
            assert part.replace(" to ", "") == "" or part in text, row["measure"]
    assert text.count("<figure") > 8
    assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", text)


def test_parameters_of_ones_own_against_the_catalogues(tmp_path):
    runs = run_parameters(ld.load_trial("eliana"), {"growth_max": "1.8 1/day"}, out=tmp_path / "kept", **FEW)
    found = compare(*runs, endpoints=["efs", "cmax"], names=["as_it_is", "changed"])
    assert not found.independent
    where = {one.where: (one.first, one.second) for one in found.plans["changed"]}
    assert where["run.settings.parameters.growth_max"] == ("–", "1.8 1/day")
    assert found.row("cmax")["difference"] < 1  # slower growth, a lower peak
    assert "growth_max" in render_comparison(found)
    assert (
        main(
            ["compare", str(tmp_path / "kept/as_it_is"), str(tmp_path / "kept/changed"), "-o", str(tmp_path / "p.html")]
        )
        == 0
    )
    assert (tmp_path / "p.html").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["eliana", "--policy", "asco_2021", "--parameter", "growth_max=2 1/day"], "together"),
        (["eliana", "--parameter", "growth_max"], "no name with a value"),
        (["eliana", "--parameter", "growth_mux=2 1/day"], "growth_max"),
        (["eliana", "--policy", "asco_2021", "-o", "nowhere/at/all.html"], "there is no folder"),
    ],
)
def test_mistakes_are_told_before_anything_runs(words, told, capsys):
    assert main(["compare", *words]) == 2
    assert told in capsys.readouterr().err
