"""What only depends on a patient's parameters is computed once per patient, not at every step.

    rate = growth * (weight / 70) ** 0.75 * cells     becomes     rate = p[P] * cells,   p[P] = growth * (weight / 70) ** 0.75

Products are gathered for this: in  a * (b * x)  with parameters a and b the product a b moves out. Nothing else is
re-associated. The numbers found are stored behind the patient's own parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.engine.compiler.graph import BOOLEAN, LEAVES, Graph
from livingdrug.engine.compiler.kernel import Array, Kernel


@dataclass(frozen=True)
class Hoisted:
    """Kernels that need less work at each step.

    Attributes
    ----------
    prepare
        ``prepare(p)`` for one lane: fills the places behind the patient's own parameters.
    kernels
        The given kernels, reading those places. Their array p holds `n_parameters` numbers.
    n_parameters
        Parameters and hoisted numbers.
    """

    prepare: Kernel
    kernels: tuple[Kernel, ...]
    n_parameters: int


def hoist(kernels: tuple[Kernel, ...]) -> Hoisted:
    """Move what depends on the array p alone out of kernels that share one graph."""
    old = kernels[0].graph
    assert all(kernel.graph is old for kernel in kernels), "the kernels must share their graph"
    n_own = next(array.size for array in kernels[0].arrays if array.name == "p")
    targets = [node for kernel in kernels for _, _, node in kernel.stores]
    gathered = _Gathered(old, targets)
    places = gathered.places(targets)
    step = _Copy(gathered.graph, {node: ("input", "p", n_own + k) for k, node in enumerate(places)})
    size = n_own + len(places)
    moved = tuple(
        Kernel(
            kernel.name,
            step.graph,
            tuple(Array("p", size) if array.name == "p" else array for array in kernel.arrays),
            tuple((array, index, step.node(gathered.new[node])) for array, index, node in kernel.stores),
            kernel.all_lanes,
        )
        for kernel in kernels
    )
    prepare = Kernel(
        "prepare",
        gathered.graph,
        (Array("p", size),),
        tuple(("p", n_own + k, node) for k, node in enumerate(places)),
        all_lanes=False,
    )
    return Hoisted(prepare, moved, size)


class _Gathered:
    """A copy of a graph in which parameters in products stand together."""

    def __init__(self, old: Graph, targets: list[int]) -> None:
        self.graph = graph = Graph()
        self.new: dict[int, int] = {}
        self._fixed: list[bool] = []
        again = {
            "add": graph.add, "subtract": graph.subtract, "multiply": self._product, "divide": graph.divide, "negative": graph.negative,
            "reciprocal": graph.reciprocal, "power": graph.power, "select": graph.select,
        }  # fmt: skip
        new = self.new
        for node in old.order(targets):
            written = old.nodes[node]
            operation = written[0]
            if operation in LEAVES:
                new[node] = graph.make(*written)
            elif operation in again:  # with the graph's simplifications
                new[node] = again[operation](*[new[argument] for argument in written[1:]])
            else:
                new[node] = graph.make(operation, *[new[argument] for argument in written[1:]])

    def fixed(self, node: int) -> bool:
        """Whether a node depends on parameters and constants alone."""
        if node < len(self._fixed):
            return self._fixed[node]
        for operation, *arguments in self.graph.nodes[
            len(self._fixed) : node + 1
        ]:  # arguments stand before what needs them
            if operation in LEAVES:
                self._fixed.append(operation == "constant" or arguments[0] == "p")
            else:
                self._fixed.append(all(self._fixed[argument] for argument in arguments))
        return self._fixed[node]

    def _product(self, a: int, b: int) -> int:
        for one, other in ((a, b), (b, a)):
            operation, *arguments = self.graph.nodes[other]
            if self.fixed(one) and not self.fixed(other) and operation == "multiply":
                for inner, rest in (arguments, arguments[::-1]):
                    if self.fixed(inner):
                        return self.graph.multiply(self.graph.multiply(one, inner), rest)
        return self.graph.multiply(a, b)

    def places(self, targets: list[int]) -> list[int]:
        """The largest parts that depend on parameters alone, in order of evaluation."""
        found: dict[int, None] = {}

        def consider(node: int) -> None:
            operation = self.graph.nodes[node][0]
            if self.fixed(node) and operation not in LEAVES and operation not in BOOLEAN:
                found[node] = None

        ends = [self.new[target] for target in targets]
        for node in ends:
            consider(node)
        for node in self.graph.order(ends):
            if not self.fixed(node):
                for argument in self.graph.arguments(node):
                    consider(argument)
        return sorted(found)


class _Copy:
    """A copy of a graph in which some nodes have become inputs."""

    def __init__(self, old: Graph, replaced: dict[int, tuple]) -> None:
        self.graph, self._old = Graph(), old
        self._new = {node: self.graph.make(*leaf) for node, leaf in replaced.items()}

    def node(self, target: int) -> int:
        for node in self._old.order([target], stop=self._new):
            if node not in self._new:
                written, needs = self._old.nodes[node], self._old.arguments(node)
                moved = (written[0], *[self._new[argument] for argument in needs]) if needs else written
                self._new[node] = self.graph.make(*moved)
        return self._new[target]
