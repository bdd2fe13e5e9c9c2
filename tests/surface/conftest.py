"""A command line in one call, and one small finished run that several tests look at."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def small_run() -> tuple[str, ...]:
    """Words for a run of ELIANA in three chunks."""
    return ("run", "eliana", "-n", "12", "--seed", "7", "--chunk", "4", "--sample", "3", "--no-report")


@pytest.fixture(scope="session")
def livingdrug() -> Iterator[Command]:
    """The command line as a person would use it, in a process of its own."""
    commands = _forked().Commands(NO_COLOR="1", TERM="dumb")
    yield commands
    commands.end()


def _forked() -> ModuleType:
    spec = importlib.util.spec_from_file_location("forked", Path(__file__).with_name("forked.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, livingdrug: Command, small_run: tuple[str, ...]) -> Path:
    """The folder of a small run of ELIANA that finished."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    done = livingdrug(*small_run, "--threads", "2", "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def trial_file(tmp_path: Path) -> Callable[..., Path]:
    """Write ELIANA's trial file with one piece of its text replaced; says so when the piece is not there."""
    from livingdrug.catalog.load import Catalog

    text = Catalog().path("trial", "eliana").read_text(encoding="utf-8")

    def write(old: str = "", new: str = "", name: str = "mine.toml") -> Path:
        assert old in text, f"ELIANA's file no longer has {old!r}; choose another piece"
        path = tmp_path / name
        path.write_text(text.replace(old, new, 1).replace('role = "calibration"', 'role = "design"'), encoding="utf-8")
        return path

    return write
