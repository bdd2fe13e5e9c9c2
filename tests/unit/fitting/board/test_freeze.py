"""Expected values: the promise of the freeze, on a catalogue of made-up trials: once each, from a clean tagged commit, refused ever after."""

from __future__ import annotations

import csv
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.fitting.board import freeze as module
from livingdrug.fitting.board.freeze import freeze, frozen_in, parameters_sha256, shown_by
from livingdrug.fitting.board.rows import COLUMNS, OUTCOMES, BoardRow
from livingdrug.fitting.board.tagged import Commit, clean_and_tagged
from livingdrug.foundation.errors import BadInput

COMMIT = Commit("0123456789abcdef", "predictions-1")


def never(*_, **__):
    raise AssertionError("simulated")


def write_trial(folder: Path, name: str, *changes: tuple[str, str]) -> None:
    """PILOT as a trial to be predicted, under another name."""
    text = Catalog().path("trial", "pilot").read_text(encoding="utf-8")
    for before, after in (('role = "calibration"', 'role = "prediction"'), *changes):
        assert before in text
        text = text.replace(before, after, 1)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A catalogue whose only prediction trials are those of one's own folder, and rows that nobody simulates."""
    own = tmp_path / "own" / "trial"
    own.mkdir(parents=True)
    write_trial(own, "toy")
    catalog = Catalog([tmp_path / "own"])
    names = catalog.names
    mine = lambda: sorted(path.stem for path in own.glob("*.toml"))  # noqa: E731
    monkeypatch.setattr(catalog, "names", lambda kind: mine() if kind == "trial" else names(kind))
    asked = []

    def rows(trial, catalog, **options):
        asked.append((trial.id, options["replicates"]))
        arms = [arm.name for arm in trial.arms]
        return [BoardRow(trial.id, arm, "prediction", "pfs", "12 month", 74, None, None, None, 47.5, 38.0, 57.0,
                         None, None, "predicted") for arm in arms]  # fmt: skip

    monkeypatch.setattr(module, "board_rows", rows)
    return catalog, tmp_path / "predictions", asked


def frozen(toy, **more):
    catalog, folder, _ = toy
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    return freeze(catalog, folder, COMMIT, replicates=5, now=lambda: now, **more)


def test_it_writes_predictions_without_outcomes_and_hashes(toy):
    done = frozen(toy)
    table, told, log = done.files
    assert table.name.startswith(done.sha256[:12] + "-")
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
    for names in ((), ("toy",)):
        with pytest.raises(BadInput, match=r"toy was frozen on 2026-11-29 12:00 UTC under parameters"):
            frozen(toy, names=names)
        assert "refused, toy was frozen on" in done.files[2].read_text(encoding="utf-8").splitlines()[-1]
    assert done.files[0].read_bytes() == before


def test_other_parameters_do_not_open_a_frozen_trial_again_in_the_same_folder(toy, tmp_path, monkeypatch):
    catalog, folder, asked = toy
    first = frozen(toy)
    (tmp_path / "own" / "disease").mkdir()
    text = Catalog().path("disease", "lbcl").read_text(encoding="utf-8")
    (tmp_path / "own" / "disease" / "lbcl.toml").write_text(text + "\n# another\n", encoding="utf-8")
    assert parameters_sha256(catalog) != first.sha256
    with pytest.raises(BadInput, match="toy was frozen on"):
        frozen(toy)
    assert asked == [("toy", 5)]
    assert (
        frozen((catalog, folder.parent / "later", asked)).sha256 != first.sha256
    )  # a set of its own, a folder of its own


def test_a_trial_that_came_later_is_frozen_beside_and_the_first_table_stays(toy, tmp_path):
    _, folder, asked = toy
    first = frozen(toy)
    before = [path.read_bytes() for path in first.files[:2]]
    write_trial(
        tmp_path / "own" / "trial",
        "later",
        ('dose_fixed = "0.9e8 to 1.1e8 cell"', 'dose_fixed = "1.0e8 to 1.1e8 cell"'),
    )
    second = frozen(toy)
    assert asked == [("toy", 5), ("later", 5)]
    assert second.sha256 == first.sha256
    assert second.files[0] != first.files[0]
    assert {row.trial for row in second.rows} == {"later"}
    assert [path.read_bytes() for path in first.files[:2]] == before
    begun = [line for line in second.files[2].read_text(encoding="utf-8").splitlines() if "begun" in line]
    assert [line.endswith(name) for line, name in zip(begun, ("toy", "later"), strict=True)] == [True, True]
    assert {name: one["file"] for name, one in frozen_in(folder).items()} == {
        "toy": first.files[0].name, "later": second.files[0].name,
    }  # fmt: skip


def test_a_frozen_design_is_refused_under_another_name(toy, tmp_path):
    frozen(toy)
    write_trial(tmp_path / "own" / "trial", "renamed")
    with pytest.raises(BadInput, match="as toy"):
        frozen(toy, names=("renamed",))


def test_a_frozen_trial_is_refused_after_its_plan_has_changed(toy, tmp_path):
    frozen(toy)
    write_trial(
        tmp_path / "own" / "trial", "toy", ('dose_fixed = "0.9e8 to 1.1e8 cell"', 'dose_fixed = "1.0e8 to 1.1e8 cell"')
    )
    with pytest.raises(BadInput, match="has changed since, its prediction stands"):
        frozen(toy, names=("toy",))


def test_only_trials_kept_for_prediction_can_be_named(toy):
    with pytest.raises(BadInput, match='"pilot" is no trial kept for prediction'):
        frozen(toy, names=("pilot",))


def test_what_was_never_calibrated_is_said_in_table_and_hashes(toy, tmp_path):
    """By hand: donors' cells are rejected by a mechanism whose sheet says scenario; PILOT has none."""
    text = Catalog().path("trial", "ctx110_lymphoma").read_text(encoding="utf-8")
    text = text.replace('role = "scenario"', 'role = "prediction"').replace("calibrated_on = 0\n", "")
    (tmp_path / "own" / "trial" / "donors.toml").write_text(text, encoding="utf-8")
    done = frozen(toy)
    with done.files[0].open(encoding="utf-8") as lines:
        told = {row["trial"]: row["provenance"] for row in csv.DictReader(lines)}
    assert "scenario: not calibrated (" in told["donors"]
    assert "scenario" not in told["toy"]
    standing = json.loads(done.files[1].read_text(encoding="utf-8"))["standing"]
    assert standing["toy"] == ["calibrated: no part of it is a scenario"]
    assert "scenario: not calibrated (rejection of donors" in standing["donors"][0]


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
