"""Comparisons of policies. Expected: equal runs differ in nothing; counts and shares by hand from the run's own frames."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import livingdrug as ld
from livingdrug.catalog.load import HERE, Catalog
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.trial.compare import compare, run_policies

OPTIONS = {"patients": 60, "seed": 7, "sample": 0, "threads": 1}
NEVER = """
title = "Rules that never fire"
source = "made for this test"
status = "own"
extends = "no_treatment"

[[rule]]
id = "{drug}_never"
drug = "{drug}"
when = "temperature >= 50"
dose = {{ fixed = "100 mg" }}
reason = "hot"
source = "made for this test"
status = "own"

[limit.{drug}]
min_interval = "8 hour"
source = "made for this test"
status = "own"
"""


@pytest.fixture(scope="module")
def two():
    policies = ["kymriah_label_2018", "tocilizumab_day_2"]
    return run_policies(ld.load_trial("eliana"), policies, **OPTIONS)


@pytest.mark.parametrize("drug", ["tocilizumab", "anakinra"])
def test_a_policy_that_does_nothing_equals_no_policy(tmp_path, drug):
    """Bitwise: rules that never fire leave every frame as it is without rules, also when their drug brings equations."""
    path = tmp_path / "never.toml"
    path.write_text(NEVER.format(drug=drug), encoding="utf-8")
    result = run_policies(ld.load_trial("eliana"), ["no_treatment", str(path)], **{**OPTIONS, "sample": 20})
    for name, frame in result.frames.items():
        sides = [frame.filter(pl.col("arm") == arm).drop("arm") for arm in ("no_treatment", "never")]
        assert sides[0].equals(sides[1]), name
    apart = compare(result).table
    assert (apart.filter(pl.col("statistic") != "ratio of geometric means")["difference"].abs() == 0).all()


def test_shares_and_doses_by_hand(two):
    """Counted from the log: everyone infused who is alive on day 2 gets the preventive dose."""
    found = compare(two, endpoints=["tocilizumab_use", "efs"])
    row = found.row("doses_tocilizumab")
    infused = two.patients.filter((pl.col("arm") == "kymriah_label_2018") & (pl.col("status") == "infused")).height
    counts = dict(two.log.filter(pl.col("drug") == "tocilizumab").group_by("arm").len().rows())
    assert row["n_pairs"] == found.n_pairs == infused
    assert row["reference_value"] == pytest.approx(counts.get("kymriah_label_2018", 0) / infused)
    assert row["policy_value"] == pytest.approx(counts["tocilizumab_day_2"] / infused)
    assert row["difference"] == pytest.approx(row["policy_value"] - row["reference_value"])
    assert found.row("tocilizumab_use")["policy_value"] > 0.95
    first = two.log.filter(pl.col("rule") == "tocilizumab_prevention")
    assert first["day"].unique().to_list() == [2.0]
    curve = two.endpoint("efs")
    for side, arm in (("reference_value", "kymriah_label_2018"), ("policy_value", "tocilizumab_day_2")):
        assert found.row("efs", time=12.0)[side] == pytest.approx(
            curve.at([12.0], "month").filter(pl.col("arm") == arm)["estimate"][0]
        )


def test_days_of_toxicity_by_hand(two):
    """Counted from the grades frame of the whole run."""
    found = compare(two, endpoints=[]).row("days_crs_astct_grade_2")
    bad = two.grades.filter((pl.col("scale") == "crs_astct") & (pl.col("grade") >= 2))
    days = dict(bad.group_by("arm").len().rows())
    assert found["reference_value"] * found["n_pairs"] == pytest.approx(days["kymriah_label_2018"])
    assert found["policy_value"] * found["n_pairs"] == pytest.approx(days["tocilizumab_day_2"])


def test_two_finished_runs_are_compared(two, tmp_path):
    """The same numbers as from one run of two arms, up to the integrator's steps (none here: same drugs, same model)."""
    runs = []
    for arm in two.arms:
        frames = {name: frame.filter(pl.col("arm") == arm) for name, frame in two.frames.items()}
        alone = ld.Result(two.trial, {**two.manifest, "arms": [arm]}, frames)
        runs.append(ld.Result.load(alone.save(tmp_path / arm)))
    assert compare(*runs).table.drop("policy", "reference").equals(compare(two).table.drop("policy", "reference"))
    assert compare(*runs).policies == two.arms


def test_saved_as_json_and_parquet(two, tmp_path):
    folder = compare(two).save(tmp_path / "out")
    told = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    assert told["notice"] == "Simulation; not for patient care."
    assert len(told["differences"]) == pl.read_parquet(folder / "compare.parquet").height > 40


def test_other_patients_are_refused(two):
    other = ld.run("eliana", **{**OPTIONS, "seed": 8, "patients": 10})
    with pytest.raises(BadInput, match="do not hold the same patients"):
        compare(two, other)
    with pytest.raises(BadInput, match="got one arm"):
        compare(other)
    with pytest.raises(UnknownName):
        compare(two, endpoints=["nonsense"])
    with pytest.raises(UnknownName):
        compare(two).row("nonsense")
    with pytest.raises(BadInput, match="each of its own name"):
        run_policies(ld.load_trial("eliana"), ["asco_2021", "asco_2021"])


def test_a_policy_beside_the_trial_file(tmp_path):
    """A relative path in a trial file is counted from that file; the run's manifest holds the policy's hash."""
    text = (HERE / "trial" / "eliana.toml").read_text(encoding="utf-8")
    text = text.replace('guideline = "kymriah_label_2018"', 'guideline = "./mine.toml"')
    (tmp_path / "mine.toml").write_text(NEVER.format(drug="siltuximab"), encoding="utf-8")
    (tmp_path / "trial.toml").write_text(text.replace('role = "calibration"', 'role = "design"'), encoding="utf-8")
    trial = ld.load_trial(tmp_path / "trial.toml")
    assert Catalog().load("guideline", trial.arms[0].management.guideline).drugs == ("siltuximab",)
    result = ld.run(trial, **{**OPTIONS, "patients": 4})
    assert "guideline/mine" in result.manifest["catalog"]
    assert "drug/siltuximab" in result.manifest["catalog"]
    assert np.isin(["siltuximab"], result.log["drug"].to_list()).sum() == 0
    out = run_policies(trial, ["no_treatment"], **{**OPTIONS, "patients": 4, "out": tmp_path / "run"})
    assert (tmp_path / "run" / "guideline" / "mine.toml").is_file()
    assert out.arms == ("mine", "no_treatment")
