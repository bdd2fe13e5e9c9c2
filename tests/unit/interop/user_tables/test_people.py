"""Who and when: expected patients and days by hand; two patients with ten days at ANC 0.3 each have early ICAHT grade 2,
twenty days in one patient would be grade 3 (Rejeski 2023, in tests/independent/test_grading.py)."""

import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.interop.user_tables.grading import grade_table, read_sign_table

EARLY = "icaht_early"


def table(tmp_path, headings, rows):
    file = tmp_path / "counts.csv"
    file.write_text("\n".join([headings, *rows]), encoding="utf-8")
    return file


def two_patients(first, second, day="{day}"):
    """Rows of 31 days: the first patient low on days 0 to 9, the second on days 10 to 19."""
    return [
        f"{who},{day.format(day=n)},{0.3 if n // 10 == part else 2.0}"
        for part, who in enumerate((first, second))
        for n in range(31)
    ]


@pytest.mark.parametrize(
    ("headings", "first", "second", "by"),
    [
        ("patient,day,anc", "A", "B", 'patients: 2, by "patient"'),
        ("ID,day,anc", "A", "B", 'patients: 2, by "ID"'),
        ("SUBJID,day,anc", "A", "B", 'patients: 2, by "SUBJID"'),
        ("Patient ID,day,anc", "A", "B", 'patients: 2, by "Patient ID"'),
        ("PatientNumber,day,anc", "A", "B", 'patients: 2, by "PatientNumber"'),
        ("record_id,day,anc", "A", "B", 'patients: 2, by "record_id"'),
        ("subject_id,USUBJID,day,anc", "001,S1-001", "001,S2-001", 'patients: 2, by "USUBJID"'),
        ("site,subject_id,day,anc", "S1,001", "S2,001", 'patients: 2, by "site" and "subject_id"'),
        ("subject,Centre,day,anc", "001,S1", "001,S2", 'patients: 2, by "Centre" and "subject"'),
        ("STUDYID,SUBJID,day,anc", "X,1", "Y,1", 'patients: 2, by "STUDYID" and "SUBJID"'),
        ("id,patient,day,anc", "1,A", "1,B", 'patients: 2, by "patient"'),
    ],
)  # fmt: skip
def test_patients_are_told_apart_by_a_stated_order(tmp_path, headings, first, second, by):
    file = table(tmp_path, headings, two_patients(first, second))
    assert grade_table(file, [EARLY])[EARLY].to_list() == [2] * 62
    assert by in read_sign_table(file).understood.lines


def test_padded_names_are_one_patient_and_merged_cells_are_filled(tmp_path):
    rows = two_patients("A", "B")
    padded = [row.replace("A,", " A ,") if i % 2 else row for i, row in enumerate(rows)]
    assert grade_table(table(tmp_path, "patient,day,anc", padded), [EARLY])[EARLY].to_list() == [2] * 62
    merged = [row if i in (0, 31) else row[1:] for i, row in enumerate(rows)]
    file = table(tmp_path, "patient,day,anc", merged)
    assert grade_table(file, [EARLY])[EARLY].to_list() == [2] * 62
    assert (
        'note: 60 blank cells of "patient" filled from the row above, as in merged cells'
        in read_sign_table(file).understood.lines
    )


@pytest.mark.parametrize(
    ("headings", "rows", "told"),
    [
        ("day,anc", [row[2:] for row in two_patients("A", "B")], ["stands more than once", "looked for", '"anc"']),
        ("patient,day,anc", [*two_patients("A", "B"), ",5,0.3"], ["blank in 1 rows (64)"]),
        ("patient,day,anc", two_patients("1", "001"), ['"1" and "001"']),
        ("patient,day,anc", two_patients("s1", "S1"), ['"s1" and "S1"']),
        ("patient,day,anc", two_patients("1", "1.0"), ['"1" and "1.0"']),
        ("patient,pat_id,day,anc", [*two_patients("A,1", "B,1")], ['"patient", "pat_id" both name patients']),
        ("arm,patient,day,anc", two_patients("X,1", "Y,1"), ['patient "1" stands with "X" and "Y" in column "arm"']),
        ("USUBJID,SITEID,day,anc", two_patients("1,S1", "1,S2"), ['stands with "S1" and "S2" in column "SITEID"']),
    ],
    ids=range(8),
)
def test_patients_who_are_not_clear_are_refused_where_it_matters(tmp_path, headings, rows, told):
    file = table(tmp_path, headings, rows)
    with pytest.raises(BadInput, match="patients are not clear") as caught:
        grade_table(file, [EARLY])
    for part in told:
        assert part in str(caught.value)
    # a grade of single moments does not ask whose they are
    assert grade_table(file, ["ctcae_neutrophils"]).height == len(rows)


def test_a_misspelt_patient_column_is_asked_about(tmp_path):
    with pytest.raises(BadInput, match="Did you mean"):
        grade_table(table(tmp_path, "pateint_id,day,anc", two_patients("A", "B")), [EARLY])


def test_one_patient_needs_no_column(tmp_path):
    file = table(tmp_path, "day,anc", [row[2:] for row in two_patients("A", "B")[:31]])
    assert grade_table(file, [EARLY])[EARLY].to_list() == [2] * 31


