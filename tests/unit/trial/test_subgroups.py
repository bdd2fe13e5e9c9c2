"""Subgroups of a comparison. Expected: counts by hand from the run's own rows, hazard ratios by lifelines on the rows of the class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.catalog.load import load_trial
from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.reports.compared import render_comparison
from livingdrug.reports.compared_subgroups import lines
from livingdrug.reports.html import open_source, render
from livingdrug.reports.randomised import by_subgroup, main_curve
from livingdrug.trial.compare import compare
from livingdrug.trial.result import Result
from livingdrug.trial.run import run
from livingdrug.trial.same_people import run_policies
from livingdrug.trial.subgroups import asked_for, classes

TWO = Path(__file__).parents[3] / "examples" / "design" / "two_arms.toml"
STRATA = '[design]\nkind = "randomised"\nstrata = [{ covariate = "prior_lines", above = [2] }]\n'


@pytest.fixture(scope="module")
def stratified(tmp_path_factory) -> Path:
    """A randomised run within strata, on the disk."""
    place = tmp_path_factory.mktemp("stratified")
    text = TWO.read_text(encoding="utf-8").replace('[design]\nkind = "randomised"\n', STRATA)
    assert STRATA in text
    (place / "trial.toml").write_text(text, encoding="utf-8")
    run(str(place / "trial.toml"), patients=60, seed=5, sample=0, threads=1, out=place / "run")
    return place / "run"


@pytest.fixture(scope="module")
def result(stratified) -> Result:
    return Result.load(stratified)


def test_shares_by_hand_in_a_class(result) -> None:
    found = compare(result, endpoints=["lugano_orr"], subgroups=["age_years=60", "female"])
    assert found.subgroups is not None
    one, two = result.arms
    for word, old in (("60 or less", False), ("above 60", True)):
        row = found.subgroups.filter(pl.col("subgroup").str.ends_with(word)).row(0, named=True)
        people = result.patients.filter((pl.col("age_years") > 60) == old)
        answered = people.with_columns(yes=pl.col("first_response_day").is_not_null() & (pl.col("status") == "infused"))
        share = {arm: float(answered.filter(pl.col("arm") == arm)["yes"].mean()) for arm in (one, two)}
        assert row["n"] == people.height
        assert row["n_events"] == answered["yes"].sum()
        assert row["estimate"] == pytest.approx(100 * (share[two] - share[one]))
    counted = found.subgroups.filter(pl.col("subgroup").str.starts_with("Female"))["n"].sum()
    assert counted == found.subgroups.row(0, named=True)["n"] == result.patients.height


def test_hazard_ratios_are_those_of_lifelines(result) -> None:
    found = compare(result, endpoints=["pfs"], subgroups=["prior_lines=2"])
    assert found.subgroups is not None
    row = found.subgroups.filter(pl.col("subgroup").str.contains("above 2")).row(0, named=True)
    who = result.patients.filter(pl.col("prior_lines") > 2).select("patient")
    rows = result.endpoint("pfs_enrolled").patients.join(who, on="patient", how="semi")
    frame = pl.DataFrame({
        "time": rows["time_days"], "event": (rows["cause"] == 1).cast(pl.Int64), "arm": (rows["arm"] == result.arms[1]).cast(pl.Float64),
    })  # fmt: skip
    theirs = _lifelines(frame)
    assert row["statistic"] == "hazard ratio"
    assert [row[key] for key in ("estimate", "ci_low", "ci_high")] == pytest.approx(theirs, rel=1e-4)


def _lifelines(frame: pl.DataFrame) -> list[float]:
    import pandas
    from lifelines import CoxPHFitter

    fitted = CoxPHFitter().fit(pandas.DataFrame(frame.to_dict(as_series=False)), "time", "event")
    return [
        float(np.exp(fitted.params_["arm"])),
        *(float(one) for one in np.exp(fitted.confidence_intervals_.loc["arm"])),
    ]


def test_pairs_within_a_class_by_hand() -> None:
    policies = ["kymriah_label_2018", "tocilizumab_day_2"]
    two = run_policies(load_trial("eliana"), policies, patients=40, seed=7, sample=0, threads=1)
    found = compare(two, endpoints=["tocilizumab_use"], subgroups=["age_years=12"])
    assert found.subgroups is not None
    row = found.subgroups.filter(pl.col("subgroup").str.ends_with("12 or less")).row(0, named=True)
    given = {
        arm: set(two.log.filter((pl.col("arm") == arm) & (pl.col("drug") == "tocilizumab"))["patient"])
        for arm in policies
    }
    young = two.patients.filter((pl.col("age_years") <= 12) & (pl.col("status") == "infused"))
    people = [set(young.filter(pl.col("arm") == arm)["patient"]) for arm in policies]
    both = people[0] & people[1]
    apart = (len(given[policies[1]] & both) - len(given[policies[0]] & both)) / len(both)
    assert row["n"] == len(both)
    assert row["estimate"] == pytest.approx(100 * apart)


def test_page_and_terminal_tell_every_row(result, stratified, tmp_path, capsys) -> None:
    found = compare(result, endpoints=["pfs", "lugano_orr"], subgroups=["prior_lines=2,4"])
    page = render_comparison(found)
    for _, _, number, _ in lines(found, found.policies[1]):
        assert number in page
    words = [
        "compare",
        str(stratified),
        "--subgroup",
        "age_years",
        "--endpoints",
        "pfs",
        "-o",
        str(tmp_path / "arms.html"),
    ]
    assert main(words) == 0
    assert "in subgroups" in capsys.readouterr().out


def test_the_report_has_subgroups_with_strata_and_without(result, tmp_path) -> None:
    """The forest of a run that is read again from the disk; with strata it once cost the whole section."""
    plain = run(str(TWO), patients=30, seed=5, sample=0, threads=1)
    for one, wanted in ((result, "Earlier lines of therapy: above 2"), (plain, "Women")):
        source = open_source(one)
        curve = main_curve(source)
        assert curve is not None
        groups = by_subgroup(source, curve, one.arms[1], one.arms[0])
        assert wanted in groups
        assert any(name.startswith("Age at enrolment") for name in groups)
        page = render(one)
        assert "How much the arms differ" in page
        assert "needs a column the run does not have" not in page


@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (["best_response_day"], UnknownName, "known at enrolment"),
        (["age_years=old"], BadInput, "is no number"),
        (["age_years="], BadInput, "no limit"),
        (["age_years=60,50"], BadInput, "ascend"),
        (["age_years=nan"], BadInput, "finite"),
        (["age_years=400"], BadInput, "is empty"),
    ],
)
def test_bad_subgroups_are_refused(result, words, error, told) -> None:
    with pytest.raises(error, match=told):
        asked_for(words, result)


def test_subgroups_of_different_people_are_refused() -> None:
    one, two = (run("eliana", patients=6, seed=seed, sample=0, threads=1) for seed in (1, 2))
    with pytest.raises(BadInput, match="different people"):
        compare(one, two, endpoints=["efs"], names=["a", "b"], subgroups=["age_years"])


def test_a_median_at_the_greatest_value_still_parts() -> None:
    frame = pl.DataFrame({"patient": [1, 2, 3, 4], "lines": [1, 3, 3, 3]})
    found = classes(frame, "lines")
    assert [one["patient"].to_list() for one in found.values()] == [[1], [2, 3, 4]]
