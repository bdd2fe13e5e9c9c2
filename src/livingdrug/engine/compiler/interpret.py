"""The same kernels in NumPy: slow, readable, and the oracle of every compiled one.

`InterpretedCode` has the face of `MachineCode`; its addresses are callbacks, so the one integrator runs on either.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.compiler.graph import FORGIVEN, HUGE
from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.engine.compiler.sparse import Pattern
from livingdrug.engine.rosenbrock import STEP_ARRAYS, Rosenbrock, numpy_step

Floats = NDArray[np.float64]


def _parity(b: Any) -> Any:
    return np.where(np.floor(b) != b, np.nan, 1.0 - 2.0 * np.mod(b, 2.0))


def _forgiven(a: Any) -> Any:
    return np.where(np.abs(a) < FORGIVEN, np.abs(a), a)


def _lenient_power(a: Any, b: Any, _sign: Any) -> Any:
    return np.power(_forgiven(a), b)


_NUMPY: dict[str, Callable] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "negative": np.negative,
    "reciprocal": np.reciprocal, "power": np.power,
    "lenient_power": _lenient_power, "quick_power": _lenient_power, "exp": np.exp, "quick_exp": np.exp, "parity": _parity, "log": np.log, "sqrt": np.sqrt, "abs": np.abs,
    "floor": np.floor, "sin": np.sin, "cos": np.cos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "expm1": np.expm1,
    "log1p": np.log1p, "bounded": lambda a: np.clip(a, -HUGE[64], HUGE[64]),
    "forgive": _forgiven, "minimum": np.minimum,
    "maximum": np.maximum, "select": np.where, "and": np.logical_and,
    "or": np.logical_or, "not": np.logical_not, "greater": np.greater, "greater_equal": np.greater_equal,
    "less": np.less, "less_equal": np.less_equal, "equal": np.equal, "not_equal": np.not_equal,
}  # fmt: skip


def evaluate(kernel: Kernel, arrays: Mapping[str, Floats]) -> None:
    """Run a kernel on arrays shaped (elements, lanes); its stores are written into them."""
    graph = kernel.graph
    values: dict[int, Floats | float] = {}
    with np.errstate(all="ignore"):
        for node in graph.order(target for _, _, target in kernel.stores):
            operation, *arguments = graph.nodes[node]
            if operation == "constant":
                values[node] = np.float64(arguments[0])
            elif operation == "input":
                values[node] = arrays[arguments[0]][arguments[1]].copy()
            else:
                values[node] = _NUMPY[operation](*(values[argument] for argument in arguments))
    for array, index, node in kernel.stores:
        arrays[array][index] = values[node]


class InterpretedCode:
    """Kernels that run in NumPy but are called by address like compiled ones.

    Parameters
    ----------
    kernels
        By name; must contain ``rhs``, ``linearise`` and what else is asked for by address.
    method, pattern, lanes
        What the step needs to know.
    """

    def __init__(self, kernels: Mapping[str, Kernel], method: Rosenbrock, pattern: Pattern, lanes: int) -> None:
        self._kernels, self._method, self._pattern, self._lanes = kernels, method, pattern, lanes
        self._callbacks: dict[str, Any] = {name: self._callback(kernel) for name, kernel in kernels.items()}
        self._callbacks["step"] = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(STEP_ARRAYS))(self._step)
        self.from_cache = False

    def address(self, name: str) -> int:
        """Address of the callback of a kernel."""
        return ctypes.cast(self._callbacks[name], ctypes.c_void_p).value or 0

    def _view(self, pointer: int, size: int, lanes: int, stride: int) -> Floats:
        """An array (size, lanes) on foreign memory whose rows lie `stride` numbers apart."""
        if size == 0:
            return np.empty((0, lanes))
        room = np.ctypeslib.as_array((ctypes.c_double * ((size - 1) * stride + lanes)).from_address(pointer))
        return np.lib.stride_tricks.as_strided(room, (size, lanes), (8 * stride, 8), writeable=True)

    def _callback(self, kernel: Kernel) -> Any:
        lanes = self._lanes if kernel.all_lanes else 1

        def run(*pointers: int) -> None:
            views = {
                array.name: self._view(pointer, array.size, lanes, self._lanes if array.has_lanes else 1)
                for array, pointer in zip(kernel.arrays, pointers, strict=True)
            }
            evaluate(kernel, views)

        return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(kernel.arrays))(run)

    def _step(self, *pointers: int) -> None:
        rhs, linearise = self._kernels["rhs"], self._kernels["linearise"]
        n, lanes = self._pattern.size, self._lanes
        n_entries = len(self._pattern.jacobian)
        n_j = linearise.arrays[-1].size
        n_parameters = rhs.arrays[1].size
        at = dict(zip(STEP_ARRAYS, pointers, strict=True))
        x, p = self._view(at["x"], n, lanes, lanes), self._view(at["p"], n_parameters, lanes, lanes)
        rows, columns = np.array(self._pattern.jacobian, dtype=np.int64).reshape(-1, 2).T

        def slope(x: Floats, t: Floats) -> Floats:
            arrays = {"x": x, "p": p, "t": t[None, :], "d": np.empty((n, lanes))}
            evaluate(rhs, arrays)
            return arrays["d"]

        def matrix(x: Floats, t: Floats) -> tuple[Floats, Floats, Floats]:
            arrays = {"x": x, "p": p, "t": t[None, :], "d": np.empty((n, lanes)), "J": np.zeros((n_j, lanes))}
            evaluate(linearise, arrays)
            dense = np.zeros((lanes, n, n))
            dense[:, rows, columns] = arrays["J"][:n_entries].T
            by_time = arrays["J"][n_entries:] if n_j > n_entries else np.zeros((n, lanes))
            return arrays["d"], dense, by_time

        t, h = self._view(at["t"], 1, lanes, lanes)[0], self._view(at["h"], 1, lanes, lanes)[0]
        weights = self._view(at["weights"], 2 * n, lanes, lanes).reshape(2, n, lanes)
        with np.errstate(all="ignore"):
            new, error = numpy_step(self._method, slope, matrix, x, t, h, weights)
        self._view(at["new"], n, lanes, lanes)[:] = new
        self._view(at["error"], 1, lanes, lanes)[:] = error
        x[:] = np.where(error <= 1.0, new, x)
