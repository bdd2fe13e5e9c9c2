"""Units in columns of their own, levels written as numbers, rows of means. Expected: grades of the same counts with the unit in
the heading, and CTCAE's limits (neutrophils below 0.5 x 10^9/L are grade 4, from 1.0 to below 1.5 grade 2)."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.catalog.load import Catalog
from livingdrug.clinic.scores import score
from livingdrug.foundation.errors import BadInput, UnitError
from livingdrug.interop.user_tables.grading import grade_table, read_sign_table
from livingdrug.interop.user_tables.scoring import score_table

EASIX = Catalog().load("score", "easix")


def table(folder: Path, text: str) -> Path:
    file = folder / "signs.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "headings", ["ANC,ANC_unit", "ANC,ANC units", "ANC,unit_ANC", "ANC,unit", "ANC [/uL],ANC_unit"]
)
@pytest.mark.parametrize("unit", ["/uL", "cells/mm3"])
def test_a_unit_beside_the_values_is_read(tmp_path: Path, headings: str, unit: str) -> None:
    # 40 per µL was grade 0: it was read as 40 x 10^9/L
    file = table(tmp_path, f"patient,day,{headings}\nA,1,40,{unit}\nA,2,1200,{unit}\nB,1,,\n")
    assert grade_table(file, ["ctcae_neutrophils"])["ctcae_neutrophils"].to_list() == [4, 2, None]
    told = str(read_sign_table(file).understood)
    assert "assumed" not in told
    assert "not read" not in told or "/uL]" in headings


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("ANC,ANC_unit\nA,1,400,/uL\nA,2,1.2,10^9/L\n", "holds several units"),
        ("ANC,ANC_unit\nA,1,40,%\nA,2,48,%\n", '"ANC_unit": the unit "%" does not convert'),
        ("ANC [/uL],ANC_unit\nA,1,400,10^9/L\nA,2,1200,10^9/L\n", "says /uL, and"),
        ("ANC,PLT,unit\nA,1,400,150000,/uL\nA,2,1200,20000,/uL\n", "may be the unit of"),
        ("temp,temp_unit\nA,1,98.6,F\nA,2,38.5,C\n", "holds several units"),
    ],
)
def test_units_that_are_not_clear_are_refused(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        read_sign_table(table(tmp_path, f"patient,day,{rows}"))


def test_fahrenheit_beside_the_values(tmp_path: Path) -> None:
    rows = "patient,day,temp,temp_unit,pressor,oxygen\nA,1,98.6,F,none,none\nA,2,100.4,F,none,none\n"
    assert grade_table(table(tmp_path, rows), ["crs_astct"])["crs_astct"].to_list() == [0, 1]


def test_a_score_takes_units_from_columns(tmp_path: Path) -> None:
    rows = "patient,LDH,LDH_unit,creatinine,creatinine_unit,PLT,PLT_unit\nA,300,U/L,1.2,mg/dL,60,10^9/L\n"
    assert score_table(table(tmp_path, rows), EASIX)["easix"].to_list() == [6.0]
    mixed = rows + "B,300,U/L,106,umol/L,60,10^9/L\n"
    with pytest.raises(BadInput, match="several units"):
        score_table(table(tmp_path, mixed), EASIX)


@pytest.mark.parametrize(("heading", "told"), [("vasopressor", True), ("pressor_level", False)])
def test_numbers_read_as_levels_are_told(tmp_path: Path, heading: str, told: bool) -> None:
    rows = f"patient,day,temp [degC],{heading},oxygen\nA,1,38.5,0,none\nA,2,39.0,1,none\n"
    assert ("numbers are read as levels (0 none" in str(read_sign_table(table(tmp_path, rows)).understood)) == told


def test_half_a_point_of_ice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a whole number from 0 to 10"):
        read_sign_table(table(tmp_path, "patient,day,ice\nA,1,9.5\n"))


def test_a_row_of_means_is_no_patient(tmp_path: Path) -> None:
    rows = "".join(f"A,{day},0.3,40\n" for day in range(12)) + "Mean,5,0.3,40\n"
    with pytest.raises(BadInput, match='"Mean" is no patient'):
        grade_table(table(tmp_path, "patient,day,ANC [10*9/L],PLT [10*9/L]\n" + rows), ["icaht_early"])


@pytest.mark.parametrize(
    ("heading", "cell"),
    [("week", lambda day: day // 7), ("date", lambda day: datetime.date(2024, 3, 1) + datetime.timedelta(days=day))],
)
def test_days_that_begin_again_are_asked_about(tmp_path: Path, heading: str, cell: Callable[[int], object]) -> None:
    """Fourteen days of neutrophils below 0.5 are early ICAHT 3; read as days 1 to 7 of one week they were 2."""
    rows = [(day, 0.3 if day < 14 else 2.0) for day in range(28)]
    again = "".join(f"A,{cell(day)},{day % 7 + 1},{count},150\n" for day, count in rows)
    file = table(tmp_path, f"patient,{heading},day,ANC [10*9/L],PLT [10*9/L]\n{again}")
    assert grade_table(file, ["ctcae_neutrophils"])["ctcae_neutrophils"].to_list() == [4] * 14 + [0] * 14
    with pytest.raises(BadInput, match="days are not clear"):
        grade_table(file, ["icaht_early"])
    on = "".join(f"A,{cell(day)},{day},{count},150\n" for day, count in rows)
    file = table(tmp_path, f"patient,{heading},day,ANC [10*9/L],PLT [10*9/L]\n{on}")
    assert set(grade_table(file, ["icaht_early"])["icaht_early"]) == {3}


def test_dates_say_the_same_however_they_are_written(tmp_path: Path) -> None:
    """Expected: the same answer for 2024-03-01 and for 01 Mar 2024, in rows that agree with their days and rows that do not."""
    chance = random.Random(3)
    found = set()
    for _ in range(60):
        days = sorted(chance.sample(range(40), 6))
        gaps = [chance.choice((0, 0, 0, 1, -3, 20, day)) for day in days]
        dates = [
            datetime.date(2024, 3, 1) + datetime.timedelta(days=day + gap) for day, gap in zip(days, gaps, strict=True)
        ]
        told = []
        for form in ("%Y-%m-%d", "%d %b %Y"):
            rows = "".join(f"A,{date.strftime(form)},{day},0.3\n" for date, day in zip(dates, days, strict=True))
            told.append(bool(read_sign_table(table(tmp_path, f"patient,date,day,ANC [10*9/L]\n{rows}")).day_problem))
        assert told[0] == told[1]
        found.add(told[0])
    assert found == {True, False}


@pytest.mark.parametrize("unit", ["Mrd/l", "Giga/L", "Tsd./µl", "/nl", "Mio./ml"])
def test_german_counts(tmp_path: Path, unit: str) -> None:
    """Milliard a litre, thousand a microlitre, one a nanolitre: 10^9/L each; a million a millilitre, too."""
    file = table(tmp_path, f"patient,day,ANC [{unit}]\nA,1,0.4\nA,2,1.2\n")
    assert grade_table(file, ["ctcae_neutrophils"])["ctcae_neutrophils"].to_list() == [4, 2]


@pytest.mark.parametrize(
    ("option", "value"), [("ferritin", "1.650 ng/mL"), ("neutrophils", "1.250 /µL"), ("platelets", "1.250 G/L")]
)
def test_a_value_whose_point_may_group_thousands_is_asked_about(option: str, value: str) -> None:
    """1.650 ng/mL of ferritin was read as 1.65, and CAR-HEMATOTOX was 0; a patient may have 1650."""
    given = {
        "neutrophils": "2.5 1e9/L",
        "hb": "10.5 g/dL",
        "platelets": "180 1e9/L",
        "crp": "1.2 mg/dL",
        "ferritin": "900 ng/mL",
    }
    hematotox = Catalog().load("score", "hematotox")
    with pytest.raises(UnitError, match="may be"):
        score(hematotox, {**given, option: value})


def test_a_point_that_can_only_be_a_decimal_mark_is_one() -> None:
    """By hand: 300 x 1.125 / 60; creatinine of 1125 mg/dL is nobody's."""
    values = {"ldh": "300 U/L", "creatinine": "1.125 mg/dL", "platelets": "60 1e9/L"}
    assert float(score(EASIX, values).value) == pytest.approx(5.625)
