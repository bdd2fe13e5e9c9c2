"""PEtab problems with faults: each is refused with its file, row and column. Expected values: version 1 of the format; by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from livingdrug.cli.main import main
from livingdrug.foundation.errors import BadInput
from livingdrug.interop.petab.problem import load_petab

MODEL = "x = 5; k = 0.5; x' = -k*x"
TABLES = {
    "conditions.tsv": "conditionId\tx\nc0\t\nc1\t10\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\nobs\tx\tsd\n",
    "measurements.tsv": "observableId\tsimulationConditionId\ttime\tmeasurement\nobs\tc0\t0\t5\nobs\tc0\t2\t2\nobs\tc1\t2\t4\n",
    "parameters.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\nk\tlog10\t0.01\t10\t0.5\t1\nsd\tlin\t0.1\t1\t0.5\t0\n",
}
YAML = (
    "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- condition_files: [conditions.tsv]\n"
    "  measurement_files: [measurements.tsv]\n  observable_files: [observables.tsv]\n  sbml_files: [model.xml]\n"
)


def problem(folder: Path, file: str = "", old: str = "", new: str = "") -> Path:
    """A sound problem of exponential decay, one place of it changed."""
    for name, text in {**TABLES, "problem.yaml": YAML, "model.xml": MODEL}.items():
        if name == file:
            assert old in text
        (folder / name).write_text(text.replace(old, new, 1) if name == file else text, encoding="utf-8")
    return folder / "problem.yaml"


def test_a_sound_problem(tmp_path: Path) -> None:
    # by hand: x falls as exp(-0.5 t); residuals 0, 2 - 5/e and 4 - 10/e over 0.5
    found = load_petab(problem(tmp_path)).evaluate()
    z = [0.0, (2 - 5 / math.e) / 0.5, (4 - 10 / math.e) / 0.5]
    assert found.chi2 == pytest.approx(sum(one * one for one in z), rel=1e-6)
    assert found.llh == pytest.approx(sum(-0.5 * math.log(2 * math.pi * 0.25) - one * one / 2 for one in z), rel=1e-6)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("measurements.tsv", "\t5\n", "\t5,0\n", "row 2, measurement: got \"5,0\", expected a number with a decimal point"),
        ("measurements.tsv", "\t5\n", "\tnan\n", "row 2, measurement"), ("measurements.tsv", "\t2\t2\n", "\t\t2\n", "row 3: time is blank"),
        ("measurements.tsv", "\t2\t2\n", "\t-2\t2\n", "row 3, time"), ("measurements.tsv", "obs\tc1", "obs\tc9", "row 4, simulationConditionId"),
        ("measurements.tsv", "obs\tc0", "obz\tc0", 'Did you mean "obs"'), ("measurements.tsv", "\ttime", ",time", "no column simulationConditionId, time"),
        ("measurements.tsv", "\t5\n", "\t5\t7\n", "row 2: 5 cells, expected 4"), ("conditions.tsv", "\tx\n", "\ty\n", 'no parameter, compartment or species "y"'),
        ("conditions.tsv", "\t10\n", "\tten\n", 'row 3, x: got "ten"'), ("conditions.tsv", "c1\t", "c0\t", '"c0" stands twice'),
        ("observables.tsv", "\tx\tsd", "\tx\tsd9", 'nothing uses the parameter "sd"'), ("observables.tsv", "\tx\t", "\tz\t", "nothing gives"),
        ("observables.tsv", "\tx\t", "\tx +\t", "observableFormula"), ("parameters.tsv", "log10", "ln", "row 2, parameterScale"),
        ("parameters.tsv", "\t0.01\t10\t", "\t10\t0.01\t", "row 2, upperBound"), ("parameters.tsv", "\t0.01\t", "\t0\t", "row 2, lowerBound: got \"0\", expected a number above 0"),
        ("parameters.tsv", "0.5\t1\n", "-0.5\t1\n", "row 2, nominalValue"), ("parameters.tsv", "0.5\t1\n", "0.5\tyes\n", "row 2, estimate"),
        ("parameters.tsv", "0.5\t1\n", "\t1\n", "k has no nominalValue"), ("parameters.tsv", "0.5\t0\n", "\t0\n", "row 3, nominalValue"),
        ("parameters.tsv", "\nk\t", "\nkk\t", 'Did you mean "k"'), ("parameters.tsv", "upperBound", "upper", "no column upperBound"),
        ("parameters.tsv", "\t0.5\t0\n", "\t-0.5\t0\n", "the noise of obs is -0.5"), ("model.xml", "x' =", "x' = 1 +* ", "model.xml"),
        ("problem.yaml", "[model.xml]", "[nowhere.xml]", "sbml_files"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(tmp_path: Path, file: str, old: str, new: str, told: str, capsys) -> None:
    path = problem(tmp_path, file, old, new)
    assert main(["petab", str(path)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert (file if file.endswith(".xml") else str(tmp_path)) in said


def test_logarithms_want_what_is_above_nothing(tmp_path: Path) -> None:
    head = "observableId\tobservableFormula\tnoiseFormula"
    path = problem(
        tmp_path, "observables.tsv", f"{head}\nobs\tx\tsd", f"{head}\tobservableTransformation\nobs\tx - 5\tsd\tlog"
    )
    with pytest.raises(BadInput, match="simulated as 0, which cannot be compared on its scale, log"):
        load_petab(path).evaluate()
    (tmp_path / "measurements.tsv").write_text(TABLES["measurements.tsv"].replace("\t5\n", "\t0\n"), encoding="utf-8")
    with pytest.raises(BadInput, match="row 2, measurement"):
        load_petab(path)


def test_a_parameter_without_a_value_is_searched_from_the_middle(tmp_path: Path) -> None:
    # the least squares of 5 exp(-2k) to 2 and 10 exp(-2k) to 4 are met exactly: exp(-2k) = 0.4
    path = problem(tmp_path, "parameters.tsv", "0.5\t1\n", "\t1\n")
    values, _ = load_petab(path).estimate(starts=1)
    assert values["k"] == pytest.approx(-math.log(0.4) / 2, rel=1e-4)


def test_a_course_that_fails_says_which_condition_it_is_of(tmp_path: Path, capsys) -> None:
    # x' = x^2 from 10 has its pole at time 0.1, before the measurement at 2; from 0.1 only at 10
    path = problem(tmp_path, "model.xml", MODEL, "x = 0.1; k = 0.5; x' = x^2 + 0*k")
    assert main(["petab", str(path)]) == 3
    assert 'the course of condition "c1" failed' in capsys.readouterr().err
