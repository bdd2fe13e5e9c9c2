"""The end of an elimination, and a solution, as loops: for matrices whose straight lines would take LLVM seconds.

The loops do what `sparse` writes out, entry by entry in the same order, so that results have the same bits:

    row i of W:   for each column k whose turn is before i:   l = w[k] / pivot k;   w[j] -= l W[k, j] for all j after k

The last rows of a large model are full to the right of their pivots, so that each is full from its first column on, and take most of the
work. The pivots before stay straight lines: they are sparse, and what fills in there may be rounded otherwise.
"""

from __future__ import annotations

from livingdrug.engine.compiler.loops import each, least, looked_up, plus, table
from livingdrug.engine.compiler.sparse import LEAST_PIVOT, Pattern, rows_and_columns
from livingdrug.engine.compiler.writer import Writer

_TOGETHER = 8
"""Columns of a row that stay in registers while earlier rows are subtracted; a processor has 16 registers or more."""
_ATTRIBUTES = "noinline nounwind"


def first_in_loops(pattern: Pattern) -> int:
    """The turn from which on rows are full to the right of their pivots, and straight lines and loops round alike.

    A difference w - l u is one fused instruction that rounds once, in both. Where w itself is nothing but a product (a fill-in reached once,
    whose sign has cancelled), LLVM may fuse that product and round l u first; loops would not.
    """
    turn, (row_of, column_of) = pattern.orders(), rows_and_columns(pattern)
    alike, given = 0, {*pattern.jacobian, *((k, k) for k in pattern.pivots)}
    untouched = set(pattern.filled) - given
    negative, product = {(i, j) for i, j in given if i != j}, set[tuple[int, int]]()
    for k in pattern.pivots:
        after = [j for j in row_of[k] if turn[j] > turn[k]]
        for i in column_of[k]:
            if turn[i] <= turn[k]:
                continue
            for j in after:
                entry = (i, j)
                if entry in untouched:
                    untouched.discard(entry)
                    cancels = ((i, k) in negative) != ((k, j) in negative)
                    (product if cancels else negative).add(entry)
                    continue
                if entry in product:
                    alike = turn[k] + 1
                product.discard(entry)
                negative.discard(entry)
    ragged = [turn[k] for k in pattern.pivots if sum(turn[j] > turn[k] for j in row_of[k]) < pattern.size - 1 - turn[k]]
    return max(alike, ragged[-1] + 1 if ragged else 0)


def factor_rest_ir(pattern: Pattern, first: int, lanes: int, bits: int) -> str:
    """IR of ``factor_rest(J, c, W)``: the pivots from the turn `first` on, in place of what `factor_kernel` left of their rows.

    Eight columns of a row at a time; the first columns are those that eight do not divide.
    """
    w, size = Writer(lanes, bits), len(pattern.filled)
    rows = _Rows(w, pattern, first)
    w.lines += [table(f"rest_{name}", numbers) for name, numbers in rows.tables.items()]
    w.begin("factor_rest", ("J", "c", "W"), _ATTRIBUTES)
    (lowest,) = each(w, "0", str(rows.n), rows.eliminate, [w.load("%W", size, lanes)])
    w.store(lowest, "%W", size, lanes)
    w.end()
    return w.text()


