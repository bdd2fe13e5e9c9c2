"""Expected values: what a run wrote comes back; whatever else is in the folder is refused, with the file and the next step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.observation.frames import FRAMES
from livingdrug.trial.checksums import CHECKSUMS, write_checksums
from livingdrug.trial.folder import MANIFEST, TABLES, TRIAL
from livingdrug.trial.lock import LOCK, held
from livingdrug.trial.result import Result
from livingdrug.trial.run import run

WORDS = {"patients": 20, "chunk": 10, "seed": 3, "threads": 1}


@pytest.fixture
def folder(trial, simulate, tmp_path) -> Path:
    """A finished run."""
    run(trial, simulate=simulate, out=tmp_path / "run", **WORDS)
    return tmp_path / "run"


def stopped(trial, simulate, place: Path) -> None:
    """A run whose second chunk fails."""

    def failing(plan, patients, seed, **words):
        if patients[0] > 1:
            raise ZeroDivisionError
        return simulate(plan, patients, seed, **words)

    with pytest.raises(ZeroDivisionError):
        run(trial, simulate=failing, out=place, **WORDS)


# ── a run is not overwritten ──


@pytest.mark.parametrize("seed", [3, 4])
def test_a_finished_run_is_kept(trial, simulate, folder, seed):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(BadInput, match=r"holds a finished run(.|\n)*--force"):
        run(trial, simulate=simulate, out=folder, **{**WORDS, "seed": seed})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_force_replaces_a_run_and_its_report(trial, simulate, folder, tmp_path):
    (folder / "report.html").write_text("of the old run")
    run(trial, simulate=simulate, out=folder, force=True, **{**WORDS, "seed": 4})
    assert Result.load(folder).manifest["seed"] == 4
    assert not (folder / "report.html").exists()


def test_force_begins_an_unfinished_run_again(trial, simulate, tmp_path):
    stopped(trial, simulate, tmp_path / "run")
    run(trial, simulate=simulate, out=tmp_path / "run", force=True, **{**WORDS, "seed": 4})
    assert Result.load(tmp_path / "run").manifest["seed"] == 4
    with pytest.raises(BadInput, match="exclude each other"):
        run(trial, simulate=simulate, out=tmp_path / "run", force=True, resume=True, **WORDS)


def test_saving_over_another_run_is_refused(trial, simulate, folder):
    other = run(trial, simulate=simulate, **{**WORDS, "seed": 4})
    with pytest.raises(BadInput, match="holds a finished run"):
        other.save(folder)
    (folder / "report.html").write_text("told", encoding="utf-8")
    Result.load(folder).save(folder)  # itself, with its report
    assert (folder / "report.html").read_text(encoding="utf-8") == "told"
    other.save(folder, force=True)
    assert Result.load(folder).manifest["seed"] == 4


def test_files_of_somebody_else_are_not_overwritten(trial, simulate, tmp_path):
    (tmp_path / "events.parquet").write_bytes(b"mine")
    with pytest.raises(BadInput, match=r"events\.parquet but no manifest"):
        run(trial, simulate=simulate, out=tmp_path, **WORDS)
    (tmp_path / "events.parquet").unlink()
    (tmp_path / "chunks").mkdir()
    (tmp_path / "chunks" / "mine.txt").write_text("mine")
    for words in ({}, {"resume": True}, {"force": True}):
        with pytest.raises(BadInput, match=r"plan\.json is not there"):
            run(trial, simulate=simulate, out=tmp_path, **WORDS, **words)
    assert (tmp_path / "chunks" / "mine.txt").read_text() == "mine"


# ── the lock ──


def test_two_runs_into_one_folder(trial, simulate, tmp_path):
    (tmp_path / "run").mkdir()
    with held(tmp_path / "run"), pytest.raises(BadInput, match=rf"in use: process {os.getpid()} on .*, since 20"):
        run(trial, simulate=simulate, out=tmp_path / "run", **WORDS)
    run(trial, simulate=simulate, out=tmp_path / "run", **WORDS)
    assert not (tmp_path / "run" / LOCK).exists()


def test_the_lock_of_a_dead_process_is_taken_over(trial, simulate, tmp_path):
    """A process that dies without a word leaves its file; the system lets go of its lock."""
    code = (
        "import os, sys; from pathlib import Path; from livingdrug.trial.lock import held\n"
        "holder = held(Path(sys.argv[1])); holder.__enter__(); os._exit(9)"
    )
    (tmp_path / "run").mkdir()
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")]).returncode == 9
    assert json.loads((tmp_path / "run" / LOCK).read_text())["process"] != os.getpid()
    run(trial, simulate=simulate, out=tmp_path / "run", **WORDS)
    assert not (tmp_path / "run" / LOCK).exists()


# ── damaged and changed files ──

SPOILED = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "no end": lambda content: content[:-3],
    "one byte": lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    "text": lambda content: b"patient,day\n1,2\n",
    "absent": None,
}


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("name", [*(f"{one}.parquet" for one in FRAMES), MANIFEST, TRIAL, CHECKSUMS])
def test_a_spoiled_file_is_named(folder, name, how):
    spoil = SPOILED[how]
    if spoil is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(spoil((folder / name).read_bytes()))
    with pytest.raises(BadInput) as told:
        Result.load(folder)
    assert str(folder) in str(told.value)
    assert name in str(told.value) or CHECKSUMS in str(told.value)
    assert "\n  " in str(told.value)


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_plan_is_named_and_a_spoiled_chunk_is_computed_again(trial, simulate, folder, tmp_path, how, caplog):
    place = tmp_path / "stopped"
    stopped(trial, simulate, place)
    whole = (place / "chunks" / "plan.json").read_bytes()
    chunk = place / "chunks" / "arm00_from00000001" / "who.parquet"
    for path in (place / "chunks" / "plan.json", chunk):
        if SPOILED[how] is None:
            path.unlink()
        else:
            path.write_bytes(SPOILED[how](path.read_bytes()))
    with pytest.raises(BadInput, match=r"plan\.json"):
        run(trial, simulate=simulate, out=place, resume=True, **WORDS)
    (place / "chunks" / "plan.json").write_bytes(whole)
    run(trial, simulate=simulate, out=place, resume=True, **WORDS)
    assert "computed again" in caplog.text
    for name in TABLES:
        assert (place / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("change", [
    lambda f: f.with_columns(arm=pl.lit("placebo")), lambda f: f.with_columns(patient=pl.lit(1, dtype=pl.Int64)), lambda f: f.head(0), lambda f: f.drop("status"),
])  # fmt: skip
def test_a_chunk_changed_with_its_checksums_is_computed_again(trial, simulate, folder, tmp_path, change, caplog):
    # expected: the bytes of the same run, undisturbed
    place = tmp_path / "stopped"
    stopped(trial, simulate, place)
    chunk = place / "chunks" / "arm00_from00000001"
    change(pl.read_parquet(chunk / "who.parquet")).write_parquet(chunk / "who.parquet")
    write_checksums(chunk, [f"{name}.parquet" for name in FRAMES])
    run(trial, simulate=simulate, out=place, resume=True, **WORDS)
    assert "computed again" in caplog.text
    for name in TABLES:
        assert (place / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("visits", lambda f: f.drop("value"), r'visits\.parquet has no column "value"'),
        ("exits", lambda f: f.with_columns(pl.col("death_day").cast(pl.String)), r'exits\.parquet, column "death_day"'),
        ("who", lambda f: f.with_columns(pl.col("patient").cast(pl.Int32)), r'who\.parquet, column "patient"'),
        ("visits", lambda f: f.with_columns(arm=pl.lit("placebo")), r"visits\.parquet has rows of arm 'placebo'"),
        ("visits", lambda f: f.with_columns(patient=pl.lit(77, dtype=pl.Int64)), r"visits\.parquet has rows of patient 77"),
        ("who", lambda f: f.with_columns(patient=pl.lit(77, dtype=pl.Int64)), r"who\.parquet has rows of patient 77"),
        ("who", lambda f: pl.concat([f, f]), r"who\.parquet has somebody twice"),
        ("exits", lambda f: pl.concat([f, f]), r"exits\.parquet has somebody twice"),
        ("grades", lambda f: f.clear(1), r'grades\.parquet, column "day": blank'),
        ("exits", lambda f: f.clear(), r"exits\.parquet has no row of patient \d+, who was treated"),
        ("exits", lambda f: f.slice(1), r"exits\.parquet has no row of patient \d+, who was treated"),
        ("truth", lambda f: f.clear(), r"truth\.parquet has no row of patient \d+, who was treated"),
        ("who", lambda f: f.with_columns(status=pl.lit("withdrawn_waiting")), r"exits\.parquet has a row of patient \d+, who was not treated"),
        ("exits", lambda f: f.with_columns(last_contact_day=pl.lit(None, dtype=pl.Float64)), r'column "last_contact_day": blank for patient'),
        ("exits", lambda f: f.with_columns(course_status=pl.lit(None, dtype=pl.String)), r'column "course_status": blank'),
        ("exits", lambda f: f.with_columns(arm=pl.lit(None, dtype=pl.String)), r"exits\.parquet has rows of arm None"),
    ],
)  # fmt: skip
def test_frames_that_no_run_writes(folder, name, change, expected):
    path = folder / f"{name}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    write_checksums(folder, [*TABLES, TRIAL, MANIFEST])  # whoever changes frames can change checksums, too
    with pytest.raises(BadInput, match=expected):
        Result.load(folder)


@pytest.mark.parametrize(("key", "value"), [("arms", []), ("arms", [1]), ("arms", "tisa-cel"), ("patients", "many"), ("trial", 3)])  # fmt: skip
def test_manifests_that_no_run_writes(folder, key, value):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, key: value}))
    write_checksums(folder, [*TABLES, TRIAL, MANIFEST])
    with pytest.raises(BadInput, match=rf'manifest\.json, "{key}"'):
        Result.load(folder)


def test_a_spoiled_timing_is_named(folder):
    (folder / "timing.json").write_text('{"seconds": "long"}')
    with pytest.raises(BadInput, match=r'timing\.json, "seconds"'):
        Result.load(folder)
    (folder / "timing.json").unlink()
    assert Result.load(folder).timing == {}


# ── sizes ──


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"patients": 1_000_000_000}, r"would take about [\d,.]+ GB of memory, [\d,.]+ GB of disk and [\d,]+ days"),
        ({"patients": 10**12}, "patients: got 1,000,000,000,000, expected at most"),
        ({"patients": 100_000, "sample": 100_000}, "fewer courses"),
        ({"patients": 5000, "chunk": 100_000}, "smaller chunks"),
        ({"patients": 5, "memory_gb": 0.1}, "0.1 GB of memory are allowed"),
        ({"memory_gb": -1}, "memory_gb: got -1"),
        ({"memory_gb": float("nan")}, "memory_gb: got nan"),
        ({"threads": 1_000_000}, "threads: got 1,000,000, expected at most"),
        ({"chunk": 10**9}, "chunk: got 1,000,000,000"),
        ({"sample": 10**30}, "sample: got a number of more than 30 digits"),
        ({"seed": 2**64}, "seed: got"),
    ],
)
def test_impossible_sizes_are_refused_before_anything_is_done(trial, tmp_path, words, expected):
    def never(*args, **words):
        raise AssertionError("simulated")

    with pytest.raises(BadInput, match=expected):
        run(trial, simulate=never, out=tmp_path / "run", **words)
    assert not (tmp_path / "run").exists()


def test_a_disk_too_small_is_told_before_anything_is_done(trial, simulate, tmp_path, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage(10, 9, 1))
    with pytest.raises(BadInput, match="of disk left"):
        run(trial, simulate=simulate, out=tmp_path / "run", **WORDS)


def test_chunks_shrink_with_the_memory_and_a_long_run_is_told(trial, simulate, caplog):
    found = run(trial, simulate=simulate, patients=40, threads=64, memory_gb=4)
    assert 1 < found.timing["chunk"] < 100
    assert "This run takes" not in caplog.text
    with pytest.raises(BadInput, match="nobody simulates"):
        run(trial, simulate=refused, patients=20_000, threads=1)
    assert "This run takes about" in caplog.text


def refused(*args, **words):
    raise BadInput("nobody simulates")


def test_jobs_are_counted_and_cut_without_being_listed():
    import numpy as np

    from livingdrug.trial.chunks import Jobs

    jobs = Jobs([np.arange(1, 26), np.arange(1, 6)], 10)
    assert len(jobs) == 4
    assert [(arm, numbers[0], numbers.size) for arm, numbers in jobs] == [
        (0, 1, 10),
        (0, 11, 10),
        (0, 21, 5),
        (1, 1, 5),
    ]


@pytest.mark.parametrize(
    ("patients", "replicates", "told"),
    [(10**9, 2, "GB of memory are allowed"), (10**7, 10**4, "GB of memory are allowed"), (1000, 10**9, "GB of memory are allowed")],
)  # fmt: skip
def test_a_network_too_large_is_refused_before_anything_is_done(tmp_path, patients, replicates, told):
    from livingdrug.trial.logistics import run_logistics

    network = Catalog().load("network", Path(__file__).parents[3] / "examples" / "network.toml")
    with pytest.raises(BadInput, match=told):
        run_logistics(network, patients=patients, replicates=replicates, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
