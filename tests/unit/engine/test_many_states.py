"""Systems of hundreds of states: rates in pieces, elimination in loops. Expected: Poisson's law, and the matrix exponential (SciPy)."""

import math

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import poisson

from livingdrug.engine.compiler import pieces, sparse
from livingdrug.engine.compiler.sparse import MANY_STATES, find_pattern
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import EventModel

N = MANY_STATES + 50
TURN = 5.0


def a_row_of_compartments() -> Odes:
    """What leaves one enters the next; the rate k (1 + sin t) doubles at `TURN`, told once and read by every state."""
    names = tuple(f"x{i}" for i in range(N))
    rates = ["-flow * x0", *(f"flow * (x{i - 1} - x{i})" for i in range(1, N))]
    flow = f"(2 if late > 0 and time >= {TURN} else 1) * k * (1 + sin(time))"
    return Odes(names, ("k", "late"), (3.0, 1.0), (("flow", flow),), tuple(rates), ("1", *["0"] * (N - 1)))


def passed(k: float, late: float, time: float) -> float:
    """Integral of the flow from 0."""

    def until(t: float) -> float:
        return t + 1 - math.cos(t)

    before = until(min(time, TURN))
    return k * (before + (2 if late > 0 else 1) * (until(time) - before))


def test_a_long_row_of_compartments_is_poissons_law():
    odes = a_row_of_compartments()
    model = compile_model(odes, log_scales={}, linear_scales=dict.fromkeys(odes.states, 1e-4), outputs=odes.states)
    days, k, late = np.array([0.0, 1.0, 6.0, 9.0]), np.linspace(1.0, 4.0, 11), np.arange(11.0) % 2
    found = model.run({"k": k, "late": late}, days, np.zeros(4, bool), rtol=1e-8)
    assert set(found.sentences()) == {"finished"}
    for patient in range(11):
        for place, day in enumerate(days):
            expected = poisson.pmf(np.arange(N), passed(k[patient], late[patient], day))
            np.testing.assert_allclose(found.outputs[patient, place], expected, atol=2e-7)


def test_the_event_driver_gives_the_same_law():
    found = run_with_events(EventModel(a_row_of_compartments(), ()), {"k": [2.0]}, [0.0, 3.0, 8.0], 1e-8, 1e-11)
    for place, day in enumerate((0.0, 3.0, 8.0)):
        expected = poisson.pmf(np.arange(N), passed(2.0, 1.0, day))
        np.testing.assert_allclose(found.outputs[0, place], expected, atol=2e-7)


@pytest.mark.parametrize("length", [3, 17])
@pytest.mark.parametrize(("precision", "rtol", "within"), [("float64", 1e-8, 1e-7), ("float32", 1e-4, 1e-3)])
def test_pieces_and_loops_of_any_system(length, precision, rtol, within, monkeypatch, tmp_path):
    # every shape that is possible in twelve states: numbers shared by pieces, full rows, a state on a logarithmic scale
    monkeypatch.setattr(sparse, "MANY_STATES", 2)
    monkeypatch.setattr(pieces, "LENGTH", length)
    random, n = np.random.default_rng(length), 12
    matrix = np.where(random.random((n, n)) < 0.4, random.uniform(0.0, 0.3, (n, n)), 0) - np.diag(
        random.uniform(1.0, 9.0, n)
    )
    names = tuple(f"x{i}" for i in range(n))
    rates = tuple(" + ".join(f"({float(a)!r}) * {name}" for a, name in zip(row, names, strict=True)) for row in matrix)
    odes = Odes(names, ("size",), (1.0,), (), rates, tuple(f"size * {1 + i / n!r}" for i in range(n)))
    model = compile_model(
        odes, log_scales={"x3": 1e-3}, linear_scales=dict.fromkeys(set(names) - {"x3"}, 1e-3), outputs=names, precision=precision,
        cache_dir=tmp_path,
    )  # fmt: skip
    days, sizes = np.array([0.0, 0.01, 0.3, 1.0]), np.linspace(0.5, 2.0, 9)
    found = model.run({"size": sizes}, days, np.zeros(days.size, bool), rtol=rtol).outputs
    expected = np.stack([expm(matrix * day) @ (1 + np.arange(n) / n) for day in days])
    np.testing.assert_allclose(found, sizes[:, None, None] * expected, rtol=within, atol=within)


def test_the_order_of_elimination_is_markowitzs():
    # expected: at every turn the pivot with the fewest possible new entries, the first among equals (D. Markowitz, 1957)
    random = np.random.default_rng(8)
    for n in (5, 20, 60):
        entries = {(int(i), int(j)) for i, j in random.integers(0, n, (3 * n, 2))}
        left = {(i, j) for i, j in entries} | {(i, i) for i in range(n)}
        for k in find_pattern(n, entries).pivots:
            counts = {
                q: (sum(i == q for i, _ in left) - 1) * (sum(j == q for _, j in left) - 1) for q in {i for i, _ in left}
            }
            assert (counts[k], k) == min((many, q) for q, many in counts.items())
            new = {(i, j) for i, a in left if a == k for b, j in left if b == k}
            left = {(i, j) for i, j in left | new if k not in (i, j)}
