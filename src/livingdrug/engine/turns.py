"""When rates jump because of time alone: moments at which steps must end, or a pulse between two of them is missed.

    1e6 if time >= 50 and time < 50.001 else 0        turns at 50 and 50.001

A condition of time and parameters is searched where it is linear in time, between the moments at which other conditions
and floors turn: dosing every so many hours, windows, ramps.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.compiler.graph import COMPARISONS, Graph
from livingdrug.engine.compiler.interpret import evaluate
from livingdrug.engine.compiler.kernel import Array, Kernel

Floats = NDArray[np.float64]
_BLUR = 4.0  # units in the last place around a turn within which the next is not searched
_MOST = 20_000  # turns of one patient
_LOG = logging.getLogger("livingdrug.engine")


def turns_kernel(graph: Graph, rates: Iterable[int], time: int, n_parameters: int) -> Kernel | None:
    """Kernel ``turns(p, t, g)``: distance and speed of each way in which rates may jump; None if there is none.

    Parameters
    ----------
    graph, rates, time
        Equations, nodes of the rates and of time.
    n_parameters
        Size of p.
    """
    of_time = _of_time_alone(graph, rates, time)
    distances = []
    for node, alone in of_time.items():
        operation, *sides = graph.nodes[node]
        if not alone or (operation not in COMPARISONS and operation != "floor"):
            continue
        if operation == "floor":
            ahead = graph.subtract(sides[0], node)
            distances += [ahead, graph.subtract(ahead, graph.constant(1.0))]
        elif any(of_time[side] for side in sides):
            distances.append(graph.subtract(*sides))
    if not distances:
        return None
    speeds = [found.get(0, graph.constant(0.0)) for found in graph.derivatives(distances, {time: 0})]
    if any(graph.derivatives(speeds, {time: 0})):
        _LOG.warning(
            "rates jump by a condition that is not linear in time: a pulse shorter than a step may be missed. "
            "Put checks at its beginning and end."
        )
    facts = [node for pair in zip(distances, speeds, strict=True) for node in pair]
    arrays = (Array("p", n_parameters), Array("t", 1), Array("g", len(facts)))
    return Kernel("turns", graph, arrays, tuple(("g", i, node) for i, node in enumerate(facts)))


def _of_time_alone(graph: Graph, rates: Iterable[int], time: int) -> dict[int, bool]:
    """Of every node of the rates: whether it changes with time, and with nothing else."""
    found: dict[int, bool | None] = {}  # None: changes with a state
    for node in graph.order(rates):
        operation, *arguments = graph.nodes[node]
        if node == time:
            found[node] = True
        elif operation == "constant" or (operation == "input" and arguments[0] == "p"):
            found[node] = False
        elif operation == "input":
            found[node] = None
        else:
            parts = [found[argument] for argument in arguments]
            found[node] = None if None in parts else any(parts)
    return {node: bool(of_time) for node, of_time in found.items()}


def turning_times(kernel: Kernel | None, parameters: Floats, start: float, end: float) -> Floats:
    """Times from start to end at which each patient's rates may jump, ascending; shaped (patients, most of anyone).

    Rows of patients with fewer are filled with infinity.
    """
    n = len(parameters)
    if kernel is None or not n:
        return np.full((n, 0), np.inf)
    now, found = np.full(n, start), []
    given = {"p": np.ascontiguousarray(parameters.T), "g": np.zeros((kernel.arrays[2].size, n))}
    least = 1e-3 * (end - start)

    def little(times: Floats) -> Floats:
        return _BLUR * np.spacing(np.maximum(np.abs(times), least))

    for _ in range(_MOST):
        evaluate(kernel, given | {"t": now[None]})
        with np.errstate(all="ignore"):
            until = np.where(given["g"][1::2] == 0, np.inf, -given["g"][::2] / given["g"][1::2])
        following = now + np.where(until > little(now), until, np.inf).min(axis=0)
        following = np.where(following <= end + little(now), following, np.inf)
        if not np.isfinite(following).any():
            return np.stack(found, axis=1) if found else np.full((n, 0), np.inf)
        found.append(following)
        now = np.where(np.isfinite(following), following + little(np.minimum(following, end)), 2 * end - start)
    _LOG.warning("rates jump more than %d times by time alone: pulses after that may be missed", _MOST)
    return np.stack(found, axis=1)
