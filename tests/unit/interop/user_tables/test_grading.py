"""A user's table graded: expected grades from the published tables as in tests/independent/test_grading.py, by hand."""

import numpy as np
import polars as pl
import pytest

from livingdrug.clinic import course_signs as module
from livingdrug.clinic.course_signs import course_signs, course_signs_of_many, daily_counts
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.user_tables.grading import grade_table, read_sign_table, template

NAN = np.nan


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        file = tmp_path / "signs.csv"
        file.write_bytes(text.encode(encoding))
        return file

    return write


def test_units_in_the_heading_and_words_in_the_cells(write):
    file = write("temp [°F],pressor_level,Oxygen\n100.3,0,none\n100.4,0,0\n104,low,Low flow\n104,multiple,ventilator\n")
    # 100.4 degF is 38.0 degC, where fever begins
    assert grade_table(file, ["crs_astct"])["crs_astct"].to_list() == [0, 1, 3, 4]
    assert read_sign_table(file).signs["temperature"].tolist() == [37.944444444, 38.0, 40.0, 40.0]


def test_blood_counts_in_usual_units(write):
    for heading, values in (
        ("ANC [cells/uL]", "1400\n400"),
        ("neutrophils", "1.4\n0.4"),
        ("anc (x10^9/L)", "1.4\n0.4"),
        ("ANC [/uL]", "1400\n400"),
    ):
        assert grade_table(write(f"{heading}\n{values}\n"), ["ctcae_neutrophils"])["ctcae_neutrophils"].to_list() == [
            2,
            4,
        ]


def test_blanks_are_unknown_and_not_well(write):
    file = write("temperature,pressor_level,oxygen_level\n39,2,\n39,4,\n,,\n,2,0\n36.8,0,0\n")
    graded = grade_table(file, ["crs_astct"])
    # ASTCT: one vasopressor 3; oxygen could make it 4; nothing seen: null; without temperature no CRS is shown
    assert graded["crs_astct"].to_list() == [3, 4, None, 0, 0]
    assert graded["crs_astct_at_most"].to_list() == [4, 4, 4, 3, 0]


def test_without_blanks_there_is_one_column_more(write):
    graded = grade_table(write("temperature,pressor_level,oxygen_level,note\n39,0,0,x\n"), ["crs_astct"])
    assert graded.columns[-2:] == ["note", "crs_astct"]


def test_missing_flags_are_no(write):
    # Penn: hospital for fever is 2, and nobody said so
    text = "temperature,pressor_level,oxygen_level,creatinine_ratio,transaminase_ratio"
    assert grade_table(write(f"{text}\n39,0,0,0.6,0.6\n"), ["crs_penn"])["crs_penn"].to_list() == [1]
    assert grade_table(write(f"{text},admitted\n39,0,0,0.6,0.6,yes\n"), ["crs_penn"])["crs_penn"].to_list() == [2]


CAPD = [("0", "spontaneous", 0), ("8", "spontaneous", 1), ("8", "voice", 2), ("9", "spontaneous", 3), ("12", "unarousable", 4)]  # fmt: skip


def test_capd_stands_in_for_ice_under_12_years(write):
    # mdedge.com article 192202: CAPD below 9 is grade 1 or 2 by arousal, 9 and more is 3, unarousable is 4
    heading = "capd,arousal,seizure,motor_weakness,cerebral_oedema"
    rows = "\n".join(f"{capd},{arousal},none,no,none" for capd, arousal, _ in CAPD)
    graded = grade_table(write(f"{heading}\n{rows}\n"), ["icans_astct"])
    assert graded["icans_astct"].to_list() == [grade for *_, grade in CAPD]
    assert "icans_astct_at_most" not in graded.columns
    with pytest.raises(BadInput, match="ice_score"):
        grade_table(write("arousal,seizure,motor_weakness,cerebral_oedema\n0,0,0,0\n"), ["icans_astct"])


