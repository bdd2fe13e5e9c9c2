"""A run too large for memory, played by a small one: what is told of it must be what is told of the run held in memory."""

from __future__ import annotations

import shutil
from dataclasses import replace

import polars as pl
import pytest

import livingdrug as ld
from livingdrug.foundation.errors import BadInput
from livingdrug.reports.html import render
from livingdrug.trial import folder, outcomes_on_disk, stored_frames
from livingdrug.trial.checksums import write_checksums
from livingdrug.trial.result import Result


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs") / "run"
    return ld.run("eliana", patients=70, seed=7, threads=1, out=place), place


@pytest.fixture
def few_in_memory(monkeypatch):
    """Frames stay on disk and are looked through in pieces that cut patients in two."""
    monkeypatch.setattr(stored_frames, "LARGE", 0)
    monkeypatch.setattr(stored_frames, "ROWS", 37)
    monkeypatch.setattr(outcomes_on_disk, "PATIENTS", 9)


def test_the_report_is_the_same_page(run, few_in_memory):
    result, place = run
    assert render(Result.load(place)) == render(result)


def test_outcomes_asked_of_the_disk_are_those_of_memory(run, few_in_memory, monkeypatch):
    result, place = run
    monkeypatch.setattr(Result, "_kept_patients", lambda self: None)  # as if the run were of an earlier version
    stored = Result.load(place)
    assert stored.frames.large
    assert stored.patients.equals(result.patients)
    for name in ("peak_il6_pg_per_ml", "doses_tocilizumab"):
        assert stored.outcome(name).equals(result.outcome(name)), name
    assert stored.table().equals(result.table())
    assert stored.events.equals(result.events)


def test_the_patients_table_that_was_written_is_read(run, few_in_memory):
    result, place = run
    stored = Result.load(place)
    kept = stored._kept_patients()
    assert kept is not None
    assert kept.equals(result.patients)


def test_other_questions_are_answered_anew(run):
    _, place = run
    stored = Result.load(place)
    asked = stored.questions
    fewer = dict(list(asked.outcomes.items())[:-1])
    vars(stored)["questions"] = replace(asked, outcomes=fewer)
    assert stored._kept_patients() is None


def test_a_frame_replaced_meanwhile_is_refused(run, few_in_memory, tmp_path):
    _, place = run
    shutil.copytree(place, tmp_path / "run")
    stored = Result.load(tmp_path / "run")
    visits = pl.read_parquet(tmp_path / "run" / "visits.parquet")
    visits.head(5).write_parquet(tmp_path / "run" / "visits.parquet")
    with pytest.raises(BadInput, match="replaced or removed since the run was loaded"):
        stored.visits  # noqa: B018 - asking is what reads
    assert stored.patients.height == 70  # what needs no visits is told still


@pytest.mark.parametrize(
    ("frame", "change", "words"),
    [
        ("grades", {"patient": 999}, "patient 999, who is not enrolled"),
        ("visits", {"arm": "nobody"}, "rows of arm 'nobody'"),
        ("log", {"drug": None}, "blank in a row"),
    ],
)
def test_a_foreign_row_far_down_is_found(run, few_in_memory, tmp_path, frame, change, words):
    """The last row, which is in the last of many pieces."""
    _, place = run
    shutil.copytree(place, tmp_path / "run")
    path = tmp_path / "run" / f"{frame}.parquet"
    rows = pl.read_parquet(path)
    last = rows.tail(1).with_columns(
        pl.lit(value, dtype=rows.schema[name]).alias(name) for name, value in change.items()
    )
    pl.concat([rows.head(-1), last]).write_parquet(path)
    write_checksums(tmp_path / "run", [*folder.TABLES, folder.TRIAL, folder.MANIFEST])
    with pytest.raises(BadInput, match=words):
        Result.load(tmp_path / "run")
