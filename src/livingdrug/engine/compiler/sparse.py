"""Sparse LU of W = c I - J and the solution of W x = b, unrolled into straight-line kernels for one pattern; long ones end in loops
(`row_loops`).

Pivots stay on the diagonal, in an order chosen once by Markowitz's rule (fewest possible new entries). With
c = 1 / (gamma h) on the diagonal a smaller step always makes W diagonally dominant in the end, so a bad pivot is
answered by a shorter step; the integrator has a dense pivoted step in reserve.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.too_large import refuse_operations

LEAST_PIVOT = 1.2e-38  # the lowest reciprocal pivot is below only if one is negative, or 0 of an infinite pivot

MOST_ENTRIES = 1000  # of W, for straight lines alone: LLVM's time for these grows with the square
MANY_STATES = 250  # from here on nothing is in straight lines: the models of the package have half as many


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
        (row, column) of each entry of W with its fill-in, in storage order: rows as they are eliminated, and so the columns of each.
    pivots
        Elimination order.
    """

    size: int
    jacobian: tuple[tuple[int, int], ...]
    filled: tuple[tuple[int, int], ...]
    pivots: tuple[int, ...]

    @property
    def is_long(self) -> bool:
        """Whether straight lines would take the compiler seconds."""
        return self.is_huge or len(self.filled) > MOST_ENTRIES

    @property
    def is_huge(self) -> bool:
        """Whether also its rates go to machine code in pieces, and its elimination in loops from the first row on."""
        return self.size > MANY_STATES

    def orders(self) -> dict[int, int]:
        """When each row's turn comes."""
        return {k: order for order, k in enumerate(self.pivots)}


def find_pattern(size: int, entries: Iterable[tuple[int, int]]) -> Pattern:
    """Elimination order and fill-in of a matrix with the given off-diagonal entries and a full diagonal.

    Raises
    ------
    BadInput
        Its elimination would take more operations than `livingdrug.engine.too_large.MOST_OPERATIONS`.
    """
    jacobian = tuple(sorted(entries))
    rows = [{i} for i in range(size)]
    columns = [{i} for i in range(size)]
    for i, j in jacobian:
        rows[i].add(j)
        columns[j].add(i)
    filled = {(i, j) for i in range(size) for j in rows[i]}

    def new_entries(q: int) -> tuple[int, int]:
        return (len(rows[q]) - 1) * (len(columns[q]) - 1), q

    n_operations = 0
    waiting, done, pivots = [new_entries(q) for q in range(size)], set[int](), list[int]()
    heapify(waiting)
    while waiting:
        told, k = heappop(waiting)
        if k in done or told != new_entries(k)[0]:
            continue  # what it is now stands there, too
        pivots.append(k)
        done.add(k)
        n_operations += told
        refuse_operations(size, len(jacobian), n_operations)
        for i in columns[k] - {k}:
            for j in rows[k] - {k}:
                rows[i].add(j)
                columns[j].add(i)
                filled.add((i, j))
            rows[i].discard(k)
        for j in rows[k] - {k}:
            columns[j].discard(k)
        for q in (rows[k] | columns[k]) - {k}:
            heappush(waiting, new_entries(q))
    turn = {k: order for order, k in enumerate(pivots)}
    return Pattern(
        size, jacobian, tuple(sorted(filled, key=lambda entry: (turn[entry[0]], turn[entry[1]]))), tuple(pivots)
    )


def factor_kernel(pattern: Pattern, until: int | None = None) -> Kernel:
    """Kernel ``factor(J, c, W)``: W receives L, U and the reciprocal pivots, and last the lowest of these
    if that is below `LEAST_PIVOT`.

    With `until` it ends before that pivot's turn, as ``factor_first``: rows whose turn is later receive what is left of them.
    """
    graph = Graph()
    c = graph.input("c", 0)
    place = {entry: q for q, entry in enumerate(pattern.filled)}
    # what is left of a fill-in that nothing has reached: -0, from which a product is subtracted as from nothing
    w = dict.fromkeys(pattern.filled, graph.constant(-0.0))
    for q, entry in enumerate(pattern.jacobian):
        w[entry] = graph.negative(graph.input("J", q))
    for i in range(pattern.size):
        w[i, i] = graph.add(c, w[i, i])
    later = pattern.orders()
    row_of, column_of = rows_and_columns(pattern)
    stores, lowest = [], graph.constant(LEAST_PIVOT)
    for k in pattern.pivots[:until]:
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
    if until is not None:
        stores += [("W", place[i, j], w[i, j]) for i, j in pattern.filled if min(later[i], later[j]) >= until]
    stores.append(("W", len(pattern.filled), lowest))
    arrays = (Array("J", len(pattern.jacobian)), Array("c", 1), Array("W", len(pattern.filled) + 1))
    return Kernel("factor" if until is None else "factor_first", graph, arrays, tuple(stores))


def rows_and_columns(pattern: Pattern) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Columns of each row of W, and rows of each column, in the order of their turns."""
    turn = pattern.orders()
    row_of: dict[int, list[int]] = {k: [] for k in pattern.pivots}
    column_of: dict[int, list[int]] = {k: [] for k in pattern.pivots}
    for i, j in pattern.filled:
        row_of[i].append(j)
        column_of[j].append(i)
    for found in (*row_of.values(), *column_of.values()):
        found.sort(key=turn.__getitem__)
    return row_of, column_of


def solve_kernel(pattern: Pattern) -> Kernel:
    """Kernel ``solve(W, b)``: b becomes the solution, in place."""
    graph = Graph()
    turn, (row_of, _) = pattern.orders(), rows_and_columns(pattern)
    place = {entry: q for q, entry in enumerate(pattern.filled)}
    b = [graph.input("b", i) for i in range(pattern.size)]
    before = tuple(b)
    for i in pattern.pivots:
        for j in row_of[i]:
            if turn[j] < turn[i]:
                b[i] = graph.subtract(b[i], graph.multiply(graph.input("W", place[i, j]), b[j]))
    for i in reversed(pattern.pivots):
        for j in row_of[i]:
            if turn[j] > turn[i]:
                b[i] = graph.subtract(b[i], graph.multiply(graph.input("W", place[i, j]), b[j]))
        b[i] = graph.multiply(b[i], graph.input("W", place[i, i]))
    arrays = (Array("W", len(pattern.filled)), Array("b", pattern.size))
    return Kernel("solve", graph, arrays, tuple(("b", i, b[i]) for i in range(pattern.size) if b[i] != before[i]))
