"""An option that another one makes void is refused, with its name; expected: what `livingdrug COMMAND --help` says each belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.cli.main import main

BEFORE_A_FILE_IS_READ = (
    ("sensitivity eliana --targets efs --factor growth_max --samples 32", "--samples", "--method prcc"),
    ("sensitivity eliana --targets efs --factor growth_max --resume", "--resume", "-o DIR"),
    ("sensitivity eliana --targets efs --factor growth_max --force", "--force", "-o DIR"),
    ("compare eliana --policy no_treatment --resume", "--resume", "-o DIR"),
    ("compare eliana --policy no_treatment --force -o page.html", "--force", "not a page alone"),
    ("run eliana --replicates 3 --sample 5", "--sample", "no courses"),
    ("run eliana --replicates 3 --chunk 5 --memory 2", "--chunk, --memory", "no courses"),
    ("run eliana --from-fit nowhere --threads 1", "--threads", "no courses"),
    ("patient eliana --scale crs_penn", "--scale", "--why"),
    ("patient eliana --policy no_treatment --plot", "--plot", "Leave it out"),
    ("petab problem.yaml --starts 5 --seed 2", "--starts, --seed", "--estimate"),
    ("export sbml eliana --seed 2", "--seed", "--patient"),
    ("model b_all_cd19 --arm any", "--arm", "recipe"),
    ("grade --template --scale crs_penn", "--scale", "Leave it out"),
    ("grade vitals.csv --template", "TABLE.csv", "Leave it out"),
    ("score --list easix", "NAME", "listed"),
    ("score --list -o all.csv", "--out", "listed"),
    ("score easix -o all.csv", "--out", "table of patients"),
    ("docs policies --path", "TOPIC", "nothing else"),
    ("docs --find dose -o pages", "--out", "--find"),
    ("fit --list-models --model stein2019", "--model", "stops"),
    ("fit ck.csv --list-models", "DATA.csv", "stops"),
    ("validate --associations --replicates 2", "--replicates", "associations"),
    ("design oc zuma_1 --rule simon_optimal --force", "--force", "-o DIR"),
    ("design dose-finding t.toml --rule boin --toxicity crs_severe --resume", "--resume", "-o DIR"),
    ("design oc zuma_1 --rule simon_optimal --set p0=0.2 --set p1=0.4 --reference x -n 60", "--reference", "one arm"),
    ("design external one --endpoint os --covariates age_years --drift prior_lines --control-arm x", "--control-arm", ""),
    ("design external one other --endpoint os --covariates age_years -r 9 --by 1", "--by, --replicates", "--drift"),
)  # fmt: skip


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(("line", "option", "remedy"), BEFORE_A_FILE_IS_READ, ids=lambda text: text[:60])
def test_refused_at_the_door(
    line: str, option: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    told = refused(line.split(), capsys)
    assert option in told
    assert remedy in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["compare", "RUN", "RUN", "-n", "5"], "--patients"),
        (["compare", "RUN", "RUN", "--seed", "5"], "--seed"),
        (["compare", "RUN", "--arm", "tisa_cel"], "--arm"),
        (["figure", "RUN", "--format", "png"], "--format"),
        (["figure", "RUN", "--no-data"], "--data/--no-data"),
        (["figure", "RUN", "efs", "--format", "png"], "--format"),
    ],
)
def test_of_a_finished_run(
    words: list[str], option: str, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert f"{option} changes nothing here" in refused(
        [str(finished) if word == "RUN" else word for word in words], capsys
    )


def test_a_usual_value_that_is_typed_is_refused_too(capsys: pytest.CaptureFixture[str]) -> None:
    usual = ["petab", "problem.yaml"]
    assert "--starts changes nothing here" in refused([*usual, "--starts", "10"], capsys)
    assert "changes nothing here" not in refused(usual, capsys)  # no such file


def test_nothing_is_typed_where_a_command_is_called_as_a_function() -> None:
    from livingdrug.cli.void import refuse_void, typed

    assert typed("anything") == []
    refuse_void("called as a function", "anything")


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("endpoints runs/none --add dor --add crs_any", "--add"),
        ("run eliana -n 3 --patients 4", "--patients"),
        ("export sbml eliana -o a.xml -o b.xml", "--out"),
        ("score easix --ldh 300 --creatinine 1 --platelets 60 --ldh 400", "--ldh"),
    ],
)
def test_an_option_that_counts_once_is_not_taken_twice(words: str, option: str, capsys: pytest.CaptureFixture[str]):
    # expected: a refusal; the first of the two was lost without a word
    assert main(words.split()) == 2
    told = capsys.readouterr().err
    assert option in told
    assert "Give it once" in told


def test_an_option_for_several_values_is_taken_as_often_as_it_is_given(tmp_path: Path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    assert main(["check", "eliana", "--catalog", str(tmp_path / "one"), "--catalog", str(tmp_path / "other")]) == 0
