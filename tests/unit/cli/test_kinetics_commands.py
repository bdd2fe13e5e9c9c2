"""Expected values: the example tables of the documentation, read by eye."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livingdrug.cli.main import main
from tests.page_policy import held

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def test_data_check_says_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(EXAMPLES / "kinetics_nonmem.csv")]) == 0
    said = capsys.readouterr().out
    assert "2 patients, 16 measurements [copy/ug], 3 below the limit" in said
    assert "can be used" in said


def test_data_check_refuses_with_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ck.csv"
    path.write_text("ID,TIME,DV\n1,1,BLQ\n1,2,6\n", encoding="utf-8")
    assert main(["data", "check", str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert not told["usable"]
    errors = [finding for finding in told["findings"] if finding["severity"] == "error"]
    assert errors[0]["rows"] == [2]
    assert main(["fit", str(path)]) == 2
    assert "rows 2" in capsys.readouterr().err


def test_nca_writes_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nca", str(EXAMPLES / "kinetics_plain.csv"), "-o", str(tmp_path / "nca.csv")]) == 0
    rows = (tmp_path / "nca.csv").read_text(encoding="utf-8").splitlines()
    first = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    assert (first["patient"], first["cmax"], first["tmax_day"], first["last_day"]) == ("A", "9100.0", "14.0", "28.0")
    said = capsys.readouterr().out
    assert "counts as zero in the areas" in said
    assert "geometric_mean" in said


def test_fit_writes_a_folder_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "".join(
        f"{i},{t},{(5 + 0.3 * i) + (1 + 0.1 * (i % 3)) * t + 0.2 * ((i * 7 + t * 3) % 5 - 2):.2f}\n"
        for i in range(1, 13)
        for t in range(6)
    )
    path = tmp_path / "lines.csv"
    path.write_text("ID,TIME,DV\n" + lines, encoding="utf-8")
    out = tmp_path / "fit"
    words = ["fit", str(path), "-m", "straight_line", "-o", str(out), "--explore", "40", "--settle", "30"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "-2 log likelihood" in said.out
    assert "iteration 70/70" in said.err
    for name in ("report.html", "parameters.csv", "fit.json", "figures/visual-predictive-check.svg"):
        assert (out / name).is_file(), name
    assert "://" not in held((out / "report.html").read_text(encoding="utf-8")).replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-m", "stine2019"], 'Did you mean "stein2019"'),
        (["--fix", "beta"], "--fix: got"),
        (["--no-spread", "gamma"], 'no parameter "gamma"'),
        (["--covariate", "Cmax=WT"], 'no covariate "WT"'),
        (["-m", "one_compartment_iv"], "have no dose"),
        (["--error", "additve"], 'Did you mean "additive"'),
        (["--fix", "Cmax=-3"], "expected between 0 and inf"),
        (["--by-occasion", "Cmax"], "the data have one"),
        (["--mixture", "Cmx"], 'no parameter "Cmx"'),
        (["--mixture", "Cmax=200", "--mixture", "Tmax"], "give every parameter a value"),
        (["--error", "cp=additive"], 'no output "cp"'),
        (["--error", "additive", "--error", "lognormal"], "say of each which output"),
        (["--unit", "1e-400,inf"], "is no unit"),
        (["--explore", "1000000000", "--settle", "1000000000"], "would need about"),
    ],
)
def test_mistakes_end_in_a_sentence(words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert main(["fit", str(EXAMPLES / "kinetics_plain.csv"), "-o", str(tmp_path / "f"), *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("headings", "words", "told"),
    [
        ("ID,TIME,time,DV", (), "both hold time"),
        ("ID,TIME,DV", ("--output", "marrow"), '"marrow"'),
        ("ID,TIME,DV", ("--time-unit", "parsec"), "parsec"),
        ("ID,TIME,DV", ("--column", "DV=conc"), '"conc"'),
    ],
)
@pytest.mark.parametrize("command", [("data", "check"), ("nca",)])
def test_every_refusal_names_the_file_and_what_to_do(tmp_path, capsys, command, headings, words, told):
    # expected: the promise that an error says where and what next
    path = tmp_path / "ck.csv"
    path.write_text(f"{headings}\n" + ",".join("1" for _ in headings.split(",")) + "\n", encoding="utf-8")
    assert main([*command, str(path), *words]) == 2
    error = capsys.readouterr().err
    assert [word for word in (told, "ck.csv") if word not in error] == []
    assert len(error.strip().splitlines()) > 1, error


def test_fit_with_a_hidden_group_profile_and_bootstrap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "".join(
        f"{i},{t},{(9 if i % 3 else 4) + 0.3 * (i % 5) + (1 + 0.1 * (i % 4)) * t + 0.2 * ((i * 7 + t * 3) % 5 - 2):.2f}\n"
        for i in range(1, 19)
        for t in range(5)
    )
    path, out = tmp_path / "lines.csv", tmp_path / "fit"
    path.write_text("ID,TIME,DV\n" + lines, encoding="utf-8")
    words = ["fit", str(path), "-m", "straight_line", "-o", str(out), "--explore", "60", "--settle", "40", "--mixture", "base=4",
             "--starts", "2", "--profile", "slope", "--bootstrap", "2", "--json"]  # fmt: skip
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {row["parameter"]: row["value"] for row in told["parameters"]}
    # six of eighteen patients begin 5 lower
    assert rows["share of group 2"] == pytest.approx(6 / 18, abs=0.05)
    assert rows["beta(base, group 2)"] == pytest.approx(-5, abs=0.6)
    for name in ("starts.csv", "profile.csv", "bootstrap.csv", "figures/profile-of-slope.svg"):
        assert (out / name).is_file(), name
    page = (out / "report.html").read_text(encoding="utf-8")
    for words_ in ("Several starts", "Likelihood profiles", "Bootstrap"):
        assert words_ in page


@pytest.mark.parametrize("command", [["nca"], ["data", "check"]])
def test_a_number_is_no_unit(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, str(EXAMPLES / "kinetics_plain.csv"), "--unit", "1e-400,inf"]) == 2
    said = capsys.readouterr()
    assert "is no unit" in " ".join((said.out + said.err).split())
