"""Comparisons of policies. Expected: equal runs differ in nothing; counts and shares by hand from the run's own frames."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import livingdrug as ld
from livingdrug.catalog.load import HERE, Catalog
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.trial.compare import compare
from livingdrug.trial.independent import difference_of
from livingdrug.trial.plan_difference import between_arms, between_runs
from livingdrug.trial.same_people import run_policies

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


def test_other_patients_are_independent_groups(two):
    """Expected: each side's own estimate among all its patients, and Newcombe's hybrid interval from theirs; no pairs."""
    other = ld.run("eliana", **{**OPTIONS, "seed": 8, "patients": 10})
    found = compare(two, other, endpoints=["infused", "efs"])
    assert found.independent
    assert found.n_pairs == 0
    assert found.told()["note"].startswith("The two sides hold different people")
    row = found.row("infused")
    mine, theirs = (one.endpoint("infused", one.arms[0]).table().row(0, named=True) for one in (two, other))
    assert (row["reference_value"], row["policy_value"]) == (mine["estimate"], theirs["estimate"])
    apart = theirs["estimate"] - mine["estimate"]
    low = apart - ((theirs["estimate"] - theirs["ci_low"]) ** 2 + (mine["ci_high"] - mine["estimate"]) ** 2) ** 0.5
    assert (row["difference"], row["ci_low"]) == (pytest.approx(apart), pytest.approx(low))
    assert (row["n_pairs"], row["n_only_reference"], row["n_only_policy"]) == (None, mine["n"], theirs["n"])
    assert {one.where for one in found.plans[found.policies[1]]} >= {"run.seed", "run.patients"}


def test_the_interval_of_independent_groups_is_the_published_one():
    """Newcombe 1998 (Statistics in Medicine 17:873), table II (a), method 10: 56/70 against 48/80, 0.0524 to 0.3339."""

    def wilson(k: int, n: int) -> tuple[float, float, float]:
        z, p = 1.959964, k / n
        middle, half = (
            (p + z * z / 2 / n) / (1 + z * z / n),
            z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5 / (1 + z * z / n),
        )
        return p, middle - half, middle + half

    found = difference_of(wilson(48, 80), wilson(56, 70))
    assert [round(value, 4) for value in found] == [0.2, 0.0524, 0.3339]
    halved = difference_of(
        (4.0, 2.0, 8.0), (2.0, 1.0, 4.0), ratio=True
    )  # both a factor of two wide: sqrt(2) on the log scale
    assert halved == pytest.approx((0.5, 0.5 / 2**2**0.5, 0.5 * 2**2**0.5))


def test_the_plans_are_told_line_by_line(two):
    """By hand: the arms differ in their guideline alone; a changed follow-up is one line."""
    first, second = two.arms
    (line,) = between_arms(two.trial, first, second)
    assert (line.where, line.first) == ("arm.management.guideline", first)
    assert line.second == str(two.trial.arm(second).management.guideline)
    changed = two.trial.model_copy(update={"follow_up": "2 year"})
    lines = between_runs(two, ld.Result(changed, two.manifest, two.frames))
    assert [(one.where, one.second) for one in lines] == [("follow_up", "2 year")]
    assert between_runs(two, two) == ()


def test_nothing_to_compare_is_refused(two):
    other = ld.Result(two.trial, {**two.manifest, "arms": [two.arms[0]]}, two.frames)
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
    text = text.replace('guideline = "tisa_cel_trials"', 'guideline = "./mine.toml"')
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
