"""Inputs of the public record that once gave a wrong number or a wrong reason; expected values by hand, beside each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from livingdrug.catalog.load import load_trial
from livingdrug.cli.main import main

TrialFile = Callable[..., Path]
EASIX = ("score", "easix", "--ldh", "{ldh}", "--creatinine", "{creatinine}", "--platelets", "{platelets}")


def easix(capsys, ldh="300 U/L", creatinine="1.2 mg/dL", platelets="60 1e9/L") -> tuple[int, str]:
    words = [word.format(ldh=ldh, creatinine=creatinine, platelets=platelets) for word in EASIX]
    code = main(words)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out + said.err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        # EASIX is LDH x creatinine / platelets: 300 x 1.2 / 60 = 6, 1250 x 1.2 / 60 = 25
        ({}, "index: 6"), ({"creatinine": "1,2 mg/dL"}, "index: 6"), ({"ldh": "1 250 U/L"}, "index: 25"), ({"platelets": "60 10*3/uL"}, "index: 6"),
        ({"platelets": "60 K/µL"}, "10^3/uL"), ({"platelets": "60 G/L"}, "index: 6"), ({"ldh": "300 [IU]/L"}, "index: 6"),
    ],
    ids=str,
)  # fmt: skip
def test_a_score_reads_quantities_right_and_shows_them_back(capsys, change, told):
    code, said = easix(capsys, **change)
    assert code == 0
    assert told in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ldh": "1,250 U/L"}, "may be 1250 or 1.25"), ({"platelets": "60–80 1e9/L"}, "a range that begins at 60"), ({"platelets": "60 10E3/uL"}, "10^3"),
        ({"platelets": "9**9**9 /L"}, "no unit"), ({"ldh": "300"}, "without a unit"),
    ],
    ids=str,
)  # fmt: skip
def test_a_score_refuses_what_may_mean_two_things(capsys, change, told):
    code, said = easix(capsys, **change)
    assert code == 2
    assert told in said


@pytest.mark.parametrize(
    ("unit", "graded"), [("10^9/L", True), ("10*3/uL", True), ("10*9/L", True), ("10e9/L", False), ("9**9**9/L", False)]
)
def test_ucum_units_in_headings(tmp_path, capsys, unit, graded):
    # counts of 2.0 and 200 per nL are normal: CTCAE grade 0
    file, out = tmp_path / "counts.csv", tmp_path / "graded.csv"
    file.write_text(f"patient,day,ANC [{unit}],PLT [{unit}]\nA,1,2.0,200\n", encoding="utf-8")
    words = ["grade", str(file), "--scale", "ctcae_neutrophils", "--scale", "ctcae_platelets", "-o", str(out)]
    assert main(words) == (0 if graded else 2)
    said = capsys.readouterr()
    if graded:
        assert pl.read_csv(out).row(0)[-2:] == (0, 0)
        assert "neutrophils from" in said.out
    else:
        assert unit in said.err


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [("0.2e6 to 5.0e6 cell/kg", 2e5, 5e6), ("0.2e6–5.0e6 cell/kg", 2e5, 5e6), ("0.2 to 5.0 10*6 cell/kg", 2e5, 5e6)],
)  # fmt: skip
def test_doses_in_a_trial_file(trial_file: TrialFile, cells, low, high, capsys):
    path = trial_file("0.2e6 to 5.0e6 cell/kg", cells)
    infusion = load_trial(path).arms[0].infusion
    assert infusion is not None
    lowest, highest = infusion.dose_limits([10.0, 40.0])
    assert lowest.tolist() == pytest.approx([10 * low, 40 * low])
    assert highest.tolist() == pytest.approx([10 * high, 40 * high])
    assert main(["check", str(path)]) == 0
    assert "cells 200000 to 5e+06 cell/kg up to 50 kg" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("dose", "told"),
    [
        ("1,500 mg/m^2", "may be 1500 or 1.5"), ("500 mg", "dosed by size"), ("500–600 mg/m^2", "a range"), ("9**9**9 mg/m^2", "no unit"),
        ("500", "without a unit"), ("500 mg/L", "expected a dose such as"), ("1" * 300 + " mg/m^2", "letters"),
        ("500 mg/kg", "35,000 mg in an adult"), ("500 microgram/m^2", "0.9 mg in an adult"),  # 70 kg and 1.8 m^2
    ],
)  # fmt: skip
def test_doses_that_are_asked_about(trial_file: TrialFile, dose, told, capsys):
    path = trial_file('dose = "500 mg/m^2"', f'dose = "{dose}"')
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "cyclophosphamide" in said


@pytest.mark.parametrize("dose", ["60 mg/kg", "1500 mg/m^2", "50 mg/m^2"])
def test_doses_within_ten_times_the_usual_are_sound(trial_file: TrialFile, dose):
    # in an adult of 70 kg and 1.8 m^2: 4,200, 2,700 and 90 mg, the highest usual dose 900 mg
    assert main(["check", str(trial_file('dose = "500 mg/m^2"', f'dose = "{dose}"'))]) == 0


def test_a_flat_dose_that_is_meant_is_said_so(trial_file: TrialFile, capsys):
    path = trial_file('dose = "500 mg/m^2"', 'dose = "500 mg/patient"')
    assert main(["check", str(path)]) == 0
    assert "cyclophosphamide 500 mg for everybody on days -6, -5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wanted", "written", "key"),
    [
        ("days = [-6, -5, -4, -3]", "days = [true, -5]", "days"),
        ("enrolled = ", "enrolled = true # ", "enrolled"),
        ("value = 0.03", "value = true", "visits.missed.value"),
        ("enrolled = ", "enrolled = 1000000000 # ", "enrolled"),
    ],
)
def test_true_is_no_number_and_a_trial_has_its_size(trial_file: TrialFile, wanted, written, key, capsys):
    path = trial_file(wanted, written)
    assert main(["check", str(path)]) == 2
    assert key in capsys.readouterr().err


@pytest.mark.parametrize("unit", ["9**9**9", "9**9**9 cell/kg"])
def test_a_unit_bomb_in_a_range_is_refused_at_once(trial_file: TrialFile, unit, capsys):
    path = trial_file("0.2e6 to 5.0e6 cell/kg", f"1 to 5 {unit}")
    assert main(["check", str(path)]) == 2
    assert "dose_at_most_50kg" in capsys.readouterr().err


def test_a_trial_file_with_a_byte_order_mark_is_the_same_trial(trial_file: TrialFile):
    path = trial_file()
    plain = load_trial(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_trial(path) == plain


SIGNS = "patient{0}temp{0}map{0}pressor{0}oxygen{0}fever_treated\nA{0}36{1}8{0}80{0}none{0}none{0}{2}\nB{0}39{1}4{0}80{0}low{0}low flow{0}{3}\n"


@pytest.mark.parametrize(
    "data",
    [
        SIGNS.format(";", ",", "no", "no").encode(), SIGNS.format(",", ".", "0", "0").encode("utf-16"), SIGNS.format(",", ".", "N", "F").encode("utf-8-sig"),
        ("# vital signs export\n" + SIGNS.format(",", ".", "FALSE", "n")).encode(), SIGNS.format("\t", ".", "no", "no").encode(),
        SIGNS.format(",", ".", "no", "no").replace("\n", "\r\n").encode(),
    ],
    ids=["semicolon", "utf-16", "mark", "comment", "tab", "windows"],
)  # fmt: skip
def test_the_same_table_from_other_programs(tmp_path, data, capsys):
    # ASTCT: no fever is 0; fever with one vasopressor and low-flow oxygen is 3
    file, out = tmp_path / "signs.csv", tmp_path / "graded.csv"
    file.write_bytes(data)
    assert main(["grade", str(file), "--scale", "crs_astct", "-o", str(out)]) == 0
    assert pl.read_csv(out)["crs_astct"].to_list() == [0, 3]
    assert "patients: 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("digits", "foo = " + "9" * 5000, "limit"), ("nesting", "foo = " + "[" * 3000, "too deep"), ("number", 'success = "99999999999999999999**2 > 1"', "too large"),
        ("depth", f'success = "{"-" * 3000}1"', "deep"), ("length", f'success = "{"-" * 50_000}1"', "letters"), ("width", 'success = "' + "+".join(["age_years"] * 3000) + '"', "letters"),
        ("names", f"{'x' * 500} = 1", "key of 500"),
    ],
)  # fmt: skip
def test_a_catalogue_file_beyond_the_bounds(tmp_path, capsys, name, text, told):
    folder = tmp_path / "endpoint"
    folder.mkdir()
    path = folder / "mine.toml"
    start = 'title = "Mine"\ndefinition = "A definition made up."\nkind = "proportion"\nsource = "made up"\nstatus = "own"\n'
    path.write_text(start + text + "\n", encoding="utf-8")
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert "mine.toml" in said
    assert told in said
    assert "defect" not in said


@pytest.mark.parametrize("name", ["x" * 5000, "a/" * 3000 + "b.toml", "x" * 300 + ".toml"])
def test_names_too_long_for_a_file(name, capsys):
    for words in (["check", name], ["show", "drug", name], ["grade", name], ["score", "easix", name]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert said.startswith("Error")
        assert "defect" not in said


@pytest.mark.parametrize("length", ["100000 year", "1e300 year", "101 year"])
def test_a_follow_up_beyond_a_life_is_asked_about(trial_file: TrialFile, length, capsys):
    path = trial_file('follow_up = "5 year"', f'follow_up = "{length}"')
    assert main(["check", str(path)]) == 2
    assert "at most 100 years" in capsys.readouterr().err


def test_doses_by_the_million_are_refused_before_they_are_listed(tmp_path, capsys):
    # 300 rows of 100,001 doses each took 4 GB
    file = tmp_path / "doses.csv"
    rows = [f"{i},0,.,100,1,100000,1\n{i},5,10,.,0,0,0" for i in range(300)]
    file.write_text("\n".join(["ID,TIME,DV,AMT,EVID,ADDL,II", *rows]), encoding="utf-8")
    assert main(["nca", str(file)]) == 2
    assert "more than 1,000,000 doses" in capsys.readouterr().err
