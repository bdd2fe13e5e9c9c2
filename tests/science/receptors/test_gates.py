"""Expected values: Hill's law by hand, truth tables of logic gates, exact reductions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.odes import with_numbers
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.model.assemble import Model, assemble
from tests.science.receptors.conftest import number, plan_with, product_with

ANTIGEN = (
    'title = "An antigen of a test"\n'
    + number("on.tumour", 100.0, "molecule/cell")
    + number("on.b", 0.0, "molecule/cell")
)
HALF = 4000.0
"""Threshold of the reference receptor in catalog and sheet: what half recognition needs."""


def with_gate(own: Callable[[str, str], Path], gate: str) -> Path:
    own("antigen/other.toml", ANTIGEN)
    return own("product/two.toml", product_with(f'[receptor.other]\ntarget = "OTHER"\ngate = "{gate}"\n'))


@pytest.fixture
def recognised(own: Callable[[str, str], Path], evaluated: Callable[..., dict[str, float]]) -> Callable[..., float]:
    """How strongly the first clone is engaged, from the molecules of both antigens."""

    def value(gate: str, first: float, other: float, **states: float) -> float:
        plan = plan_with("two", with_gate(own, gate))
        given = {"density_positive": first, "density_other_positive": other, **states}
        return evaluated(plan, given)["recognition_positive"]

    return value


def hill(molecules: float) -> float:
    return molecules**2 / (HALF**2 + molecules**2)


@pytest.mark.parametrize(("alone", "both"), [(0.1, 0.3077), (0.5, 0.8)])
def test_signals_add_before_the_law(recognised: Callable[..., float], alone: float, both: float) -> None:
    # With an exponent of 2 two arms of 0.1 give 0.31 and two of 0.5 give 0.80: (2x)^2/(1 + (2x)^2) with x = sqrt(h/(1 - h)).
    molecules = HALF * (alone / (1 - alone)) ** 0.5
    assert recognised("either", molecules, 0.0) == pytest.approx(alone, rel=1e-12)
    assert recognised("either", 0.0, molecules) == pytest.approx(alone, rel=1e-12)
    assert recognised("either", molecules, molecules) == pytest.approx(both, abs=5e-5)


def test_a_tandem_lies_between_the_better_arm_and_the_sum(recognised: Callable[..., float]) -> None:
    better, total = hill(6000.0), hill(9000.0)
    assert better < recognised("tandem", 6000.0, 3000.0) < total
    assert recognised("tandem", 6000.0, 0.0) == hill(6000.0)
    assert recognised("tandem", 3000.0, 6000.0) == pytest.approx(recognised("tandem", 6000.0, 3000.0), rel=1e-12)


@pytest.mark.parametrize(
    ("gate", "neither", "first", "other", "both"),
    [
        ("either", 0, 1, 1, 1),
        ("tandem", 0, 1, 1, 1),
        ("split", 0, 0.1, 0, 1),
        ("and_not", 0, 1, 0, 0),
        ("pooled", 0, 0.5, 0.5, 1),
    ],
)
def test_the_truth_table(
    recognised: Callable[..., float], gate: str, neither: float, first: float, other: float, both: float
) -> None:
    # Densities of nothing and of a thousand times the threshold; 0.1 is the leak of a first signal alone.
    # A pool of equal parts: each cell sees its own antigen only.
    none, much = 1e-9, 1000 * HALF
    pool = {"pool_other": 0.5} if gate == "pooled" else {}
    table = [(none, none, neither), (much, none, first), (none, much, other), (much, much, both)]
    for a, b, expected in table:
        assert recognised(gate, a, b, **pool) == pytest.approx(expected, abs=1e-4)


def test_an_inducible_receptor_needs_its_primer(recognised: Callable[..., float]) -> None:
    much = 1000 * HALF
    assert recognised("inducible", much, much, primed_other=0.0) < 1e-5
    assert recognised("inducible", much, much, primed_other=1.0) == pytest.approx(1.0, abs=1e-4)
    # Away from the priming antigen only cells that stray: a tenth.
    assert recognised("inducible", much, 1e-9, primed_other=1.0) == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("gate", ["either", "and_not"])
def test_with_a_receptor_that_sees_nothing_the_model_is_that_of_one_receptor(gate: str) -> None:
    """The same expressions, node by node, so the same bytes: a further receptor of no molecules adds and forbids nothing."""
    alone, gated = (
        assemble("b_all_cd19"),
        assemble("b_all_cd19", mechanisms=(f"gate_{gate}",), instances={gate: {"other": {}}}),
    )
    blind = {name: 0.0 for name in gated.parameters if name.startswith("density_other_")}
    assert len(blind) == 6
    graph = Graph(forgiving=True, quick=True)
    one, two = (_rates(graph, model, numbers) for model, numbers in ((alone, {}), (gated, blind)))
    assert one == two
    seeing = _rates(graph, gated, dict.fromkeys(blind, 1000.0))
    assert seeing != one  # the comparison can fail


def _rates(graph: Graph, model: Model, numbers: dict[str, float]) -> dict[str, int]:
    """The node of each state's rate in a graph that holds equal expressions once."""
    odes = with_numbers(read_sbml(model.sbml), {**model.stand_ins, **model.shapes, **numbers})
    known: dict[str, int] = {}

    def look_up(name: str) -> int:
        return known[name] if name in known else graph.input(name, 0)

    for name, formula in odes.assignments:
        known[name] = node_of(formula, graph, look_up)
    return {name: node_of(formula, graph, look_up) for name, formula in zip(odes.states, odes.rates, strict=True)}


