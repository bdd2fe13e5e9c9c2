"""Cells as numbers: expected values by hand from the rule of marks; one table, one decimal mark."""

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables.cells import numbers
from livingdrug.interop.user_tables.columns import Column, match_columns, name_and_unit
from livingdrug.interop.user_tables.files import read_table

COLUMNS = (
    Column("ldh", "U/L", "LDH", 10, 50000),
    Column("temperature", "degC", "Temperature", 25, 45, synonyms=("temp",)),
    Column("neutrophils", "1e9/L", "Neutrophils", 0, 500, synonyms=("anc",), high_without_unit=50),
    Column("treated", "", "Treated", 0, 1, whole=True, words={"no": 0.0, "yes": 1.0}),
)


def read(tmp_path, text):
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    table = read_table(file)
    return numbers(table, match_columns(table, COLUMNS), COLUMNS)


@pytest.mark.parametrize(
    ("text", "ldh", "mark"),
    [
        ("temp;ldh\n36,8;1,250\n", 1.25, None),  # read as the other comma is: out of range, so refused below
        ("temp;ldh\n36,8;1250\n", 1250, "comma"),
        ("temp;ldh\n36,8;1.250,5\n", 1250.5, "comma"),
        ("temp;ldh\n36.8;1,250\n", 1250, "point"),  # a point is the decimal mark elsewhere, so the comma groups
        ("ldh\n\"1,250.5\"\n", 1250.5, "point"),
        ("ldh\n\"1,250,000.0\"\n", None, None),
        ("ldh\n1 250\n", 1250, "point"),
        ("ldh\n1'250\n", 1250, "point"),
        ("ldh\n1.25e3\n", 1250, "point"),
    ],
)  # fmt: skip
def test_marks_of_a_table(tmp_path, text, ldh, mark):
    if mark is None:
        with pytest.raises(BadInput, match="expected a number from 10"):
            read(tmp_path, text)
        return
    found = read(tmp_path, text)
    assert found.values["ldh"].tolist() == [ldh]
    assert found.decimal_mark == mark


def test_a_comma_that_may_be_either_is_refused_with_both_readings(tmp_path):
    with pytest.raises(BadInput) as told:
        read(tmp_path, 'ldh\n"1,250"\n"2,100"\n')
    assert "row 2" in str(told.value)
    assert '"1,250" may be 1250 or 1.25' in str(told.value)
    assert "2 cells" in str(told.value)


def test_a_point_among_decimal_commas_is_refused(tmp_path):
    with pytest.raises(BadInput, match="a point, where other cells have a decimal comma"):
        read(tmp_path, "temp;ldh\n36,8;300\n38.5;300\n")


def test_many_different_decimal_commas(tmp_path):
    # expected: the same numbers with points
    values = np.round(np.linspace(30, 40, 3001), 4)
    text = "\n".join(["temp;ldh", *(f"{value};300".replace(".", ",") for value in values)])
    assert read(tmp_path, text).values["temperature"].tolist() == values.tolist()


def test_yes_and_no_in_usual_spellings(tmp_path):
    cells = ["yes", "Y", "TRUE", "t", "1", "no", "N", "False", "f", "0", "", "NA"]
    found = read(tmp_path, "\n".join(["treated,ldh", *(f"{cell},300" for cell in cells)])).values["treated"]
    assert found[:10].tolist() == [1] * 5 + [0] * 5
    assert np.isnan(found[10:]).all()


@pytest.mark.parametrize(
    ("heading", "cell", "value"),
    [
        ("ANC [10*3/uL]", "2.0", 2.0), ("ANC [10*9/L]", "2.0", 2.0), ("ANC (10^3/mm3)", "2.0", 2.0), ("anc [K/µL]", "2.0", 2.0), ("anc [/uL]", "2000", 2.0),
        ("ANC [G/L]", "2.0", 2.0), ("anc [x10^9/L]", "2.0", 2.0), ("anc [cells/uL]", "2000", 2.0), ("ANC [1000/uL]", "2.0", 2.0),
        ("ANC [10*9/L]", "400", 400.0),
    ],
)  # fmt: skip
def test_units_in_headings(tmp_path, heading, cell, value):
    assert read(tmp_path, f"{heading},x\n{cell},1\n").values["neutrophils"].tolist() == [value]


@pytest.mark.parametrize(
    "heading", ["ANC [10e9/L]", "anc [9**9**9/L]", "anc [mg/dL]", "anc [10*3]", "anc [parsnip]", "anc [10^3/uL ± 1]"]
)
def test_units_that_do_not_fit_are_refused(tmp_path, heading):
    with pytest.raises(BadInput, match="Correct the unit in the heading"):
        read(tmp_path, f"{heading},x\n0.4,1\n")


def test_counts_per_microlitre_without_a_unit_are_found_out(tmp_path):
    # 400 and 50 per uL are grades 4 and 4; as 1e9/L they would be none
    with pytest.raises(BadInput, match="only with the unit in the heading"):
        read(tmp_path, "anc,x\n1.5,1\n400,1\n")


def test_the_last_brackets_hold_the_unit():
    assert name_and_unit("LDH (serum) [U/L]") == ("LDH (serum)", "U/L")
    assert name_and_unit("LDH ([iU]/L)") == ("LDH", "[iU]/L")
    assert name_and_unit("LDH []") == ("LDH", None)
    assert name_and_unit("LDH ]") == ("LDH ]", None)


def test_a_number_beyond_all_measure_is_refused_by_its_range(tmp_path):
    # rounding 1e308 overflows; a warning is an error in tests
    with pytest.raises(BadInput, match='"ldh": got "1e308"'):
        read(tmp_path, "ldh\n1e308\n")


@pytest.mark.parametrize(
    ("heading", "cells", "fault"),
    [
        ("ANC [cells/uL]", ("2000", "300", "1.4"), "row 4"),
        ("ANC [/uL]", ("2000", "300", "0.4"), "row 4"),
        ("PLT [1/uL]", ("200000", "15.5", "90000"), "row 3"),
        ("ANC [cells/uL]", ("2000", "458.3", "14"), ""),
        ("ANC [10*9/L]", ("2.0", "0.3", "1.4"), ""),
    ],
)
def test_a_fraction_of_a_cell_is_asked_about(tmp_path, heading, cells, fault, capsys):
    # expected: counters tell whole cells; 1.4 among thousands is 1.4 of 10^9/L, three powers of ten away
    from livingdrug.cli.main import main

    table = tmp_path / "counts.csv"
    table.write_text(
        "\n".join([f"patient,day,{heading}", *(f"A,{day},{cell}" for day, cell in enumerate(cells, 1))]),
        encoding="utf-8",
    )
    scale = "ctcae_platelets" if heading.startswith("PLT") else "ctcae_neutrophils"
    assert main(["grade", str(table), "--scale", scale]) == (2 if fault else 0)
    told = capsys.readouterr().err
    if fault:
        assert fault in told
        assert "is this cell in 10^9/L?" in told
