"""Kinetics as people write them, second set. Expected values: counted by hand from the rows, in the usage of NONMEM, Monolix, CDISC and R.

What may mean two things is refused with the column that says so; what is read is read as the same table written without doubt.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from livingdrug.fitting.kinetics import cellular_kinetics
from livingdrug.foundation.errors import BadInput
from livingdrug.interop.kinetics.read import check_kinetics, read_kinetics


def table(folder: Path, text: str) -> Path:
    file = folder / "ck.csv"
    file.write_text(text, encoding="utf-8")
    return file


ASKED = {
    # the hour of the day, weeks and cycles with their days, times since the last dose
    "date_clock": ("ID,DATE,TIME,DV\n1,2024-03-01,8,0\n1,2024-03-08,9.5,100\n1,2024-03-15,8,50\n", "hour of the day"),
    "dat2": ("ID,DAT2,TIME,DV\n1,24/03/01,8,0\n1,24/03/08,9,100\n1,24/03/15,8.5,50\n", "hour of the day"),
    "worded_date": ("ID,DATE,TIME,DV\n1,01MAR2024,8,0\n1,08MAR2024,9.5,100\n", "lasts 1.5 days, and \"DATE\" 7 days"),
    "unread_date": ("ID,DATE,TIME,DV\n1,spring,8,0\n1,summer,9.5,100\n", "may be the hour of the day"),
    "sample_date": ("ID,SAMPLE_DATE,day,DV\n1,2024-03-01,1,0\n1,2024-03-08,1,100\n1,2024-03-15,2,50\n", "SAMPLE_DATE"),
    "hours_by_dates": ("ID,PCDTC,TIME,DV\n1,2024-03-01,0,0\n1,2024-03-08,168,100\n", "lasts 168 days, and .* 7 days"),
    "hours_by_day": ("ID,TIME,DAY,DV\n1,0,0,0\n1,168,7,100\n1,336,14,50\n", "lasts 336 days, and .* 14 days"),
    "week_day": ("patient,week,day,value\n1,0,1,0\n1,1,1,100\n1,2,1,50\n", "begin again"),
    "cycle_day": ("patient,cycle,day,value\n1,1,1,0\n1,1,8,100\n1,2,1,50\n1,2,8,20\n", "begin again"),
    "tad": ("ID,TAD,DV,AMT,EVID\n1,0,.,1,1\n1,7,100,.,0\n1,0,.,1,1\n1,7,60,.,0\n", "counts from the last dose"),
    "arrlt": ("USUBJID,ARRLT,AVAL\n1,0,0\n1,168,100\n1,0,0\n1,168,60\n", "counts from the last dose"),
    "planned_day": ("patient,day,actual_day,value\n1,0,0,0\n1,7,40,100\n", "lasts 7 days, and .* 40 days"),
    # limits and missing marks
    "interval": ("ID,TIME,DV,CENS,LIMIT\n1,0,25,1,10\n1,7,100,0,10\n", "above the limit of its row"),
    "not_done": ("USUBJID,ADY,AVAL,PCSTAT\n1,1,20,\n1,8,0,NOT DONE\n1,15,50,\n", "nothing was measured where \"AVAL\" holds a result"),
    "dilution": ("patient,day,value,dilution\n1,0,5,1\n1,7,100,10\n", "may be a factor of the results"),
    "unit_in_name": ("patient,day,value [copies/ug],PARAM\n1,0,0,CAR (copies/mL)\n1,7,100,CAR (copies/mL)\n", "the results are in copies/ug, and \"PARAM\" says"),
    "limit_kind": ("patient,day,DV [copies/ug],LLOQ [copies/mL]\n1,0,BLQ,10\n1,7,100,10\n", "do not convert"),
    "limit_units": ("patient,day,DV [copies/ug],LLOQ,LLOQU\n1,0,BLQ,10,copies/mL\n1,7,100,10,copies/ug\n", "several units"),
    "mdv": ("ID,TIME,DV,MDV\n1,0,0,0\n1,7,100,2\n1,14,50,0\n", "MDV is neither 0 nor 1"),
    "dtype": ("USUBJID,ADY,AVAL,DTYPE\n1,1,0,\n1,8,90,\n1,8,110,\n1,8,100,AVERAGE\n", "derived from others"),
    # logarithms under other spellings
    **{
        f"log_{i}": (f'patient,day,"value [{unit}]"\n1,0,0.5\n1,7,4.2\n', "logarithms")
        for i, unit in enumerate(("log₁₀ copies/µg", "copies/ug (log10)", "copies/ug, log10", "copies/ug log scale", "logarithm of copies"))
    },
    "log_param": ("USUBJID,ADY,AVAL,PARAM\n1,1,0,Log10 CAR (copies/ug)\n1,8,4.1,Log10 CAR (copies/ug)\n", "logarithms"),
    "log_paramcd": ("USUBJID,ADY,AVAL,PARAMCD\n1,1,0,LOGCART\n1,8,4.1,LOGCART\n", "logarithms"),
    # what is no one course
    "two_values": ("ID,TIME,DV,CONC\n1,0,1.6,5\n1,7,4.6,100\n", "may both hold the results"),
    "compartments": ("ID,TIME,AMT,DV,CMT,EVID\n1,0,1,.,1,1\n1,7,.,100,2,0\n1,7,.,5,3,0\n", "several compartments"),
    "specimen": ("USUBJID,PCDY,PCSTRESN,PCSPEC\n1,1,0,BLOOD\n1,8,100,BLOOD\n1,29,5000,BONE MARROW\n", "PCSPEC.*blood, bone marrow"),
    "matrix": ("patient,day,value,matrix\n1,0,0,PB\n2,28,5000,BM\n", "matrix"),
    "method": ("patient,day,value,method\n1,0,0,qPCR\n1,7,100,qPCR\n1,14,3,flow\n", "method"),
    "unnamed_analyte": ("patient,day,value,what\n1,7,100,CAR\n1,7,5,IL-6\n", '"what" tells results of one patient'),
    # doses
    "dose_and_result": ("patient,day,value,dose\n1,0,5,200\n1,7,100,\n", "a dose and a result"),
    "addl_negative": ("ID,TIME,AMT,DV,EVID,ADDL,II\n1,0,100,.,1,-1,7\n1,3,.,50,0,0,0\n", "ADDL"),
    "addl_half": ("ID,TIME,AMT,DV,EVID,ADDL,II\n1,0,100,.,1,1.5,7\n1,3,.,50,0,0,0\n", "ADDL"),
    # patients
    "two_names": ("id,patient,day,value\n1,A,0,0\n1,B,7,100\n2,B,14,50\n", "may both name patients"),
    "means": ("patient,day,value\n1,0,0\n1,7,100\nMean,0,0\nMean,7,90\n", "summary of others"),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_what_may_mean_two_things_is_asked_about(tmp_path: Path, name: str) -> None:
    text, told = ASKED[name]
    with pytest.raises(BadInput, match=told):
        read_kinetics(table(tmp_path, text))


READ = {
    "constant_date": ("ID,INFDATE,TIME,DV\n1,2024-03-01,0,0\n1,2024-03-01,7,100\n", [0, 7], [0, 100], [0, 0]),
    "dates_agree": ("ID,PCDTC,day,DV\n1,2024-03-01T08:00,0,0\n1,2024-03-09T09:30,7,100\n", [0, 7], [0, 100], [0, 0]),
    "dates_day_first": ("ID,Datum,day,DV\n1,01.03.2024,0,0\n1,08.03.2024,7,100\n", [0, 7], [0, 100], [0, 0]),
    "two_clocks": ("ID,AFRLT,AFRLTU,ADY,AVAL\n1,0,HOURS,1,0\n1,168,HOURS,8,100\n", [0, 168], [0, 100], [0, 0]),
    "months": ("patient,month,day,value\n1,0,0,0\n1,0,7,100\n1,1,28,50\n", [0, 7, 28], [0, 100, 50], [0, 0, 0]),
    "day_not_tad": ("ID,TAD,day,DV\n1,0,0,0\n1,7,7,100\n1,3,31,9\n", [0, 7, 31], [0, 100, 9], [0, 0, 0]),
    "limit_heading": ("patient,day,DV [copies/ug],LLOQ [copies/ng]\n1,0,BLQ,0.025\n1,7,100,0.025\n", [0, 7], [25, 100], [1, 0]),
    "limit_column": ("patient,day,DV [copies/ug],LLOQ,LLOQU\n1,0,BLQ,0.025,copies/ng\n1,7,100,0.025,copies/ng\n", [0, 7], [25, 100], [1, 0]),
    "nq": ("patient,day,value,LLOQ\n1,0,NQ,25\n1,7,100,25\n", [0, 7], [25, 100], [1, 0]),
    "unit_spellings": ("patient,day,value,unit\n1,0,0,copies/ug\n1,7,100,copy/µg\n", [0, 7], [0, 100], [0, 0]),
    "one_specimen": ("patient,day,value,PCSPEC\n1,0,0,BLOOD\n1,7,100,blood\n", [0, 7], [0, 100], [0, 0]),
    "name_agrees": ("patient,day,value [copies/ug],PARAM\n1,0,0,CAR in blood (copies/µg)\n1,7,100,CAR in blood (copies/µg)\n", [0, 7], [0, 100], [0, 0]),
    "monolix": ("ID,TIME,DV,CENS,LIMIT\n1,0,25,1,0\n1,7,100,0,.\n", [0, 7], [25, 100], [1, 0]),
    "status": ("USUBJID,ADY,AVAL,PCSTAT\n1,1,20,\n1,8,,NOT DONE\n1,15,50,\n", [0, 14], [20, 50], [0, 0]),
    "undiluted": ("patient,day,value,dilution\n1,0,5,1\n1,7,100,1\n", [0, 7], [5, 100], [0, 0]),
    "visit_days": ("USUBJID,VISITDY,ADY,AVAL\n1,1,1,0\n1,29,35,100\n", [0, 34], [0, 100], [0, 0]),
    "same_twice": ("ID,TIME,DV,VALUE\n1,0,0,0\n1,7,100,100.2\n", [0, 7], [0, 100], [0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_says_one_thing_is_read(tmp_path: Path, name: str) -> None:
    text, times, values, censored = READ[name]
    data = read_kinetics(table(tmp_path, text))
    assert data.time.tolist() == times
    assert data.value.tolist() == values
    assert data.censored.tolist() == censored


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("id,patient,day,value\n1,A,0,0\n2,A,7,100\n3,A,14,50\n4,B,0,0\n", 2),  # numbers of rows
        ("ID,USUBJID,TIME,DV\n1,S-001,0,0\n1,S-002,7,100\n2,S-003,0,1\n", 3),
        ("ID,SUBJID,TIME,DV\n1,10,0,0\n1,10,7,100\n2,11,0,1\n", 2),
        ("site,patient,id,day,value\n1,001,1,0,0\n2,001,2,0,5\n", 2),
    ],
)
def test_patients_are_told_apart_in_the_order_of_every_table(tmp_path: Path, text: str, n: int) -> None:
    data, findings = check_kinetics(table(tmp_path, text))
    assert data is not None
    assert data.n_patients == n
    if "USUBJID" not in text:  # there, ID is a covariate: it names other people
        assert not {"id", "ID", "SUBJID"} & set(data.covariates.columns)
        assert any("told apart by" in finding.what for finding in findings)


def test_a_dose_beside_nothing_is_taken_and_told(tmp_path: Path) -> None:
    data, findings = check_kinetics(table(tmp_path, "patient,day,value,dose\n1,0,0,200\n1,7,100,\n1,14,50,\n"))
    assert data is not None
    assert data.doses[:, 2].tolist() == [200.0]
    assert data.time.tolist() == [7.0, 14.0]
    assert [finding.rows for finding in findings if "a row with a dose is no result" in finding.what] == [(2,)]
    assert not len(read_kinetics(table(tmp_path, "patient,day,value,dose_cohort\n1,0,0,2\n1,7,100,2\n")).doses)


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    _, findings = check_kinetics(table(tmp_path, "ID,TIME,DV,MDV,LLOQ\n1,0,ND,0,25\n1,7,100,1,25\n1,14,50,0,25\n"))
    assert [finding.rows for finding in findings if "MDV says" in finding.what] == [(3,)]
    assert [finding.rows for finding in findings if "not done" in finding.what] == [(2,)]


def test_days_of_a_frame_are_numbers_and_no_dates(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame({"patient": ["1", "1"], "day": [datetime.date(2024, 3, 1), datetime.date(2024, 3, 8)], "value": [0.0, 9.0]})  # fmt: skip
    with pytest.raises(BadInput, match="the time is no number"):
        read_kinetics(frame)


def test_a_frame_of_visits_knows_flags_by_the_same_names() -> None:
    """One list for both readers: `detected` is asked about by either."""
    import polars as pl

    frame = pl.DataFrame({"patient": [1, 1], "day": [0.0, 7.0], "value": [25.0, 100.0], "detected": [0, 1]})
    with pytest.raises(BadInput, match='"detected", which may flag'):
        cellular_kinetics(frame)
    assert cellular_kinetics(frame.with_columns(detected=pl.lit(1.5)))["cmax"].to_list() == [100.0]
