"""B cells under killing: against the whole chain of their precursors, and with the turnover measured by labelling."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.model.assemble import assemble

STAGES = 5
"""Stages with CD19 before the mature B cell in human marrow (Ghia 1996, J Exp Med 184:2217)."""
TURNOVER = 0.019
"""Share of the B cells of blood that divide in a day (Macallan 2005, Blood 105:3633)."""
TEXTS = {
    "recipes/held.toml": """
title = "B cells under killing that is held"
summary = "The mechanism without CAR T cells: the rate of killing is a number."
mechanisms = ["body", "lymphodepletion", "held", "b_lineage"]
""",
    "mechanisms/held.ant": """kill_common := killing_held;
recognition_b := seen_b;
recognition_plasma := 0 * seen_b;
""",
    "mechanisms/held.toml": """
title = "Killing that is held"
summary = "A constant rate of killing."
reads = []
[parameter.killing_held]
value = 0.0
unit = "1/day"
meaning = "Rate of killing"
kind = "assumed"
source = "set by the test"
where = ""
status = "own"
[parameter.seen_b]
value = 1.0
unit = ""
meaning = "How strongly B cells are recognised"
kind = "assumed"
source = "set by the test"
where = ""
status = "own"
""",
}


@pytest.fixture(scope="module")
def b_cells():
    """B cells of the reference adult on days, by the rate of killing and the share at the start: ``b_cells(days, killing_held=0.4)``."""
    model = assemble("held", texts=TEXTS)
    odes = read_sbml(model.sbml)
    compiled = compile_model(
        odes, log_scales=model.log_scales, linear_scales=model.linear_scales, outputs=["b_cells"]
    )  # fmt: skip

    def run(days, **values):
        values = {"weight": 70.0, **values}
        table = np.array([[values.get(name, one) for name, one in zip(odes.parameters, odes.defaults, strict=True)]])
        return compiled.run(table, days, np.zeros(days.size, bool), (), rtol=1e-8).outputs[0][:, 0]

    return run


@pytest.fixture(scope="module")
def typical():
    """Values of the sheet by name."""
    odes = read_sbml(assemble("held", texts=TEXTS).sbml)
    return dict(zip(odes.parameters, odes.defaults, strict=True))


@pytest.mark.parametrize("killing", [0.02, 0.1, 0.5, 2.0])
def test_what_is_left_is_what_a_chain_of_precursors_lets_through(b_cells, typical, killing):
    # expected: steady state of the chain written out, each stage with its own cells, by linear algebra
    reach, maturation = typical["reach_blood"], typical["b_cell_maturation"]
    rate = killing * reach
    chain = np.zeros((STAGES + 1, STAGES + 1))
    for stage in range(STAGES):
        chain[stage, stage] = -(maturation + rate)
        chain[stage + 1, stage] = maturation
    chain[STAGES, STAGES] = -(TURNOVER + rate)
    entering = np.zeros(STAGES + 1)
    entering[0] = -typical["b_cell_input"]
    expected = np.linalg.solve(chain, entering)[-1]
    late = b_cells(np.array([0.0, 3000.0]), killing_held=killing)[-1]
    assert late == pytest.approx(expected, rel=1e-4)


def test_without_killing_half_of_the_b_cells_are_back_in_five_weeks(b_cells, typical):
    # expected: from none to half of health in ln 2 over the turnover, 36.5 days
    days = np.linspace(0.0, 400.0, 4001)
    back = b_cells(days, b_cell_start_share=1e-6)
    health = typical["b_cell_input"] / TURNOVER
    assert np.interp(0.5 * health, back, days) == pytest.approx(np.log(2) / TURNOVER, rel=1e-3)


def test_precursors_deepen_what_mature_cells_lose(b_cells, typical):
    # expected: where killing alone would leave a tenth of the mature cells, the chain leaves a sixtieth (1.4275^5 = 5.928 times fewer)
    rate = 9 * TURNOVER / typical["reach_blood"]
    left = b_cells(np.array([0.0, 3000.0]), killing_held=rate)[-1] / (typical["b_cell_input"] / TURNOVER)
    assert left == pytest.approx(0.1 / 5.928, rel=2e-3)
