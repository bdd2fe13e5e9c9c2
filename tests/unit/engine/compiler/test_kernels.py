"""Compiled kernels against the NumPy interpreter of the same graph, and against NumPy's linear algebra."""

import ctypes
import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from livingdrug.engine.compiler.assembly import calls_ir, kernel_ir
from livingdrug.engine.compiler.check_kernels import build_checks
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.interpret import evaluate
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.machine import MachineCode, aligned_zeros
from livingdrug.engine.compiler.row_loops import factor_rest_ir, first_in_loops, solve_ir
from livingdrug.engine.compiler.sparse import factor_kernel, find_pattern, solve_kernel
from livingdrug.engine.compiler.system import build_system
from livingdrug.engine.compiler.vector_math import vector_math
from livingdrug.engine.ensemble import Dose, LateCode, compile_model
from livingdrug.engine.integrate import PREPARE, _dense_step
from livingdrug.engine.odes import Odes
from livingdrug.engine.rosenbrock import STEP_ARRAYS
from livingdrug.engine.steppers import steppers
from livingdrug.engine.summaries import Summary, starting_values

LANES = 4


def _compiled(*kernels):
    parts = [vector_math(1), vector_math(LANES), *(kernel_ir(kernel, LANES) for kernel in kernels)]
    return MachineCode("\n".join(parts), tuple(kernel.name for kernel in kernels))


def _compare(kernel, code, arrays, rtol=1e-13):
    """Run both ways; arrays (elements, lanes) or (elements, 1)."""
    ours = {name: array.copy() for name, array in arrays.items()}
    evaluate(kernel, ours)
    given = [np.ascontiguousarray(arrays[array.name]) for array in kernel.arrays]
    code.call(kernel, LANES, *given)
    for array, got in zip(kernel.arrays, given, strict=True):
        np.testing.assert_allclose(got, ours[array.name], rtol=rtol, atol=1e-13, err_msg=array.name)


def _function_kernel(function, n):
    graph = Graph(exact_division=True)
    x = [graph.input("x", i) for i in range(2 * n if function == "power" else n)]
    if function == "power":
        stores = tuple(("d", i, graph.make("power", x[2 * i], x[2 * i + 1])) for i in range(n))
    else:
        stores = tuple(("d", i, graph.make(function, x[i])) for i in range(n))
    return Kernel("f", graph, (Array("x", len(x)), Array("d", n)), stores)


@pytest.mark.parametrize("all_lanes", [True, False])
def test_exp_log_pow_agree_with_libm(all_lanes):
    # expected: Python's math module (correctly rounded to about 1 ulp); 4 ulp allowed
    random = np.random.default_rng(0)
    x = np.concatenate([random.uniform(-700, 700, 100), random.uniform(-1e-3, 1e-3, 28)]).reshape(32, LANES)
    positive = np.concatenate([np.exp(random.uniform(-700, 700, 100)), 1 + random.uniform(-0.1, 0.1, 28)]).reshape(
        32, LANES
    )
    for function, points, reference in (("exp", x, math.exp), ("log", positive, math.log)):
        kernel = _function_kernel(function, 32)
        kernel = Kernel("f", kernel.graph, kernel.arrays, kernel.stores, all_lanes)
        got = np.full((32, LANES), np.nan)
        _compiled(kernel).call(kernel, LANES, points.copy(), got)
        seen = got if all_lanes else got[:, :1]
        expected = np.vectorize(reference)(points)[:, : seen.shape[1]]
        np.testing.assert_allclose(seen, expected, rtol=4 * 2.2e-16)


def test_sin_cos_atan_agree_with_libm():
    # expected: Python's math module; 4 ulp of 1
    random = np.random.default_rng(1)
    x = np.concatenate(
        [random.uniform(-1e5, 1e5, 60), random.uniform(-7, 7, 60), [0, 1, -1, 0.41421356, 1e9, -1e300, 1e-9, -0.5]]
    )
    points = np.ascontiguousarray(x.reshape(32, LANES))
    for function in ("sin", "cos", "atan"):
        given = points if function == "atan" else np.where(np.abs(points) > 1e5, 2.0, points)
        kernel, got = _function_kernel(function, 32), np.full((32, LANES), np.nan)
        _compiled(kernel).call(kernel, LANES, given.copy(), got)
        np.testing.assert_allclose(got, np.vectorize(getattr(math, function))(given), rtol=0, atol=9e-16)


