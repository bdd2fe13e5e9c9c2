"""A system in which everything acts on everything: its elimination is loops. Expected: the matrix exponential (SciPy)."""

import numpy as np
import pytest
from scipy.linalg import expm

from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes

N = 36


@pytest.mark.parametrize(("precision", "rtol", "within"), [("float64", 1e-8, 1e-7), ("float32", 1e-4, 1e-3)])
def test_a_full_linear_system_is_its_matrix_exponential(precision, rtol, within):
    random = np.random.default_rng(3)
    matrix = random.uniform(-0.1, 0.1, (N, N)) - np.diag(random.uniform(1.0, 30.0, N))
    names = tuple(f"x{i}" for i in range(N))
    rates = tuple(" + ".join(f"({float(a)!r}) * {name}" for a, name in zip(row, names, strict=True)) for row in matrix)
    odes = Odes(names, ("size",), (1.0,), (), rates, tuple(f"size * {1 + i / N!r}" for i in range(N)))
    model = compile_model(
        odes, log_scales={}, linear_scales=dict.fromkeys(names, 1e-3), outputs=names, precision=precision
    )
    assert model.is_long
    days = np.array([0.0, 0.01, 0.3, 1.0])
    sizes = np.linspace(0.5, 2.0, 9)  # more patients than lanes
    found = model.run({"size": sizes}, days, np.zeros(days.size, bool), rtol=rtol).outputs
    start = 1 + np.arange(N) / N
    expected = np.stack([expm(matrix * day) @ start for day in days])
    np.testing.assert_allclose(found, sizes[:, None, None] * expected, rtol=within, atol=within)
