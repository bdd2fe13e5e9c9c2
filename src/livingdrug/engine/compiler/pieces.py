"""A long kernel as functions of bounded length, one called after the other: LLVM's time for a function grows with the square of its length.

    values in order ──► cut every `LENGTH` values ──► what a later piece needs goes through scratch memory

Constants and inputs are written anew in every piece. The order of operations is that of the whole, so that each value is computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from livingdrug.engine.compiler.graph import LEAVES, Graph

LENGTH = 400
"""Values and stores of one function."""
LONGEST = 30_000
"""Values of a graph whose kernels are functions of their own; the models of the package have fewer."""
Store = tuple[str, int, int]


@dataclass
class Piece:
    """What one function does.

    Attributes
    ----------
    nodes
        Values it computes, each after its arguments.
    stores
        What it stores in arrays, after them.
    reads, writes
        Node and place in scratch memory of what it takes from earlier pieces and leaves to later ones.
    """

    nodes: list[int] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    reads: dict[int, int] = field(default_factory=dict)
    writes: dict[int, int] = field(default_factory=dict)


def cut(graph: Graph, at_once: Sequence[Store], waiting: Sequence[Store]) -> tuple[list[Piece], int]:
    """Pieces in order, and how many places of scratch memory they share.

    Parameters
    ----------
    at_once
        Stores in arrays that are not read.
    waiting
        Stores in arrays that are also read: they come last, when everything is read.
    """
    pieces, home = [Piece()], dict[int, int]()
    kept = {node for _, _, node in waiting}  # an input that is stored elsewhere is read before anything is overwritten

    def room() -> Piece:
        if len(pieces[-1].nodes) + len(pieces[-1].stores) >= LENGTH:
            pieces.append(Piece())
        return pieces[-1]

    def compute(targets: Iterable[int]) -> None:
        for node in graph.order(targets, stop=home):
            if (
                node in home
                or graph.nodes[node][0] == "constant"
                or (graph.nodes[node][0] in LEAVES and node not in kept)
            ):
                continue
            room().nodes.append(node)
            home[node] = len(pieces) - 1

    compute(node for _, _, node in waiting)
    for store in at_once:
        compute([store[2]])
        room().stores.append(store)
    if waiting:
        pieces.append(Piece())
    for store in waiting:
        room().stores.append(store)
    return pieces, _share(graph, pieces, home)


def _share(graph: Graph, pieces: Sequence[Piece], home: dict[int, int]) -> int:
    """Give a place to every value that a later piece needs, and take it back when the last one has had it."""
    last: dict[int, int] = {}
    needed: list[set[int]] = []
    for here, piece in enumerate(pieces):
        wanted = {argument for node in piece.nodes for argument in graph.arguments(node)}
        wanted |= {node for _, _, node in piece.stores}
        needed.append({node for node in wanted if home.get(node, here) != here})
        last |= dict.fromkeys(needed[-1], here)
    free, size, place = list[int](), 0, dict[int, int]()
    ends: dict[int, list[int]] = {}
    for node, here in last.items():
        ends.setdefault(here, []).append(node)
    for here, piece in enumerate(pieces):
        piece.reads = {node: place[node] for node in sorted(needed[here])}
        for node in piece.nodes:
            if node in last:
                if not free:
                    free.append(size)
                    size += 1
                place[node] = piece.writes[node] = free.pop()
        free += [place[node] for node in ends.get(here, ())]
    return size
