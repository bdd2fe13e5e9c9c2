"""Expected values: the example tables of the documentation, read by eye."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livingdrug.cli.main import main

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
        f"{i},{t},{(5 + 0.3 * i) + (1 + 0.1 * (i % 3)) * t + 0.2 * ((i * 7 + t * 3) % 5 - 2):.3f}\n"
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
    assert "://" not in (out / "report.html").read_text(encoding="utf-8").replace("http://www.w3.org", "")


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
