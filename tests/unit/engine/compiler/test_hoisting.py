"""Moving what only depends on parameters out of the steps."""

import numpy as np

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.hoisting import hoist
from livingdrug.engine.compiler.interpret import evaluate
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.system import build_system


def _kernel(formula, n_parameters=3):
    graph = Graph()
    names = {"a": 0, "b": 1, "c": 2}
    node = node_of(formula, graph, lambda name: graph.input("p", names[name]) if name in names else graph.input("x", 0))
    return Kernel("f", graph, (Array("x", 1), Array("p", n_parameters), Array("d", 1)), (("d", 0, node),))


def _operations(kernel):
    graph = kernel.graph
    return [graph.nodes[node][0] for node in graph.order(node for _, _, node in kernel.stores)]


def test_parameters_meet_in_products_and_powers_of_parameters_leave():
    # expected: by hand, a (b / c^0.75 * x) is one number times x
    moved = hoist((_kernel("a * (b / c ** 0.75 * x)"),))
    assert sorted(_operations(moved.kernels[0])) == ["input", "input", "multiply"]
    assert moved.n_parameters == 4
    p = np.array([[2.0], [3.0], [16.0], [0.0]])
    evaluate(moved.prepare, {"p": p})
    np.testing.assert_allclose(p[3], 2 * 3 / 16**0.75, rtol=1e-15)
    d = np.zeros((1, 1))
    evaluate(moved.kernels[0], {"x": np.array([[5.0]]), "p": p, "d": d})
    np.testing.assert_allclose(d, 5 * 2 * 3 / 16**0.75, rtol=1e-15)


def test_a_result_of_parameters_alone_and_a_plain_parameter():
    # expected: by hand
    for formula, value, n in (("a + b", 5.0, 4), ("a", 2.0, 3), ("3 + 4", 7.0, 3), ("a if b > c else x", 5.0, 3)):
        moved = hoist((_kernel(formula),))
        assert moved.n_parameters == n, formula
        p, d = np.array([[2.0], [3.0], [16.0], *[[0.0]] * (n - 3)]), np.zeros((1, 1))
        evaluate(moved.prepare, {"p": p})
        evaluate(moved.kernels[0], {"x": np.array([[5.0]]), "p": p, "d": d})
        assert d[0, 0] == value, formula


def test_a_whole_model_is_the_same_function(everything, arguments, parameters):
    # expected: the kernels as built; products in another order differ by rounding
    system = build_system(everything, arguments["log_scales"])
    moved = hoist((system.rhs, system.linearise))
    random, n = np.random.default_rng(2), len(everything.states)
    x, t = random.uniform(0.1, 3, (n, len(parameters))), random.uniform(0, 9, (1, len(parameters)))
    p = np.zeros((moved.n_parameters, len(parameters)))
    p[: parameters.shape[1]] = parameters.T
    evaluate(moved.prepare, {"p": p})
    size = system.linearise.arrays[-1].size
    results = []
    for kernel, values in ((system.linearise, parameters.T), (moved.kernels[1], p)):
        arrays = {
            "x": x,
            "p": values,
            "t": t,
            "d": np.zeros((n, len(parameters))),
            "J": np.zeros((size, len(parameters))),
        }
        evaluate(kernel, arrays)
        results.append((arrays["d"], arrays["J"]))
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(results[1][1], results[0][1], rtol=1e-12, atol=1e-14)
    assert len(_operations(moved.kernels[0])) < len(_operations(system.rhs))
