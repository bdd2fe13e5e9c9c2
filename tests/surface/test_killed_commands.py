"""Expected values: the bytes of the same run, undisturbed. The operating system kills the command, at moments drawn by chance.

`tests/unit/trial/test_killed_runs.py` kills at every step of the file system; here the moments fall anywhere: while
patients are simulated, chunks written, frames saved, chunks cleared, the report written.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
RUN = ("run", "eliana", "-n", "60", "--chunk", "10", "--sample", "3", "--seed", "7", "--threads", "2")
NOT_COMPARED = ("timing.json", "report.html")  # both tell how long the run took


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in NOT_COMPARED}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, livingdrug: Command) -> tuple[Path, float, float]:
    """A run that nobody kills: its folder, when its first chunk was there, and when it ended [second]."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    livingdrug(*RUN, "-o", folder)  # once for caches
    began = time.monotonic()
    process = started("-o", folder, "--force")
    while process.poll() is None and not any(folder.glob("chunks/arm*")):
        time.sleep(0.01)
    first = time.monotonic() - began
    assert process.wait() == 0
    return folder, first, time.monotonic() - began


def started(*words: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "livingdrug", *RUN, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def moments(kills: int, first: float, last: float) -> Iterator[float]:
    """Seconds after which to kill: few before the first chunk, most between it and the end."""
    chance = random.Random(9)
    for number in range(kills):
        yield chance.uniform(0.2 * first, first) if number % 5 == 4 else chance.uniform(first, last)


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_commands_resume_to_the_same_bytes(
    kills: int, undisturbed: tuple[Path, float, float], livingdrug: Command, tmp_path: Path
) -> None:
    whole, first, last = undisturbed
    wanted, n_killed = content(whole), 0
    for number, seconds in enumerate(moments(kills, first, last)):
        out = tmp_path / str(number)
        process = started("-o", out)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        n_killed += process.wait() == -signal.SIGKILL
        done = livingdrug(*RUN, "-o", out, "--resume")
        assert done.returncode == 0, f"killed after {seconds:.3f} s: {done.stderr}"
        assert content(out) == wanted, f"killed after {seconds:.3f} s"
        assert {path.name for path in out.iterdir()} == {path.name for path in whole.iterdir()}
        assert (out / "report.html").read_bytes().endswith((whole / "report.html").read_bytes()[-20:])
    assert n_killed > kills // 2


def test_ctrl_c_twice_ends_at_once_and_leaves_a_run_to_resume(
    undisturbed: tuple[Path, float, float], livingdrug: Command, tmp_path: Path
) -> None:
    whole = undisturbed[0]
    out = tmp_path / "run"
    command = [sys.executable, "-m", "livingdrug", *RUN, "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    while process.poll() is None and not any(out.glob("chunks/arm*")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "Error: stopped" in err
    done = livingdrug(*RUN, "-o", out, "--resume")
    assert done.returncode == 0, done.stderr
    assert content(out) == content(whole)


def test_a_second_run_into_a_folder_is_told_who_holds_it(
    undisturbed: tuple[Path, float, float], livingdrug: Command, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = started("-o", out)
    while process.poll() is None and not any(out.glob("chunks/arm*")):
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGSTOP)  # it stands still while we try
    try:
        for words in ((), ("--resume",), ("--force",)):
            second = livingdrug(*RUN, "-o", out, *words)
            assert second.returncode == 2, second.stderr
            assert f"process {process.pid} on " in second.stderr
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert process.wait(300) == 0
    assert content(out) == content(undisturbed[0])
