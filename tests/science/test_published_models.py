"""Published SBML models, read by us and integrated by SciPy, against libRoadRunner reading the same files."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from livingdrug.engine.sbml.read import UnsupportedModel

ROOT = Path(__file__).parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "sbml"
FILES = sorted(FOLDER.glob("*.xml"))
_SPEC = importlib.util.spec_from_file_location(
    "sbml_suite_adapter", ROOT / "tests" / "independent" / "sbml_suite_adapter.py"
)
assert _SPEC
assert _SPEC.loader
adapter = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(adapter)


HORIZON = {"MODEL2109110005": 8.0}  # its solution runs away at 8.58, where CVODE stops as well


@pytest.mark.skipif(not FILES, reason="the published SBML files are not on this machine (licences differ)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_course_of_a_published_model(path):
    # expected: libRoadRunner (CVODE, rtol 1e-10) on the same file, mostly 60 time units; 1e-5 leaves room for both integrators
    roadrunner = pytest.importorskip("roadrunner")
    text = path.read_text(encoding="utf-8")
    try:
        odes = adapter.read_sbml(text)
    except UnsupportedModel as refusal:
        pytest.skip(f"refused: {refusal}")
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-12
    species = set(runner.model.getFloatingSpeciesIds())
    names = [name for name in odes.states if name in species or name in runner.model.getGlobalParameterIds()]
    assert names
    end = HORIZON.get(path.stem, 60.0)
    runner.timeCourseSelections = [f"[{name}]" if name in species else name for name in names]
    theirs = np.array(runner.simulate(0, end, 61))
    ours = adapter.PlainOdes(odes).course(np.linspace(0, end, 61), 1e-10, 1e-12, names)
    scale = np.maximum(np.abs(theirs).max(axis=0), 1e-300)
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=1e-5, atol=1e-7)
