"""A patient's exported SBML in libRoadRunner: the same course without rules."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.interop.patient_sbml import export_patient_sbml
from livingdrug.interop.sbml import export_sbml

NAMED = (
    "car_t_copies_per_ug",
    "il6",
    "temperature",
    "neutrophils",
    "platelets",
    "igg",
    "b_cells_per_ul",
    "marrow_tumour_percent",
)


def in_roadrunner(text, checks, names):
    roadrunner = pytest.importorskip("roadrunner")
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-10
    runner.integrator.maximum_num_steps = 100_000
    runner.timeCourseSelections = ["time", *names]
    found = np.array(runner.simulate(times=(checks - checks[0]).tolist()))
    np.testing.assert_allclose(found[:, 0], checks - checks[0], atol=1e-9)
    return found[:, 1:]


@pytest.mark.parametrize("who", [0, 3])
def test_same_course_without_rules(treated, eliana, who):
    # expected: libRoadRunner (CVODE) at rtol 1e-10 on the exported file of the same patient
    trial, catalog = eliana
    people = treated(5)
    number = int(people.patients[who])
    text = export_patient_sbml(trial, trial.arms[0].name, number, people.seed, catalog=catalog)
    early = people.on_days(people.checks[people.checks <= 400])
    course = early.course(rules=False, rtol=1e-8)
    # at a check with a dose the engine shows the state before it, libRoadRunner after it
    plain = ~np.isin(np.arange(len(early.checks)), [dose.check for dose in early.doses])
    plain[0] = False
    states = early.ready.model.states
    known = in_roadrunner(text, early.checks, tuple(states))
    for i, (name, state) in enumerate(states.items()):
        misfit = np.log(course[name][who, plain] + state.scale) - np.log(known[plain, i] + state.scale)
        # engine at rtol 1e-8; errors of a killing rate add up over the course: 5e-5 at worst, far less as a rule
        assert np.abs(misfit).max() < 5e-5, (name, np.abs(misfit).max())
        assert np.sqrt(np.mean(misfit**2)) < 1e-5, name


def test_readouts_are_the_same_formulas(treated, eliana):
    # expected: libRoadRunner's own evaluation of the assignment rules
    trial, catalog = eliana
    people = treated(5)
    text = export_patient_sbml(trial, trial.arms[0].name, int(people.patients[1]), people.seed, catalog=catalog)
    early = people.on_days(people.checks[people.checks <= 60])
    course = early.course(rules=False, rtol=1e-8)
    known = in_roadrunner(text, early.checks, NAMED)
    plain = ~np.isin(np.arange(len(early.checks)), [dose.check for dose in early.doses])
    plain[0] = False
    for i, name in enumerate(NAMED):
        np.testing.assert_allclose(course[name][1, plain], known[plain, i], rtol=2e-5, atol=1e-6, err_msg=name)


def test_doses_in_the_file_are_the_doses_of_the_course(treated, eliana):
    # expected: the engine's own doses, summed by state, against the file's events
    import re

    trial, catalog = eliana
    people = treated(3)
    arm = trial.arms[0]
    text = export_patient_sbml(trial, arm.name, int(people.patients[2]), people.seed, catalog=catalog)
    events = re.findall(r'<event id="dose_\d+".*?</event>', text, flags=re.S)
    assert len(events) == len({(dose.check, dose.state) for dose in people.doses})
    untreated = export_sbml(people.ready.model)
    assert "<event " not in untreated
