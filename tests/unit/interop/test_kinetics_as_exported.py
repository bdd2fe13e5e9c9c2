"""Kinetics as laboratories and trials export them. Expected values: the same numbers written without doubt; CDISC's study days
(day 1 is the first, there is no day 0); Excel's count of days, in which 1 January 2000 is 36,526."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.kinetics.read import check_kinetics, read_kinetics


def table(folder: Path, text: str) -> Path:
    file = folder / "ck.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_thousands_beside_decimal_commas_are_refused(tmp_path: Path) -> None:
    # 1.250 was read as 1.25 beside 812,5
    file = table(tmp_path, "patient;day;value [copies/ug]\n1;0;0\n1;7;1.250\n1;14;812,5\n")
    with pytest.raises(BadInput, match="a point, where other cells have a decimal comma"):
        read_kinetics(file)


@pytest.mark.parametrize(("other", "read"), [("812,5", 1.25), ("812.5", 1250.0)])
def test_a_comma_is_what_other_cells_say(tmp_path: Path, other: str, read: float) -> None:
    file = table(tmp_path, f'patient,day,value [copies/ug]\n1,0,"{other}"\n1,7,"1,250"\n1,14,100\n')
    assert read_kinetics(file).value.tolist() == [812.5, read, 100.0]


def test_a_limit_is_read_in_its_own_unit(tmp_path: Path) -> None:
    file = table(tmp_path, "patient,day,DV [copies/ug]\n1,0,<0.025 copies/ng\n1,7,100\n1,14,< 25 copies/µg\n")
    data = read_kinetics(file)
    assert data.value.tolist() == [25.0, 100.0, 25.0]
    assert data.censored.tolist() == [1, 0, 1]


@pytest.mark.parametrize("limit", ["<25 copies/mL", "<0.5 pg/mL", "<25 %"])
def test_a_limit_in_a_unit_of_another_kind_is_refused(tmp_path: Path, limit: str) -> None:
    with pytest.raises(BadInput, match="the unit is not copies/ug"):
        read_kinetics(table(tmp_path, f"patient,day,DV [copies/ug]\n1,0,{limit}\n1,7,100\n"))


def test_units_that_disagree_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"says copies/ug, and .* says copies/mL"):
        read_kinetics(table(tmp_path, "patient,day,DV [copies/ug],unit\n1,1,30,copies/mL\n1,7,100,copies/mL\n"))
    with pytest.raises(BadInput, match=r"says day, and .* says hour"):
        read_kinetics(table(tmp_path, "patient,TIME [day],DV [copies/ug],TIMEU\n1,1,30,hour\n1,7,100,hour\n"))
    same = read_kinetics(table(tmp_path, "patient,day,DV [copies/ug],unit\n1,1,30,copy/µg\n1,7,100,copy/µg\n"))
    assert same.value.tolist() == [30.0, 100.0]


def test_a_text_below_the_limit_counts_before_an_imputed_number(tmp_path: Path) -> None:
    # CDISC ADPC: AVAL 0 or half the limit where AVALC says that nothing was measured; the peak's last day was 59 for 14
    rows = "1,1,12.5,<25,copies/ug\n1,8,100,100,copies/ug\n1,15,80,80.0,copies/ug\n1,60,12.5,<25,copies/ug\n"
    data = read_kinetics(table(tmp_path, "USUBJID,ADY,AVAL,AVALC,AVALU\n" + rows))
    assert data.time.tolist() == [0.0, 7.0, 14.0, 59.0]
    assert data.value.tolist() == [25.0, 100.0, 80.0, 25.0]
    assert data.censored.tolist() == [1, 0, 0, 1]
    _, findings = check_kinetics(table(tmp_path, "USUBJID,ADY,AVAL,AVALC,AVALU\n" + rows))
    assert any("counts in place of the number in AVAL" in one.what for one in findings)
    assert any("study days" in one.what for one in findings)


def test_two_numbers_of_one_result_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="AVAL and AVALC hold two numbers"):
        read_kinetics(table(tmp_path, "USUBJID,ADY,AVAL,AVALC\n1,1,100,10\n1,8,50,50\n"))


@pytest.mark.parametrize("heading", ["PCDY", "ADY", "study_day", "LBDY"])
def test_study_days_are_days_from_infusion(tmp_path: Path, heading: str) -> None:
    data = read_kinetics(table(tmp_path, f"USUBJID,{heading},AVAL\n1,1,30\n1,8,100\n1,15,80\n"))
    assert data.time.tolist() == [0.0, 7.0, 14.0]
    with pytest.raises(BadInput, match="study day 0"):
        read_kinetics(table(tmp_path, f"USUBJID,{heading},AVAL\n1,0,30\n1,8,100\n"))
    with pytest.raises(BadInput, match="shifted already"):
        read_kinetics(table(tmp_path, f"USUBJID,{heading},AVAL\n1,1,30\n1,8,100\n"), shift=-1)


def test_dates_of_a_spreadsheet_are_no_days(tmp_path: Path) -> None:
    rows = "patient,day,value\n1,45231,0\n1,45238,100\n1,45245,50\n"
    with pytest.raises(BadInput, match="as a spreadsheet counts them"):
        read_kinetics(table(tmp_path, rows))


@pytest.mark.parametrize("heading", ["record_id", "participant_id", "mrn", "Patient Number"])
def test_other_names_of_patients(tmp_path: Path, heading: str) -> None:
    data = read_kinetics(table(tmp_path, f"{heading},days_from_infusion,value\nA,1,3\nA,7,9\nB,1,4\n"))
    assert data.patients == ("A", "B")
    assert np.isfinite(data.value).all()


def test_a_number_above_an_assays_range_stays_one(tmp_path: Path) -> None:
    data = read_kinetics(table(tmp_path, "patient,day,value\n1,1,>1e6\n1,7,< 1 000\n1,14,5000\n"))
    assert data.value.tolist() == [1e6, 1000.0, 5000.0]
    assert data.censored.tolist() == [-1, 1, 0]
    assert not math.isnan(data.value.sum())
