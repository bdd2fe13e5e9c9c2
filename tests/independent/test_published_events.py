"""Published SBML models, also those with events, read and integrated by us, against libRoadRunner on the same files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from livingdrug.engine.sbml.model import read_sbml_model
from livingdrug.engine.with_events.driver import run_with_events

SHARED = Path(os.environ.get("LIVINGDRUG_YARDSTICKS") or Path(__file__).parents[3] / "shared" / "yardsticks").parent
FILES = sorted((SHARED / "data" / "sbml").glob("*.xml"))
HORIZON = {
    "MODEL2109110005": 8.0,  # its solution runs away at 8.58, where CVODE stops as well
    "BIOMD0000001019": 300.0,  # two events, at 45 and at 250
}


@pytest.mark.skipif(not FILES, reason="the published SBML files are not on this machine (licences differ)")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_course_of_a_published_model(path, tmp_path):
    # expected: libRoadRunner (CVODE, rtol 1e-12); 1e-6 of each quantity's maximum leaves room for both integrators
    roadrunner = pytest.importorskip("roadrunner")
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    text = path.read_text(encoding="utf-8")
    model = read_sbml_model(text)
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-12, 1e-14
    runner.integrator.maximum_num_steps = 1_000_000
    species = set(runner.model.getFloatingSpeciesIds())
    ids = {*species, *runner.model.getGlobalParameterIds(), *runner.model.getCompartmentIds()}
    names = [name for name in model.odes.states if name in ids]
    assert names
    end = HORIZON.get(path.stem, 60.0)
    runner.timeCourseSelections = [f"[{name}]" if name in species else name for name in names]
    theirs = np.array(runner.simulate(0, end, 61))
    scale = np.maximum(np.abs(theirs).max(axis=0), 1e-300)
    found = run_with_events(
        model,
        np.array([model.odes.defaults]),
        np.linspace(0, end, 61),
        1e-10,
        1e-13 * min(1e6, max(1.0, scale.max())),
        outputs=names,
        cache_dir=tmp_path,
    )
    assert found.status.tolist() == [0]
    np.testing.assert_allclose(found.outputs[0] / scale, theirs / scale, rtol=1e-6, atol=1e-6)
    expected = {"BIOMD0000001019": 2, "BIOMD0000001020": 1}  # what the two papers' protocols give at fixed times
    assert len(found.fired) == expected.get(path.stem, 0)
