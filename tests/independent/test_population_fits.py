"""Expected values: exact maximum likelihood by quadrature, R's saemix, and NONMEM."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.fit import fit
from livingdrug.fitting.importance import Coordinates, Proposals, examine
from livingdrug.fitting.likelihood import CompiledLikelihood
from livingdrug.fitting.result import Fit
from livingdrug.fitting.specification import specify
from livingdrug.fitting.structure import Parameter, StructuralModel, compiled, load_model
from livingdrug.interop.kinetics.read import read_kinetics

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "yardsticks"
YARDSTICKS = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "nlme"
pytestmark = pytest.mark.skipif(
    not YARDSTICKS.is_dir(), reason="no reference fits here; point LIVINGDRUG_YARDSTICKS to them"
)


def _exact(name: str, case: str) -> dict[str, float]:
    with (YARDSTICKS / name).open(encoding="utf-8") as file:
        return {row["par"]: float(row["value"]) for row in csv.DictReader(file) if row["case"] == case}


def _theophylline(*, first_point: bool = True) -> KineticsData:
    data = read_kinetics(YARDSTICKS / "data" / "theo_sd.csv", time_unit="hour", value_unit="mg/L", dose_unit="mg")
    return data if first_point else data.where(data.time > 0)


def _values(found: Fit) -> dict[str, float]:
    return dict(found.parameters.select("parameter", "value").iter_rows())


@pytest.mark.parametrize("first_point", [True, False])
@pytest.mark.parametrize(("case", "error"), [("theo_const_diag", "additive"), ("theo_comb_diag", "combined")])
def test_theophylline_reaches_the_exact_maximum(case: str, error: str, first_point: bool) -> None:
    exact = _exact("theo_exact_mle.csv" if first_point else "theo_exact_mle_drop0.csv", case)
    found = fit(_theophylline(first_point=first_point), "one_compartment_oral", error=error, seed=1)
    values = _values(found)
    assert abs(found.minus_two_ll - exact["-2LL_nq15"]) < 0.1
    for name in ("ka", "V", "CL"):
        assert values[name] == pytest.approx(exact[name], rel=0.01)
        assert values[f"sd({name})"] == pytest.approx(exact[f"omega_{name}"], rel=0.03)
    assert values["a"] == pytest.approx(exact["a"], rel=0.03)
    assert found.converged


def test_theophylline_with_weight_on_clearance() -> None:
    exact = _exact("theo_exact_mle.csv", "theo_const_wtCL_diag")
    found = fit(_theophylline(), "one_compartment_oral", error="additive", covariates={"CL": ["WT"]})
    values = _values(found)
    assert abs(found.minus_two_ll - exact["-2LL_nq15"]) < 0.1
    # an effect that is barely there: within a tenth of its standard error
    assert values["beta(CL, WT)"] == pytest.approx(exact["beta_WT_CL"], abs=0.1 * 0.009)
    assert values["sd(CL)"] == pytest.approx(exact["omega_CL"], rel=0.03)


def test_likelihood_at_given_values_is_the_quadrature() -> None:
    data, model = _theophylline(), load_model("one_compartment_oral")
    asked = {"ka": 1.5, "V": 32.0, "CL": 2.8}
    specification = specify(model, data, error="additive", start=asked, fixed_error={"a": 0.7})
    theta = specification.start.replaced(omega=np.diag([0.36, 0.02, 0.07]))
    coordinates = Coordinates(specification.population, specification.errors, True)
    likelihood = CompiledLikelihood(model, data)
    centre = specification.population.means(theta.beta)
    around = np.broadcast_to(theta.omega, (12, 3, 3))
    proposals = Proposals.around(centre, around, theta.omega, 3)
    for _ in range(4):
        proposals = proposals.again(examine(likelihood, coordinates, theta, proposals), theta.omega)
    seen = examine(likelihood, coordinates, theta, proposals)
    # -2 log likelihood by Gauss-Hermite quadrature with 21 nodes, theo_exact_mle.csv
    assert -2 * seen.log_likelihood == pytest.approx(361.00383, abs=0.06)
    assert abs(-2 * seen.log_likelihood - 361.00383) < 5 * 2 * seen.monte_carlo_error


def test_standard_errors_agree_with_saemix() -> None:
    with (YARDSTICKS / "saemix_reference.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == "theo_const_diag" and row["seed"] == "1"]
    theirs = {row["par"]: float(row["se"]) for row in rows if row["se"] != "NA"}
    found = fit(_theophylline(first_point=False), "one_compartment_oral", error="additive")
    ours = dict(found.parameters.select("parameter", "se").iter_rows())
    # theirs are of the linearised model with 12 patients: the same size, not the same number
    for name in ("ka", "V", "CL"):
        assert ours[name] == pytest.approx(theirs[name], rel=0.1)
    assert ours["a"] == pytest.approx(theirs["a.1"], rel=0.2)


SAEMIX_WORDS = {"a": "a.1", "b": "b.1", "beta(CL, WT)": "beta_Weight(CL)"}


def _saemix_errors(case: str) -> dict[str, float]:
    """Standard errors of one seed, by saemix's names."""
    with (YARDSTICKS / "saemix_reference.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == case]
    return {row["par"]: float(row["se"]) for row in rows if row["se"] != "NA"}


def _as_saemix_says(name: str) -> str:
    return SAEMIX_WORDS.get(name, name.replace("sd(", "SD.").replace("corr(", "Corr.").replace(", ", ".").rstrip(")"))


@pytest.mark.parametrize(
    ("case", "error", "covariates"),
    [
        ("theo_const_diag", "additive", {}),
        ("theo_const_wtCL_diag", "additive", {"CL": ["WT"]}),
        ("theo_comb_wtCL_diag", "combined_root", {"CL": ["WT"]}),
    ],
)
def test_linearised_standard_errors_are_those_of_saemix(case: str, error: str, covariates: dict) -> None:
    theirs = _saemix_errors(case)
    found = fit(_theophylline(first_point=False), "one_compartment_oral", error=error, covariates=covariates)
    rows = list(found.standard_errors().iter_rows(named=True))
    assert len(rows) == len(found.coordinates.names)
    for row in rows:
        # the estimates themselves differ by up to 2 %
        assert row["se_linearised"] == pytest.approx(theirs[_as_saemix_says(row["parameter"])], rel=0.03)


def _oxboys() -> KineticsData:
    """Heights of 26 boys, from R's nlme (Debian: r-cran-nlme)."""
    program = shutil.which("Rscript")
    words = "write.csv(data.frame(ID = nlme::Oxboys$Subject, TIME = nlme::Oxboys$age, DV = nlme::Oxboys$height), row.names = FALSE)"
    run = program and subprocess.run([program, "-e", words], capture_output=True, text=True, check=False)
    if not run or run.returncode:
        pytest.skip("R's nlme, where the data come from, is not installed")
    return read_kinetics(pl.read_csv(io.StringIO(run.stdout)), time_unit="day", shift=1.0)


def test_the_linear_mixed_model_is_exact() -> None:
    with (YARDSTICKS / "oxboys_exact_lme.csv").open(encoding="utf-8") as file:
        exact = {row["par"]: float(row["value"]) for row in csv.DictReader(file)}
    # ages are of both signs, and a fit begins at time 0: one year later the line is the same
    data = _oxboys()
    found = fit(data, "straight_line", error="additive", correlations="full")
    rows = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    base, slope = (name for name in rows if rows[name]["kind"] == "typical value")
    assert found.minus_two_ll == pytest.approx(exact["-2LL_exact"], abs=0.03)
    assert rows[base]["value"] == pytest.approx(exact["base"] - exact["slope"], rel=1e-3)
    assert rows[slope]["value"] == pytest.approx(exact["slope"], rel=1e-3)
    own, its, corr = exact["sd_base"], exact["sd_slope"], exact["corr"]
    assert rows[f"sd({base})"]["value"] == pytest.approx(np.sqrt(own**2 + its**2 - 2 * corr * own * its), rel=3e-3)
    assert rows[f"sd({slope})"]["value"] == pytest.approx(its, rel=3e-3)
    assert rows["a"]["value"] == pytest.approx(exact["sigma"], rel=1e-3)
    theirs = _saemix_errors("oxboys_linear_full")
    linearised = dict(found.standard_errors().select("parameter", "se_linearised").iter_rows())
    for name, word in ((slope, "slope"), (f"sd({slope})", "SD.slope"), ("a", "a.1")):
        assert linearised[name] == pytest.approx(theirs[word], rel=0.02)


def test_warfarin_is_as_likely_as_with_saemix() -> None:
    data = read_kinetics(YARDSTICKS / "data" / "warfarin.csv", output="cp", time_unit="hour")
    found = fit(data, "one_compartment_oral_lag", error="combined_root")
    with (YARDSTICKS / "warfarin_saemix.csv").open(encoding="utf-8") as file:
        rows = {row["par"]: row for row in csv.DictReader(file) if row["seed"] == "1"}
    assert found.minus_two_ll < float(rows["-2LL_is"]["value"]) + 0.5
    values = _values(found)
    for ours, theirs in (("Tlag", "Tlag"), ("ka", "ka"), ("V", "V"), ("CL", "CL"), ("a", "a.1"), ("b", "b.1"), ("sd(V)", "SD.V")):  # fmt: skip
        assert abs(values[ours] - float(rows[theirs]["value"])) < 2 * float(rows[theirs]["se"])


def test_phenobarbital_is_as_likely_as_with_nonmem() -> None:
    data = read_kinetics(YARDSTICKS / "data" / "pheno_sd.csv", time_unit="hour")
    found = fit(
        data, "one_compartment_iv", error="proportional",
        covariates={"CL": ["log(WT)"], "V": ["log(WT)", "1 if APGR < 5 else 0"]},
        fixed={"beta(CL, log(WT))": 1.0, "beta(V, log(WT))": 1.0},
    )  # fmt: skip
    # NONMEM's objective leaves out n log(2 pi); 586.2761 with FOCE
    assert found.minus_two_ll - data.time.size * np.log(2 * np.pi) < 586.2761 + 0.5


def test_stein_with_results_below_the_limit_recovers_the_truth() -> None:
    table = pl.read_csv(YARDSTICKS / "stein_sim.csv")
    data = read_kinetics(table.select("id", "time", "dv", "cens"), lloq=50.0)
    found = fit(data, "stein2019", seed=1)
    # typical values of Stein 2019, Table 1, from which the data were simulated
    truth = {"foldx": 3900.0, "Tmax": 9.3, "Cmax": 24000.0, "alpha": 0.16, "FB": 0.0079, "beta": 0.0032}
    rows = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    for name, value in truth.items():
        assert abs(np.log(rows[name]["value"] / value)) < 2 * rows[name]["rse_percent"] / 100
    # ... and thrown away they bias: slow decline and expansion come out too small by far
    thrown = _values(fit(data.without_censored(), "stein2019", seed=1))
    assert thrown["foldx"] < 0.6 * truth["foldx"]
    assert thrown["beta"] < 0.6 * truth["beta"]


def test_stein_without_a_limit_is_as_likely_as_with_saemix() -> None:
    table = pl.read_csv(YARDSTICKS / "stein_sim.csv")
    data = read_kinetics(table.select("id", "time", "dv"))
    found = fit(data, "stein2019", seed=1)
    log_scale = found.minus_two_ll - 2 * float(np.log(table["dv"].to_numpy()).sum())
    assert log_scale < 4159.15 + 0.5
    values = _values(found)
    with (YARDSTICKS / "stein_sim_saemix.csv").open(encoding="utf-8") as file:
        rows = {row["par"]: row for row in csv.DictReader(file) if row["seed"] == "1"}
    for name in ("foldx", "Tmax", "Cmax", "alpha", "FB", "beta"):
        assert abs(values[name] - float(rows[name]["value"])) < float(rows[name]["se"])
        assert abs(values[f"sd({name})"] - float(rows[f"SD.{name}"]["value"])) < float(rows[f"SD.{name}"]["se"])


def _nlme(case: str) -> dict[str, float]:
    with (YARDSTICKS / "nlme_reference.csv").open(encoding="utf-8") as file:
        return {row["par"]: float(row["value"]) for row in csv.DictReader(file) if row["case"] == case}


def test_phenobarbital_without_covariates_is_as_likely_as_with_nlme() -> None:
    theirs = _nlme("Phenobarb_base")
    data = read_kinetics(YARDSTICKS / "data" / "pheno_sd.csv", time_unit="hour")
    found = fit(data, "one_compartment_iv", error="additive")
    rows = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    # theirs is of the model linearised at the modes
    assert found.minus_two_ll < -2 * theirs["logLik"] + 0.5
    for ours, name in (("CL", "lCl"), ("V", "lV")):
        assert abs(np.log(rows[ours]["value"]) - theirs[name]) < 2 * rows[ours]["rse_percent"] / 100
        assert (
            abs(np.log(rows[f"sd({ours})"]["value"] / theirs[f"sd_{name}"]))
            < 2 * rows[f"sd({ours})"]["rse_percent"] / 100
        )
    assert abs(rows["a"]["value"] - theirs["sd_Residual"]) < 2 * rows["a"]["se"]


@compiled
def _first_order(parameters, times, outputs, doses, level):
    ke, ka, cl = parameters
    for i in range(times.size):
        t = times[i]
        level[i] = doses[0, 2] * ke * ka / (cl * (ka - ke)) * (np.exp(-ke * t) - np.exp(-ka * t))


def test_a_model_of_ones_own_is_as_likely_as_with_nlme() -> None:
    theirs = _nlme("Theoph_diag_lKa_lCl")
    table = pl.read_csv(YARDSTICKS / "data" / "R_Theoph.csv")
    rows = table.select(ID="Subject", TIME="Time", DV="conc", AMT="Dose")
    own = StructuralModel(
        "first order", "nlme's SSfol", tuple(Parameter(name, "", name) for name in ("ke", "ka", "cl")), _first_order,
        lambda data: {"ke": 0.08, "ka": 1.5, "cl": 0.04}, error="additive", needs_doses=True,
    )  # fmt: skip
    found = fit(read_kinetics(rows, time_unit="hour"), own, no_spread=["ke"])
    # theirs is the likelihood of the model linearised at the modes, another function: 354.04 against 355.48 here
    assert found.minus_two_ll == pytest.approx(-2 * theirs["logLik"], abs=2)
    values = {row["parameter"]: row for row in found.parameters.iter_rows(named=True)}
    for ours, name in (("ke", "lKe"), ("ka", "lKa"), ("cl", "lCl")):
        assert abs(np.log(values[ours]["value"]) - theirs[name]) < 2 * values[ours]["rse_percent"] / 100
    for ours, name in (("sd(ka)", "sd_lKa"), ("sd(cl)", "sd_lCl"), ("a", "sd_Residual")):
        assert abs(values[ours]["value"] - theirs[name]) < 2 * values[ours]["se"]