def test_derivatives_of_sin_cos_atan():
    # expected: the exact solution of y' = cos(t) + 0 * ..., through a model that uses all three
    odes = Odes(("y",), (), (), (("a", "atan(time)"),), ("cos(time) - sin(y) + sin(sin(time)) + 0 * a",), ("0",))
    model = compile_model(odes, log_scales={}, linear_scales={"y": 1e-3}, outputs=("y", "a"))
    got = model.run(np.zeros((1, 0)), [0, 1, 2], [0, 0, 0], rtol=1e-8).outputs[0]
    np.testing.assert_allclose(got, [[math.sin(t), math.atan(t)] for t in (0, 1, 2)], atol=1e-7)


def test_exp_log_pow_at_the_edges():
    # expected: IEEE limits; exp flushes to zero below -707, a negative base gives not-a-number
    def run(function, *points):
        n = len(points) // (2 if function == "power" else 1)
        kernel = _function_kernel(function, n)
        given = np.repeat(np.array(points, dtype=float)[:, None], LANES, axis=1)
        out = np.empty((n, LANES))
        _compiled(kernel).call(kernel, LANES, given, out)
        return out[:, 0]

    np.testing.assert_array_equal(
        run("exp", 0.0, 1e4, -1e4, math.inf, -math.inf, math.nan, -750.0), [1, math.inf, 0, math.inf, 0, math.nan, 0]
    )
    np.testing.assert_allclose(run("exp", 709.7, 709.78, -706.9), np.exp([709.7, 709.78, -706.9]), rtol=1e-15)
    np.testing.assert_array_equal(
        run("log", 1.0, 0.0, -1.0, math.inf, math.nan), [0, -math.inf, math.nan, math.inf, math.nan]
    )
    np.testing.assert_allclose(run("log", 5e-324, 1e-310, 2.3e-308), np.log([5e-324, 1e-310, 2.3e-308]), rtol=1e-15)
    got = run("power", 0.0, 2.5, 0.0, -1.0, 0.0, 0.0, 1.0, 1e9, -2.0, 1.5, 3.0, 2.5)
    np.testing.assert_allclose(got, [0, math.inf, 1, 1, math.nan, 3.0**2.5], rtol=1e-15)


def test_minimum_and_maximum_of_not_a_number():
    # expected: NumPy's rule, not-a-number wins from either side
    graph = Graph()
    a, b = graph.input("x", 0), graph.input("x", 1)
    stores = (("d", 0, graph.extreme("minimum", a, b)), ("d", 1, graph.extreme("maximum", a, b)))
    kernel = Kernel("f", graph, (Array("x", 2), Array("d", 2)), stores)
    x = np.array([[1.0, math.nan, 2.0, -1.0], [2.0, 1.0, math.nan, -3.0]])
    got = np.empty((2, LANES))
    _compiled(kernel).call(kernel, LANES, x, got)
    np.testing.assert_array_equal(got, [np.minimum(x[0], x[1]), np.maximum(x[0], x[1])])


def _points(everything, parameters):
    random = np.random.default_rng(5)
    n = len(everything.states)
    x = random.uniform(0.05, 3.0, (n, LANES))
    t = np.array([[0.4, 2.3, 5.9, 11.2]])
    return n, x, np.ascontiguousarray(parameters[:LANES].T), t


def test_equations_compiled_and_interpreted_agree(everything, arguments, parameters):
    # expected: the NumPy interpreter
    system = build_system(everything, arguments["log_scales"])
    n, x, p, t = _points(everything, parameters)
    arrays = {"x": x, "p": p, "t": t, "d": np.zeros((n, LANES))}
    code = _compiled(system.rhs, system.linearise)
    _compare(system.rhs, code, arrays)
    _compare(system.linearise, code, arrays | {"J": np.zeros((system.linearise.arrays[-1].size, LANES))})