def test_a_gate_that_nobody_wrote_is_told(own: Callable[[str, str], Path]) -> None:
    from livingdrug.course.equations import check_plan
    from livingdrug.foundation.errors import CatalogError

    with pytest.raises(
        CatalogError, match='no gate "neither"; known: and_not, either, inducible, pooled, split, tandem'
    ):
        check_plan(plan_with("two", with_gate(own, "neither")))


def test_a_gate_is_one_mechanism_of_ones_own(
    own: Callable[[str, str], Path], evaluated: Callable[..., dict[str, float]]
) -> None:
    # The better of both arms, no sum: a gate that the package does not have.
    own(
        "mechanisms/gate_better.ant",
        "counted_{better}_{target} := density_{better}_{target} / threshold_{better};\n"
        "added_{target} := total(piecewise(counted_{better}_{target} - density_{target}, counted_{better}_{target} > density_{target}, 0 * density_{target}));\n",
    )
    numbers = number('parameter."threshold_{better}"', 1.0) + number(
        'parameter."density_{better}_{target}"', 5.0, "molecule/cell"
    )
    own(
        "mechanisms/gate_better.toml",
        'title = "The better arm"\nsummary = "A gate of a test."\nper = ["better", "target"]\nreads = ["density_{target}"]\n'
        '[neutral]\n"added_{target}" = { value = 0.0, unit = "molecule/cell" }\n' + numbers,
    )
    plan = plan_with("two", with_gate(own, "better"))
    for first, other in ((3000.0, 5000.0), (5000.0, 3000.0)):
        found = evaluated(plan, {"density_positive": first, "density_other_positive": other})
        assert found["recognition_positive"] == pytest.approx(hill(5000.0), rel=1e-12)


def test_clones_are_patterns_of_all_antigens() -> None:
    plan = plan_with("cd19_cd22_cel")
    from livingdrug.course.equations import assembled

    patterns = {clone.name: dict(clone.antigens) for clone in assembled(plan).clones}
    assert patterns["positive"] == {"CD19": 1.0, "CD22": 1.0}
    assert patterns["negative"] == {"CD19": 0.0, "CD22": 1.0}
    assert patterns["without_cd22"] == {"CD19": 1.0, "CD22": 0.0}
    assert patterns["without_any"] == {"CD19": 0.0, "CD22": 0.0}
