"""The scoreboard counts what the comparison says, keeps predictions apart, and never reads their outcomes."""

from __future__ import annotations

import json

import pytest

from livingdrug.catalog.load import Catalog, load_trial
from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.trial.misfit import misfits
from livingdrug.trial.run import run
from livingdrug.trial.scoreboard import FROZEN, near, score, scoreboard


@pytest.fixture
def kept(tmp_path) -> Catalog:
    """A catalogue in which a trial like ELIANA, of another name, is kept for prediction."""
    text = Catalog().path("trial", "eliana").read_text(encoding="utf-8")
    (tmp_path / "trial").mkdir()
    text = text.replace('role = "calibration"', 'role = "prediction"')
    (tmp_path / "trial" / "to_come.toml").write_text(text, encoding="utf-8")
    return Catalog([tmp_path])


@pytest.fixture
def result(trial, simulate):
    return run(trial, patients=60, seed=3, simulate=simulate)


def test_rows_of_both_uses_are_those_of_the_comparison(result):
    """Expected: the misfits of the same rows, and counts by hand."""
    catalog = Catalog()
    rows = catalog.load("evidence", "eliana").results
    found = score(result, catalog)
    assert len(found.misfits) == len(misfits(result, rows))
    assert len(found.of_use("calibration")) + len(found.of_use("comparison")) == len(found.misfits)
    assert {one.row.use for one in found.of_use("comparison")} == {"comparison"}
    assert near(found.misfits) == len([one for one in found.misfits if -2 <= one.z <= 2])
    assert found.manifest["parameters_sha256"] == result.manifest["parameters_sha256"]
    answered = {one.row.endpoint for one in found.misfits}
    assert {row.endpoint for row in rows} == answered | set(found.unanswered)


def test_a_prediction_trial_is_listed_and_not_run(kept):
    """Expected: no score, and a sentence that nothing is frozen."""
    board = scoreboard(["to_come"], catalog=kept)
    assert board.scores == ()
    assert [one.sentence for one in board.predictions] == ["no prediction frozen yet"]


def test_a_frozen_prediction_is_told_by_date_and_file_only(kept):
    """Expected: date, file and hash as written; whatever else the file holds stays in it."""
    folder = kept.folders[0] / FROZEN
    folder.mkdir()
    stored = {"frozen_on": "2026-11-30", "parameters_sha256": "ab" * 32, "endpoints": {"os": 0.123456789}}
    (folder / "to_come.json").write_text(json.dumps(stored), encoding="utf-8")
    board = scoreboard(["to_come"], catalog=kept)
    assert board.predictions[0].sentence == "prediction frozen on 2026-11-30: prediction_frozen/to_come.json"
    told = json.dumps(board.told())
    assert "ab" * 32 in told
    assert "0.123456789" not in told


def test_a_prediction_without_a_date_is_refused(kept):
    """Bad input with a next step."""
    folder = kept.folders[0] / FROZEN
    folder.mkdir()
    (folder / "to_come.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CatalogError, match="frozen_on"):
        scoreboard(["to_come"], catalog=kept)


def test_a_prediction_trial_has_no_score(kept, simulate):
    """Its outcomes are not to be looked at, also when somebody has run it."""
    done = run(load_trial("to_come", kept), patients=10, seed=3, simulate=simulate, catalog=kept)
    with pytest.raises(BadInput, match="prediction"):
        score(done, kept)


def test_a_trial_of_ones_own_has_nothing_to_compare(tmp_path):
    """Bad input with a next step."""
    path = tmp_path / "mine.toml"
    text = Catalog().path("trial", "eliana").read_text(encoding="utf-8")
    path.write_text(text.replace('role = "calibration"', 'role = "design"'), encoding="utf-8")
    with pytest.raises(BadInput, match="design"):
        scoreboard([path], catalog=Catalog())
