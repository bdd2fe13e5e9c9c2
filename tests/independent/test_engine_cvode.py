"""The engine against CVODE (SUNDIALS, through scikit-sundae) and against the published Robertson solution."""

import numpy as np
import pytest

from livingdrug.engine.ensemble import Dose, compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram

ROBERTSON = Odes(
    states=("a", "b", "c"),
    parameters=(),
    defaults=(),
    assignments=(("slow", "0.04 * a"), ("back", "1e4 * b * c"), ("fast", "3e7 * b ** 2")),
    rates=("back - slow", "slow - back - fast", "fast"),
    initial=("1", "0", "0"),
)


def _cvode(rhs, start, first, last, rtol=1e-10, atol=1e-14, **options):
    cvode = pytest.importorskip("sksundae.cvode", reason="scikit-sundae is not installed")
    solver = cvode.CVODE(rhs, rtol=rtol, atol=atol, max_num_steps=100_000, **options)
    return solver.solve(np.array([first, last]), np.array(start, dtype=float)).y[-1]


def _robertson(days, rtol):
    model = compile_model(
        ROBERTSON, log_scales={}, linear_scales={"a": 1e-4, "b": 1e-9, "c": 1e-4}, outputs=ROBERTSON.states
    )
    ensemble = model.run(np.zeros((1, 0)), days, np.zeros(len(days)), rtol=rtol)
    assert ensemble.status.tolist() == [0]
    return ensemble.outputs[0]


def test_robertson_at_the_end_of_time():
    # expected: reference solution at 1e11 of the Test Set for IVP Solvers, problem ROBER (Mazzia and Magherini 2008)
    got = _robertson([0, 1e11], 1e-8)[1]
    np.testing.assert_allclose(got, [0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050], rtol=2e-4)


def test_robertson_against_cvode():
    # expected: CVODE at rtol 1e-10
    def rhs(t, y, yp):
        slow, back, fast = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
        yp[:] = back - slow, slow - back - fast, fast

    days = [0.0, 0.4, 40.0, 4e3, 4e5]
    got = _robertson(days, 1e-6)
    for day, seen in zip(days[1:], got[1:], strict=True):
        np.testing.assert_allclose(seen, _cvode(rhs, [1, 0, 0], 0.0, day), rtol=1e-4)


def test_cells_drug_and_rule_against_cvode():
    # expected: CVODE at rtol 1e-10 restarted at each check, with the rule applied by hand
    odes = Odes(
        states=("cells", "tumour", "cytokine", "drug"),
        parameters=("growth", "kill"),
        defaults=(1.8, 3.0),
        assignments=(("antigen", "tumour / (tumour + 1e7)"), ("block", "drug / (drug + 2)")),
        rates=(
            "cells * (growth * antigen * (1 - 0.5 * block) - 0.4)",
            "tumour * (0.05 - kill * cells / (cells + tumour + 1e6))",
            "(1 + 1e-6 * cells * antigen) * (1 - block) * 20 - 10 * cytokine",
            "-1.5 * drug",
        ),
        initial=("0", "1e9", "2", "0"),
    )
    program = CheckProgram(
        (("fever", "cytokine > 60 and given < 2"), ("drug", "drug + 8 if fever else drug"), ("given", "given + fever")),
        {"given": 0.0},
        ("fever",),
    )
    model = compile_model(
        odes, log_scales={"cells": 1.0, "tumour": 1e-2}, linear_scales={"cytokine": 0.1, "drug": 1e-2},
        outputs=odes.states, program=program,
    )  # fmt: skip
    days = np.arange(0, 28.01, 1 / 3)
    patients = np.array([[1.8, 3.0], [1.2, 2.0], [2.2, 4.0]])
    doses = [Dose(0, "cells", np.array([1e6, 2e6, 5e5]))]
    ensemble = model.run(patients, days, np.ones(len(days)), doses)
    assert ensemble.firings.value.size >= 2
    floor = np.array([1.0, 1e-2, 0.1, 1e-2])
    misfit = []
    for i, (growth, kill) in enumerate(patients):

        def rhs(t, y, yp, userdata):
            growth, kill = userdata
            antigen, block = y[1] / (y[1] + 1e7), y[3] / (y[3] + 2)
            yp[0] = y[0] * (growth * antigen * (1 - 0.5 * block) - 0.4)
            yp[1] = y[1] * (0.05 - kill * y[0] / (y[0] + y[1] + 1e6))
            yp[2] = (1 + 1e-6 * y[0] * antigen) * (1 - block) * 20 - 10 * y[2]
            yp[3] = -1.5 * y[3]

        y, given = np.array([0.0, 1e9, 2.0, 0.0]), 0
        for g, day in enumerate(days):
            misfit.append(np.log(ensemble.outputs[i, g] + floor) - np.log(y + floor))
            y = y + np.array([doses[0].amounts[i], 0, 0, 0]) if g == 0 else y
            if y[2] > 60 and given < 2:
                y, given = y + np.array([0, 0, 0, 8]), given + 1
            if g + 1 < len(days):
                y = _cvode(rhs, y, day, days[g + 1], atol=1e-9, userdata=(growth, kill))
        assert ensemble.memory[i, 0] == given
    # the engine's stated accuracy at rtol 1e-4: RMS of the log states below 1e-4
    assert np.sqrt(np.mean(np.square(misfit))) < 1e-4
