"""Expected: a name that a guideline defines is its own; where it is also a state's of the model or a memory's of another program, `check` refuses it.

Such a definition used to be taken for the state itself: ``tumour_positive = "0"`` emptied the tumour at every check.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.cli.main import main


@pytest.mark.parametrize(
    ("name", "sound"),
    [("hot_for_long", True), ("tumour_positive", False), ("car_t_effector", False), ("toxicity_death_day", False)],
)
def test_a_definition_named_as_a_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, sound: bool
) -> None:
    guideline = (
        'title = "Mine"\nextends = "tisa_cel_trials"\nsource = "made up for a test"\nstatus = "own"\n'
        f'[define]\n{name} = "temperature > 39"\n'
    )
    trial = Catalog().path("trial", "eliana").read_text(encoding="utf-8")
    trial = trial.replace('"tisa_cel_trials"', '"mine"').replace('role = "calibration"', 'role = "design"')
    (tmp_path / "guideline").mkdir()
    (tmp_path / "guideline" / "mine.toml").write_text(guideline, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(trial, encoding="utf-8")
    assert main(["check", str(tmp_path / "mine.toml"), "--catalog", str(tmp_path)]) == (0 if sound else 2)
    told = capsys.readouterr().err
    assert sound or (name in told and "other names" in told)
