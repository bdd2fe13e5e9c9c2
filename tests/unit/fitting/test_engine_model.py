"""Expected values: the closed form of the same model, which is tested against SciPy in tests/science."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.error_models import ERRORS
from livingdrug.fitting.fit import fit
from livingdrug.fitting.likelihood import ErrorSizes, likelihood_of
from livingdrug.fitting.saem import Settings
from livingdrug.fitting.structure import load_model
from livingdrug.foundation.errors import BadInput, UnknownName

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "one_compartment.toml"


def _data() -> KineticsData:
    rng = np.random.default_rng(2)
    n, times = 6, np.array([0.5, 1.0, 2.0, 4.0, 8.0, 24.0])
    patient, time = np.repeat(np.arange(n), 6), np.tile(times, n)
    time = time + 0.1 * (patient % 2)  # two schedules
    doses = np.array([[i, 12.0 * k, 300.0 + 10 * i, 0.0, 1.0] for i in range(n) for k in range(1 + i % 2)])
    names = tuple(str(i) for i in range(n))
    record = KineticsData(names, patient, time, np.ones(time.size), np.zeros(time.size, np.int64), pl.DataFrame({"patient": names}), doses=doses)  # fmt: skip
    psi = np.exp(rng.normal(np.log([1.5, 30.0, 2.8]), 0.25, (n, 3)))
    level = likelihood_of(load_model("one_compartment_oral"), record).levels(psi, np.arange(n))[1]
    object.__setattr__(record, "value", level + rng.normal(0, 0.3, level.size))
    return record


def test_engine_and_closed_form_agree_in_levels_and_likelihood() -> None:
    data = _data()
    engine = likelihood_of(load_model(str(EXAMPLE)), data)
    closed = likelihood_of(load_model("one_compartment_oral"), data)
    psi = np.exp(np.random.default_rng(3).normal(np.log([1.5, 30.0, 2.8]), 0.3, (9, 3)))
    who = np.array([5, 0, 1, 1, 2, 3, 4, 5, 0])
    np.testing.assert_allclose(engine.levels(psi, who)[1], closed.levels(psi, who)[1], rtol=1e-5, atol=1e-6)
    error = ErrorSizes.of((ERRORS["additive"],), np.array([[0.3, 0.0]]))
    np.testing.assert_allclose(engine.rows(psi, who, error), closed.rows(psi, who, error), atol=1e-2)


def test_a_fit_on_the_engine_is_the_fit_of_the_closed_form() -> None:
    data, quick = _data(), Settings(explore=15, settle=10, rows=12)
    a = fit(data, str(EXAMPLE), settings=quick, start={"ka": 1.5}, refined=False)
    b = fit(data, "one_compartment_oral", error="additive", settings=quick, start={"ka": 1.5, "V": 30.0, "CL": 2.8}, spread={"ka": 0.5, "V": 0.3, "CL": 0.3}, refined=False)  # fmt: skip
    # the same random numbers on the same levels: only the integrator's tolerance may show
    np.testing.assert_allclose(a.theta.beta, b.theta.beta, atol=2e-3)
    assert a.minus_two_ll == pytest.approx(b.minus_two_ll, abs=0.1)


def test_several_outputs_are_found_by_name(tmp_path: Path) -> None:
    # the second output is ten times the first by its equation
    (tmp_path / "two.ant").write_text(
        EXAMPLE.with_suffix(".ant")
        .read_text(encoding="utf-8")
        .replace("  concentration :=", "  tenfold := 10 * central / V\n  concentration :="),
        encoding="utf-8",
    )
    model = tmp_path / "two.toml"
    model.write_text(
        EXAMPLE.read_text(encoding="utf-8")
        .replace("one_compartment.ant", "two.ant")
        .replace('measured = "concentration"\n', "")
        .replace("[doses]", '[measured]\npeak = "tenfold"\ncp = "concentration"\n[doses]'),
        encoding="utf-8",
    )
    one = _data()
    both = np.arange(one.time.size).repeat(2)
    record = replace(
        one, patient=one.patient[both], time=one.time[both], value=one.value[both], censored=one.censored[both],
        output=np.tile([0, 1], one.time.size), row=one.row[both], occasion=one.occasion[both], outputs=("cp", "peak"),
    )  # fmt: skip
    psi = np.exp(np.random.default_rng(3).normal(np.log([1.5, 30.0, 2.8]), 0.3, (6, 3)))
    level = likelihood_of(load_model(str(model)), record).levels(psi, np.arange(6))[1].reshape(-1, 2)
    expected = likelihood_of(load_model("one_compartment_oral"), one).levels(psi, np.arange(6))[1]
    np.testing.assert_allclose(level[:, 0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(level[:, 1], 10 * expected, rtol=1e-5, atol=1e-5)
    value = np.where(record.output == 1, 10 * record.value, record.value)
    quick = Settings(explore=15, settle=10, rows=12)
    options = {"settings": quick, "refined": False, "error": {"cp": "additive", "peak": "proportional"}}
    found = fit(replace(record, value=value), str(model), **options)
    assert [row["parameter"] for row in found.parameters.iter_rows(named=True)][-2:] == ["a_1", "b_2"]
    assert found.simulate(patients=2, times=[1.0, 4.0])["output"].to_list() == ["cp", "peak"] * 4
    with pytest.raises(UnknownName, match="output of the model"):
        fit(replace(record, outputs=("cp", "pca")), str(model))


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('measured = "concentration"', 'measured = "level"', 'no quantity of the model "level"'),
        ('1 = "depot"', '1 = "gut"', 'no state of the model "gut"'),
        ("[parameter.ka]", "[parameter.kb]", 'no parameter of the model "kb"'),
        ('antimony = "one_compartment.ant"', 'antimony = "none.ant"', "which is not there"),
        ("start = 1.5", "stat = 1.5", r'"parameter\.ka\.start": missing'),
        ("start = 1.5", "start = -1.5", "start is -1.5, expected more than 0 on the log scale"),
        ("start = 1.5", "start = nan", r"parameter\.ka\.start"),
        ("start = 1.5", 'start = "fast"', r"parameter\.ka\.start"),
        ("start = 1.5", "start = 1" + "0" * 5000, "a value cannot be read"),
        ('measured = "concentration"', "measured = 7", "measured"),
        ('error = "additive"', 'error = "addative"', 'no residual error "addative"'),
        ("[doses]", "rtol = -1.0\n[doses]", "rtol"),
        ("[doses]", "x = " + "[" * 3000 + "\n[doses]", "brackets stand inside brackets too deep"),
    ],
)
def test_mistakes_in_a_model_file_are_told(line: str, instead: str, said: str, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace(line, instead)
    (tmp_path / "one_compartment.ant").write_bytes(EXAMPLE.with_suffix(".ant").read_bytes())
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    with pytest.raises((BadInput, UnknownName), match=said):
        load_model(str(tmp_path / "model.toml"))
