"""Expected: a command is one file and nothing else: a file laid into a folder is in the help, explains itself, and runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.cli import command, commands
from livingdrug.cli.app import known_commands
from livingdrug.cli.main import main

OWN = '''
"""A greeting."""
from livingdrug.cli.command import Command

def hello(name: str) -> None:
    """Greet somebody who came by one file."""
    print(f"Good day, {name}.")

COMMAND = Command(hello, panel="%s", order=15)
'''
HOUSE = Path(command.__file__).parent


@pytest.fixture(autouse=True)
def _wide_plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "120")


def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, panel: str) -> None:
    (tmp_path / f"{name}.py").write_text(OWN % panel, encoding="utf-8")
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])


def test_one_file_is_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path, monkeypatch, "greet_once", command.LOOK)
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "Greet somebody who came by one file." in shown
    # by its order, 15, between list and show, which have 10 and 20
    assert shown.index(" list ") < shown.index(" greet_once ") < shown.index(" show ")
    assert main(["greet_once", "--help"]) == 0
    assert "livingdrug greet_once" in capsys.readouterr().out
    assert main(["greet_once", "Ada"]) == 0
    assert capsys.readouterr().out == "Good day, Ada.\n"


def test_a_heading_of_ones_own_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, monkeypatch, "greet_apart", "Manners")
    assert list(known_commands())[-1] == "greet_apart"


def test_every_file_of_the_folder_is_a_command() -> None:
    files = {path.stem for path in (HOUSE / "commands").glob("*.py")} - {"__init__"}
    assert set(known_commands()) == files
    assert len(files) >= 19  # as many as there were when they became files


def test_a_command_has_a_function_or_a_group() -> None:
    with pytest.raises(ValueError, match="either a function"):
        command.Command()
