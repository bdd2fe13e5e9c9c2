"""Expected values: the same run done in another way must give the same bytes; faults must say what to do."""

from __future__ import annotations

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from livingdrug.foundation.errors import BadInput, Interrupted, UnknownName
from livingdrug.trial import storage
from livingdrug.trial.result import Result
from livingdrug.trial.run import run

NOT_COMPARED = "timing.json"


def digest(folder: Path) -> dict[str, str]:
    files = [path for path in folder.iterdir() if path.is_file() and path.name != NOT_COMPARED]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def whole(trial, simulate, tmp_path) -> Path:
    """An undisturbed run of 50 patients in chunks of 10."""
    run(trial, patients=50, seed=3, simulate=simulate, out=tmp_path / "whole", chunk=10, threads=1)
    return tmp_path / "whole"


def test_same_bytes_for_any_threads_and_chunks(trial, simulate, tmp_path, whole):
    for chunk, threads in ((7, 2), (50, 1), (1000, 2)):
        place = tmp_path / f"{chunk}"
        run(trial, patients=50, seed=3, simulate=simulate, out=place, chunk=chunk, threads=threads)
        assert digest(place) == digest(whole)


def test_more_patients_change_none_of_the_first(trial, simulate):
    few = run(trial, patients=20, seed=3, simulate=simulate).patients
    many = run(trial, patients=45, seed=3, simulate=simulate, chunk=9).patients
    assert many.filter(pl.col("patient") <= 20).equals(few)


def test_frames_have_the_promised_columns_and_order(result):
    assert result.patients.columns[:4] == ["arm", "patient", "status", "age_years"]
    assert result.patients["patient"].to_list() == list(range(1, 401))
    assert result.visits.equals(result.visits.sort("patient", "day", maintain_order=True))
    assert result.courses["patient"].to_list() == list(range(1, 41))
    assert result.log.height == 0
    assert result.log.columns == ["arm", "patient", "day", "rule", "drug", "amount", "unit", "reason"]


def test_interrupted_runs_keep_what_is_done_and_resume_to_the_same_bytes(trial, simulate, tmp_path, whole):
    place = tmp_path / "stopped"
    calls = []

    def stopping(*args, **words):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return simulate(*args, **words)

    with pytest.raises(Interrupted, match="2 of 5 chunks"):
        run(trial, patients=50, seed=3, simulate=stopping, out=place, chunk=10, executor=OneAfterAnother())
    with pytest.raises(BadInput, match="unfinished"):
        Result.load(place)
    with pytest.raises(BadInput, match="resume"):
        run(trial, patients=50, seed=3, simulate=simulate, out=place)
    seen = []
    again = run(
        trial, patients=50, seed=3, simulate=simulate, out=place, resume=True,
        progress=lambda arm, stage, done, total: seen.append((arm, stage, done, total)),
    )  # fmt: skip
    assert again.timing["chunks_resumed"] == 2
    courses = [(arm, done, total) for arm, stage, done, total in seen if stage == "courses"]
    assert courses[0] == ("tisa-cel", 20, 50)
    assert courses[-1] == ("tisa-cel", 50, 50)
    assert seen[-2:] == [("", "saving", 0, 1), ("", "saving", 1, 1)]
    assert digest(place) == digest(whole)
    assert sorted(path.name for path in place.iterdir() if path.is_dir()) == []


def test_resuming_a_finished_run_returns_it(trial, whole):
    def never(*args, **words):
        raise AssertionError("simulated again")

    assert run(trial, patients=50, seed=3, simulate=never, out=whole, resume=True).patients.height == 50


@pytest.mark.parametrize(("key", "value"), [("seed", 4), ("patients", 60), ("sample", 3)])
def test_another_run_is_not_resumed(trial, simulate, whole, key, value):
    words = {"patients": 50, "seed": 3, key: value}
    told = "settings: differs in sample" if key == "sample" else f"{key}: stored"
    with pytest.raises(BadInput, match=told):
        run(trial, simulate=simulate, out=whole, resume=True, **words)


def test_an_added_endpoint_moves_no_number(trial, simulate, whole, tmp_path):
    richer = trial.model_copy(update={"endpoints": trial.endpoints[:3]})
    run(richer, patients=50, seed=3, simulate=simulate, out=tmp_path / "other")
    mine, theirs = digest(tmp_path / "other"), digest(whole)
    for name in ("trial.toml", "checksums.json"):
        assert mine.pop(name) != theirs.pop(name)
    assert mine == theirs


def test_an_added_arm_moves_no_number(trial, simulate):
    second = trial.arms[0].model_copy(update={"name": "second"})
    both = trial.model_copy(update={"arms": (*trial.arms, second)})
    alone = run(trial, patients=30, seed=3, simulate=simulate)
    paired = run(both, patients=30, seed=3, simulate=simulate, chunk=8)
    assert paired.arms == ("tisa-cel", "second")
    assert paired.patients.filter(pl.col("arm") == "tisa-cel").equals(alone.patients)
    assert paired.endpoint("os").paired()["difference"].to_list() == [0.0] * len(paired.endpoint("os").record.at)
    only = run(both, patients=30, seed=3, simulate=simulate, arms=["second"])
    assert only.patients.equals(paired.patients.filter(pl.col("arm") == "second"))


