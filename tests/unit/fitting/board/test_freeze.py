"""Expected values: the promise of the freeze, on a catalogue of one made-up trial: once, from a clean tagged commit, refused ever after."""

from __future__ import annotations

import csv
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.fitting.board import freeze as module
from livingdrug.fitting.board.freeze import Commit, clean_and_tagged, freeze, frozen_in, parameters_sha256, shown_by
from livingdrug.fitting.board.rows import COLUMNS, OUTCOMES, BoardRow
from livingdrug.foundation.errors import BadInput

COMMIT = Commit("0123456789abcdef", "predictions-1")


def never(*_, **__):
    raise AssertionError("simulated")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A catalogue whose only prediction trial is PILOT under another name, and rows that nobody simulates."""
    (tmp_path / "own" / "trial").mkdir(parents=True)
    text = Catalog().path("trial", "pilot").read_text(encoding="utf-8")
    text = text.replace('role = "calibration"', 'role = "prediction"')
    (tmp_path / "own" / "trial" / "toy.toml").write_text(text, encoding="utf-8")
    catalog = Catalog([tmp_path / "own"])
    names = catalog.names
    monkeypatch.setattr(catalog, "names", lambda kind: ["toy"] if kind == "trial" else names(kind))
    asked = []

    def rows(trial, catalog, **options):
        asked.append((trial.id, options["replicates"]))
        return [BoardRow(trial.id, "liso-cel", "prediction", "pfs", "12 month", 74, None, None, None, 47.5, 38.0, 57.0,
                         None, None, "predicted")]  # fmt: skip

    monkeypatch.setattr(module, "board_rows", rows)
    return catalog, tmp_path / "predictions", asked


def frozen(toy, **more):
    catalog, folder, _ = toy
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    return freeze(catalog, folder, COMMIT, replicates=5, now=lambda: now, **more)


def test_it_writes_predictions_without_outcomes_and_hashes(toy):
    done = frozen(toy)
    table, told, log = done.files
    assert table.name == f"{done.sha256}.csv"
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == [name for name in COLUMNS if name not in OUTCOMES]
    assert rows[0]["predicted"] == "47.5"
    stored = json.loads(told.read_text(encoding="utf-8"))
    assert stored["parameters_sha256"] == done.sha256
    assert stored["frozen_on"] == "2026-11-29 12:00 UTC"
    assert list(stored["designs_sha256"]) == ["toy"]
    assert "approval tells the sign" in stored["approvals"]
    assert stored["uses"] == {"toy": "never seen"}  # the only trial of this catalogue
    assert "frozen" in log.read_text(encoding="utf-8")
    assert frozen_in(table.parent)["toy"]["file"] == table.name


def test_a_second_run_is_refused_and_the_log_says_so(toy, monkeypatch):
    done = frozen(toy)
    before = done.files[0].read_bytes()
    monkeypatch.setattr(module, "board_rows", never)
    with pytest.raises(BadInput, match="frozen before"):
        frozen(toy)
    assert done.files[0].read_bytes() == before
    assert "refused" in done.files[2].read_text(encoding="utf-8").splitlines()[-1]


def test_other_parameters_are_another_freeze(toy, tmp_path):
    catalog, _, asked = toy
    first = frozen(toy)
    (tmp_path / "own" / "disease").mkdir()
    text = Catalog().path("disease", "lbcl").read_text(encoding="utf-8")
    (tmp_path / "own" / "disease" / "lbcl.toml").write_text(text + "\n# another\n", encoding="utf-8")
    assert parameters_sha256(catalog) != first.sha256
    assert frozen(toy).sha256 != first.sha256
    assert asked == [("toy", 5), ("toy", 5)]


def test_a_trial_of_ones_own_or_an_endpoint_changes_no_parameter(toy, tmp_path):
    catalog, _, _ = toy
    before = parameters_sha256(catalog)
    (tmp_path / "own" / "endpoint").mkdir()
    (tmp_path / "own" / "endpoint" / "more.toml").write_text("title = 1\n", encoding="utf-8")
    assert parameters_sha256(catalog) == before


def git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *named, *words], check=True, capture_output=True)


def test_only_a_clean_tagged_commit_is_run(tmp_path):
    # expected: each of three reasons to refuse, in turn, then the commit with its tag
    with pytest.raises(BadInput, match="not under version control"):
        clean_and_tagged(tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("a\n")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-q", "-m", "one")
    with pytest.raises(BadInput, match="no tag"):
        clean_and_tagged(tmp_path)
    git(tmp_path, "tag", "predictions-1")
    (tmp_path / "a.txt").write_text("b\n")
    with pytest.raises(BadInput, match="not clean"):
        clean_and_tagged(tmp_path)
    git(tmp_path, "checkout", "-q", "a.txt")
    assert clean_and_tagged(tmp_path).tag == "predictions-1"


def test_a_use_is_shown_by_calibration_trials_of_its_product_in_its_disease():
    """By hand from the trial files: liso-cel in large B-cell lymphoma, PILOT and TRANSCEND; tisa-cel in follicular lymphoma, none."""
    catalog = Catalog()
    assert shown_by(catalog.load("trial", "transform"), catalog) == ["pilot", "transcend_nhl_001"]
    assert shown_by(catalog.load("trial", "elara"), catalog) == []
