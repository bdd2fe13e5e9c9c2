"""Expected values: the commands promised in README.md, and that the version is told without the packages that take long to import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from livingdrug.cli.app import known_commands
from livingdrug.cli.main import main

ROOT = Path(__file__).parents[2]
NOTICE = "Simulation; not for patient care"
COMMANDS = [
    ["list"], ["show"], ["completion"], ["init"], ["check"], ["run"], ["patient"], ["compare"], ["logistics"], ["sensitivity"], ["window"], ["bench"],
    ["design"], ["design", "oc"], ["design", "dose-finding"], ["design", "sampling"], ["design", "external"], ["endpoints"], ["frontier"], ["report"], ["figure"], ["validate"],
    ["freeze"], ["sources"], ["calibrate"], ["model"], ["reproduce"], ["petab"], ["export"], ["export", "sbml"],
    ["export", "petab"], ["export", "tables"], ["export", "adam"], ["grade"], ["score"], ["nca"], ["fit"], ["data"],
    ["data", "check"], ["docs"],
]  # fmt: skip


@pytest.fixture(autouse=True)
def _wide_plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "120")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert NOTICE in shown
    for command in COMMANDS:
        assert re.search(rf"^\W*{command[0]}\s", shown, flags=re.M), command
    assert {command[0] for command in COMMANDS} == set(known_commands())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert NOTICE in shown
    assert f"livingdrug {' '.join(command)}" in shown
    if command not in (["export"], ["design"], ["data"]):
        assert "For example" in shown


def test_commands_in_the_readme_exist() -> None:
    said = set(re.findall(r"^    livingdrug ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M))
    assert said <= {command[0] for command in COMMANDS}
    assert {"list", "show", "run", "patient", "endpoints"} <= said


def test_no_words_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    out, err = capsys.readouterr()
    assert "livingdrug run eliana" in out + err


def test_the_version_is_told_by_the_standard_library_alone() -> None:
    # what takes long to import is not: asked of the interpreter, which names every module that it loads
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "livingdrug", "--version"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert re.fullmatch(r"livingdrug \d+\.\d+\.\d+\S*\nSimulation; not for patient care\.\n", done.stdout)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "livingdrug" in loaded
    assert not loaded & {"numpy", "polars", "pydantic", "numba", "llvmlite", "scipy", "typer", "rich", "duckdb"}
