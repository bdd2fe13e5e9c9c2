"""Formulas as one shared graph: equal sub-expressions exist once, and every node can be differentiated.

A node is a tuple ``(operation, *arguments)``; its number is its place in `Graph.nodes`. Arguments are numbers of earlier
nodes, so ascending numbers are an order of evaluation. Building a node simplifies it (x + 0, x * 1, --x ...) but never
re-associates sums or products: what a compiled kernel computes is what the formula says, in its order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

Node = tuple
COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
BOOLEAN = (*COMPARISONS, "and", "or", "not")
LEAVES = ("constant", "input")
_MOST_REPEATED_MULTIPLICATION = 16
# The derivative of a root or a power a^b is b a^b / a, where a is taken as this at the least: below it falls to 0 instead of
# rising without end, because a slope that is infinite at the first moment only would hold the whole step in place.
_STEEP, _FLAT = 1e-8, 1e-30  # for b below 1, and for other b, whose slope is 0 there anyhow
FORGIVEN = 1e-9  # in rates, a base below 0 by less than this is so by rounding or a stage of a step: its size is taken
HUGE = {64: 1e150, 32: 1e18}  # derivatives of exponentials and powers end here, so that 0 times them is 0
_INFINITE = 1e300  # what is divided by more is not moved by it
_FOLDED: Mapping[str, Callable[[float], float]] = {
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "abs": abs, "floor": math.floor,
    "sin": math.sin, "cos": math.cos, "atan": math.atan, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "asinh": math.asinh, "acosh": math.acosh, "atanh": math.atanh, "expm1": math.expm1, "log1p": math.log1p,
}  # fmt: skip


class Graph:
    """Hash-consed expressions of inputs ``("input", array, index)`` and constants.

    Parameters
    ----------
    exact_division
        False writes a / b as a * (1 / b), so that the many Hill terms of a model share their reciprocals; the price is
        one more rounding. True divides, for rules whose comparisons must agree with the same formula in NumPy.
    forgiving
        True for rates: roots and broken powers of what rounding made a little negative are those of its size, where
        False, like NumPy, gives not-a-number.
    quick
        True for rates: exponentials and powers that are no subnormal numbers.
    """

    def __init__(self, *, exact_division: bool = False, forgiving: bool = False, quick: bool = False) -> None:
        self.nodes: list[Node] = []
        self._number: dict[Node, int] = {}
        self._needs: list[tuple[int, ...]] = []  # what `arguments` tells
        self._constants: dict[int, float] = {}  # what `value` tells
        self._negatives: dict[int, int] = {}  # a negative: what it is the negative of
        self._exact_division, self.forgiving, self._quick = exact_division, forgiving, quick

    # ---- leaves -----------------------------------------------------------------------------------------------------

    def make(self, *node: object) -> int:
        """The number of this very node, new or old."""
        number = self._number.get(node)
        if number is None:
            number = self._number[node] = len(self.nodes)
            self.nodes.append(node)
            operation = node[0]
            self._needs.append(() if operation in LEAVES else node[1:])  # type: ignore[arg-type]
            if operation == "constant":
                self._constants[number] = node[1]  # type: ignore[assignment]
            elif operation == "negative":
                self._negatives[number] = node[1]  # type: ignore[assignment]
        return number

    def constant(self, value: float) -> int:
        return self.make("constant", float(value))

    def input(self, array: str, index: int) -> int:
        return self.make("input", array, index)

    def value(self, node: int) -> float | None:
        """The number a node always has, None if it varies."""
        return self._constants.get(node)

    # ---- arithmetic -------------------------------------------------------------------------------------------------

    def add(self, a: int, b: int) -> int:
        x, y = self._constants.get(a), self._constants.get(b)
        if x is not None and y is not None:
            return self.constant(x + y)
        if x == 0:
            return b
        if y == 0:
            return a
        if (inner := self._negatives.get(b)) is not None:
            return self.subtract(a, inner)
        if (inner := self._negatives.get(a)) is not None:
            return self.subtract(b, inner)
        return self.make("add", a, b) if a <= b else self.make("add", b, a)

    def subtract(self, a: int, b: int) -> int:
        x, y = self._constants.get(a), self._constants.get(b)
        if x is not None and y is not None:
            return self.constant(x - y)
        if y == 0:
            return a
        if x == 0:
            return self.negative(b)
        if (inner := self._negatives.get(b)) is not None:
            return self.add(a, inner)
        return self.make("subtract", a, b)

    def negative(self, a: int) -> int:
        if (x := self._constants.get(a)) is not None:
            return self.constant(-x)
        inner = self._negatives.get(a)
        return inner if inner is not None else self.make("negative", a)

    def multiply(self, a: int, b: int) -> int:
        x, y = self._constants.get(a), self._constants.get(b)
        if x is not None and y is not None:
            return self.constant(x * y)
        number, other = (x, b) if x is not None else (y, a)
        if number is not None:
            if number == 0:
                return self.constant(0.0)
            if number == 1:
                return other
            if number == -1:
                return self.negative(other)
        if (inner := self._negatives.get(a)) is not None:
            return self.negative(self.multiply(inner, b))
        if (inner := self._negatives.get(b)) is not None:
            return self.negative(self.multiply(inner, a))
        return self.make("multiply", a, b) if a <= b else self.make("multiply", b, a)

    def divide(self, a: int, b: int) -> int:
        x, y = self.value(a), self.value(b)
        if y == 1:
            return a
        if x is not None and y is not None and y != 0:
            return self.constant(x / y)
        if self._exact_division:
            return self.make("divide", a, b)
        return self.multiply(a, self.reciprocal(b))

    def reciprocal(self, a: int) -> int:
        x = self.value(a)
        return self.constant(1.0 / x) if x else self.make("reciprocal", a)

    def power(self, a: int, b: int) -> int:
        x, y = self.value(a), self.value(b)
        if y is not None and y == int(y) and abs(y) <= _MOST_REPEATED_MULTIPLICATION:
            result, square, left = self.constant(1.0), a, abs(int(y))
            while left:
                if left & 1:
                    result = self.multiply(result, square)
                square, left = (self.multiply(square, square) if left > 1 else square), left >> 1
            return result if y >= 0 else self.divide(self.constant(1.0), result)
        if y == 0.5:
            return self.apply("sqrt", a)
        if x is not None and y is not None and x > 0:
            return self.constant(x**y)
        if not self.forgiving:
            return self.make("power", a, b)
        return self.make("quick_power" if self._quick else "lenient_power", a, b, self._parity(b))

    def _parity(self, exponent: int) -> int:
        """1 for an even exponent, -1 for an odd one, not-a-number for others: the sign of a power of what is negative."""
        y = self.value(exponent)
        if y is None:
            return self.make("parity", exponent)
        return self.constant(math.nan if y != math.floor(y) else 1.0 - 2.0 * (y % 2))

    def _forgiven(self, a: int) -> int:
        known = self.value(a) is not None or self.nodes[a][0] in ("forgive", "exp", "quick_exp")
        return self.make("forgive", a) if self.forgiving and not known else a

    def apply(self, function: str, a: int) -> int:
        """A function of one number (the keys of `_FOLDED`) of a node."""
        x = self.value(a)
        if x is not None and math.isfinite(x):
            try:
                return self.constant(_FOLDED[function](x))
            except (ValueError, OverflowError):
                pass  # the kernel computes what NumPy does: infinite, or not a number
        if function == "exp" and self._quick:
            return self.make("quick_exp", a)
        return self.make(function, self._forgiven(a) if function == "sqrt" else a)

    def extreme(self, which: str, a: int, b: int) -> int:
        """``"minimum"`` or ``"maximum"`` of two nodes; not-a-number if either is."""
        return a if a == b else self.make(which, a, b)

    # ---- truth ------------------------------------------------------------------------------------------------------

    def is_boolean(self, node: int) -> bool:
        return self.nodes[node][0] in BOOLEAN

    def truth(self, node: int) -> int:
        """A node as a condition: nonzero is true."""
        if self.is_boolean(node):
            return node
        operation, *arguments = self.nodes[node]
        if operation == "select" and self.value(arguments[1]) == 1 and self.value(arguments[2]) == 0:
            return arguments[0]
        return self.make("not_equal", node, self.constant(0.0))

    def number(self, node: int) -> int:
        """A node as a number: true is 1, false is 0."""
        return self.select(node, self.constant(1.0), self.constant(0.0)) if self.is_boolean(node) else node

    def compare(self, which: str, a: int, b: int) -> int:
        return self.make(which, a, b)

    def join(self, which: str, a: int, b: int) -> int:
        """``"and"`` or ``"or"`` of two conditions."""
        return a if a == b else self.make(which, a, b)

    def negate(self, condition: int) -> int:
        operation, *arguments = self.nodes[condition]
        return arguments[0] if operation == "not" else self.make("not", condition)

    def select(self, condition: int, a: int, b: int) -> int:
        return a if a == b else self.make("select", condition, a, b)

    # ---- order and derivatives --------------------------------------------------------------------------------------

    def arguments(self, node: int) -> tuple[int, ...]:
        """The nodes a node needs."""
        return self._needs[node]

    def order(self, targets: Iterable[int], stop: Iterable[int] = ()) -> list[int]:
        """Every node the targets need, each after its arguments, depth first (short lives are good for registers)."""
        done: dict[int, None] = {}
        leaves, needs = stop if isinstance(stop, (dict, set)) else set(stop), self._needs
        for target in targets:
            stack = [target]
            while stack:
                node = stack.pop()
                if node < 0:  # its arguments are done
                    done[~node] = None
                elif node not in done:
                    if node in leaves or not needs[node]:
                        done[node] = None
                    else:
                        stack.append(~node)
                        stack += needs[node][::-1]
        return list(done)

    def inputs(self, targets: Iterable[int]) -> set[str]:
        """Names of the arrays that the targets need numbers of."""
        needed = bytearray(len(self.nodes))
        for target in targets:
            needed[target] = 1
        for node in range(len(needed) - 1, -1, -1):  # arguments stand before what needs them
            if needed[node]:
                for argument in self._needs[node]:
                    needed[argument] = 1
        return {node[1] for node, wanted in zip(self.nodes, needed, strict=True) if wanted and node[0] == "input"}

    def derivatives(self, targets: Sequence[int], variables: Mapping[int, int]) -> list[dict[int, int]]:
        """Sparse derivatives of nodes by some variables.

        Parameters
        ----------
        targets
            Nodes to differentiate.
        variables
            Node of each variable, to the key its derivative gets. A variable may be any node, not only an input.

        Returns
        -------
        For each target {key: node}; keys of zero derivatives are left out.
        """
        known: dict[int, dict[int, int]] = {}
        for node in self.order(targets, stop=variables):
            if node in variables:
                known[node] = {variables[node]: self.constant(1.0)}
            else:
                found = self._derivative(node, known)
                known[node] = {key: part for key, part in found.items() if self.value(part) != 0}
        return [known[target] for target in targets]

    def _derivative(self, node: int, known: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
        operation, *arguments = self.nodes[node]
        zero = self.constant(0.0)
        if operation in LEAVES or operation in BOOLEAN or operation in ("floor", "parity"):
            return {}

        def joined(a: int, b: int, join: Callable[[int, int], int]) -> dict[int, int]:
            left, right = known[a], known[b]
            return {key: join(left.get(key, zero), right.get(key, zero)) for key in {**left, **right}}

        def chained(a: int, factor: Callable[[], int]) -> dict[int, int]:
            inner = known[a]
            return {key: self.multiply(factor(), part) for key, part in inner.items()} if inner else {}

        match operation, *arguments:
            case "add", a, b:
                return joined(a, b, self.add)
            case "subtract", a, b:
                return joined(a, b, self.subtract)
            case "negative", a:
                return chained(a, lambda: self.constant(-1.0))
            case "multiply", a, b:
                return joined(a, b, lambda da, db: self.add(self.multiply(da, b), self.multiply(db, a)))
            case "reciprocal", a:
                # in this order: the square of a tiny reciprocal would be 0. What is infinite is not moved by anything.
                nothing = self.make("equal", node, zero)
                return {
                    key: self.select(nothing, zero, self.negative(self.multiply(self.multiply(da, node), node)))
                    for key, da in known[a].items()
                }
            case "divide", a, b:
                infinite = self.make("greater", self.apply("abs", b), self.constant(_INFINITE)) if known[b] else zero
                return joined(
                    a, b, lambda da, db: self.divide(self.subtract(da, self.multiply(node, self.select(infinite, zero, db))), b)
                )  # fmt: skip
            case "select", condition, a, b:
                return joined(a, b, lambda da, db: self.select(condition, da, db))
            case "minimum", a, b:
                return joined(a, b, lambda da, db: self.select(self.compare("less", a, b), da, db))
            case "maximum", a, b:
                return joined(a, b, lambda da, db: self.select(self.compare("greater", a, b), da, db))
            case "abs", a:
                sign = self.compare("greater_equal", a, zero)
                return chained(a, lambda: self.select(sign, self.constant(1.0), self.constant(-1.0)))
            case "forgive", a:
                return dict(known[a])
            case "power" | "lenient_power" | "quick_power", a, b, *_:
                return self._power_derivative(node, a, b, known)
            case function, a:
                return chained(a, lambda: self._slope(function, node, a))
        raise AssertionError(f"no derivative for {operation}")

    def _slope(self, function: str, node: int, a: int) -> int:
        """Derivative of a function of one number at `a`, where it is `node`."""
        one = self.constant(1.0)
        match function:
            case "exp" | "quick_exp":
                return self._bounded(node)
            case "expm1":
                return self._bounded(self.add(node, one))
            case "log":
                return self.reciprocal(a)
            case "log1p":
                return self.reciprocal(self.add(one, a))
            case "sqrt":
                base = self.extreme("maximum", a, self.constant(_STEEP))
                return self.multiply(self.constant(0.5), self.divide(node, base))
            case "sin":
                return self.apply("cos", a)
            case "cos":
                return self.negative(self.apply("sin", a))
            case "atan":
                return self.reciprocal(self.add(one, self.multiply(a, a)))
            case "sinh":
                return self._bounded(self.apply("cosh", a))
            case "cosh":
                return self._bounded(self.apply("sinh", a))
            case "tanh":
                return self.subtract(one, self.multiply(node, node))
            case "asinh":
                return self.reciprocal(self.apply("sqrt", self.add(one, self.multiply(a, a))))
            case "acosh":
                root = self.apply("sqrt", self.subtract(self.multiply(a, a), one))
                return self.reciprocal(self.extreme("maximum", root, self.constant(math.sqrt(_STEEP))))
            case "atanh":
                return self.reciprocal(self.subtract(one, self.multiply(a, a)))
        raise AssertionError(f"no derivative for {function}")

    def _bounded(self, a: int) -> int:
        return a if self.value(a) is not None else self.make("bounded", a)

    def _power_derivative(self, node: int, a: int, b: int, known: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
        one, zero = self.constant(1.0), self.constant(0.0)
        steep, flat, exponent = self.constant(_STEEP), self.constant(_FLAT), self.value(b)
        if exponent is None:
            least = self.select(self.make("less", b, one), steep, flat)
        else:
            least = steep if exponent < 1 else flat
        base = self.select(self.make("less", self.apply("abs", a), least), least, a)
        by_power = self._bounded(self.divide(node, base))  # a^(b - 1), for the price of a division
        result: dict[int, int] = {}
        for key in {**known[a], **known[b]}:
            by_base, by_exponent = known[a].get(key, zero), known[b].get(key, zero)
            part = zero
            if self.value(by_base) != 0:
                part = self.multiply(self.multiply(b, by_power), by_base)
            if self.value(by_exponent) != 0:
                logarithm = self.apply("log", self.extreme("maximum", a, self.constant(_FLAT)))
                part = self.add(part, self.multiply(self.multiply(node, logarithm), by_exponent))
            result[key] = part
        return result
