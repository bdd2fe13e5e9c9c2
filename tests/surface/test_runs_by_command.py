"""Expected values: the exit codes at the top of cli/main.py; what a person needs to go on; and no traceback, ever."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.cli.main import main

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_thousand_million_patients_are_refused_with_what_they_would_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "eliana", "-n", "1000000000", "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    for word in ("1,000,000,000 patients", "GB of memory", "GB of disk", "days", "-n", "--memory"):
        assert word in err
    assert not (tmp_path / "run").exists()


def test_a_finished_run_is_replaced_by_force_alone(
    finished: Path, small_run: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    out = tmp_path / "run"
    shutil.copytree(finished, out)
    before, other = (out / "visits.parquet").read_bytes(), [*small_run]
    other[other.index("--seed") + 1] = "8"
    assert main([*other, "-o", str(out)]) == 2
    assert "--force" in capsys.readouterr().err
    assert (out / "visits.parquet").read_bytes() == before
    assert main([*other, "-o", str(out), "--force"]) == 0
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["seed"] == 8
    assert (out / "visits.parquet").read_bytes() != before
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("command", ["endpoints", "report"])
def test_a_changed_run_is_named(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    import shutil

    for name in ("who.parquet", "trial.toml", "manifest.json"):
        out = tmp_path / name
        shutil.copytree(finished, out)
        (out / name).write_bytes((out / name).read_bytes()[:-40])
        assert main([command, str(out)]) == 2
        err = capsys.readouterr().err
        assert str(out / name) in err
        assert "--force" in err or "run the trial again" in err


def test_every_course_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Case 14: a power of 9e8 in one parameter of a mechanism, of a ratio above one in everybody."""
    from livingdrug.model.texts import package_texts

    broken = package_texts()["mechanisms/cytokines.toml"]
    for name, value in (("crp_steepness", "9e8"), ("crp_half", "1e-6")):
        head, number = broken.split(f"[parameter.{name}]", 1)
        first, rest = number.split("value = ", 1)
        broken = f"{head}[parameter.{name}]{first}value = {value}\n{rest.split(chr(10), 1)[1]}"
    (tmp_path / "mechanisms").mkdir()
    (tmp_path / "mechanisms" / "cytokines.toml").write_text(broken, encoding="utf-8")
    out = tmp_path / "run"
    assert main(["run", "eliana", "--catalog", str(tmp_path), "-n", "6", "--no-report", "-o", str(out)]) == 3
    told = capsys.readouterr()
    assert "No course finished, so no patient is counted" in told.err
    assert "not a finite number" in told.err
    assert "does not grade that scale" not in told.out + told.err
    assert main(["endpoints", str(out), "--catalog", str(tmp_path)]) == 0
    assert "no patient counted" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
@pytest.mark.parametrize("words", [("list", "trial"), ("show", "trial", "eliana"), ("endpoints", "FINISHED"), ("endpoints", "NOWHERE")])  # fmt: skip
def test_output_in_any_encoding(finished: Path, encoding: str, words: tuple[str, ...]) -> None:
    """A redirected file on Windows is cp1252; LANG=C is ASCII."""
    refused = "NOWHERE" in words
    words = tuple({"FINISHED": str(finished), "NOWHERE": "näher → ☃"}.get(word, word) for word in words)
    done = in_encoding(encoding, *words)
    assert done.returncode == (2 if refused else 0), done.stderr
    assert b"Traceback" not in done.stderr
    assert (done.stderr if refused else done.stdout).decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_one_patient_in_any_encoding(encoding: str) -> None:
    done = in_encoding(encoding, "patient", "eliana", "--patient", "3", "--plot")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding)


def in_encoding(encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    import os

    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run(
        [sys.executable, "-m", "livingdrug", *words], capture_output=True, env=environment, timeout=600
    )
