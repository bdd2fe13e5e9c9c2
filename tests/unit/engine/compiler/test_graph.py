"""Formulas in the graph mean what they mean in NumPy, and derivatives are derivatives."""

import numpy as np
import pytest

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.interpret import evaluate
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.foundation.expressions import read_formula

FORMULAS = [
    "a + b * c - a / c", "-(a - b)", "a ** 2 + b ** -1 + c ** 0.5 + a ** 1.3 + b ** c", "a ** 16 / (1 + a ** 3)",
    "exp(-a) + log(b) + sqrt(c) + abs(a - b)", "min(a, b, c) - max(a, b)", "a if b > c else c * a",
    "(a > b) + 2 * (b <= c) - (a == a)", "a if a > b and not c > b or a < 0.5 else b", "floor(3 * a) + a * floor(b)",
    "1 if 0.2 < a < 1 else b", "exp(a * b) / (c + exp(a * b))", "+a - (-b)", "(a and b) + (not c)", "a / 7 + 3 / b",
    "sinh(a) + cosh(b) * tanh(c)", "asinh(a) + acosh(1 + b) + atanh(c / 2)", "expm1(a) * log1p(b) + sin(c) * atan(cos(a))",
]  # fmt: skip


def _values(formula, exact, point, **kind):
    graph = Graph(exact_division=exact, **kind)
    inputs = {name: graph.input("x", i) for i, name in enumerate("abc")}
    node = node_of(formula, graph, inputs.__getitem__)
    kernel = Kernel("f", graph, (Array("x", 3), Array("d", 1)), (("d", 0, node),))
    out = np.empty((1, point.shape[1]))
    evaluate(kernel, {"x": point, "d": out})
    return out[0], graph, node, inputs


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("exact", [True, False])
def test_graph_means_what_numpy_means(formula, exact):
    # expected: the foundation's own NumPy evaluation of the same text
    point = np.random.default_rng(1).uniform(0.1, 2.0, (3, 50))
    got, *_ = _values(formula, exact, point)
    expected = read_formula(formula).evaluate(dict(zip("abc", point, strict=True)))
    np.testing.assert_allclose(got, np.broadcast_to(expected, (50,)).astype(float), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("kind", [{}, {"forgiving": True, "quick": True}])
def test_derivative_is_the_limit_of_differences(formula, kind):
    # expected: central differences, h = 1e-6, error about 1e-9
    point = np.random.default_rng(2).uniform(0.3, 1.7, (3, 20))
    _, graph, node, inputs = _values(formula, False, point, **kind)
    (slopes,) = graph.derivatives([node], {node: name for name, node in inputs.items()})
    for i, name in enumerate("abc"):
        shift = np.zeros((3, 1))
        shift[i] = 1e-6
        difference = (_values(formula, False, point + shift)[0] - _values(formula, False, point - shift)[0]) / 2e-6
        out = np.zeros((1, 20))
        if name in slopes:
            kernel = Kernel("f", graph, (Array("x", 3), Array("d", 1)), (("d", 0, slopes[name]),))
            evaluate(kernel, {"x": point, "d": out})
        smooth = np.abs(difference) < 1e4  # a difference across a jump says nothing
        np.testing.assert_allclose(out[0][smooth], difference[smooth], rtol=1e-6, atol=1e-7)


def test_equal_parts_exist_once():
    # expected: by hand, exp(a*b) is one node although written twice and with its factors exchanged
    _, graph, *_ = _values("exp(a * b) + exp(b * a)", False, np.ones((3, 1)))
    assert sum(node[0] == "exp" for node in graph.nodes) == 1


def test_rates_forgive_what_rounding_made_negative():
    # expected: by hand; -1e-12 counts as 0 to a root or broken power, -1 does not, and whole powers keep their sign
    point = np.array([[-1e-12, -1.0, -2.0], [2.5, 2.5, 3.0], [1.0, 1.0, 1.0]])
    got, *_ = _values("a ** b", False, point, forgiving=True)
    np.testing.assert_allclose(got, [1e-30, np.nan, -8.0])
    got, *_ = _values("sqrt(a)", False, point, forgiving=True)
    np.testing.assert_allclose(got, [1e-6, np.nan, np.nan])
    assert np.isnan(_values("a ** b + sqrt(a)", False, point)[0][0])


def test_derivatives_of_roots_and_powers_stay_finite_at_zero():
    # expected: finite, because a Jacobian with infinities would stop every step at an empty compartment
    for formula in ("sqrt(a)", "a ** 0.7", "a ** b", "a ** 1.5 / (b ** 1.5 + a ** 1.5)"):
        _, graph, node, inputs = _values(formula, False, np.ones((3, 1)))
        (slopes,) = graph.derivatives([node], {inputs["a"]: 0})
        out = np.empty((1, 1))
        kernel = Kernel("f", graph, (Array("x", 3), Array("d", 1)), (("d", 0, slopes[0]),))
        evaluate(kernel, {"x": np.array([[0.0], [0.6], [1.0]]), "d": out})
        assert np.isfinite(out).all(), formula