def factor_ir(pattern: Pattern, lanes: int, bits: int) -> str:
    """IR of ``factor(J, c, W)`` as `factor_kernel` writes it out, all in loops: each row is spread over a row of scratch memory, the rows
    before it are subtracted, and what is left goes to W.
    """
    w, n, size = Writer(lanes, bits), pattern.size, len(pattern.filled)
    turn, of_entry = pattern.orders(), {entry: q for q, entry in enumerate(pattern.jacobian)}
    pivot = [q for q, (i, j) in enumerate(pattern.filled) if i == j]
    begin = [q for q, (i, _) in enumerate(pattern.filled) if q == 0 or pattern.filled[q - 1][0] != i]
    tables = {
        "pivot": pivot,
        "begin": [*begin, size],
        "column": [turn[j] for _, j in pattern.filled],
        "source": [of_entry.get(entry, -1) for entry in pattern.filled],
    }
    w.lines += [table(f"factor_{name}", numbers) for name, numbers in tables.items()]
    w.begin("factor", ("J", "c", "W"), _ATTRIBUTES)
    w.line(f"%row = alloca [{n * lanes} x {w.element}], align 64")
    c = w.load("%c", 0, lanes)

    def at(name: str, index: str) -> str:
        return looked_up(w, f"factor_{name}", len(tables[name]), index)

    def spread(q: str) -> None:
        entry = w.value(f"trunc i64 {at('source', q)} to i32")
        none = w.value(f"icmp slt i32 {entry}, 0")
        place = w.value(f"select i1 {none}, i64 0, i64 {w.value(f'zext i32 {entry} to i64')}")
        given = w.value(f"fneg {w.type} {w.load('%J', place, lanes)}")
        value = w.value(f"select i1 {none}, {w.type} {w.constant(-0.0)}, {w.type} {given}")
        w.store(value, "%row", at("column", q), lanes)

    def eliminate(i: str, lowest: str) -> list[str]:
        first, own, end = at("begin", i), at("pivot", i), at("begin", plus(w, i, 1))
        each(w, first, end, spread)
        w.store(w.add(c, w.load("%row", i, lanes)), "%row", i, lanes)

        def take(q: str) -> None:
            k = at("column", q)
            above = at("pivot", k)
            factor = w.multiply(w.load("%row", k, lanes), w.load("%W", above, lanes))
            w.store(factor, "%W", q, lanes)

            def subtract(r: str) -> None:
                j = at("column", r)
                left = w.subtract(w.load("%row", j, lanes), w.multiply(factor, w.load("%W", r, lanes)))
                w.store(left, "%row", j, lanes)

            each(w, plus(w, above, 1), at("begin", plus(w, k, 1)), subtract)

        each(w, first, own, take)
        reciprocal = w.divide(w.constant(1.0), w.load("%row", i, lanes))
        w.store(reciprocal, "%W", own, lanes)
        each(w, plus(w, own, 1), end, lambda q: w.store(w.load("%row", at("column", q), lanes), "%W", q, lanes))
        return [w.select(w.compare("olt", reciprocal, lowest), reciprocal, lowest)]

    (lowest,) = each(w, "0", str(n), eliminate, [w.constant(LEAST_PIVOT)])
    w.store(lowest, "%W", size, lanes)
    w.end()
    return w.text()


