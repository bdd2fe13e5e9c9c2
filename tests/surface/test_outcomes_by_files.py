"""Expected values: counted again in the frames. The promise: outcomes, endpoints and scales are files, asked of a finished run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.reports.page import Figure
from livingdrug.reports.sections import toxicity
from livingdrug.reports.source import Source
from livingdrug.trial.result import Result
from livingdrug.trial.run import run

Command = Callable[..., subprocess.CompletedProcess[str]]
FILES = {
    "outcome/day_of_highest_of_an_assay.toml": """
        name = "day_of_highest_{quantity}"
        title = "Day of the highest {quantity}"
        definition = "First day of the highest result of this assay from infusion on."
        of = "visits"
        match = { quantity = "{quantity}" }
        days = [0, 1000000]
        reduce = "day_of_highest"
        kind = "number"
        unit = "day"
        listed = false
    """,
    "outcome/n_feverish_days.toml": """
        title = "Days with fever"
        definition = "Days on the ward on which 38 degrees were reached, within eight weeks."
        of = "ward"
        days = [0, 55]
        when = "temperature >= 38"
        reduce = "n_days"
        kind = "whole"
        absent = "none"
        unit = "day"
    """,
    "endpoint/late_ferritin.toml": """
        title = "Ferritin peaks after a week"
        definition = "Share whose highest ferritin was measured after day 7, among treated."
        kind = "proportion"
        success = "day_of_highest_ferritin_ng_per_ml > 7"
        source = "made up for a test"
    """,
    "endpoint/long_fever.toml": """
        title = "Fever of three days or more"
        definition = "Share with fever on three days or more, among treated."
        kind = "proportion"
        success = "n_feverish_days >= 3"
        source = "made up for a test"
    """,
    "endpoint/hot.toml": """
        title = "Hot by our own scale"
        definition = "Share graded 2 on our own scale, among treated."
        kind = "proportion"
        success = "heat_max >= 2"
        source = "made up for a test"
    """,
    "scale/heat.toml": """
        title = "Heat"
        toxicity = "fever"
        summary = "Fever and high fever."
        [[row]]
        grade = 1
        domain = "fever"
        condition = "temperature >= 38"
        text = "38 degrees or more"
        source = "made up for a test"
        status = "own"
        [[row]]
        grade = 2
        domain = "fever"
        condition = "temperature >= 38.5"
        text = "38.5 degrees or more"
        source = "made up for a test"
        status = "own"
    """,
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files above in a folder of one's own."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def juliet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of JULIET, by nobody who knew of those files."""
    folder = tmp_path_factory.mktemp("juliet") / "run"
    run("juliet", patients=100, seed=7, threads=1, sample=0, out=folder)
    return folder


def counted(result: Result, name: str) -> dict[int, object]:
    return dict(result.outcome(name).select("patient", name).rows())


def test_a_finished_run_answers_for_every_scale_drug_and_assay(juliet):
    """Counted again in the frames read from the folder."""
    result = Result.load(juliet)
    treated = set(result.exits["patient"])
    worst = result.grades.filter(pl.col("scale") == "crs_cartox").group_by("patient").agg(pl.col("grade").max())
    assert counted(result, "crs_cartox_max") == dict(worst.rows())
    assert set(counted(result, "crs_cartox_max")) == treated
    for drug in ("anakinra", "tocilizumab", "dexamethasone"):
        doses = dict(result.log.filter(pl.col("drug") == drug).group_by("patient").len().rows())
        assert counted(result, f"doses_{drug}") == {who: doses.get(who, 0) for who in treated}
    assert sum(counted(result, "doses_tocilizumab").values()) > 0
    ferritin = result.visits.filter(
        (pl.col("quantity") == "ferritin_ng_per_ml") & (pl.col("day") >= 0) & ~pl.col("missed")
    ).drop_nulls("value")
    peaks = dict(ferritin.group_by("patient").agg(pl.col("value").max()).rows())
    told = counted(result, "highest_ferritin_ng_per_ml")
    assert told == {who: peaks.get(who) for who in treated}
    assert any(told.values())


def test_what_a_trial_did_not_look_at_is_refused_with_the_next_step(juliet):
    # expected: not a column of zeros
    with pytest.raises(BadInput, match='measures no "m_protein_g_per_l"'):
        Result.load(juliet).outcome("highest_m_protein_g_per_l")


