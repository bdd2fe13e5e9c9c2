"""Expected values: the promise of `livingdrug validate --help`: two files, two tables, the hash, exit code 0."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.page_policy import held

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_scoreboard_is_written_and_shown(tmp_path: Path, livingdrug: Command) -> None:
    done = livingdrug("validate", "eliana", "-n", "40", "--seed", "7", "-o", tmp_path / "board")
    assert done.returncode == 0, done.stderr
    for words in ("Used for calibration", "Only compared", "Predictions", "Simulation; not for patient care."):
        assert words in done.stdout
    assert "eliana tisa-cel: making 40/40" in done.stderr
    told = json.loads((tmp_path / "board" / "scoreboard.json").read_text(encoding="utf-8"))
    trial = told["calibration_trials"][0]
    assert trial["manifest"]["parameters_sha256"][:12] in done.stdout
    assert {row["use"] for row in trial["rows"]} == {"calibration", "comparison"}
    assert "Scoreboard" in held((tmp_path / "board" / "scoreboard.html").read_text(encoding="utf-8"))


def test_why_is_told(livingdrug: Command) -> None:
    done = livingdrug("patient", "eliana", "--patient", "1", "--seed", "7", "--why", "--scale", "crs_lee")
    assert done.returncode == 0, done.stderr
    assert "What it changed" in done.stdout
    assert "CRS Lee" in done.stdout
    wrong = livingdrug("patient", "eliana", "--why", "--scale", "crs_le")
    assert wrong.returncode == 2
    assert "crs_lee" in wrong.stderr


def test_associations_are_written_and_test_rows_stay_hidden(tmp_path: Path, livingdrug: Command) -> None:
    done = livingdrug("validate", "eliana", "--associations", "-n", "40", "--seed", "7", "-o", tmp_path / "board")
    assert done.returncode == 0, done.stderr
    for words in ("May shape the model", "were not looked at", "What decides", "Simulation; not for patient care."):
        assert words in done.stdout
    told = json.loads((tmp_path / "board" / "associations.json").read_text(encoding="utf-8"))
    assert {row["use"] for row in told["rows"]} == {"shape"}
    assert told["rows_not_looked_at"]["test"] > 0
    page = held((tmp_path / "board" / "associations.html").read_text(encoding="utf-8"))
    assert "Who responds, and why" in page
    assert "Kept to test the model" in page
    wrong = livingdrug("validate", "--with-test-rows")
    assert wrong.returncode == 2
    assert "--associations" in wrong.stderr
