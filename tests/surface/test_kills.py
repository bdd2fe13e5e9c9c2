"""Expected values: the bytes of the same run, undisturbed (`tests/kills/victims.py`): runs, resumed runs, replaced runs, reports, caches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands are forked, which this system does not do")
@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_what_is_killed_at_any_moment_ends_with_the_same_bytes(kills: int, tmp_path: Path) -> None:
    """In a process of its own: what is forked must never have used a pool of threads."""
    command = [
        sys.executable,
        "-m",
        "tests.kills",
        "--number",
        str(kills),
        "--seed",
        "26",
        "--to",
        str(tmp_path / "kills.jsonl"),
    ]
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