@pytest.mark.parametrize(
    ("scale", "signs", "grade"),
    [
        ("crs_ctcae_v5", "39,1,0,0,0", 2), ("crs_ctcae_v5", "39,2,0,0,0", 3), ("crs_ctcae_v5", "39,3,0,0,0", 3),
        ("crs_ctcae_v5", "39,0,2,0,0", 3), ("crs_ctcae_v5", "39,0,4,0,0", 4), ("crs_ctcae_v5", "38,0,0,0,0", 1),
        ("iec_hs", "39,2,0,0,0", 0), ("iec_hs", "37,0,0,0,1", 1), ("iec_hs", "37,0,0,0,2", 2),
        ("iec_hs", "37,0,1,0,1", 3), ("iec_hs", "37,0,0,7,1", 4),
    ],
)  # fmt: skip
def test_scales_that_are_recalled(write, scale, signs, grade):
    file = write(f"temperature,pressor_level,oxygen_level,creatinine_ratio,hlh_like\n{signs}\n")
    assert grade_table(file, [scale])[scale].to_list() == [grade]


@pytest.mark.parametrize(
    ("signs", "cartox", "ctcae"),
    [
        ("10,0,0,0,0", 0, 0), ("8,0,0,0,0", 1, 1), ("5,0,0,0,0", 2, 2), ("1,0,0,0,0", 3, 3), ("10,0,1,0,0", 3, 2),
        ("10,0,2,0,0", 4, 4), ("10,0,0,1,0", 4, 0), ("10,0,0,0,1", 4, 0), ("10,2,0,0,0", 0, 3), ("10,3,0,0,0", 4, 4),
    ],
)  # fmt: skip
def test_neurotoxicity_on_two_more_scales(write, signs, cartox, ctcae):
    file = write(f"ice,arousal,seizure,motor,oedema\n{signs}\n")
    graded = grade_table(file, ["cres_cartox", "neurotoxicity_ctcae"])
    assert graded.select("cres_cartox", "neurotoxicity_ctcae").row(0) == (cartox, ctcae)


def test_duration_scales_read_daily_counts(write):
    rows = ["patient,day,ANC,PLT"]
    for day in range(31):
        rows.append(f"A,{day},{0.3 if day < 10 else 2.0},{15 if day < 3 else 200}")
        rows.append(f"B,{day},0.45,{40 if day < 8 else 60}")
    rows += ["A,45,0.4,90", "A,52,3.0,150", "B,45,0.9,19", "B,52,1.1,30"]
    scales = ["icaht_early", "icaht_early_platelets", "icaht_late", "icaht_late_platelets"]
    graded = grade_table(write("\n".join(rows)), scales).unique("patient").sort("patient")
    # A: 10 days at most 500, never at 100: 2; platelets below 20 for 3 days: 3; one low late count is transient: 0
    # B: never above 500: 4; platelets below 50 for 8 days: 2; late 900 and 1100: 2; below 20 for a day: 3
    assert graded.select(scales).rows() == [(2, 3, 0, 1), (4, 2, 2, 3)]


def test_daily_counts_bridge_a_week_and_no_more():
    # linear by hand; 8 missing days stay unknown
    days, counts = np.array([0.0, 8.0, 17.0]), np.array([8.0, 0.0, 1.0])
    filled = daily_counts(days, counts, 0, 17)
    assert filled[:9].tolist() == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert np.isnan(filled[9:17]).all()
    assert filled[17] == 1
    assert np.isnan(course_signs(np.array([40.0]), {"neutrophils": np.array([1.0])})["days_neutrophils_at_most_500"])
    assert course_signs(np.array([40.0]), {"neutrophils": np.array([1.0])})["late_neutrophil_nadir"] == 1.0


