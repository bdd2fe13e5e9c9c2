"""Sparse LU of W = c I - J and the solution of W x = b, unrolled into straight-line kernels for one pattern.

Pivots stay on the diagonal, in an order chosen once by Markowitz's rule (fewest possible new entries). With
c = 1 / (gamma h) on the diagonal a smaller step always makes W diagonally dominant in the end, so a bad pivot is
answered by a shorter step; the integrator has a dense pivoted step in reserve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.kernel import Array, Kernel

LEAST_PIVOT = 1.2e-38  # the lowest reciprocal pivot is below only if one is negative, or 0 of an infinite pivot

MOST_ENTRIES = 500  # of a piece of the solution


@dataclass(frozen=True)
class Pattern:
    """Where W has entries, and in which order its rows are eliminated.

    Attributes
    ----------
    size
        Number of rows.
    jacobian
        (row, column) of each entry of J, in storage order.
    filled
        (row, column) of each entry of W with its fill-in, in storage order.
    pivots
        Elimination order.
    """

    size: int
    jacobian: tuple[tuple[int, int], ...]
    filled: tuple[tuple[int, int], ...]
    pivots: tuple[int, ...]


def find_pattern(size: int, entries: Iterable[tuple[int, int]]) -> Pattern:
    """Elimination order and fill-in of a matrix with the given off-diagonal entries and a full diagonal."""
    jacobian = tuple(sorted(entries))
    rows = [{i} for i in range(size)]
    columns = [{i} for i in range(size)]
    for i, j in jacobian:
        rows[i].add(j)
        columns[j].add(i)
    filled = {(i, j) for i in range(size) for j in rows[i]}
    left, pivots = set(range(size)), []
    while left:
        k = min(left, key=lambda q: ((len(rows[q]) - 1) * (len(columns[q]) - 1), q))
        pivots.append(k)
        left.remove(k)
        for i in columns[k] - {k}:
            for j in rows[k] - {k}:
                rows[i].add(j)
                columns[j].add(i)
                filled.add((i, j))
            rows[i].discard(k)
        for j in rows[k] - {k}:
            columns[j].discard(k)
    return Pattern(size, jacobian, tuple(sorted(filled)), tuple(pivots))


def factor_kernel(pattern: Pattern) -> Kernel:
    """Kernel ``factor(J, c, W)``: W receives L, U and the reciprocal pivots, and last the lowest of these
    if that is below `LEAST_PIVOT`."""
    graph = Graph()
    c = graph.input("c", 0)
    place = {entry: q for q, entry in enumerate(pattern.filled)}
    w = dict.fromkeys(pattern.filled, graph.constant(0.0))
    for q, entry in enumerate(pattern.jacobian):
        w[entry] = graph.negative(graph.input("J", q))
    for i in range(pattern.size):
        w[i, i] = graph.add(c, w[i, i])
    later = {k: order for order, k in enumerate(pattern.pivots)}
    row_of = {i: sorted((j for r, j in pattern.filled if r == i), key=later.__getitem__) for i in pattern.pivots}
    column_of = {j: sorted((i for i, c in pattern.filled if c == j), key=later.__getitem__) for j in pattern.pivots}
    stores, lowest = [], graph.constant(LEAST_PIVOT)
    for k in pattern.pivots:
        w[k, k] = graph.reciprocal(w[k, k])
        lowest = graph.select(graph.compare("less", w[k, k], lowest), w[k, k], lowest)
        stores.append(("W", place[k, k], w[k, k]))
        for j in row_of[k]:
            if later[j] > later[k]:
                stores.append(("W", place[k, j], w[k, j]))
        for i in column_of[k]:
            if later[i] <= later[k]:
                continue
            w[i, k] = graph.multiply(w[i, k], w[k, k])
            stores.append(("W", place[i, k], w[i, k]))
            for j in row_of[k]:
                if later[j] > later[k]:
                    w[i, j] = graph.subtract(w[i, j], graph.multiply(w[i, k], w[k, j]))
    stores.append(("W", len(pattern.filled), lowest))
    arrays = (Array("J", len(pattern.jacobian)), Array("c", 1), Array("W", len(pattern.filled) + 1))
    return Kernel("factor", graph, arrays, tuple(stores))


def solve_kernels(pattern: Pattern, most: int = MOST_ENTRIES) -> tuple[Kernel, ...]:
    """Kernels that one after another do ``solve(W, b)``: b becomes the solution, in place.

    One where W has few entries. Else pieces of whole rows, which hand on b in memory: LLVM's time grows with the square of this kernel
    (2,700 entries: 4.0 s whole, 0.7 s in pieces of 500), and the pieces run as fast.
    """
    later = {k: order for order, k in enumerate(pattern.pivots)}
    rows: dict[int, list[int]] = {i: [] for i in pattern.pivots}
    for i, j in pattern.filled:
        rows[i].append(j)
    down = [(i, [j for j in rows[i] if later[j] < later[i]], False) for i in pattern.pivots]
    up = [(i, [j for j in rows[i] if later[j] > later[i]], True) for i in reversed(pattern.pivots)]
    steps = [(i, sorted(columns, key=later.__getitem__), last) for i, columns, last in (*down, *up)]
    if len(pattern.filled) <= 2 * most:
        return (_solving("solve", pattern, steps),)
    pieces: list[list[tuple[int, list[int], bool]]] = [[]]
    for step in steps:
        if pieces[-1] and sum(len(columns) for _, columns, _ in pieces[-1]) + len(step[1]) > most:
            pieces.append([])
        pieces[-1].append(step)
    return tuple(_solving(f"solve_{q}", pattern, piece) for q, piece in enumerate(pieces))


def _solving(name: str, pattern: Pattern, steps: Sequence[tuple[int, list[int], bool]]) -> Kernel:
    """Kernel of some rows: (row, columns already known, whether the pivot's turn has come)."""
    graph = Graph()
    place = {entry: q for q, entry in enumerate(pattern.filled)}
    b = [graph.input("b", i) for i in range(pattern.size)]
    before = tuple(b)
    for i, columns, last in steps:
        for j in columns:
            b[i] = graph.subtract(b[i], graph.multiply(graph.input("W", place[i, j]), b[j]))
        if last:
            b[i] = graph.multiply(b[i], graph.input("W", place[i, i]))
    arrays = (Array("W", len(pattern.filled)), Array("b", pattern.size))
    return Kernel(name, graph, arrays, tuple(("b", i, b[i]) for i in range(pattern.size) if b[i] != before[i]))
