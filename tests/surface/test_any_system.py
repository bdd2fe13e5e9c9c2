"""Expected: the rules of Windows and macOS for names of files (Microsoft, "Naming Files, Paths, and Namespaces"), and text that is the
same bytes on every system: every file opened with its encoding, written with "\\n", told by paths with "/"."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from livingdrug.catalog.load import HERE

ROOT = HERE.parents[2]
RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
LONGEST = 180
"""Of a path inside the repository: 260 characters are the limit of Windows for the whole path."""


def unfit(names: list[str]) -> list[str]:
    """What no Windows or no macOS disk could hold among these paths, with the reason."""
    found = []
    for name in names:
        for part in PurePosixPath(name).parts:
            if re.search(r'[<>:"\\|?*\x00-\x1f]', part):
                found.append(f"{name}: a character that Windows refuses")
            if part.split(".")[0].lower() in RESERVED:
                found.append(f"{name}: {part} is a device on Windows")
            if part.endswith((" ", ".")):
                found.append(f"{name}: a dot or blank at the end is lost on Windows")
        if len(name) > LONGEST:
            found.append(f"{name}: {len(name)} characters")
    twice = Counter(name.casefold() for name in names)
    return found + [f"{name}: differs from another by case alone" for name in names if twice[name.casefold()] > 1]


def tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        pytest.skip("no Git here: the names of the repository's files are not known")
    return done.stdout.strip("\0").split("\0")


def test_the_rule_finds_names_that_do_not_fit() -> None:
    wrong = ["a/b:c.toml", "a/aux.toml", "a/b.", "Read.md", "read.md", "x" * 181, 'say "x"']
    assert len({told.split(":")[0] for told in unfit(wrong)}) == 7
    assert unfit(["a/auxiliary.toml", "b/com.toml", "c/.gitignore"]) == []


def test_names_of_files_fit_every_system() -> None:
    assert unfit(tracked()) == []


def test_names_in_a_run_folder_and_of_its_figures_fit_every_system(finished: Path, livingdrug, tmp_path: Path) -> None:
    done = livingdrug("figure", finished, "--all", "-o", tmp_path / "figures")
    assert done.returncode == 0, done.stderr
    made = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")]
    assert len(made) > 20
    assert unfit([*made, *(path.name for path in finished.rglob("*"))]) == []


def calls(path: Path) -> Iterator[tuple[str, ast.Call, set[str | None]]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node, {word.arg for word in node.keywords}


def careless(path: Path) -> Iterator[str]:
    """Calls that would read or write other text on another system."""
    own = {
        name for name, call, _ in calls(path) if name in ("read_text", "write_text") and isinstance(call.func, ast.Name)
    }
    for name, call, words in calls(path):
        if name in own and isinstance(call.func, ast.Name):
            continue  # a function of ours of that name, which is looked at where it stands
        where = f"{path.name}:{call.lineno}: {name}"
        if name in ("read_text", "write_text") and "encoding" not in words:
            yield f"{where} without encoding"
        if name == "write_text" and "newline" not in words:
            yield f'{where} without newline="\\n"'
        if name == "open" and "encoding" not in words:
            values = [word.value for word in call.keywords if word.arg == "mode"] + list(call.args)
            modes = [one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            low = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "os"
            if not low and not any("b" in mode for mode in modes):
                yield f"{where} without encoding"


def test_files_are_opened_with_an_encoding_and_written_with_one_end_of_line() -> None:
    assert [told for path in sorted(HERE.parent.rglob("*.py")) for told in careless(path)] == []


def test_the_rule_finds_careless_calls(tmp_path: Path) -> None:
    trial = tmp_path / "trial.py"
    text = "p.read_text()\np.write_text(x, encoding='utf-8')\nopen(p)\nopen(p, 'rb')\nos.open(p, 0)\n"
    trial.write_text(text, encoding="utf-8", newline="\n")
    assert [told.split(":")[1] for told in careless(trial)] == ["1", "2", "3"]


def test_a_run_warns_of_no_default_encoding_and_tells_paths_with_slashes(tmp_path: Path) -> None:
    words = ["run", "eliana", "-n", "2", "--seed", "3", "--no-report", "-o", str(tmp_path / "run")]
    asked = [sys.executable, "-X", "warn_default_encoding", "-W", "always::EncodingWarning", "-m", "livingdrug", *words]
    done = subprocess.run(
        asked, capture_output=True, text=True, encoding="utf-8", env={**os.environ, "TERM": "dumb"}, check=False
    )
    assert done.returncode == 0, done.stderr
    ours = [line for line in done.stderr.splitlines() if "EncodingWarning" in line and str(HERE.parent) in line]
    assert ours == []
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    names = [*manifest["catalog"], *(name for key in ("model", "mechanisms") for name in manifest.get(key, {}))]
    assert any("/" in name for name in names)
    assert not any("\\" in name for name in names)


def test_ends_of_lines_of_windows_change_nothing(tmp_path: Path, trial_file, livingdrug) -> None:
    """The same trial and the same table of samples, written by an editor on Windows."""
    path = trial_file()
    plain = path.read_bytes()
    assert b"\r" not in plain
    shown = []
    for ends in (b"\n", b"\r\n"):
        path.write_bytes(plain.replace(b"\n", ends))
        done = livingdrug("run", path, "-n", "2", "--seed", "5", "--no-report", "-o", tmp_path / str(len(ends)))
        assert done.returncode == 0, done.stderr
        shown.append((tmp_path / str(len(ends)) / "courses.parquet").read_bytes())
    assert shown[0] == shown[1]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_every_terminal_can_show_it(encoding: str, livingdrug) -> None:
    done = livingdrug("show", "product", "tisa_cel", "--sources", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
