"""Expected values: what an interpreter of its own tells and returns for the same words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    "words",
    [("show", "product", "tisa_cel", "--sources"), ("run", "mine.toml")],
)
def test_a_forked_command_is_the_command(
    words: tuple[str, ...], livingdrug: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where own files are looked for
    Path("mine.toml").write_text('title = "µ"\n', encoding="utf-8")
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    command = [sys.executable, "-m", "livingdrug", *words]
    alone = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    forked = livingdrug(*words)
    assert (forked.returncode, forked.stdout, forked.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert forked.stdout or forked.stderr


def test_other_settings_reach_the_command(livingdrug: Command, tmp_path: Path) -> None:
    # expected: a cache folder of its own is used, which only an interpreter that begins with the setting does for certain
    done = livingdrug("check", "eliana", LIVINGDRUG_CACHE=str(tmp_path / "own"))
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "own").rglob("*.xml"))