def test_many_patients_at_once_are_as_each_alone(monkeypatch):
    # expected: `course_signs` of each patient; gaps, blanks, two counts a day, days outside, patients without a count
    rng = np.random.default_rng(3)
    n, m = 40, 2000
    who = rng.integers(0, n - 1, m)
    days = np.round(rng.uniform(-10, 120, m) * 2) / 2
    days[who % 5 == 0] = np.floor(days[who % 5 == 0] / 9) * 9
    blank = rng.random((2, m)) < 0.1
    counts = {
        "neutrophils": rng.choice([0.05, 0.1, 0.3, 0.5, 1.5, 2.0], m),
        "platelets": rng.choice([10.0, 20, 50, 100, 200], m),
    }
    for values, nothing in zip(counts.values(), blank, strict=True):
        values[nothing] = NAN
    for at_once in (7, 20_000):
        monkeypatch.setattr(module, "PATIENTS_AT_ONCE", at_once)
        together = course_signs_of_many(who, days, counts, n)
        for one in range(n):
            mine = who == one
            alone = course_signs(days[mine], {name: values[mine] for name, values in counts.items()})
            assert set(alone) == set(together)
            np.testing.assert_equal({name: float(together[name][one]) for name in alone}, alone)


WRONG = [
    ("temperature,pressor_level,oxygen_level\n38,0,0\n101,9,x\n", ["row 3", '"temperature": got "101"', "25 to 45 degC", "[degF]", '"pressor_level": got "9"', '"oxygen_level": got "x"', "3 cells"]),
    ("temprature,pressor_level\n38,0\n", ['"temprature"', 'Did you mean "temperature"']),
    ("temperature [kg]\n38\n", ['"kg"', '"degC"']),
    ("temp,temperature\n38,38\n", ["both hold temperature"]),
    ("a,a\n1,2\n", ["2 times"]),
    ("temp,pressor\n38\n", ["row 2: 1 cell, expected 2"]),
    ("", ["empty"]),
    ("temp\n", ["no rows"]),
    ("temp\n38\n", ["oxygen_level", "pressor_level", "--template"]),
    ('temp\n"38\n', ["quotation mark"]),
    ("temp,pressor,oxygen,crs_astct\n38,0,0,1\n", ['"crs_astct" already']),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG, ids=range(len(WRONG)))
def test_a_table_that_cannot_be_used_says_where(write, text, told):
    with pytest.raises(BadInput) as problem:
        grade_table(write(text), ["crs_astct"])
    for part in told:
        assert part in str(problem.value)


def test_a_workbook_and_a_missing_file(write, tmp_path):
    workbook = tmp_path / "signs.xlsx"
    workbook.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(BadInput, match="workbook"):
        grade_table(workbook, ["crs_astct"])
    with pytest.raises(BadInput, match="no such file"):
        grade_table(tmp_path / "nothing.csv")
    with pytest.raises(UnknownName, match="crs_astct"):
        grade_table(write("temp\n38\n"), ["crs_astc"])


def test_semicolons_marks_and_blank_lines(write):
    # by hand: a comma with one digit after it can only be a decimal mark
    for text in ("\ufefftemp;pressor;oxygen\r\n39,5;0;0\r\n", "\ufefftemp;pressor;oxygen\r\n\r\n39.5;0;0\r\n"):
        assert grade_table(write(text), ["crs_astct"])["crs_astct"].to_list() == [1]


def test_many_errors_are_cut_short(write):
    rows = "\n".join(["x,0,0"] * 30)
    with pytest.raises(BadInput, match="30 cells") as told:
        grade_table(write(f"temp,pressor,oxygen\n{rows}\n"), ["crs_astct"])
    assert str(told.value).endswith("- … and 10 more")
    assert str(told.value).count("\n") == 21


def test_the_template_can_be_graded_on_every_scale_it_has_signs_for(write):
    graded = grade_table(write(template()))
    assert graded.row(0, named=True)["crs_astct"] == 0
    assert graded.row(1, named=True)["crs_astct"] == 3
    assert {"crs_penn", "crs_lee", "icans_astct", "ctcae_platelets", "iec_hs"} <= set(graded.columns)
    assert isinstance(graded, pl.DataFrame)