def test_failed_patients_are_reported_not_dropped(trial, simulate):
    sentence = "the step became too small near day 4"

    def failing(*args, **words):
        frames = simulate(*args, **words)
        bad = pl.col("patient").is_in([17, 23])
        status = pl.when(bad).then(pl.lit(sentence)).otherwise("course_status").alias("course_status")
        return {**frames, "exits": frames["exits"].with_columns(status)}

    found = run(trial, patients=30, seed=3, simulate=failing, chunk=8)
    assert found.failed["patient"].to_list() == [17, 23]
    assert found.patients.height == 30
    assert "2 of 30 courses did not finish (patients 17, 23: the step" in found.notes()[0]
    assert "2 failed" in repr(found)
    assert found.endpoint("infused").patients.height == 28


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"patients": 0}, "patients: got 0"),
        ({"patients": 2.5}, "whole number"),
        ({"seed": -1}, "seed: got -1"),
        ({"threads": 0}, "threads: got 0"),
        ({"chunk": 0}, "chunk: got 0"),
        ({"arms": []}, "no arm"),
        ({"arms": ["tisa-sel"]}, "Did you mean"),
        ({"resume": True}, "needs the folder"),
    ],
)
def test_bad_numbers_stop_at_the_door(trial, simulate, words, expected):
    with pytest.raises(BadInput, match=expected):
        run(trial, simulate=simulate, **words)


def test_an_endpoint_that_needs_what_nobody_has_stops_before_the_simulation(trial, tmp_path):
    from livingdrug.catalog.load import Catalog
    from livingdrug.catalog.records.trial import EndpointUse

    (tmp_path / "endpoint").mkdir()
    (tmp_path / "endpoint" / "size.toml").write_text(
        'title = "Size"\ndefinition = "Tumour size at day 28."\nkind = "quantity"\nvalue = "tumour_size"\nsource = "none"\n'
    )
    wanting = trial.model_copy(update={"endpoints": (EndpointUse(id="size"),)})
    with pytest.raises(UnknownName, match="tumour_size"):
        run(wanting, patients=5, catalog=Catalog([tmp_path]), simulate=None)


def test_a_file_in_place_of_the_folder(trial, simulate, tmp_path):
    (tmp_path / "file").write_text("here first")
    with pytest.raises(BadInput, match="is a file"):
        run(trial, patients=5, simulate=simulate, out=tmp_path / "file")
    with pytest.raises(BadInput, match="not a folder"):
        run(trial, patients=5, simulate=simulate, out=tmp_path / "file" / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written(trial, simulate, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="permission denied"):
        run(trial, patients=5, simulate=simulate, out=tmp_path / "run")
    tmp_path.chmod(0o700)


def test_a_full_disk_leaves_whole_chunks_and_can_be_resumed(trial, simulate, tmp_path, whole, monkeypatch):
    place, written = tmp_path / "full", []
    real = os.fsync

    def full(descriptor):
        written.append(1)
        if len(written) > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(BadInput, match="the disk is full") as problem:
        run(trial, patients=50, seed=3, simulate=simulate, out=place, chunk=10, threads=1)
    assert "--resume" in str(problem.value)
    assert not [path for path in place.rglob("*") if path.name.endswith(".part")]
    monkeypatch.setattr(storage.os, "fsync", real)
    run(trial, patients=50, seed=3, simulate=simulate, out=place, chunk=10, resume=True)
    assert digest(place) == digest(whole)


def test_a_fault_inside_a_chunk_says_which(trial, simulate):
    def broken(*args, **words):
        raise ZeroDivisionError("boom")

    with pytest.raises(ZeroDivisionError) as problem:
        run(trial, patients=5, simulate=broken)
    assert problem.value.__notes__ == ["in arm tisa-cel, patients 1 to 5"]


class OneAfterAnother(ThreadPoolExecutor):
    """Runs each job when its result is asked for, in the caller's thread: Ctrl-C arrives at a known moment."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)

    def submit(self, function, /, *args, **words):  # type: ignore[override]
        from concurrent.futures import Future

        class Late(Future):
            def result(self, timeout=None):
                return function(*args, **words)

            def exception(self, timeout=None):
                return KeyboardInterrupt()

        late = Late()
        late.set_result(None)
        return late


def test_progress_counts_every_stage_of_every_arm(trial, simulate):
    """By hand: two arms of 25 in chunks of 10; each stage goes 0, 10, 20, 25 in some order of chunks, then one saving."""
    second = trial.arms[0].model_copy(update={"name": "second"})
    both = trial.model_copy(update={"arms": (*trial.arms, second)})
    seen = []
    run(both, patients=25, seed=3, simulate=simulate, chunk=10, progress=lambda *told: seen.append(told))
    for arm in ("tisa-cel", "second"):
        for stage in ("cohort", "making", "courses", "visits"):
            done = [n for a, s, n, total in seen if (a, s, total) == (arm, stage, 25)]
            assert done[0] == 0
            assert done[-1] == 25
            assert done == sorted(set(done))
            assert len(done) == 4
    assert seen[-1] == ("", "saving", 1, 1)
