"""Expected values: another program (libRoadRunner) reads what we export; the manifest says what was run; JSON is JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def infused(finished: Path) -> int:
    """The first infused patient of the small run."""
    patients = pl.read_parquet(finished / "patients.parquet")
    return int(patients.filter(pl.col("status") == "infused")["patient"].min())  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def never_infused(finished: Path) -> int:
    patients = pl.read_parquet(finished / "patients.parquet")
    return int(patients.filter(pl.col("status") != "infused")["patient"].min())  # type: ignore[arg-type]


def test_a_patient_as_sbml_follows_the_course_of_the_run(
    finished: Path, infused: int, tmp_path: Path, livingdrug: Command
) -> None:
    roadrunner = pytest.importorskip("roadrunner")
    path = tmp_path / "patient.xml"
    done = livingdrug("export", "sbml", "eliana", "--patient", str(infused), "--seed", "7", "-o", path)
    assert done.returncode == 0, done.stderr
    machine = roadrunner.RoadRunner(str(path))
    machine.integrator.relative_tolerance, machine.integrator.absolute_tolerance = 1e-10, 1e-10
    first = machine.getValue("time_offset")
    course = pl.read_parquet(finished / "courses.parquet").filter(pl.col("patient") == infused).sort("day")
    # Until the first rule of the clinic fires, both are the same equations.
    log = pl.read_parquet(finished / "log.parquet").filter(
        (pl.col("patient") == infused) & (pl.col("rule") != "planned")
    )
    until = min(3.0, float(log["day"].min() or 3.0))  # type: ignore[arg-type]
    days = course.filter(pl.col("day") <= until)["day"]
    assert days[0] == first
    names = ["tumour_positive", "fludarabine_central"]
    simulated = machine.simulate(times=[float(day) - first for day in days], selections=["time", *names])
    ours = course.filter(pl.col("day") <= until)
    # Recorded before a dose given at the same moment, so moments of dosing are compared on the day after.
    for column, name in enumerate(names, start=1):
        here, there = ours[name].to_numpy()[-1], simulated[-1, column]
        # Our tolerance is 1e-4 a step; a few hundred steps may add up.
        assert here == pytest.approx(there, rel=1e-2, abs=1e-3), name


def test_a_patient_who_got_no_cells_has_a_story_but_no_course(
    never_infused: int, tmp_path: Path, livingdrug: Command
) -> None:
    told = livingdrug("patient", "eliana", "--patient", str(never_infused), "--seed", "7", "--plot")
    assert told.returncode == 0, told.stderr
    assert "cells were never given" in told.stdout
    path = tmp_path / "patient.xml"
    refused = livingdrug("export", "sbml", "eliana", "--patient", str(never_infused), "--seed", "7", "-o", path)
    assert refused.returncode == 2
    assert "never infused" in refused.stderr
    assert not path.exists()


def test_a_patient_is_the_same_alone_and_in_the_run(finished: Path, infused: int, livingdrug: Command) -> None:
    patients = pl.read_parquet(finished / "patients.parquet")
    age = patients.filter(pl.col("patient") == infused)["age_years"][0]
    told = livingdrug("patient", "eliana", "--patient", str(infused), "--seed", "7", "--plot")
    assert told.returncode == 0, told.stderr
    assert f"of {age:.0f} years" in told.stdout
    assert "Temperature" in told.stdout
    assert "Simulation; not for patient care" in told.stdout


def test_a_model_page_and_the_model_as_sbml(tmp_path: Path, livingdrug: Command) -> None:
    page, file = tmp_path / "model.html", tmp_path / "model.xml"
    assert livingdrug("model", "eliana", "-o", page).returncode == 0
    assert livingdrug("export", "sbml", "eliana", "-o", file).returncode == 0
    assert "not for patient care" in page.read_text(encoding="utf-8").lower()
    assert "<sbml" in file.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.html", "model.xml"]


def test_endpoints_as_json_and_on_screen(finished: Path, livingdrug: Command) -> None:
    told = json.loads(livingdrug("endpoints", finished, "--json").stdout)
    assert told["manifest"]["seed"] == 7
    assert told["manifest"]["patients"] == 12
    assert "not for patient care" in told["notice"]
    shown = livingdrug("endpoints", finished).stdout
    assert all(name in shown for name in told["endpoints"])


def test_a_report_of_a_finished_run(finished: Path, tmp_path: Path, livingdrug: Command) -> None:
    page = tmp_path / "page.html"
    done = livingdrug("report", finished, "-o", page)
    assert done.returncode == 0, done.stderr
    assert str(page) in done.stdout
    assert "not for patient care" in page.read_text(encoding="utf-8")


def test_show_names_every_source(livingdrug: Command) -> None:
    shown = livingdrug("show", "disease", "b_all", "--sources")
    assert shown.returncode == 0, shown.stderr
    assert "source" in shown.stdout
