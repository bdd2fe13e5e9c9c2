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


COURSE = "1,0,0{}\n1,7,100{}\n1,14,50{}\n1,28,25{}\n1,35,25{}\n"


@pytest.mark.parametrize("heading", ["is_blq", "BLQ_FLAG", "PCBLQ", "lloq_flag", "Below LOQ", "lt_lloq"])
def test_a_flag_is_read_under_the_names_that_laboratories_use(tmp_path: Path, heading: str) -> None:
    # lloq_flag was read as a limit of 0 and 1, the others as a covariate: 25 counted as measured
    text = COURSE.format(",0", ",0", ",0", ",1", ",1")
    data = read_kinetics(table(tmp_path, f"patient,day,value [copies/ug],{heading}\n{text}"))
    assert data.censored.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("heading", "flags"),
    [
        ("RESULT_FLAG", "00011"),
        ("Qualifier", "NNNYY"),
        ("detected", "01100"),
        ("quantifiable", "01100"),
        ("PCEXCLFL", "00100"),
        ("exclude", "NNYNN"),
        ("ANL01FL", "YYYY "),
    ],
)
def test_a_column_that_may_change_what_results_mean_is_asked_about(tmp_path: Path, heading: str, flags: str) -> None:
    text = COURSE.format(*(f",{flag.strip()}" for flag in flags))
    with pytest.raises(BadInput, match=heading):
        read_kinetics(table(tmp_path, f"patient,day,value [copies/ug],{heading}\n{text}"))


def test_signs_in_a_column_of_their_own_are_the_flag(tmp_path: Path) -> None:
    # laboratories write < and 25 in two cells
    text = COURSE.format(",", ",", ",=", ",<", ",>")
    data = read_kinetics(table(tmp_path, f"patient,day,value [copies/ug],sign\n{text}"))
    assert data.censored.tolist() == [0, 0, 0, 1, -1]


def test_rows_that_nonmem_ignores_are_passed_over(tmp_path: Path) -> None:
    # $DATA … IGNORE=C
    text = "C,ID,TIME,DV\n.,1,0,0\nC,1,5,9000\n.,1,7,100\n.,1,14,50\n"
    data, findings = check_kinetics(table(tmp_path, text))
    assert data is not None
    assert data.value.tolist() == [0.0, 100.0, 50.0]
    assert [finding.rows for finding in findings if "comments" in finding.what] == [(3,)]
    # a column C of anything else is a comment, and all rows count
    data = read_kinetics(table(tmp_path, text.replace("C,1,5", "haemolysed,1,5")))
    assert data.value.tolist() == [0.0, 9000.0, 100.0, 50.0]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,0,2,0\n1,0,6,10\n1,7,0,100\n", True),  # twice on a day
        ("1,0,8,0\n1,7,9,100\n1,14,8,50\n", True),  # the hour of the day
        ("1,0,0,0\n1,7,168,100\n1,14,336,50\n", False),  # the same time in hours
        ("1,0,8,0\n1,7,8,100\n1,14,8,50\n", False),  # always at eight
    ],
)
def test_an_hour_beside_the_day_is_asked_about(tmp_path: Path, rows: str, told: bool) -> None:
    data, findings = check_kinetics(table(tmp_path, f"patient,day,hour,value [copies/ug]\n{rows}"))
    assert (data is None) == told
    assert any("hour of the day" in finding.what for finding in findings) == told


def test_a_dose_level_is_no_dose(tmp_path: Path) -> None:
    data = read_kinetics(table(tmp_path, "patient,day,value [copies/ug],dose_level\n1,0,0,2\n1,7,100,2\n1,14,50,2\n"))
    assert not len(data.doses)


def test_nines_are_told(tmp_path: Path) -> None:
    data, findings = check_kinetics(table(tmp_path, "patient,day,value [copies/ug]\n1,0,0\n1,7,100\n1,28,9999\n"))
    assert data is not None
    assert [finding.rows for finding in findings if "missing" in finding.remedy] == [(4,)]


@pytest.mark.parametrize("read", ["kinetics", "counts"])
def test_a_blank_site_does_not_make_two_people_of_one(tmp_path: Path, read: str) -> None:
    # expected: subject 001 of site 1 is one person, also where the site stands in the first row only; 001 of two sites is asked about
    from livingdrug.interop.user_tables.files import read_table
    from livingdrug.interop.user_tables.people import people

    rows = "1,001,0,0\n,001,7,100\n,001,14,50\n2,{other},0,0\n2,{other},7,80\n"
    for other, n in (("002", 2), ("001", None)):
        file = table(tmp_path, "site,patient,day,value\n" + rows.format(other=other))
        if read == "kinetics":
            data, findings = check_kinetics(file)
            assert (None if data is None else data.n_patients) == n
            assert ("blank in 2 rows (3, 4)" in " ".join(finding.what for finding in findings)) == (n is None)
        else:
            found = people(read_table(file))
            assert (None if found.problem else len(found.labels)) == n
            assert ("blank in 2 rows (3, 4)" in found.problem) == (n is None)


def test_names_that_a_spreadsheet_shortened_are_asked_about(tmp_path: Path) -> None:
    # 123456789 and 123456780 are both saved as 1.23E+08
    with pytest.raises(BadInput, match="a spreadsheet has shortened"):
        read_kinetics(table(tmp_path, "patient,day,value\n1.23E+08,0,0\n1.23E+08,7,100\n1.24E+08,0,5\n"))


def test_a_table_that_would_take_all_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livingdrug.interop.kinetics import read

    file = table(tmp_path, "patient,day,value\n1,0,0\n1,7,100\n")
    monkeypatch.setattr(read, "MOST_CELLS", 6)
    assert len(read_kinetics(file).value) == 2
    monkeypatch.setattr(read, "MOST_CELLS", 5)
    with pytest.raises(BadInput, match="2 rows of 3 columns, more than 5 cells"):
        read_kinetics(file)
