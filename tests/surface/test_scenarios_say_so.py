"""Expected: the promise that a scenario says on every surface what it was calibrated on, and that a calibrated trial says nothing of the kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import livingdrug as ld
from livingdrug.cli.main import main

TRIAL = "b_all_residual_chemotherapy"
WORDS = "scenario: calibrated on 49 patients"


@pytest.fixture(autouse=True)
def _wide_plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where runs are written
    for name, value in {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenario") / "run"
    assert main(["run", TRIAL, "-n", "10", "--seed", "3", "--sample", "2", "-o", str(folder)]) == 0
    return folder


def words_of(file: Path) -> str:
    """The words of a picture or page, without its marks; a line may be broken anywhere."""
    return " ".join(re.sub(r"<[^>]*>", " ", file.read_text(encoding="utf-8")).split()).lower()


def said(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(list(words)) == 0, capsys.readouterr().err
    return capsys.readouterr().out.lower()


@pytest.mark.parametrize(
    "words",
    [
        ("check", TRIAL),
        ("run", TRIAL, "-n", "4", "--no-report"),
        ("run", TRIAL, "-n", "4", "--no-report", "--json"),
        ("patient", TRIAL, "--patient", "1"),
        ("patient", TRIAL, "--patient", "1", "--why"),
        ("sensitivity", TRIAL, "--targets", "infused", "--factor", "dose", "-n", "4"),
        ("sensitivity", TRIAL, "--targets", "infused", "--factor", "dose", "-n", "4", "--json"),
    ],
    ids=lambda words: " ".join(words[:2] + words[-1:]),
)
def test_on_the_terminal(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert WORDS in said(*words, capsys=capsys)


def test_of_a_finished_run(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert WORDS in said("endpoints", str(run), capsys=capsys)
    assert WORDS in json.dumps(json.loads((run / "manifest.json").read_text(encoding="utf-8"))).lower()
    assert WORDS in (run / "report.html").read_text(encoding="utf-8")
    for name in ("os", "flow-1", "drugs"):
        file = tmp_path / f"{name}.svg"
        said("figure", str(run), name, "-o", str(file), capsys=capsys)
        assert WORDS in words_of(file), name
    file = tmp_path / "frontier.svg"
    said("frontier", str(run), "--benefit", "infused", "--harm", "crs_any_astct", "-o", str(file), capsys=capsys)
    assert WORDS in words_of(file)
    said("export", "tables", str(run), "-o", str(tmp_path / "tables"), capsys=capsys)
    assert WORDS in (tmp_path / "tables" / "not_calibrated.txt").read_text(encoding="utf-8").lower()
    said("export", "adam", str(run), "-o", str(tmp_path / "adam"), capsys=capsys)
    assert WORDS in (tmp_path / "adam" / "adsl.json").read_text(encoding="utf-8").lower()


def test_in_files_of_one_patient_and_of_an_analysis(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, model, folder = tmp_path / "patient.html", tmp_path / "patient.xml", tmp_path / "sensitivity"
    said("patient", TRIAL, "--patient", "1", "-o", str(page), capsys=capsys)
    assert WORDS in page.read_text(encoding="utf-8")
    said("export", "sbml", TRIAL, "--patient", "1", "-o", str(model), capsys=capsys)
    assert WORDS in model.read_text(encoding="utf-8").lower()
    said("sensitivity", TRIAL, "--targets", "infused", "--factor", "dose", "-n", "4", "-o", str(folder), capsys=capsys)
    assert WORDS in words_of(folder / "sensitivity.svg")


def test_in_python() -> None:
    result = ld.run(TRIAL, patients=6, seed=3)
    assert WORDS in ld.plot.km(result, "os").standing
    assert all(WORDS in figure.standing for figure in ld.plot.figures(result).values())
    assert WORDS in repr(ld.typical(TRIAL))
    assert WORDS in ld.plot.typical(ld.typical(TRIAL)).standing


def test_a_calibrated_trial_says_nothing_of_it(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "os.svg"
    said("figure", str(finished), "os", "-o", str(file), capsys=capsys)
    assert "scenario" not in file.read_text(encoding="utf-8").lower()
    assert "scenario" not in said("patient", "eliana", "--patient", "3", capsys=capsys)
