"""A graph in which every comparison and every floor is a switch: held fixed along a step, moved only between steps.

With switches held, formulas are smooth, so a step of high order is accurate right up to the moment a switch turns, and
that moment can be found by halving the step. This is how piecewise rates and event triggers are treated exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from livingdrug.engine.compiler.graph import Graph

_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "greater": float.__gt__, "greater_equal": float.__ge__, "less": float.__lt__, "less_equal": float.__le__,
    "equal": float.__eq__, "not_equal": float.__ne__,
}  # fmt: skip


class SwitchGraph(Graph):
    """Formulas with switches, read from the input array ``c``; `switches` are the nodes of what they should be.

    A switch is 0 or 1 for a comparison and the whole number itself for floor. Where a node of `switches` needs another
    switch it reads that from ``c`` as well, so one after another they settle in at most as many rounds as there are.
    """

    def __init__(self) -> None:
        super().__init__(exact_division=True, forgiving=True)
        self.switches: list[int] = []
        self._places: dict[int, int] = {}
        self._differentiating = False

    def _switch(self, node: int) -> int:
        """The input that holds the value of a node along a step."""
        if node not in self._places:
            self._places[node] = len(self.switches)
            self.switches.append(self.number(node))
        return self.input("c", self._places[node])

    def compared(self, switch: int) -> int:
        """The comparison or floor whose value a switch is."""
        operation, *arguments = self.nodes[switch]
        return arguments[0] if operation == "select" else switch

    def compare(self, which: str, a: int, b: int) -> int:
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None:
            return self._always(_COMPARED[which](x, y))
        raw = self.make(which, a, b)
        if self._differentiating:
            return raw
        if which in ("equal", "not_equal"):  # stop where the two sides meet, or the moment would be stepped over
            self._switch(self.make("greater_equal", a, b))
        return self.make("not_equal", self._switch(raw), self.constant(0.0))

    def _always(self, truth: bool) -> int:
        one, zero = self.constant(1.0), self.constant(0.0)
        return self.make("equal", one, one) if truth else self.make("equal", one, zero)

    def truth(self, node: int) -> int:
        if self.is_boolean(node):
            return node
        operation, *arguments = self.nodes[node]
        if operation == "select" and self.value(arguments[1]) == 1 and self.value(arguments[2]) == 0:
            return arguments[0]
        return self.compare("not_equal", node, self.constant(0.0))

    def multiply(self, a: int, b: int) -> int:
        # 0 times anything is 0 only for finite numbers; a model may compute with infinities on purpose
        zeros = (self.value(a) == 0) != (self.value(b) == 0)
        if zeros and not self._differentiating:
            return self.make("multiply", *sorted((a, b)))
        return super().multiply(a, b)

    def apply(self, function: str, a: int) -> int:
        if function == "floor" and self.value(a) is None:
            return self._switch(self.make("floor", a))
        return super().apply(function, a)

    def derivatives(self, targets: Sequence[int], variables: Mapping[int, int]) -> list[dict[int, int]]:
        self._differentiating = True
        try:
            return super().derivatives(targets, variables)
        finally:
            self._differentiating = False
