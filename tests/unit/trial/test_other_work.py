"""Expected: a folder of other work is named with what reads it, whatever asks for a run there, and no work replaces another."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.other_work import OTHERS, other_work
from livingdrug.trial.result import Result
from livingdrug.trial.run import run

EXAMPLES = Path(__file__).parents[3] / "examples" / "design"
SINGLE, DOSES = str(EXAMPLES / "single_arm.toml"), str(EXAMPLES / "doses.toml")
FEW = ["--threads", "1", "--json"]
WORK = {
    "replicates of a trial": ["run", SINGLE, "--replicates", "2", "-n", "4", *FEW],
    "operating characteristics": ["design", "oc", SINGLE, "--rule", "exact_binomial", "--set", "p0=0.4", "-n", "4", "-r", "2", *FEW],
    "a search for a dose": ["design", "dose-finding", DOSES, "--rule", "boin", "--toxicity", "crs_severe_astct", "-r", "1", "--set", "most=3", *FEW],
    "a sensitivity analysis": ["sensitivity", SINGLE, "--targets", "lugano_orr", "--factor", "dose", "-n", "4", *FEW],
}  # fmt: skip


@pytest.fixture(scope="module", params=WORK, ids=lambda name: name.split()[-1])
def folder(request, tmp_path_factory) -> tuple[str, Path]:
    place = tmp_path_factory.mktemp("work") / "here"
    assert main([*WORK[request.param], "-o", str(place)]) == 0
    return request.param, place


def test_what_asks_for_a_run_is_told_what_is_there(folder, capsys) -> None:
    what, place = folder
    capsys.readouterr()
    for command in (["endpoints"], ["report"], ["compare", str(place)]):
        assert main([*command, str(place)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert f"{place} holds {what}" in said.err
        assert "--resume" in said.err
        assert "version" not in said.err


def test_a_run_does_not_replace_it(folder) -> None:
    _, place = folder
    before = sorted(path.name for path in place.iterdir())
    for words in ({}, {"force": True}, {"resume": True}):
        with pytest.raises(BadInput, match="which a run does not replace"):
            run(SINGLE, patients=3, seed=1, threads=1, out=place, **words)
    assert sorted(path.name for path in place.iterdir()) == before


def test_other_work_does_not_replace_a_run(tmp_path, capsys) -> None:
    run(SINGLE, patients=3, seed=1, threads=1, out=tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    for words in WORK.values():
        assert main([*words, "-o", str(tmp_path / "run"), "--force"]) == 2
        assert "holds a run" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    assert Result.load(tmp_path / "run").trial.id == "single_arm"


@pytest.mark.parametrize("work", OTHERS, ids=lambda one: one.files[0])
def test_every_kind_is_told_by_its_files(work, tmp_path) -> None:
    assert other_work(tmp_path) is None
    for name in work.files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert other_work(tmp_path) is work
    (tmp_path / "who.parquet").touch()  # a run that holds more besides is a run
    assert other_work(tmp_path) is None
