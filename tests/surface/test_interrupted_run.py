"""Expected values: the bytes of the same run, uninterrupted. Ctrl-C is sent as a person's terminal sends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest


def frames(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted([*folder.glob("*.parquet"), folder / "manifest.json"])}


Command = Callable[..., subprocess.CompletedProcess[str]]


def chunks(folder: Path) -> list[Path]:
    """Finished chunks: each is a folder that appears whole."""
    return [path for path in folder.glob("chunks/*") if path.is_dir() and not path.name.startswith(".")]


def test_resume_after_ctrl_c_gives_the_same_bytes(
    finished: Path, tmp_path: Path, livingdrug: Command, small_run: tuple[str, ...]
) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "livingdrug", *small_run, "--threads", "1", "-o", str(out)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ}
    )
    deadline = time.monotonic() + 300
    while process.poll() is None and not chunks(out) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    if process.returncode == 0:
        pytest.fail("the run was over before it could be interrupted: make it longer")
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "--resume" in err
    assert not (out / "patients.parquet").exists()
    kept = len(chunks(out))
    assert kept >= 1

    done = livingdrug(*small_run, "--threads", "2", "-o", out, "--resume")
    assert done.returncode == 0, done.stderr
    assert frames(out) == frames(finished)


def test_resume_refuses_another_run(finished: Path, livingdrug: Command, small_run: tuple[str, ...]) -> None:
    before = frames(finished)
    other = [*small_run]
    other[other.index("--seed") + 1] = "8"
    done = livingdrug(*other, "-o", finished, "--resume")
    assert done.returncode == 2, done.stderr
    assert "seed" in done.stderr
    assert "Traceback" not in done.stderr
    assert frames(finished) == before


def test_a_reader_that_stops_listening_is_no_error(finished: Path) -> None:
    """`livingdrug … | head -1` ends quietly."""
    command = f"{sys.executable} -m livingdrug endpoints {finished} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0
    assert done.stderr == ""