class _Rows:
    """Writes the elimination of rows that are full from their first column on, counted from the turn `first`."""

    def __init__(self, w: Writer, pattern: Pattern, first: int) -> None:
        self.w, self.n = w, pattern.size - first
        self.before = self.n % _TOGETHER
        turn = pattern.orders()
        own = {turn[i] - first: q for q, (i, j) in enumerate(pattern.filled) if i == j}
        starts = [self.n] * self.n
        for i, j in pattern.filled:
            if turn[i] >= first and turn[j] >= first:
                starts[turn[i] - first] = min(starts[turn[i] - first], turn[j] - first)
        # where column 0 of each row would lie, its first column, and the first block of columns that it has wholly
        self.tables = {
            "place": [own[i] - i for i in range(self.n)],
            "start": starts,
            "block": [max(-((self.before - start) // _TOGETHER), 0) for start in starts],
        }

    def at(self, name: str, i: str) -> str:
        return looked_up(self.w, f"rest_{name}", self.n, i)

    def row_at(self, i: str) -> str:
        return self.w.address("%W", self.at("place", i), self.w.lanes)

    def column_of(self, block: str) -> str:
        return plus(self.w, self.w.value(f"mul i64 {block}, {_TOGETHER}"), self.before)

    def eliminate(self, i: str, lowest: str) -> list[str]:
        """Row i without the rows before it, and the lowest reciprocal pivot so far."""
        w = self.w
        row, start, whole = self.row_at(i), self.at("start", i), self.at("block", i)
        self._among(row, i, start, self.column_of(whole))
        each(w, whole, str(self.n // _TOGETHER), lambda q: self._block(row, i, start, q))
        reciprocal = w.divide(w.constant(1.0), w.load(row, i, w.lanes))
        w.store(reciprocal, row, i, w.lanes)
        return [w.select(w.compare("olt", reciprocal, lowest), reciprocal, lowest)]

    def _among(self, row: str, i: str, first: str, end: str) -> None:
        """Columns from first to before end whose turn comes before row i's, for these columns themselves."""
        w = self.w

        def take(k: str) -> None:
            above = self.row_at(k)
            factor = w.multiply(w.load(row, k, w.lanes), w.load(above, k, w.lanes))
            w.store(factor, row, k, w.lanes)

            def subtract(j: str) -> None:
                left = w.subtract(w.load(row, j, w.lanes), w.multiply(factor, w.load(above, j, w.lanes)))
                w.store(left, row, j, w.lanes)

            each(w, plus(w, k, 1), end, subtract)

        each(w, first, least(w, i, end), take)

    def _block(self, row: str, i: str, start: str, q: str) -> None:
        """Eight columns of row i, in registers."""
        w, places = self.w, range(_TOGETHER)
        column = self.column_of(q)
        own = w.address(row, column, w.lanes)

        def subtract(k: str, *left: str) -> list[str]:
            above, factor = w.address(self.row_at(k), column, w.lanes), w.load(row, k, w.lanes)
            terms = [w.multiply(factor, w.load(above, t, w.lanes)) for t in places]
            return [w.subtract(one, term) for one, term in zip(left, terms, strict=True)]

        left = each(w, start, least(w, i, column), subtract, [w.load(own, t, w.lanes) for t in places])
        found, end, k = list(left), plus(w, column, _TOGETHER), w.label()
        w.line(f"%before{k} = icmp ule i64 {end}, {i}")
        w.lines.append(f"  br i1 %before{k}, label %factors{k}, label %around{k}\nfactors{k}:")
        for t in places:
            above = w.address(self.row_at(plus(w, column, t)), column, w.lanes)
            found[t] = factor = w.multiply(found[t], w.load(above, t, w.lanes))
            w.store(factor, own, t, w.lanes)
            for u in range(t + 1, _TOGETHER):
                found[u] = w.subtract(found[u], w.multiply(factor, w.load(above, u, w.lanes)))
        w.lines.append(f"  br label %done{k}\naround{k}:")
        for t in places:
            w.store(left[t], own, t, w.lanes)
        self._among(row, i, column, end)
        w.lines.append(f"  br label %done{k}\ndone{k}:")


def solve_ir(pattern: Pattern, lanes: int, bits: int) -> str:
    """IR of ``solve(W, b)``: b becomes the solution, in place."""
    w = Writer(lanes, bits)
    pivot = [q for q, (i, j) in enumerate(pattern.filled) if i == j]
    begin = [q for q, (i, _) in enumerate(pattern.filled) if q == 0 or pattern.filled[q - 1][0] != i]
    tables = {
        "pivot": pivot,
        "begin": [*begin, len(pattern.filled)],
        "state": list(pattern.pivots),
        "column": [j for _, j in pattern.filled],
    }
    w.lines += [table(f"solve_{name}", numbers) for name, numbers in tables.items()]
    w.begin("solve", ("W", "b"), _ATTRIBUTES)

    def at(name: str, index: str) -> str:
        return looked_up(w, f"solve_{name}", len(tables[name]), index)

    def without(first: str, end: str, start: str) -> str:
        def term(q: str, left: str) -> list[str]:
            return [w.subtract(left, w.multiply(w.load("%W", q, lanes), w.load("%b", at("column", q), lanes)))]

        return each(w, first, end, term, [start])[0]

    def down(i: str) -> None:
        state = at("state", i)
        w.store(without(at("begin", i), at("pivot", i), w.load("%b", state, lanes)), "%b", state, lanes)

    def up(back: str) -> None:
        i = w.value(f"sub i64 {pattern.size - 1}, {back}")
        state, own = at("state", i), at("pivot", i)
        left = without(plus(w, own, 1), at("begin", plus(w, i, 1)), w.load("%b", state, lanes))
        w.store(w.multiply(left, w.load("%W", own, lanes)), "%b", state, lanes)

    each(w, "0", str(pattern.size), down)
    each(w, "0", str(pattern.size), up)
    w.end()
    return w.text()