def test_an_outcome_an_endpoint_and_a_family_are_read_from_a_finished_run(juliet, own):
    """Counted again: the day of the highest ferritin, and the days with fever on the ward."""
    result = Result.load(juliet, catalog=Catalog([own]))
    ferritin = result.visits.filter((pl.col("quantity") == "ferritin_ng_per_ml") & (pl.col("day") >= 0)).drop_nulls(
        "value"
    )
    days = dict(
        ferritin.sort("value", "day", descending=[True, False]).group_by("patient", maintain_order=True).first()
        .select("patient", "day").rows()
    )  # fmt: skip
    told = counted(result, "day_of_highest_ferritin_ng_per_ml")
    assert {who: day for who, day in told.items() if day is not None} == days
    late = result.endpoint("late_ferritin").table().row(0, named=True)
    assert late["n_events"] == sum(day > 7 for day in days.values())
    hot = result.ward.filter((pl.col("temperature") >= 38) & (pl.col("day") < 56)).group_by("patient").len()
    n_hot = dict(hot.rows())
    assert counted(result, "n_feverish_days") == {who: n_hot.get(who, 0) for who in set(result.exits["patient"])}
    long = result.endpoint("long_fever").table().row(0, named=True)
    assert long["n_events"] == sum(n >= 3 for n in n_hot.values()) > 0
    # a family is open for other assays, too
    assert result.outcome("day_of_highest_crp_mg_per_l").height == len(set(result.exits["patient"]))


def test_the_command_line_reads_them_too(juliet, own, livingdrug: Command):
    # expected: the same number
    done = livingdrug("endpoints", juliet, "--add", "long_fever", "--catalog", own, "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)["endpoints"]["long_fever"][0]
    plain = Result.load(juliet, catalog=Catalog([own])).endpoint("long_fever").table().row(0, named=True)
    assert row["estimate"] == pytest.approx(plain["estimate"])


def test_a_scale_of_ones_own_is_graded_and_read(own):
    """By definition of the scale: grade 2 on a day is a ward day of 38.5 degrees or more; and no other frame moves."""
    catalog = Catalog([own])
    trial = catalog.load("trial", "eliana")
    mine = trial.model_copy(update={"scales": (*trial.scales, "heat")})
    result = run(mine, patients=16, seed=6, threads=1, sample=0, catalog=catalog)
    days = result.ward.filter(pl.col("temperature") >= 38.5).select("patient", "day").sort("patient", "day")
    graded = result.grades.filter((pl.col("scale") == "heat") & (pl.col("grade") == 2))
    assert graded.select("patient", "day").sort("patient", "day").rows() == days.rows()
    assert days.height > 0
    hot = set(days["patient"])
    assert result.patients.filter(pl.col("heat_max") == 2)["patient"].to_list() == sorted(hot)
    assert result.endpoint("hot").table()["n_events"].to_list() == [len(hot)]
    # it is drawn, too: the share of grade 2 on each day of the first month, as counted here
    drawn = {
        figure.title: figure
        for figure in toxicity.section(Source(result, None, catalog)).parts
        if isinstance(figure, Figure)
    }
    shown = drawn["Heat"].data
    for day, n, share in shown.select("day", "patients", "grade_2").iter_rows():
        assert share == pytest.approx(100 * graded.filter(pl.col("day") == day).height / n)
    assert shown["grade_2"].max() > 0
    assert "<svg" in drawn["Heat"].draw(600.0)
    plain = run(trial, patients=16, seed=6, threads=1, sample=0)
    for name in ("who", "visits", "ward", "events", "log", "exits", "truth"):
        assert result.frames[name].equals(plain.frames[name]), name
    with pytest.raises(BadInput, match='does not grade scale "heat"'):
        Result(trial, plain.manifest, plain.frames, catalog=catalog).endpoint("hot")


def test_run_folders_of_earlier_versions_are_refused_with_the_step_to_take(juliet, tmp_path, livingdrug: Command):
    """An earlier version kept outcomes in patients.parquet and had no who.parquet: exit 2, version, and the command to run."""
    old = tmp_path / "old"
    old.mkdir()
    for file in juliet.iterdir():
        if file.stem not in ("who", "ward", "exits", "truth", "checksums"):
            (old / file.name).write_bytes(file.read_bytes())
    told = json.loads((old / "manifest.json").read_text(encoding="utf-8"))
    (old / "manifest.json").write_text(json.dumps({**told, "livingdrug": "0.9"}), encoding="utf-8")
    done = livingdrug("endpoints", old)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    flat = " ".join(done.stderr.split())
    assert "written by livingdrug 0.9" in flat
    assert "livingdrug run" in flat
    assert "-n 100 --seed 7" in flat
