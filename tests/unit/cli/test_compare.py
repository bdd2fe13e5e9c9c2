"""The compare command. Expected: what the documentation of the command promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livingdrug.cli.main import main

ROOT = Path(__file__).parents[3]
FEW = ["-n", "12", "--seed", "7"]


def test_two_policies_as_json_and_files(tmp_path, capsys):
    policies = ["--policy", "no_treatment", "--policy", "tocilizumab_day_2"]
    assert (
        main(["compare", "eliana", *policies, *FEW, "--json", "-o", str(tmp_path / "out"), "--endpoints", "efs"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["policies"] == ["no_treatment", "tocilizumab_day_2"]
    assert {"efs", "doses_tocilizumab", "days_crs_astct_grade_2"} <= {row["measure"] for row in told["differences"]}
    assert json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8")) == told
    assert main(["compare", str(tmp_path / "out"), str(tmp_path / "out")]) == 0
    assert "+0.0 points" in capsys.readouterr().out


@pytest.mark.parametrize("plan", sorted((ROOT / "examples" / "comparisons").glob("*.toml")), ids=lambda path: path.stem)
def test_example_plans_are_sound(plan):
    from livingdrug.catalog.load import default_catalog

    catalog = default_catalog()
    record = catalog.load("comparison", plan)
    assert record.trial in catalog.names("trial")
    assert set(record.policies) <= set(catalog.names("guideline"))
    assert set(record.endpoints) <= set(catalog.names("endpoint"))


def test_a_plan_is_run(capsys):
    plan = ROOT / "examples" / "comparisons" / "early_steroid.toml"
    assert main(["compare", str(plan), *FEW]) == 0
    shown = capsys.readouterr().out
    assert "early_steroid against kymriah_label_2018" in shown
    assert "Given dexamethasone" in shown
    assert "Given anakinra" not in shown


def test_example_policies_are_sound():
    from livingdrug.catalog.load import default_catalog
    from livingdrug.cli.commands.compare import _refuse_mistakes

    for path in sorted((ROOT / "examples" / "policies").glob("*.toml")):
        _refuse_mistakes(default_catalog(), str(path))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["eliana"], "Name policies with --policy"),
        (["eliana", "--policy", "asco_2012"], 'Did you mean "asco_2021"'),
        (["eliana", "--policy", "tisa_cel_trials"], "at least two"),
        (["runs/a", "runs/b", "--policy", "asco_2021"], "several runs were named"),
        (["runs/nowhere", "runs/nowhere_else"], "is not there"),
        (["./nothing.toml"], "there is no file"),
    ],
)
def test_mistakes_are_told(words, told, capsys):
    assert main(["compare", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_misspelt_sign_in_a_policy_is_told_before_anything_runs(tmp_path, capsys):
    text = (ROOT / "examples" / "policies" / "steroid_alone.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace('when = "severe and', 'when = "sevre and'), encoding="utf-8")
    assert main(["compare", "eliana", "--policy", str(tmp_path / "mine.toml")]) == 2
    assert 'Did you mean "severe"' in capsys.readouterr().err


def test_an_amount_says_what_is_compared_of_it(capsys):
    """Expected: mean or geometric mean stands with the name of every amount, and a word of a title is taken for no drug."""
    assert main(["compare", "eliana", "--policy", "no_treatment", "--policy", "tocilizumab_day_2", "-n", "6"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Lowest immunoglobulin G, mean" in shown
    assert "immunoglobulin G G" not in shown
    assert "grade 2 or more, mean" in shown
    assert "geometric mean" in shown
    assert "Infused, " not in shown  # a share needs no measure


def test_only_a_drug_or_scale_that_a_measure_is_of_is_renamed():
    from types import SimpleNamespace

    from livingdrug.catalog.load import default_catalog
    from livingdrug.trial.compare import _titled
    from livingdrug.trial.measures import _share

    result = SimpleNamespace(catalog=default_catalog())
    assert _titled(_share("igg_nadir", "Lowest immunoglobulin G", "igg < 4"), result).title == "Lowest immunoglobulin G"
    assert (
        _titled(_share("immunoglobulin_given", "Given immunoglobulin", "x >= 1"), result).title
        == "Given immunoglobulin G"
    )
