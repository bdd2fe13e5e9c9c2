"""Expected values: tables written by hand, read by eye."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas
import polars as pl
import pytest

from livingdrug.fitting.data import KineticsData
from livingdrug.foundation.errors import BadInput, LivingDrugError
from livingdrug.interop.kinetics.cells import read_result
from livingdrug.interop.kinetics.read import check_kinetics, read_kinetics

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def _read(text: str, tmp_path: Path, **options: object) -> KineticsData:
    path = tmp_path / "ck.csv"
    path.write_text(text, encoding="utf-8")
    return read_kinetics(path, **options)  # type: ignore[arg-type]


def _said(text: str, tmp_path: Path, **options: object) -> dict[str, tuple[str, tuple[int, ...]]]:
    """What was found -> severity, rows."""
    path = tmp_path / "ck.csv"
    path.write_text(text, encoding="utf-8")
    return {f.what: (f.severity, f.rows) for f in check_kinetics(path, **options)[1]}  # type: ignore[arg-type]


def test_nonmem_example() -> None:
    data = read_kinetics(EXAMPLES / "kinetics_nonmem.csv")
    assert data.patients == ("1", "2")
    assert (data.time_unit, data.value_unit, data.dose_unit) == ("day", "copy/ug", "cell")
    assert data.censored.tolist() == [1, *[0] * 7, 1, *[0] * 6, 1]
    assert data.doses[:, 2].tolist() == [2e8, 1.5e8]
    assert data.covariates["AGE"].to_list() == [9.0, 14.0]
    assert data.covariates["SEX"].to_list() == ["F", "M"]
    assert not data.findings


def test_adpc_example_takes_texts_below_the_limit() -> None:
    data = read_kinetics(EXAMPLES / "kinetics_adpc.csv")
    assert data.time_unit == "hour"
    assert data.value[[0, 5]].tolist() == [25.0, 25.0]
    assert data.censored.tolist() == [1, 0, 0, 0, 0] * 2
    assert data.outputs == ("CART",)


def test_plain_example_and_frames_are_the_same() -> None:
    path = EXAMPLES / "kinetics_plain.csv"
    data = read_kinetics(path)
    assert data.censored.tolist() == [1, 0, 0, 0] * 2
    frame = pl.read_csv(path, infer_schema=False)
    assert read_kinetics(frame).frame.equals(data.frame)
    assert read_kinetics(pandas.DataFrame(frame.to_dict(as_series=False))).frame.equals(data.frame)


def test_repeated_doses_infusions_and_limits(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,RATE,ADDL,II,EVID,DV\n1,0,100,50,2,12,1,.\n1,1,.,.,.,.,0,7\n1,30,.,.,.,.,0,2\n"
    data = _read(text, tmp_path, lloq=5)
    np.testing.assert_allclose(data.doses[:, 1:4], [[0, 100, 2], [12, 100, 2], [24, 100, 2]])
    assert data.value.tolist() == [7.0, 5.0]
    assert data.censored.tolist() == [0, 1]


def test_limit_with_a_unit_is_brought_to_the_values(tmp_path: Path) -> None:
    text = "ID,TIME [h],DV [ng/mL]\n1,1,0.5\n1,2,30\n"
    data = _read(text, tmp_path, lloq="0.001 ug/mL")
    assert data.value.tolist() == [1.0, 30.0]
    assert data.censored.tolist() == [1, 0]


def test_study_days_have_no_zero(tmp_path: Path) -> None:
    data = _read("USUBJID,ADY,AVAL\na,1,5\na,8,9\n", tmp_path)
    assert data.time.tolist() == [0.0, 7.0]


@pytest.mark.parametrize(
    ("written", "value", "censored"),
    [("12", 12.0, 0), ("<25", 25.0, 1), ("< 25 copies/ug", 25.0, 1), (">1e6", 1e6, -1), ("BLQ", np.nan, 1), ("ND", np.nan, 1),
     ("", np.nan, 0), (".", np.nan, 0), ("12 5", np.nan, None), ("1_000", np.nan, None), ("inf", np.nan, None)],
)  # fmt: skip
def test_results_as_they_are_written(written: str, value: float, censored: int | None) -> None:
    found = read_result(written)
    np.testing.assert_equal((found.value, found.censored), (value, censored))


@pytest.mark.parametrize(
    ("text", "what", "severity", "rows"),
    [
        ("ID,TIME,DV\n1,1,5\n1,1,6\n1,2,7\n", "a patient has two results at one time; both count", "warning", (3,)),
        ("ID,TIME,DV,AMT,EVID\n1,0,.,10,1\n2,0,.,10,1\n2,1,5,0,0\n", "1 patients have doses but no result; they are left out", "warning", (2,)),
        ("ID,TIME,DV\n1,-1,5\n1,1,6\n", "results before time 0 are left out", "warning", (2,)),
        ("ID,TIME,DV,AMT,EVID\n1,1,.,10,1\n1,5,3,0,0\n", "the first dose is on day 1, not 0", "warning", (3,)),
        ("ID,TIME,DV,AMT,EVID\n1,3,.,10,1\n1,5,3,0,0\n", "1 patients had their first dose at another time than 0 (3 day)", "warning", (3,)),
        ("ID,TIME,DV,AVALU\n1,1,5,copies/ug\n1,2,6,copies/ug\n1,3,7,cells/uL\n", "value is given in several units: copies/ug, cells/uL; in cells/uL", "error", (4,)),
        ("ID,TIME,DV\n1,1,BLQ\n1,2,6\n", "below the limit, and the limit is not known", "error", (2,)),
        ("ID,TIME,DV\n1,x,5\n1,2,6\n", "the time is no number", "error", (2,)),
        ("ID,TIME,DV\n1,1,1O\n1,2,6\n", '"1O" is no result', "error", (2,)),
        ("ID,TIME,DV,EVID,AMT\n1,0,.,4,10\n1,2,6,0,0\n", "EVID 3 and 4 (resets) are not understood", "error", (2,)),
        ("ID,TIME,DV,AMT,EVID\n1,0,.,10,1\n1,1,5,0,0\n2,1,5,0,0\n", "1 patients have results but no dose", "warning", (4,)),
    ],
)  # fmt: skip
def test_what_is_odd_is_told_with_its_rows(text: str, what: str, severity: str, rows: tuple[int, ...], tmp_path: Path) -> None:  # fmt: skip
    assert _said(text, tmp_path)[what] == (severity, rows)


def test_a_flag_under_another_name_is_suspected(tmp_path: Path) -> None:
    body = "".join(f"{i},{t},{25 if t > 20 else 100 + t},{int(t > 20)}\n" for i in (1, 2) for t in (1, 5, 10, 30, 60))
    said = _said("ID,TIME,DV,QL\n" + body, tmp_path)
    (what,) = [what for what in said if "same lowest value 25" in what]
    assert said[what] == ("warning", (5, 6, 10, 11))
    path = tmp_path / "ck.csv"
    hint = [f.remedy for f in check_kinetics(path)[1] if f.what == what]
    assert "QL" in hint[0]
    assert read_kinetics(path, columns={"CENS": "QL"}).censored.sum() == 4


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no column for DV; headings are: ID, TIME, XYZ"):
        _read("ID,TIME,XYZ\n1,1,5\n", tmp_path)


def test_damaged_files_end_in_a_message_or_in_the_same_numbers(tmp_path: Path) -> None:
    """200 damaged copies of the example: a message with its reason, or a record whose every number stands in the file."""
    whole = (EXAMPLES / "kinetics_nonmem.csv").read_text(encoding="utf-8")
    rng = random.Random(7)
    junk = ["", "x", "-", "1e999", "NaN", "#REF!", "1,5", '"', "\t", "−3", "٣", "\x00", "0x10", "1;2", "'"]
    told: list[str] = []
    for k in range(200):
        lines = whole.splitlines()
        for _ in range(rng.randint(1, 3)):
            i = rng.randrange(len(lines))
            cells = lines[i].split(",")
            action = rng.randrange(5)
            if action == 0:
                cells[rng.randrange(len(cells))] = rng.choice(junk)
            elif action == 1:
                del cells[rng.randrange(len(cells))]
            elif action == 2:
                cells.insert(rng.randrange(len(cells)), rng.choice(junk))
            elif action == 3 and len(lines) > 1:
                lines[i] = lines[i][: rng.randrange(len(lines[i]) + 1)]
                continue
            else:
                cells = cells[::-1]
            lines[i] = ",".join(cells)
        path = tmp_path / f"{k}.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            data = read_kinetics(path)
        except LivingDrugError as problem:
            told.append(str(problem))
            continue
        numbers = path.read_text(encoding="utf-8")
        assert all(f"{value:g}" in numbers for value in data.value), path.read_text(encoding="utf-8")
    assert len(told) > 100
    assert min(len(words) for words in told) > 20


def test_one_number_in_two_sites_is_two_patients(tmp_path):
    # expected: by hand; pooled they would be one course with the peak of the first and the end of the second
    file = tmp_path / "sites.csv"
    file.write_text("site,subject,day,value\nS1,1,0,1\nS1,1,7,100\nS2,1,1,2\nS2,1,8,10\n")
    data = read_kinetics(file)
    assert data.patients == ("S1/1", "S2/1")
    assert data.value.tolist() == [1, 100, 2, 10]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patient,day,value\n1,0,1\n01,7,2\n", '"1" and "01" may be one patient'),
        ("arm,patient,day,value\nX,1,0,1\nY,1,7,2\n", 'stands with "X" and "Y" in column "arm"'),
        ("USUBJID,SITEID,day,value\n1,S1,0,1\n1,S2,7,2\n", 'stands with "S1" and "S2" in column "SITEID"'),
        ("patient,day,value [log10 copy/ug]\n1,0,1\n1,7,4\n", "logarithms"),
        ("patient,day,DV_ln\n1,0,1\n1,7,4\n", "logarithms"),
        ("patient,time [s],value\n1,0,1\n1,7,4\n", '"s" is no unit of time'),
        ("USUBJID,AFRLT,FRLTU,AVAL\n1,0,DAYS,1\n1,7,HOURS,4\n", "several units"),
        ("patient,day,value\n1,0,1\n1,7,10e6\n", '"10e6" is no result'),
        ("patient,day,value\n1,0,1\n1,7,1e300\n", '"1e300" is no result'),
    ],
)
def test_what_once_gave_another_number_is_refused(tmp_path, text, told):
    file = tmp_path / "kinetics.csv"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_kinetics(file)
    assert told in str(caught.value)


def test_units_of_time_of_the_standard_are_read(tmp_path):
    # CDISC ADNCA: AFRLT in the unit of FRLTU; hours only where nothing says it
    file = tmp_path / "adnca.csv"
    file.write_text("USUBJID,AFRLT,FRLTU,AVAL\n1,0,DAYS,1\n1,7,DAYS,4\n")
    assert read_kinetics(file).time_unit == "day"
    file.write_text("USUBJID,AFRLT,AVAL\n1,0,1\n1,7,4\n")
    data = read_kinetics(file)
    assert data.time_unit == "hour"
    assert any("taken in hours" in finding.what for finding in data.findings)


@pytest.mark.parametrize(
    "lloq", ["1,250 copy/ug", "25-30 copy/ug", "30 60 copies", "30 9**9**9", "<30", "30-40", "nan", "-5"]
)
def test_a_limit_is_one_number(tmp_path, lloq):
    file = tmp_path / "kinetics.csv"
    for heading in ("value", "value [copy/ug]"):
        file.write_text(f"patient,day,{heading}\n1,0,100\n1,7,50\n")
        with pytest.raises(BadInput, match=r"lloq"):
            read_kinetics(file, lloq=lloq)


def test_occasions_are_numbered_and_a_result_needs_one(tmp_path: Path) -> None:
    data = _read("ID,TIME,DV,OCC\n1,1,5,1\n1,2,6,1\n1,30,7,2\n2,1,3,10\n", tmp_path)
    assert data.occasions == ("1", "2", "10")
    assert data.occasion.tolist() == [0, 0, 1, 2]
    assert data.frame["occasion"].to_list() == ["1", "1", "2", "10"]
    assert _said("ID,TIME,DV,OCC\n1,1,5,1\n1,2,6,\n", tmp_path)["a result without its occasion"] == ("error", (3,))


@pytest.mark.parametrize("unit", ["1e-400,inf", "inf", "nan", "5", "copy/ug, mg/L", "e12"])
def test_what_is_no_unit_is_refused(unit: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no unit"):
        _read("ID,TIME,DV\n1,1,5\n", tmp_path, value_unit=unit)


@pytest.mark.parametrize("unit", ["copy/ug", "copies/µg", "1e9/L", "cells/uL", "arbitrary", "transgene copies", "%"])
def test_units_of_the_field_are_taken(unit: str, tmp_path: Path) -> None:
    assert _read("ID,TIME,DV\n1,1,5\n", tmp_path, value_unit=unit).value_unit == unit


def test_every_example_is_read_and_every_example_model_takes_its_table() -> None:
    from livingdrug.fitting.specification import specify
    from livingdrug.fitting.structure import load_model

    found = {path.stem: read_kinetics(path) for path in sorted(EXAMPLES.glob("kinetics_*.csv"))}
    assert len(found) >= 5
    assert found["kinetics_occasions"].occasions == ("1", "2")
    assert found["kinetics_changing_covariate"].changing == ("WT",)
    assert load_model(str(EXAMPLES / "changing_weight.toml")).batch(found["kinetics_changing_covariate"]) is not None
    data, model = found["kinetics_two_outputs"], load_model(str(EXAMPLES / "two_outputs.toml"))
    assert data.outputs == model.outputs == ("concentration", "effect")
    assert [error.name for error in specify(model, data).errors] == ["proportional", "proportional"]
    psi = np.array([[1.5, 30.0, 2.8, 2.0]])
    level = model.batch(data)(psi, np.array([0]))
    # the effect of a concentration c is 100 c / (2 + c)
    np.testing.assert_allclose(level[1::2], 100 * level[::2] / (2 + level[::2]), rtol=1e-6)


@pytest.mark.parametrize(
    "unit", ["*U/L", "½-U/L", "nan100-1e9/L", "1/3 mg/L", "true 9**9**9", "to G/L", "100 fL", "-U/L"]
)
def test_what_multiplies_or_is_no_word_is_no_unit(unit: str, tmp_path: Path) -> None:
    # by hand: a unit that is not read stands as a label beside the values, so it must be one
    file = tmp_path / "ck.csv"
    file.write_text(f'patient,day,"value [{unit}]"\n1,0,1\n1,7,4\n', encoding="utf-8")
    with pytest.raises(BadInput, match="no unit"):
        read_kinetics(file)
    file.write_text("patient,day,value\n1,0,1\n1,7,4\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"unit|lloq"):
        read_kinetics(file, lloq=f"2.5 {unit}")


@pytest.mark.parametrize(
    "unit", ["copies/100 ng DNA", "10*3/uL", "10^9/L", "[IU]/L", "K/µL", "U/10^6 cells", "%", "×10⁹/L"]
)
def test_labels_of_laboratories_are_units(unit: str, tmp_path: Path) -> None:
    file = tmp_path / "ck.csv"
    file.write_text(f"patient,day,value [{unit}]\n1,0,1\n1,7,4\n", encoding="utf-8")
    assert read_kinetics(file).value_unit == unit


def test_a_limit_that_rows_overrule_is_told(tmp_path: Path) -> None:
    # by hand: row 3 has 1 in LLOQ, row 2 nothing: 5 is below 25 where only 25 is known, and a value where the limit is 1
    file = tmp_path / "ck.csv"
    file.write_text("ID,TIME,DV,LLOQ\n1,1,5,\n1,7,5,1\n1,9,80,25\n", encoding="utf-8")
    data = read_kinetics(file, lloq=25)
    assert data.frame["censored"].to_list() == [1, 0, 0]
    (told,) = [one for one in data.findings if "limits of its own" in one.what]
    assert (told.severity, told.rows) == ("warning", (3,))
    assert not [one for one in read_kinetics(file).findings if "limits of its own" in one.what]


def test_a_frame_of_too_many_cells_is_refused_as_a_file_is(monkeypatch):
    # expected: 3 rows of 3 columns are 9 cells
    import polars as pl

    from livingdrug.interop.kinetics import read

    monkeypatch.setattr(read, "MOST_CELLS", 8)
    frame = pl.DataFrame({"ID": [1, 1, 1], "TIME": [0, 7, 14], "DV": [1.0, 5.0, 2.0]})
    with pytest.raises(BadInput, match="3 rows of 3 columns"):
        read.read_kinetics(frame, value_unit="copy/ug")