def test_jacobian_and_time_derivative_against_differences(everything, arguments, parameters):
    # expected: central differences of the right-hand side, h = 1e-6, error about 1e-9
    system = build_system(everything, arguments["log_scales"])
    n, x, p, t = _points(everything, parameters)
    assert system.time_derivative

    def f(x, t):
        arrays = {"x": x, "p": p, "t": t, "d": np.zeros((n, LANES))}
        evaluate(system.rhs, arrays)
        return arrays["d"]

    entries = np.zeros((system.linearise.arrays[-1].size, LANES))
    evaluate(system.linearise, {"x": x, "p": p, "t": t, "d": np.zeros((n, LANES)), "J": entries})
    dense = np.zeros((n, n, LANES))
    for q, (i, j) in enumerate(system.pattern.jacobian):
        dense[i, j] = entries[q]
    for j in range(n):
        shift = np.zeros((n, 1))
        shift[j] = 1e-6
        np.testing.assert_allclose(dense[:, j], (f(x + shift, t) - f(x - shift, t)) / 2e-6, rtol=1e-6, atol=1e-7)
    by_time = (f(x, t + 1e-6) - f(x, t - 1e-6)) / 2e-6
    np.testing.assert_allclose(entries[len(system.pattern.jacobian) :], by_time, rtol=1e-6, atol=1e-7)


