"""Places of factors, against elimination in numbers; courses with lists of places, against the same courses without; many events."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine.odes import Odes
from livingdrug.engine.with_events import kernels, sparse
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import Assignment, Event, EventModel
from livingdrug.engine.with_events.stepping import _factorise_listed


def _listed(found, n):
    there = np.zeros((n, n), dtype=bool)
    for i in range(n):
        there[i, found.columns[found.rows[0, i] : found.rows[0, i + 1]]] = True
    return there


def test_every_place_that_elimination_fills_is_listed():
    """Expected: where Gauss's elimination of random numbers leaves something."""
    n, random = 60, np.random.default_rng(3)
    matrix = np.where(random.random((n, n)) < 0.03, random.random((n, n)), 0.0) + 10.0 * np.eye(n)
    found = sparse.pattern_of(n, zip(*np.nonzero(matrix), strict=True))
    for k in range(n):
        for i in range(k + 1, n):
            if matrix[i, k]:
                matrix[i, k] /= matrix[k, k]
                matrix[i, k + 1 :] -= matrix[i, k] * matrix[k, k + 1 :]
    assert np.array_equal(_listed(found, n), matrix != 0)
    assert all(found.columns[found.rows[1, i]] == i for i in range(n))
    for k in range(n):
        assert np.array_equal(
            found.below[found.first[k] : found.first[k + 1]], k + 1 + np.flatnonzero(matrix[k + 1 :, k])
        )


def test_small_and_full_matrices_have_no_list():
    full = [(i, j) for i in range(50) for j in range(50)]
    assert sparse.pattern_of(50, full).columns.size == 0
    assert sparse.pattern_of(sparse.FEWEST_STATES - 1, []).columns.size == 0


def _ring(n, amplified):
    """States that feed the next and, more slowly, one further on, and a last one that sees the first, amplified; one is filled up."""
    rates = [
        f"x{(i - 1) % n}/(1 + x{(i - 1) % n}) - x{i}/(1 + x{i}) + 0.02*x{(i + 7) % n} - 0.02*x{i}" for i in range(n)
    ]
    states = (*(f"x{i}" for i in range(n)), "seen")
    odes = Odes(states, (), (), (), (*rates, f"{amplified}*x0 - 0.1*seen"), ("5.0", *["0.0"] * n))
    return EventModel(odes, (Event("fill", "x0 < 0.5", (Assignment("x0", "x0 + 2.0"),)),))


@pytest.mark.parametrize("amplified", [1.0, 1e8], ids=["diagonal pivots", "rows are exchanged"])
def test_lists_change_no_bit(monkeypatch, amplified):
    model, times = _ring(45, amplified), np.linspace(0.0, 30.0, 7)
    with_lists = run_with_events(model, [[]], times)
    monkeypatch.setattr(kernels, "pattern_of", lambda n, entries: sparse.pattern_of(0, ()))
    without = run_with_events(model, [[]], times)
    assert with_lists.outputs.tobytes() == without.outputs.tobytes()
    assert with_lists.fired == without.fired
    assert len(with_lists.fired) > 3
    assert with_lists.status.tolist() == [0]


@pytest.mark.parametrize(("slope", "listed"), [(100.0, True), (5000.0, False)])
def test_a_far_larger_number_below_the_diagonal_takes_a_row_exchange(slope, listed):
    """1,000 times the diagonal is the border; then every place is looked at."""
    n = sparse.FEWEST_STATES
    jacobian = np.zeros((n, n))
    jacobian[1, 0] = -slope
    pattern = sparse.pattern_of(n, [(1, 0)])
    places = (pattern.columns, pattern.rows, pattern.below, pattern.first)
    factors, order = np.zeros((n, n)), np.zeros(n, np.int64)
    assert _factorise_listed(np.append(jacobian, np.zeros(n)), factors, 1.0, order, *places) is listed


def test_hundreds_of_events_that_fire_one_by_one():
    """Code of so many is compiled in pieces. Expected: x is the time, so each fires at its own; y counts them."""
    odes = Odes(("x", "y"), (), (), (), ("1.0", "0.0"), ("0.0", "0.0"))
    events = tuple(Event(f"e{k}", f"x > {k + 0.5}", (Assignment("y", "y + 1.0"),)) for k in range(300))
    found = run_with_events(EventModel(odes, events), [[]], np.linspace(0.0, 300.0, 4))
    assert [event for _, _, event in found.fired] == [f"e{k}" for k in range(300)]
    np.testing.assert_allclose([time for _, time, _ in found.fired], np.arange(300) + 0.5, rtol=1e-9)
    assert found.outputs[0, :, 1].tolist() == [0.0, 100.0, 200.0, 300.0]
