"""Exported SBML: the same course in another program."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import libsbml
import numpy as np
import pytest

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.sbml import export_sbml
from livingdrug.model.assemble import assemble
from livingdrug.model.texts import texts_in

_PLACE = Path(__file__).parents[1] / "model" / "small_model.py"
_SPEC = importlib.util.spec_from_file_location("small_model", _PLACE)
assert _SPEC
assert _SPEC.loader
_SMALL = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SMALL)


@pytest.fixture
def model(tmp_path):
    return assemble("both", texts=texts_in([_SMALL.write_small_model(tmp_path)]))


def _roadrunner(text, end, points, names):
    roadrunner = pytest.importorskip("roadrunner")
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-12
    runner.timeCourseSelections = ["time", *names]
    return np.array(runner.simulate(0, end, points))


def test_doses_and_values_arrive_in_another_program(model):
    # expected: one-compartment multiple dosing by hand, D exp(-k (t - t_dose)) summed over doses given so far
    doses = [(-6.0, "drug", 10.0), (0.0, "drug", 5.0), (0.0, "drug", 3.0), (2.0, "drug", 1.0)]
    text = export_sbml(model, parameters={"decay": 0.3}, doses=doses)
    rows = _roadrunner(text, 10, 101, ["drug"])
    for time, drug in rows:
        day = time - 6
        if min(abs(day - when) for when, _, _ in doses) > 1e-9:
            known = sum(amount * math.exp(-0.3 * (day - when)) for when, _, amount in doses if when <= day)
            assert drug == pytest.approx(known, rel=1e-7, abs=1e-12)


def test_time_in_formulas_stays_the_models_day(model):
    # expected: drug kills only after model day 1, so cells grow by the logistic-like law alone until SBML time 7
    doses = [(-6.0, "drug", 10.0)]
    with_drug = _roadrunner(export_sbml(model, doses=doses), 10, 11, ["cells"])
    without = _roadrunner(export_sbml(model, start_day=-6.0), 10, 11, ["cells"])
    np.testing.assert_allclose(with_drug[:8, 1], without[:8, 1], rtol=1e-8)
    assert with_drug[-1, 1] < without[-1, 1] * 0.999


def test_export_is_sound_sbml(model):
    # expected: libSBML's own check, units included
    document = libsbml.readSBMLFromString(export_sbml(model, doses=[(-1.5, "drug", 2.0)]))
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []
    assert document.getModel().getParameter("time_offset").getValue() == -1.5


def test_bad_input_is_named(model, tmp_path):
    # expected: one sentence for each mistake
    with pytest.raises(UnknownName, match='Did you mean "growth"'):
        export_sbml(model, parameters={"grow": 1.0})
    with pytest.raises(UnknownName, match="state"):
        export_sbml(model, doses=[(0.0, "druk", 1.0)])
    with pytest.raises(BadInput, match="not negative"):
        export_sbml(model, doses=[(0.0, "drug", -1.0)])
    with pytest.raises(BadInput, match="before the start"):
        export_sbml(model, doses=[(-3.0, "drug", 1.0)], start_day=-1.0)
    with pytest.raises(BadInput, match="finite"):
        export_sbml(model, parameters={"growth": math.nan})
    with pytest.raises(BadInput, match="is a folder"):
        export_sbml(model, tmp_path)
    with pytest.raises(BadInput, match="cannot be written"):
        export_sbml(model, tmp_path / "nowhere" / "model.xml")


def test_file_is_whole_and_alone(model, tmp_path):
    # expected: the returned text, and no temporary file beside it
    path = tmp_path / "out" / "patient.xml"
    path.parent.mkdir()
    assert export_sbml(model, path) == path.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["patient.xml"]


def test_a_file_says_whose_disease_it_is(tmp_path):
    # expected: the title that the catalogue gives the disease; large B-cell and follicular lymphoma share a recipe
    from livingdrug.catalog.load import default_catalog
    from livingdrug.cli.main import main

    for words in (("--patient", "1", "--seed", "3"), ()):
        assert main(["export", "sbml", "zuma_5", *words, "-o", str(tmp_path / "one.xml")]) == 0
        notes = libsbml.readSBMLFromFile(str(tmp_path / "one.xml")).getModel().getNotesString()
        assert default_catalog().load("disease", "follicular_lymphoma").title in notes
        assert "Large" not in notes