def test_sparse_factor_and_solve_against_numpy():
    # expected: numpy.linalg.solve with pivoting on random diagonally dominant matrices
    random = np.random.default_rng(8)
    n = 12
    entries = {(i, j) for i in range(n) for j in range(n) if random.random() < 0.2}
    pattern = find_pattern(n, entries)
    jacobian = random.standard_normal((len(pattern.jacobian), LANES))
    c = random.uniform(5, 50, (1, LANES))
    factor, solve = factor_kernel(pattern), solve_kernel(pattern)
    code = _compiled(factor, solve)
    w, b = np.zeros((len(pattern.filled) + 1, LANES)), random.standard_normal((n, LANES))
    _compare(factor, code, {"J": jacobian, "c": c, "W": w})
    code.call(factor, LANES, jacobian, c, w)
    x = b.copy()
    code.call(solve, LANES, w[:-1], x)
    for lane in range(LANES):
        matrix = np.eye(n) * c[0, lane]
        for q, (i, j) in enumerate(pattern.jacobian):
            matrix[i, j] -= jacobian[q, lane]
        np.testing.assert_allclose(x[:, lane], np.linalg.solve(matrix, b[:, lane]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("seed", "full"), [(9, 24), (10, 21)])
def test_an_elimination_that_ends_in_loops_has_the_bits_of_straight_lines(seed, full):
    # expected: bitwise equality with the kernels written out, which are held against NumPy above; half of the entries are 0
    random = np.random.default_rng(seed)
    n = 40
    entries = {(i, j) for i in range(n) for j in range(n) if random.random() < 0.1 or min(i, j) >= full}
    pattern = find_pattern(n, entries)
    first = first_in_loops(pattern)
    assert 0 < first <= full  # so that twice as many columns are full as stay in registers together
    jacobian = random.standard_normal((len(pattern.jacobian), LANES)) * 10.0 ** random.uniform(-8, 8, LANES)
    jacobian[random.random(jacobian.shape) < 0.5] = 0.0
    c = random.uniform(5, 50, (1, LANES))
    factor, solve, begun = factor_kernel(pattern), solve_kernel(pattern), factor_kernel(pattern, first)
    straight = _compiled(factor, solve)
    parts = [vector_math(LANES), kernel_ir(begun, LANES), factor_rest_ir(pattern, first, LANES, 64)]
    parts += [calls_ir("factor", begun, "factor_rest"), solve_ir(pattern, LANES, 64)]
    loops = MachineCode("\n".join(parts), ("factor", "solve"))
    expected, got = (np.zeros((len(pattern.filled) + 1, LANES)) for _ in range(2))
    straight.call(factor, LANES, jacobian, c, expected)
    loops.call(factor, LANES, jacobian, c, got)
    np.testing.assert_array_equal(got.view(np.int64), expected.view(np.int64))
    b = random.standard_normal((n, LANES))
    solved = b.copy()
    straight.call(solve, LANES, expected[:-1], b)
    loops.call(solve, LANES, expected[:-1], solved)
    np.testing.assert_array_equal(solved.view(np.int64), b.view(np.int64))


def test_the_lowest_pivot_is_told_by_loops_as_by_straight_lines():
    # expected: the last pivot of a full matrix is negative, and its reciprocal the last number of W
    n = 12
    pattern = find_pattern(n, {(i, j) for i in range(n) for j in range(n)})
    jacobian = np.repeat(np.where(np.eye(n).ravel(), -1.0, -2.0)[:, None], LANES, axis=1)
    begun = factor_kernel(pattern, first_in_loops(pattern))
    parts = [vector_math(LANES), kernel_ir(begun, LANES), factor_rest_ir(pattern, first_in_loops(pattern), LANES, 64)]
    code = MachineCode("\n".join([*parts, calls_ir("factor", begun, "factor_rest")]), ("factor",))
    w = np.zeros((n * n + 1, LANES))
    code.call(factor_kernel(pattern), LANES, jacobian, np.zeros((1, LANES)), w)
    matrix = np.where(np.eye(n), 1.0, 2.0)  # one eigenvalue is 2 n - 1, the others -1
    pivots = [
        np.linalg.det(matrix[:k, :k]) / (np.linalg.det(matrix[: k - 1, : k - 1]) if k > 1 else 1.0)
        for k in range(1, n + 1)
    ]
    np.testing.assert_allclose(w[-1], min(1 / pivot for pivot in pivots), rtol=1e-10)


def test_check_kernels_compiled_and_interpreted_agree(everything, arguments, parameters):
    # expected: the NumPy interpreter; lanes that are not at a check keep every bit
    summaries = (
        Summary("most", "cells", "max"),
        Summary("area", "now_effect", "auc"),
        Summary("days", "given", "days_at_level", 2),
    )
    checks = build_checks(
        everything, arguments["log_scales"], arguments["outputs"], arguments["program"], summaries=summaries,
        decayed=[1e-30] * len(everything.states),
    )  # fmt: skip
    _n, x, p, _ = _points(everything, parameters)
    x[0] = 9.0  # cells = e^9 - 1: the rule fires
    x[1] = 1e-40  # long gone
    code = _compiled(checks.record, checks.act, checks.settle)
    sizes = {array.name: array.size for kernel in (checks.record, checks.act) for array in kernel.arrays}
    given = {name: np.zeros((size, LANES)) for name, size in sizes.items() if name != "row"}
    given |= {"x": x, "p": p, "m": np.repeat([[1.0], [2.0]], LANES, axis=1), "size": np.zeros((1, LANES))}
    given |= {"now": np.full((1, LANES), 5.0), "on": np.array([[1.0, 0.0, 1.0, 0.0]])}
    given["z"][:] = np.array(starting_values(summaries)[0])[:, None]
    for kernel in (checks.record, checks.act, checks.settle):
        given["row"] = np.zeros((next((a.size for a in kernel.arrays if a.name == "row"), 0), LANES))
        ours = {name: array.copy() for name, array in given.items()}
        was = {name: array.copy() for name, array in given.items()}
        evaluate(kernel, ours)
        code.call(kernel, LANES, *(given[array.name] for array in kernel.arrays))
        for array in kernel.arrays:
            np.testing.assert_allclose(given[array.name], ours[array.name], rtol=1e-13, atol=1e-13, err_msg=array.name)
        for name in ("x", "m", "z"):
            np.testing.assert_array_equal(given[name][:, [1, 3]], was[name][:, [1, 3]])
    np.testing.assert_array_equal(given["flags"][[0, 3]], [[1, 0, 1, 0]] * 2)
    assert given["m"][0].tolist() == [2, 1, 2, 1]
    assert x[1, 1] == 1e-40


def _step_buffers(model, x, p, t, h, rtol):
    n, lanes = len(model.odes.states), model.lanes
    sizes = {
        "x": n, "p": model._n_parameters, "t": 1, "h": 1, "J": model._n_jacobian, "W": len(model._pattern.filled) + 1,
        "K": model._method.n_stages * n, "u": n, "new": n, "error": 1, "weights": 2 * n,
    }  # fmt: skip
    buffers = {name: aligned_zeros(sizes[name] * lanes) for name in STEP_ARRAYS}
    for name, value in {"x": x, "t": t, "h": h, "weights": np.full((2 * n, lanes), rtol)}.items():
        buffers[name][:] = value.ravel()
    buffers["p"][: p.size] = p.ravel()
    prepare = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(int(model._code.addresses[PREPARE]))
    for lane in range(lanes):
        prepare(buffers["p"][lane:].ctypes.data)
    return buffers


def _call_step(model, buffers):
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(STEP_ARRAYS))
    kind(int(model._code.addresses[0]))(*(ctypes.c_void_p(buffers[name].ctypes.data) for name in STEP_ARRAYS))


