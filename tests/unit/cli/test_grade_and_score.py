"""The commands grade and score: exit codes and files as promised in their help; grades by the ASTCT table."""

import pytest

from livingdrug.cli.commands.score import pairs
from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput

VITALS = 'patient,temp [degF],pressor_level,oxygen_level,note\n1,98.6,0,0,\n2,102.2,low,0,"a, b"\n'
HEMATOTOX = [
    "--anc",
    "0.8 1e9/L",
    "--hb=8.9 g/dL",
    "--platelets",
    "60 1e9/L",
    "--crp",
    "42 mg/L",
    "--ferritin",
    "900 ng/mL",
]


@pytest.fixture
def vitals(tmp_path):
    file = tmp_path / "vitals.csv"
    file.write_text(VITALS, encoding="utf-8")
    return file


def test_grade_writes_the_table_with_its_grades(vitals, tmp_path, capsys):
    out = tmp_path / "graded.csv"
    assert main(["grade", str(vitals), "--scale", "crs_astct", "--scale", "crs_ctcae_v5", "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8").splitlines() == [
        "patient,temp [degF],pressor_level,oxygen_level,note,crs_astct,crs_ctcae_v5",
        "1,98.6,0,0,,0,0",
        '2,102.2,low,0,"a, b",3,3',
    ]
    assert "not for patient care" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graded.csv", "vitals.csv"]


def test_grade_on_the_screen(vitals, capsys):
    assert main(["grade", str(vitals), "--scale", "crs_astct"]) == 0
    assert "crs_astct" in capsys.readouterr().out


def test_bad_cells_are_told_by_row_and_nothing_is_written(vitals, tmp_path, capsys):
    vitals.write_text(VITALS.replace("102.2", "hot"), encoding="utf-8")
    out = tmp_path / "graded.csv"
    assert main(["grade", str(vitals), "--scale", "crs_astct", "-o", str(out)]) == 2
    assert 'row 3, column "temp [degF]": got "hot"' in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("words", [[], ["--scale", "crs_astct"], ["nothing.csv"]])
def test_no_table_is_exit_code_2(words, capsys):
    assert main(["grade", *words]) == 2
    assert "Error" in capsys.readouterr().err


def test_the_table_itself_is_never_overwritten(vitals, capsys):
    assert main(["grade", str(vitals), "--scale", "crs_astct", "-o", str(vitals)]) == 2
    assert main(["score", "hematotox", str(vitals), "-o", str(vitals)]) == 2
    assert vitals.read_text(encoding="utf-8") == VITALS
    assert "the table itself" in capsys.readouterr().err


def test_the_template_comes_back_graded(tmp_path, capsys):
    file = tmp_path / "mine.csv"
    assert main(["grade", "--template"]) == 0
    shown = capsys.readouterr().out
    assert main(["grade", "--template", "-o", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == shown
    assert main(["grade", str(file)]) == 0


def test_score_of_one_patient(capsys):
    # platelets 2, neutrophils 1, haemoglobin 1, CRP 4.2 mg/dL 1, ferritin 1
    assert main(["score", "hematotox", *HEMATOTOX]) == 0
    shown = capsys.readouterr().out
    assert "CAR-HEMATOTOX: 6  (high)" in shown
    assert "not for patient care" in shown


def test_score_of_a_table(tmp_path, capsys):
    file, out = tmp_path / "patients.csv", tmp_path / "scored.csv"
    file.write_text(
        "id,ANC [1/uL],Hb [g/dL],PLT [K/uL],CRP [mg/L],ferritin [ng/mL]\n1,800,8.9,60,42,900\n2,,12,200,5,100\n",
        encoding="utf-8",
    )
    assert main(["score", "hematotox", str(file), "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8").splitlines()[1:] == ["1,800,8.9,60,42,900,6.0,high", "2,,12,200,5,100,,"]
    assert "1 without a score" in capsys.readouterr().out
    file.write_text(
        "id,ANC [K/uL],Hb [g/dL],PLT [K/uL],CRP [mg/L],ferritin [ng/mL]\n1,800,8.9,60,42,900\n", encoding="utf-8"
    )
    assert main(["score", "hematotox", str(file)]) == 2
    assert 'row 2, column "ANC [K/uL]": got "800", expected a number from 0 to 500 1e9/L' in capsys.readouterr().err


def test_score_tells_what_there_is_and_what_is_refused(capsys):
    assert main(["score", "--list"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("easix", "s_easix", "m_easix", "hematotox", "hscore", "teachey", "inflamix"))
    assert main(["score", "hscore"]) == 0
    assert "--triglycerides" in capsys.readouterr().out
    assert main(["score", "teachey", "--ifn", "3 pg/mL"]) == 2
    assert "is refused" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--anc"], "has no value"), (["--anc", "--hb", "9 g/dL"], "has no value"), (["--anc", "1", "2"], 'got "2"'),
        (["--anc", "1", "--anc", "2"], "given twice"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_read(words, told):
    with pytest.raises(BadInput, match=told):
        pairs(words)
