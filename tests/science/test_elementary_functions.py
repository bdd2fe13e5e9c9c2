"""Expected values: elementary_functions.csv, computed once with mpmath 1.4.1 at 300 bits (sines of large arguments: 1500) to 30 digits."""

from __future__ import annotations

import csv
import ctypes
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livingdrug.engine.compiler.assembly import kernel_ir
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.machine import MachineCode, aligned_zeros
from livingdrug.engine.compiler.scalar_code import module_ir
from livingdrug.engine.compiler.vector_math import vector_math
from livingdrug.foundation.expressions import read_formula

TABLE: dict[tuple[int, str], list[tuple[float, float, Fraction]]] = {}
with (Path(__file__).parent / "elementary_functions.csv").open(encoding="utf-8") as _file:
    for _row in csv.DictReader(_file):
        _exponent = float.fromhex(_row["exponent"] or "0")
        TABLE.setdefault((int(_row["bits"]), _row["function"]), []).append(
            (float.fromhex(_row["x"]), _exponent, Fraction(_row["value"]))
        )
LANES = 4
DIGITS, SMALLEST = {64: 53, 32: 24}, {64: -1074, 32: -149}


def _kernel(function: str, n: int, *, all_lanes: bool) -> Kernel:
    graph = Graph(exact_division=True)
    x = [graph.input("x", i) for i in range(2 * n)]
    nodes = [
        graph.make(function, x[2 * i], x[2 * i + 1]) if function == "power" else graph.make(function, x[2 * i])
        for i in range(n)
    ]
    arrays = (Array("x", 2 * n, all_lanes), Array("d", n, all_lanes))
    return Kernel("f", graph, arrays, tuple(("d", i, node) for i, node in enumerate(nodes)), all_lanes)


def _computed(function: str, bits: int, points: list[tuple[float, float, Fraction]], *, lanes: int) -> np.ndarray:
    kernel, kind = _kernel(function, len(points), all_lanes=lanes > 1), np.float64 if bits == 64 else np.float32
    if lanes > 1:
        code = MachineCode(vector_math(lanes, bits) + kernel_ir(kernel, lanes, bits), ("f",))
    else:
        code = MachineCode(module_ir((kernel,)), ("f",))
    given = aligned_zeros(2 * len(points) * lanes).view(kind)[: 2 * len(points) * lanes].reshape(-1, 2, lanes)
    given[:] = np.array([point[:2] for point in points])[:, :, None]
    found = aligned_zeros(len(points) * lanes).view(kind)[: len(points) * lanes]
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(code.address("f"))(given.ctypes.data, found.ctypes.data)
    return found.reshape(-1, lanes)


def _distance(value: float, true: Fraction, bits: int) -> float:
    """In units of the last place of the true value, subnormal numbers included."""
    exponent = math.frexp(float(true))[1] if float(true) else SMALLEST[bits]
    return float(abs(Fraction(value) - true) / Fraction(2) ** max(exponent - DIGITS[bits], SMALLEST[bits]))


@pytest.mark.parametrize(("bits", "function"), TABLE)
def test_within_four_units_in_the_last_place(bits: int, function: str) -> None:
    # expected: the table; the bound is the promise of engine/compiler/vector_math.py
    points = TABLE[bits, function]
    found = _computed(function, bits, points, lanes=LANES)
    assert np.all(found == found[:, :1])
    for (x, exponent, true), value in zip(points, found[:, 0], strict=True):
        assert _distance(float(value), true, bits) <= 4, (x, exponent, float(value), float(true))


@pytest.mark.parametrize("function", [function for bits, function in TABLE if bits == 64])
def test_formulas_and_models_with_events_are_as_good(function: str) -> None:
    # expected: the table; NumPy and the C library compute there
    points = TABLE[64, function]
    found = _computed(function, 64, points, lanes=1)[:, 0]
    text = "x ** y" if function == "power" else f"{function}(x)"
    columns = {name: np.array([point[k] for point in points]) for k, name in enumerate("xy")}
    written = read_formula(text).evaluate(columns)
    for (x, exponent, true), one, other in zip(points, found, written, strict=True):
        if (
            0 < abs(true) < 1e-18
        ):  # the double nearest to an odd multiple of pi / 2: the C library itself is 8 units off
            continue
        assert _distance(float(one), true, 64) <= 4, (x, exponent)
        assert _distance(float(other), true, 64) <= 4, (x, exponent)


def test_at_the_edges() -> None:
    # expected: IEEE 754 and C (annex F); a negative base has powers for whole exponents only
    nan, inf = math.nan, math.inf
    cases = {
        "exp": {inf: inf, -inf: 0.0, 1e4: inf, -1e4: 0.0, nan: nan, 0.0: 1.0},
        "expm1": {inf: inf, -inf: -1.0, nan: nan, 5e-324: 5e-324},
        "log": {0.0: -inf, -1.0: nan, inf: inf, nan: nan, 1.0: 0.0},
        "log1p": {-1.0: -inf, -2.0: nan, inf: inf, nan: nan, 5e-324: 5e-324, 0.0: 0.0},
        "sinh": {inf: inf, -inf: -inf, nan: nan, 5e-324: 5e-324, 711.0: inf},
        "cosh": {inf: inf, -inf: inf, nan: nan, 0.0: 1.0},
        "tanh": {inf: 1.0, -inf: -1.0, nan: nan, 1e300: 1.0, -5e-324: -5e-324},
        "asinh": {inf: inf, -inf: -inf, nan: nan, 0.0: 0.0},
        "acosh": {inf: inf, 1.0: 0.0, 0.5: nan, nan: nan},
        "atanh": {1.0: inf, -1.0: -inf, 1.5: nan, nan: nan, 5e-324: 5e-324},
    }
    for function, expected in cases.items():
        found = _computed(function, 64, [(x, 0.0, Fraction(0)) for x in expected], lanes=LANES)[:, 0]
        np.testing.assert_array_equal(found, list(expected.values()), err_msg=function)
    powers = {
        (-2.0, 3.0): -8.0, (-2.0, -2.0): 0.25, (-2.0, 0.5): nan, (0.0, 0.0): 1.0, (0.0, 2.5): 0.0, (0.0, -1.5): inf,
        (inf, 0.5): inf, (inf, -2.0): 0.0, (nan, 0.0): 1.0, (nan, 1.0): nan, (1.0, 1e300): 1.0, (-inf, 3.0): -inf,
    }  # fmt: skip
    found = _computed("power", 64, [(a, b, Fraction(0)) for a, b in powers], lanes=LANES)[:, 0]
    np.testing.assert_array_equal(found, list(powers.values()))
