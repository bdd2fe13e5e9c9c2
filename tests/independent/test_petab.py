"""Expected values: the PEtab test suite's own solutions (version 1, SBML)."""

from __future__ import annotations

import csv
import os
import zipfile
from pathlib import Path

import pytest

from livingdrug.interop.petab.files import read_yaml
from livingdrug.interop.petab.problem import load_petab

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "yardsticks"
CASES = Path(os.environ.get("LIVINGDRUG_YARDSTICKS", BESIDE)) / "petab" / "cases.zip"
pytestmark = pytest.mark.skipif(
    not CASES.is_file(), reason="no PEtab test suite here; point LIVINGDRUG_YARDSTICKS to it"
)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("petab")
    with zipfile.ZipFile(CASES) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("v1.0.0/sbml/")])
    return folder / "v1.0.0" / "sbml"


@pytest.mark.parametrize("case", [f"{k:04d}" for k in range(1, 21)])
def test_likelihood_and_simulations_are_the_suites(case: str, suite: Path) -> None:
    folder = suite / case
    told = read_yaml((folder / f"_{case}_solution.yaml").read_text(encoding="utf-8"))
    found = load_petab(folder / f"_{case}.yaml").evaluate()
    assert found.llh == pytest.approx(float(told["llh"][0]), abs=float(told["tol_llh"][0]))
    assert found.chi2 == pytest.approx(float(told["chi2"][0]), abs=float(told["tol_chi2"][0]))
    with (folder / told["simulation_files"][0]).open(encoding="utf-8") as file:
        expected = [float(row["simulation"]) for row in csv.DictReader(file, delimiter="\t")]
    tolerance = float(told["tol_simulations"][0])
    assert sorted(found.simulations["simulation"]) == pytest.approx(sorted(expected), abs=tolerance)


def test_estimation_is_at_least_as_likely_as_the_nominal_values(suite: Path) -> None:
    problem = load_petab(suite / "0002" / "_0002.yaml")
    parameters, found = problem.estimate(starts=3, seed=1, evaluations=200)
    assert found.llh >= problem.evaluate().llh
    assert set(parameters) == {"k1", "k2"}
