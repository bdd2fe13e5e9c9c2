"""One patient under two policies: the first life is the run's own, the page is whole, odd requests are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.catalog.load import default_catalog, load_trial
from livingdrug.cli.main import main
from livingdrug.reports.lives import differences, lives_of, page_of
from livingdrug.trial.result import Result
from tests.page_policy import held


@pytest.fixture(scope="module")
def lives():
    return lives_of(load_trial("eliana"), "tisa-cel", 3, 7, default_catalog(), ["anakinra_prevention"])


def test_the_first_life_is_that_of_the_run(finished: Path, lives) -> None:
    row = Result.load(finished).patients.row(2, named=True)
    assert row["patient"] == 3
    own = lives[0].outcomes
    told = {name: value for name, value in row.items() if value is not None}
    questions = Result.load(finished).questions
    assert len(own) == len(questions.listed())
    for one, mine in zip(questions.listed(), own.values(), strict=True):
        if one.pattern in told:
            value = told[one.pattern]
            assert mine == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), one.pattern


def test_the_other_life_had_the_other_drug_and_the_same_start(lives) -> None:
    own, other = lives
    assert "anakinra" in set(other.log["drug"])
    assert "anakinra" not in set(own.log["drug"])
    assert own.story.title == other.story.title
    assert differences((own, own)) == []
    page = held(page_of(lives, load_trial("eliana"), "tisa-cel", 3, 7))
    assert page.count("<figure data-name=") >= 2
    assert "Simulation; not for patient care" in page


def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["patient", "eliana", "--patient", "3", "--seed", "7"]
    assert main([*words, "-o", str(tmp_path / "one.html")]) == 0
    assert (tmp_path / "one.html").stat().st_size > 50_000
    for wrong in (
        ["--policy", "tisa_cel_trials"],  # the arm's own
        ["--policy", "nonsense"],
        ["--why", "--policy", "asco_2021"],
        ["-o", str(tmp_path / "nowhere" / "one.html")],
    ):
        capsys.readouterr()
        assert main([*words, *wrong]) == 2, wrong
        assert "Traceback" not in capsys.readouterr().err
