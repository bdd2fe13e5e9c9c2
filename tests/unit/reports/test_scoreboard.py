"""The scoreboard's page and rows say what the scores say."""

from __future__ import annotations

import re
from dataclasses import replace

from livingdrug.catalog.load import Catalog
from livingdrug.reports.scoreboard import counts, render, rows, write_scoreboard
from livingdrug.trial.scoreboard import NEAR, Prediction, Scoreboard, near, score
from tests.page_policy import held


def test_every_number_has_a_row_and_far_ones_a_mark(result):
    """Expected: one row for each comparison, a star where |z| is above two."""
    one = score(result, Catalog())
    for use in ("calibration", "comparison"):
        told = rows(one, use)
        assert len(told) == len(one.of_use(use))
        assert sum("*" in row[-1] for row in told) == sum(abs(m.z) > NEAR for m in one.of_use(use))
    assert f"{near(one.of_use('calibration'))} of {len(one.of_use('calibration'))} used for calibration" in counts(one)
    unread = sum(m.row.status != "read" for m in one.of_use("calibration"))
    assert f"used for calibration ({unread} recalled, not read)" in counts(one)
    assert Scoreboard((one,), ()).told()["calibration_trials"][0]["n_calibration_recalled"] == unread


def test_page_is_self_contained_and_keeps_predictions_apart(result, tmp_path):
    """No address is loaded; two tables for two uses; a prediction is named by date and file, without numbers."""
    frozen = Prediction("to_come", "A trial to come", "2026-11-30", "ab" * 32, "prediction_frozen/to_come.json")
    board = Scoreboard((score(result, Catalog()),), (frozen,))
    page = held(write_scoreboard(board, tmp_path / "scoreboard.html").read_text(encoding="utf-8"))
    assert not re.findall(r"""(?:src|href)=["']https?:""", page)
    assert page.index("Used for calibration</h3>") < page.index("Only compared</h3>") < page.index('id="predictions"')
    assert "prediction frozen on 2026-11-30: prediction_frozen/to_come.json" in page
    assert "0" * 64 in page  # the parameter hash of the synthetic run
    assert "Simulation; not for patient care" in page


def test_page_without_any_trial_says_so():
    """An empty scoreboard is a page, too."""
    page = render(Scoreboard((), ()))
    assert "No calibration trial was asked for." in page
    assert "No trial kept for prediction is among these" in page


def test_many_trials_are_told_together_and_each_in_a_line(result):
    """Expected: five times the same trial counts five times as much, in one sentence and one card for each use."""
    one = score(result, Catalog())
    named = [replace(one, trial=f"trial_{number}") for number in range(5)]
    page = render(Scoreboard(tuple(named), ()))
    mine = one.of_use("calibration")
    together = f"{5 * near(mine)} of {5 * len(mine)}"
    assert f"5 trials. Within {NEAR:g} published standard errors: {together} used for calibration" in page
    table = page[page.index('id="trials"') : page.index('id="trial-0"')]
    assert all(f"trial_{number}" in table for number in range(5))
    assert table.count(f"{near(mine)} of {len(mine)}") == 5