@pytest.mark.parametrize("heading", ["study_day", "STUDYDAY", "ADY", "LBDY", "study_day [day]"])
def test_cdisc_study_days_are_shifted(tmp_path, heading):
    # CDISC: the reference day is 1 and there is no day 0; 14 days at most 100 per uL, days 17 to 30: grade 4
    counts = [0.05 if 17 <= day <= 30 else 2.0 for day in range(-3, 36)]
    rows = [f"S1,{day + 1 if day >= 0 else day},{count}" for day, count in zip(range(-3, 36), counts, strict=True)]
    read = read_sign_table(table(tmp_path, f"usubjid,{heading},anc", rows))
    assert read.day.tolist() == list(range(-3, 36))
    plain = [f"S1,{day},{count}" for day, count in zip(range(-3, 36), counts, strict=True)]
    expected = grade_table(table(tmp_path, "usubjid,day,anc", plain), [EARLY])[EARLY].to_list()
    assert grade_table(table(tmp_path, f"usubjid,{heading},anc", rows), [EARLY])[EARLY].to_list() == expected


def test_there_is_no_study_day_zero(tmp_path):
    with pytest.raises(BadInput, match="study day 0 does not exist") as caught:
        read_sign_table(table(tmp_path, "usubjid,study_day,anc", ["S1,-1,2", "S1,0,2"]))
    assert "row 3" in str(caught.value)


def test_the_day_from_infusion_comes_before_the_study_day(tmp_path):
    read = read_sign_table(table(tmp_path, "usubjid,study_day,day,anc", ["S1,1,0,2", "S1,2,1,2"]))
    assert read.day.tolist() == [0, 1]
    assert 'days: 0 to 1, from "day", before "study_day"' in read.understood.lines


def test_what_was_understood_is_told(tmp_path):
    file = table(tmp_path, "patient,day,ANC [10*3/uL],temp,note", ["A,0,2.0,37,x", "A,0,1.0,37,y", "B,3,1,38,z"])
    assert read_sign_table(file).understood.lines == (
        f"{file}: 3 rows, UTF-8, comma between cells, decimal point",
        'patients: 2, by "patient"',
        'days: 0 to 3, from "day"',
        'read: neutrophils from "ANC [10*3/uL]" [10^3/uL], temperature from "temp" [degC, assumed]',
        'not read: "note"',
        "note: 1 moment stands more than once: patient A, day 0 (rows 2, 3)",
    )


@pytest.mark.parametrize(
    "heading", ["MRN", "Pat.-Nr.", "PATNO", "PID", "Case", "UPN", "Hospital number", "Subj", "id number"]
)
def test_further_names_of_patients_are_known(tmp_path, heading):
    file = table(tmp_path, f"{heading},day,anc", two_patients("A", "B"))
    assert grade_table(file, [EARLY])[EARLY].to_list() == [2] * 62


@pytest.mark.parametrize("heading", ["Name", "code", "key", "Screening number", "Study ID", "who"])
def test_a_column_that_may_name_patients_is_asked_about(tmp_path, heading):
    # the days do not overlap, so nothing else tells that there are two: ten days each are grade 2, twenty would be 3
    rows = [f"{'A' if day < 10 else 'B'},{day},0.3" for day in range(20)]
    with pytest.raises(BadInput, match=f'"{heading}" may; call it "patient"'):
        grade_table(table(tmp_path, f"{heading},day,anc", rows), [EARLY])


def test_a_diary_of_one_patient_needs_no_name(tmp_path):
    rows = [f"2024-03-{day + 1:02d},{day},0.3,remark {day % 3}" for day in range(20)]
    assert grade_table(table(tmp_path, "date,day,anc,note", rows), [EARLY])[EARLY].to_list() == [3] * 20


def test_letters_without_width_are_no_part_of_a_name(tmp_path):
    rows = [row.replace("A,", "A\u200b,") if i % 2 else row for i, row in enumerate(two_patients("A", "B"))]
    assert grade_table(table(tmp_path, "patient,day,anc", rows), [EARLY])[EARLY].to_list() == [2] * 62


def test_a_spreadsheet_date_is_no_day_from_infusion(tmp_path):
    # 45351 is 29 February 2024 in a spreadsheet
    with pytest.raises(BadInput, match="day"):
        grade_table(table(tmp_path, "patient,day,anc", ["A,45351,0.3"]), [EARLY])


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("P-001", "P001", "may be one patient or two"),
        ("s 01", "S01", "may be one patient or two"),
        ("1-11", "11-1", ""),
        ("A-1", "B-1", ""),
        ("1.23E+08", "1.24E+08", "a spreadsheet has shortened"),
    ],
)
def test_names_that_may_be_one_patients(tmp_path, first, second, told):
    read = read_sign_table(table(tmp_path, "patient,day,anc", two_patients(first, second)))
    assert told in read.people.problem if told else read.people.problem == ""


def test_a_site_that_stands_once_is_that_of_all_rows_of_the_patient(tmp_path):
    # expected: ten days low, one patient: grade 2; as two patients the first row was grade 1
    rows = [f"{'S1' if n == 0 else ''},001,{n},0.3" for n in range(10)]
    graded = grade_table(table(tmp_path, "site,patient,day,anc", rows), [EARLY])
    assert graded[EARLY].to_list() == [2] * 10