@pytest.mark.parametrize("stepper", steppers())
def test_compiled_step_dense_step_and_numpy_step_agree(everything, arguments, parameters, stepper):
    # expected: the NumPy step with numpy.linalg.solve; the dense pivoted step must give the same
    n, x, p, t = _points(everything, parameters)
    h = np.array([[0.01, 0.1, 0.3, 0.02]])
    results = {}
    for way in (False, True):
        model = compile_model(everything, **arguments, lanes=LANES, interpret=way, stepper=stepper)
        buffers = _step_buffers(model, x, p, t, h, 1e-4)
        _call_step(model, buffers)
        results[way] = buffers["new"].reshape(n, LANES).copy(), buffers["error"].copy()
        good = buffers["error"] <= 1
        np.testing.assert_array_equal(buffers["x"].reshape(n, LANES), np.where(good, results[way][0], x))
    np.testing.assert_allclose(results[False][0], results[True][0], rtol=1e-11)
    np.testing.assert_allclose(results[False][1], results[True][1], rtol=1e-6)

    model = compile_model(everything, **arguments, lanes=LANES, stepper=stepper)
    b = _step_buffers(model, x, p, t, h, 1e-4)
    pattern = np.array(model._pattern.jacobian, dtype=np.int64)
    for lane in range(LANES):
        error = _dense_step(
            model._code.addresses, lane, LANES, pattern, model._method.gamma, model._method.table(), b["x"], b["p"], b["t"], b["h"], b["J"], b["u"],
            aligned_zeros(n * LANES), b["weights"], b["new"],
        )  # fmt: skip
        np.testing.assert_allclose(b["new"].reshape(n, LANES)[:, lane], results[True][0][:, lane], rtol=1e-11)
        assert error == pytest.approx(results[True][1][lane], rel=1e-6)


def test_courses_go_on_with_the_dense_step_when_the_sparse_one_always_fails(everything, arguments, parameters, days):
    # expected: the course of the healthy engine; only the beginning is stepped more finely
    model = compile_model(everything, **arguments, lanes=LANES)

    @ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(STEP_ARRAYS))
    def broken(*pointers):
        np.ctypeslib.as_array((ctypes.c_double * LANES).from_address(pointers[STEP_ARRAYS.index("error")]))[:] = (
            math.nan
        )

    addresses = model._code.addresses.copy()
    addresses[0] = ctypes.cast(broken, ctypes.c_void_p).value
    by_place = SimpleNamespace(address=lambda place: int(addresses[int(place)]))
    late = LateCode(lambda: by_place, [str(place) for place in range(len(addresses))])
    hurt = dataclasses.replace(model, _code=late)
    doses = [Dose(0, "drug", np.full(len(parameters), 1.0))]
    healthy = model.run(parameters, days, days > 0, doses, rtol=1e-7)
    got = hurt.run(parameters, days, days > 0, doses, rtol=1e-7)
    np.testing.assert_array_equal(got.status, healthy.status)
    np.testing.assert_allclose(got.outputs, healthy.outputs, rtol=1e-4, atol=1e-6)
