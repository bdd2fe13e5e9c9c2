"""Marks that may mean two things, rows that look like comments, columns without a heading. Expected values: docs/units_and_tables.md,
and what the same table says when it is written without doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from livingdrug.catalog.load import default_catalog
from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables.grading import grade_table, read_sign_table
from livingdrug.interop.user_tables.scoring import score_table

SCORES = {name: default_catalog().load("score", name) for name in ("hematotox", "easix")}
HEAD = "Patient;PLT (G/l);ANC (G/l);Hb (g/dl);CRP (mg/l);Ferritin (µg/l)\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "table.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("separator", [";", "\t"])
def test_thousands_points_without_evidence_are_refused(tmp_path: Path, separator: str) -> None:
    # ferritin 1250 and 2300 µg/L give 1 and 2 points, 1.25 and 2.3 none: a German export, its score wrong by silence
    rows = (HEAD + "1;60;2;11;12;1.250\n2;200;3;12;3;2.300\n").replace(";", separator)
    with pytest.raises(BadInput, match=r'"1\.250" may be 1250 or 1\.25'):
        score_table(written(tmp_path, rows), SCORES["hematotox"])


def test_one_cell_tells_what_a_point_is(tmp_path: Path) -> None:
    scored = score_table(written(tmp_path, HEAD + "1;60;2.5;11;12;1.250\n"), SCORES["hematotox"])
    assert scored["hematotox"].to_list() == [2.0]  # two points of platelets alone


def test_between_commas_a_point_is_a_decimal_mark(tmp_path: Path) -> None:
    graded = grade_table(written(tmp_path, "patient,ANC [10^9/L]\nA,1.250\nB,0.400\n"), ["ctcae_neutrophils"])
    assert graded["ctcae_neutrophils"].to_list() == [2, 4]  # CTCAE: 1.0 to 1.5 is grade 2, below 0.5 grade 4


@pytest.mark.parametrize("rows", ["#1,1,0.4\n#1,2,0.3\nB,1,2.0\n", "A,1,0.4\n#A,2,0.3\n"])
def test_a_row_that_may_be_a_comment_is_asked_about(tmp_path: Path, rows: str) -> None:
    with pytest.raises(BadInput, match="a comment, or a row of the table"):
        grade_table(written(tmp_path, "patient,day,ANC [10^9/L]\n" + rows), ["ctcae_neutrophils"])


def test_headings_behind_a_mark_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="row 1 begins with #"):
        grade_table(written(tmp_path, "#patient,day,ANC [10^9/L]\nA,1,0.4\nB,1,2.0\n"), ["ctcae_neutrophils"])


@pytest.mark.parametrize("row", ['"#1",1,0.4\n', "# taken out: B,1,9\nA,1,0.4\n"])
def test_a_quoted_name_is_a_row_and_a_blank_makes_a_comment(tmp_path: Path, row: str) -> None:
    graded = grade_table(written(tmp_path, "patient,day,ANC [10^9/L]\n" + row), ["ctcae_neutrophils"])
    assert graded["ctcae_neutrophils"].to_list() == [4]


def test_empty_columns_at_the_right_are_dropped(tmp_path: Path) -> None:
    graded = grade_table(written(tmp_path, "patient;ANC [10^9/L];;\nA;0,4;;\n"), ["ctcae_neutrophils"])
    assert graded.columns == ["patient", "ANC [10^9/L]", "ctcae_neutrophils"]


def test_a_title_above_the_headings_is_told(tmp_path: Path) -> None:
    text = "Export of 1 March;;;\nPatient;LDH [U/L];Creatinine [mg/dL];PLT [10*9/L]\n1;300;1,2;60\n"
    with pytest.raises(BadInput, match="where lines stand before the headings"):
        score_table(written(tmp_path, text), SCORES["easix"])


def test_german_thousands_are_a_unit(tmp_path: Path) -> None:
    # EASIX = LDH x creatinine / platelets: 300 x 1.2 / 60 = 6
    text = "Patient;LDH [U/L];Creatinine [mg/dL];PLT [Tsd/µl]\n1;300;1,2;60\n"
    assert score_table(written(tmp_path, text), SCORES["easix"])["easix"].to_list() == [6.0]


@pytest.mark.parametrize(
    ("cells", "refused"),
    [
        (("400", "1.200"), True),  # thousands as spreadsheets of half of Europe show them
        (("400", "1.200", "1500"), False),  # thousands are not grouped here
        (("1.200", "0.400"), False),  # decimals
        (("400", "1.200", "1.5"), False),  # a cell tells
    ],
)
def test_a_point_beside_whole_hundreds_is_asked_about(tmp_path: Path, cells: tuple[str, ...], refused: bool) -> None:
    # 1.200 per uL was read as 1.2, neutropenia of grade 4, where 1200 are grade 2
    file = written(tmp_path, "patient,day,ANC [/uL]\n" + "".join(f"A,{i},{cell}\n" for i, cell in enumerate(cells)))
    if refused:
        with pytest.raises(BadInput, match=r'"1\.200" may be 1200 or 1\.2'):
            grade_table(file, ["ctcae_neutrophils"])
    else:  # what a point is, the table tells; that cells have no fractions is another question
        with pytest.raises(BadInput, match=r"is this cell in 10\^9/L") as asked:
            grade_table(file, ["ctcae_neutrophils"])
        assert "may be" not in str(asked.value)


@pytest.mark.parametrize("cells", [("150.000", "40.000"), ("150.000", "40.500")])
def test_points_with_a_zero_at_the_end_are_asked_about(tmp_path: Path, cells: tuple[str, ...]) -> None:
    # 40.000 platelets per uL were read as 40, grade 4, where 40000 are grade 3 (CTCAE: 25 to 50 x 10^9/L)
    rows = "".join(f"A,{i},{cell}\n" for i, cell in enumerate(cells))
    with pytest.raises(BadInput, match=r'"150\.000" may be 150000 or 150'):
        grade_table(written(tmp_path, f"patient,day,PLT [/uL]\n{rows}"), ["ctcae_platelets"])
    graded = grade_table(written(tmp_path, f"patient,day,PLT [10^9/L]\n{rows}A,9,0.900\n"), ["ctcae_platelets"])
    assert graded["ctcae_platelets"].to_list() == [0, 3, 4]  # 0.900 says that a point is a decimal mark


def test_nines_are_told(tmp_path: Path) -> None:
    # registries write 999 for missing; 990 is a count
    file = written(tmp_path, "patient,day,PLT [10^9/L]\nA,0,999\nA,1,990\nA,2,9999\n")
    with pytest.raises(BadInput, match="9999"):  # beyond any count
        grade_table(file, ["ctcae_platelets"])
    file = written(tmp_path, "patient,day,PLT [10^9/L]\nA,0,999\nA,1,990\nA,2,999\n")
    (note,) = [one for one in read_sign_table(file).understood.lines if "missing" in one]
    assert "rows 2, 4" in note
