"""A kernel: straight-line code that reads some arrays and stores nodes of a graph into others."""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.engine.compiler.graph import Graph


@dataclass(frozen=True)
class Array:
    """One pointer argument of a kernel.

    Attributes
    ----------
    name
        As in the graph's ``("input", name, index)``.
    size
        Number of elements (per lane, where the array has lanes).
    has_lanes
        True when element i of lane l lies at ``i * lanes + l``; False for a plain row of numbers.
    wide
        True for doubles even where states are stepped in single precision.
    """

    name: str
    size: int
    has_lanes: bool = True
    wide: bool = False


@dataclass(frozen=True)
class Kernel:
    """Code for all lanes at once, or for one lane in place.

    Attributes
    ----------
    name
        Function name in the machine code.
    graph
        Where the nodes live.
    arrays
        Pointer arguments in order.
    stores
        (array, index, node): what is written where, after everything read from that array was read.
    all_lanes
        True: one call computes every lane with vector instructions. False: one call computes one lane; arrays with
        lanes are passed from that lane's first element on.
    wide
        True computes in doubles even where states are stepped in single precision; it must be set for kernels with
        wide arrays.
    exact
        True rounds every operation by itself: what one store comes to does not depend on the others.
    """

    name: str
    graph: Graph
    arrays: tuple[Array, ...]
    stores: tuple[tuple[str, int, int], ...]
    all_lanes: bool = True
    wide: bool = False
    exact: bool = False
