"""Expected values: linear equations with steps, solved by hand; the closed form of an infusion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.likelihood import likelihood_of
from livingdrug.fitting.structure import load_model
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.kinetics.read import read_kinetics

MODEL = """
measured = "concentration"
antimony = "drug.ant"
error = "proportional"
[doses]
1 = "central"
[parameter.V]
start = 20.0
[parameter.CL]
start = 3.0
"""
EQUATIONS = """model drug
  central = 0
  V = 20
  CL = 3
  weight = 70
  central' = -CL * (weight / 70) / V * central
  concentration := central / V
end
"""


def _model(folder: Path, more: str = "") -> str:
    (folder / "drug.ant").write_text(EQUATIONS, encoding="utf-8")
    text = MODEL.replace("[parameter.V]", f"{more}\n[parameter.V]")
    (folder / "drug.toml").write_text(text, encoding="utf-8")
    return str(folder / "drug.toml")


def _record(times: list[float], doses: list[list[float]], n: int = 2, **more: object) -> KineticsData:
    names = tuple(str(i) for i in range(n))
    time = np.tile(times, n)
    more.setdefault("covariates", pl.DataFrame({"patient": names}))
    return KineticsData(names, np.repeat(np.arange(n), len(times)), time, np.ones(time.size), np.zeros(time.size, np.int64),
                        doses=np.array([[i, *dose] for i in range(n) for dose in doses], float), **more)  # fmt: skip


def test_an_infusion_over_time_is_the_closed_form_of_it(tmp_path: Path) -> None:
    # at once, over three hours and over another seven that begins before the first has ended
    doses = [[0.0, 100.0, 0.0, 1.0], [2.0, 240.0, 3.0, 1.0], [4.0, 70.0, 7.0, 1.0]]
    record = _record([0.5, 1.9, 3.0, 5.0, 6.0, 11.0, 20.0], doses)
    psi = np.array([[20.0, 3.0], [35.0, 1.5]])
    engine = likelihood_of(load_model(_model(tmp_path)), record).levels(psi, np.arange(2))[1]
    closed = likelihood_of(load_model("one_compartment_iv"), record).levels(psi, np.arange(2))[1]
    np.testing.assert_allclose(engine, closed, rtol=2e-5)


def test_a_covariate_that_changes_acts_from_the_moment_it_changes(tmp_path: Path) -> None:
    # weight 70 to time 4, 35 to time 9, then 140: the exponent adds up piece by piece; the second patient stays at 35
    changes = np.array([[0, 0, 0, 70.0], [0, 4, 0, 35.0], [0, 9, 0, 140.0], [1, -3, 0, 60.0], [1, 0, 0, 35.0]])
    covariates = pl.DataFrame({"patient": ["0", "1"], "WT": [70.0, 60.0]})
    record = _record([1.0, 4.0, 6.0, 9.0, 12.0], [[0.0, 100.0, 0.0, 1.0]], covariates=covariates, changing=("WT",), changes=changes)  # fmt: skip
    psi = np.array([[20.0, 3.0], [20.0, 3.0]])
    model = load_model(_model(tmp_path, '[covariates]\nweight = "WT"'))
    level = likelihood_of(model, record).levels(psi, np.arange(2))[1].reshape(2, 5)
    worked = np.array([[1.0, 4.0, 5.0, 6.5, 12.5], np.array([1.0, 4.0, 6.0, 9.0, 12.0]) / 2])
    np.testing.assert_allclose(level, 5.0 * np.exp(-0.15 * worked), rtol=2e-5)
    # the same patients taken out of the record, in another order, bring their own
    turned = likelihood_of(model, record.taken(np.array([1, 0]))).levels(psi, np.arange(2))[1].reshape(2, 5)
    np.testing.assert_array_equal(turned, level[::-1])


def test_what_is_measured_as_it_changes_has_the_new_value(tmp_path: Path) -> None:
    # an output that reads the covariate itself: its value from the row's own time on
    path = Path(_model(tmp_path, '[covariates]\nweight = "WT"'))
    path.write_text(path.read_text(encoding="utf-8").replace('"concentration"', '"per_weight"'), encoding="utf-8")
    ant = tmp_path / "drug.ant"
    ant.write_text(ant.read_text(encoding="utf-8").replace("end", "  per_weight := weight + 0 * central\nend"), encoding="utf-8")  # fmt: skip
    changes = np.array([[0, 0, 0, 70.0], [0, 4, 0, 35.0]])
    record = _record([3.0, 4.0, 5.0], [[0.0, 100.0, 0.0, 1.0]], n=1, changing=("WT",), changes=changes,
                     covariates=pl.DataFrame({"patient": ["0"], "WT": [70.0]}))  # fmt: skip
    level = likelihood_of(load_model(str(path)), record).levels(np.array([[20.0, 3.0]]), np.arange(1))[1]
    np.testing.assert_allclose(level, [70.0, 35.0, 35.0])


def test_a_table_brings_its_changing_covariates(tmp_path: Path) -> None:
    (tmp_path / "drug.csv").write_text(
        "ID,TIME_h,DV [mg/L],AMT [mg],EVID,WT,AGE\n1,0,.,100,1,70,50\n1,1,4.1,.,0,70,50\n1,4,3,.,0,35,50\n1,6,2,.,0,35,51\n"
        "2,0,.,100,1,60,40\n2,3,3.3,.,0,60,40\n2,7,1.2,.,0,60,40\n", encoding="utf-8",
    )  # fmt: skip
    data = read_kinetics(tmp_path / "drug.csv")
    assert data.changing == ("WT", "AGE")
    when, values = data.course_of(0, "WT")
    assert (when.tolist(), values.tolist()) == ([0.0, 4.0], [70.0, 35.0])
    assert data.course_of(1, "WT")[1].tolist() == [60.0]
    assert data.covariates["WT"].to_list() == [70.0, 60.0]
    left = data.where(data.patient == 1)
    assert left.course_of(0, "WT")[1].tolist() == [60.0]
    assert "WT changes within patients" in " ".join(data.checks["what"].to_list())


@pytest.mark.parametrize(
    ("more", "covariates", "error", "said"),
    [
        ('[covariates]\nheight = "WT"', {}, UnknownName, 'no parameter of the model "height"'),
        ('[covariates]\nCL = "WT"', {}, BadInput, "both estimated and a covariate"),
        ('[covariates]\nweight = "HT"', {"WT": [70.0, 60.0]}, UnknownName, 'no covariate "HT"'),
        ('[covariates]\nweight = "SEX"', {"SEX": ["f", "m"]}, BadInput, "expected numbers"),
        ('[covariates]\nweight = "WT"', {"WT": [70.0, None]}, BadInput, r"no value for 1 patients \(1\)"),
    ],
)
def test_a_covariate_that_is_not_there_is_told(more, covariates, error, said, tmp_path: Path) -> None:
    frame = pl.DataFrame({"patient": ["0", "1"], **covariates})
    record = _record([1.0, 4.0], [[0.0, 100.0, 0.0, 1.0]], covariates=frame)
    with pytest.raises(error, match=said):
        likelihood_of(load_model(_model(tmp_path, more)), record)


def test_two_values_at_one_time_are_refused(tmp_path: Path) -> None:
    (tmp_path / "drug.csv").write_text(
        "ID,TIME_h,DV [mg/L],AMT [mg],EVID,WT\n1,0,.,100,1,70\n1,0,5,.,0,71\n1,4,3,.,0,35\n", encoding="utf-8"
    )
    with pytest.raises(BadInput, match="WT has two values in one patient at one time"):
        read_kinetics(tmp_path / "drug.csv")
