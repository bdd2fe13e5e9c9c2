"""The kernels of a model with events, for one patient.

rhs(x, p, c, t, d)              rates of the states, switches c held
linearise(x, p, c, t, d, J)     also the Jacobian, dense by rows, then the rates' derivatives by time
switch(x, p, c, t, w)           what the switches should be
happen(x, p, c, t, e)           of each event trigger, delay, priority; values and sizes of all assignments;
                                sizes of the compartments of concentrations
turn(x, p, c, t, g)             of each switch of time alone: how far it is from turning, and how fast it goes there
record(x, p, c, t, row)         outputs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.machine import MachineCode
from livingdrug.engine.compiler.scalar_code import module_ir
from livingdrug.engine.compiler.switches import SwitchGraph
from livingdrug.engine.compiler.system import check_odes, looked_up
from livingdrug.engine.odes import Odes
from livingdrug.engine.too_large import refuse_dense, refuse_values
from livingdrug.engine.with_events.events import EventModel
from livingdrug.engine.with_events.sparse import Pattern, pattern_of
from livingdrug.foundation.errors import UnknownName

_TIME = -1  # key of the derivative by time


@dataclass(frozen=True)
class EventKernels:
    """Compiled kernels and the sizes of their arrays.

    Attributes
    ----------
    odes
        The equations, with a state that does nothing if there was none.
    code
        Owner of the machine code.
    follows
        (switches,) 1 for each switch of c that depends on states, 0 for one of time and parameters alone.
    n_turns
        Distances that the kernel `turn` gives, each followed by its speed.
    pattern
        Places of the factors of its Jacobian.
    """

    odes: Odes
    code: MachineCode
    follows: NDArray[np.int64]
    n_turns: int
    pattern: Pattern


def build_event_kernels(model: EventModel, outputs: Sequence[str], cache_dir: Path | str | None = None) -> EventKernels:
    """Translate a model into machine code for one patient.

    Raises
    ------
    ModelError
        Formulas that need a name nobody defines, or a name used for two things.
    UnknownName
        An output that the model does not have.
    """
    odes = _with_a_state(model.odes)
    check_odes(odes)
    graph = SwitchGraph()
    names = {name: graph.input("x", i) for i, name in enumerate(odes.states)}
    states = dict(names)
    names |= {name: graph.input("p", i) for i, name in enumerate(odes.parameters)}
    names["time"] = time = graph.input("t", 0)

    def node(formula: str, place: str) -> int:
        return node_of(formula, graph, looked_up(names, place))

    for name, formula in odes.assignments:
        names[name] = node(formula, f'assignment "{name}"')
    rates = [node(formula, f'the rate of "{name}"') for name, formula in zip(odes.states, odes.rates, strict=True)]
    for name in outputs:
        if name not in names:
            raise UnknownName("output", name, names)
    zero, lowest = graph.constant(0.0), graph.constant(float("-inf"))
    facts: list[int] = []
    for event in model.events:
        place = f'event "{event.id}"'
        facts.append(graph.number(graph.truth(node(event.trigger, place))))
        facts.append(node(event.delay, place) if event.delay is not None else zero)
        facts.append(node(event.priority, place) if event.priority is not None else lowest)
    for event in model.events:
        for change in event.assignments:
            facts.append(node(change.formula, f'event "{event.id}"'))
            facts.append(names[change.home] if change.home is not None else graph.constant(1.0))
    facts += [names[home] for _, home in model.concentrations]
    n = len(odes.states)
    jacobian, slopes = [], [zero] * n
    variables = {states[name]: i for i, name in enumerate(odes.states)} | {time: _TIME}
    refuse_values(n, len(graph.nodes))
    for i, parts in enumerate(graph.derivatives(rates, variables)):
        slopes[i] = parts.pop(_TIME, zero)
        jacobian += [("J", i * n + j, part) for j, part in parts.items()]

    refuse_values(n, len(graph.nodes))
    pattern = pattern_of(n, [divmod(place, n) for _, place, _ in jacobian])
    if not pattern.columns.size:
        refuse_dense(n)
    seen = (Array("x", n), Array("p", len(odes.parameters)), Array("c", len(graph.switches)), Array("t", 1))
    seen = tuple(replace(array, has_lanes=False) for array in seen)
    to_d = tuple(("d", i, rate) for i, rate in enumerate(rates))
    to_j = (*jacobian, *(("J", n * n + i, slope) for i, slope in enumerate(slopes)))

    def kernel(name: str, stores: Sequence[tuple[str, int, int]], *written: Array) -> Kernel:
        return Kernel(name, graph, (*seen, *written), tuple(stores), all_lanes=False)

    d, j = Array("d", n, False), Array("J", n * n + n, False)
    kernels = (
        kernel("rhs", to_d, d),
        kernel("linearise", (*to_d, *to_j), d, j),
        kernel("switch", [("w", i, s) for i, s in enumerate(graph.switches)], Array("w", len(graph.switches), False)),
        kernel("happen", [("e", i, fact) for i, fact in enumerate(facts)], Array("e", len(facts), False)),
        kernel("record", [("row", i, names[o]) for i, o in enumerate(outputs)], Array("row", len(outputs), False)),
    )
    follows = _follows(graph)
    turns = _turns(graph, follows, time)
    kernels += (kernel("turn", [("g", i, fact) for i, fact in enumerate(turns)], Array("g", len(turns), False)),)
    code = MachineCode(module_ir(kernels), tuple(kernel.name for kernel in kernels), cache_dir)
    return EventKernels(odes, code, follows, len(turns) // 2, pattern)


def _turns(graph: SwitchGraph, follows: NDArray[np.int64], time: int) -> list[int]:
    """Distance and speed of each way in which a switch of time alone may turn, other switches held."""
    found: list[int] = []
    for switch, of_states in zip(graph.switches, follows, strict=True):
        if of_states:
            continue
        operation, *sides = graph.nodes[graph.compared(switch)]
        if operation == "floor":
            whole = graph.input("c", graph.switches.index(switch))
            distances = [
                graph.subtract(sides[0], whole),
                graph.subtract(sides[0], graph.add(whole, graph.constant(1.0))),
            ]
        elif len(sides) == 2:
            distances = [graph.subtract(*sides)]
        else:
            continue
        for distance, speed in zip(distances, graph.derivatives(distances, {time: _TIME}), strict=True):
            found += [distance, speed.get(_TIME, graph.constant(0.0))]
    return found


def _follows(graph: SwitchGraph) -> NDArray[np.int64]:
    needs = [
        [graph.nodes[node][1:] for node in graph.order([s]) if graph.nodes[node][0] == "input"] for s in graph.switches
    ]
    found: set[int] = set()
    grown = True
    while grown:  # a switch may read others
        more = {k for k, read in enumerate(needs) if any(a == "x" or (a == "c" and i in found) for a, i in read)}
        grown, found = more != found, more
    return np.array([k in found for k in range(len(needs))], dtype=np.int64)


def _with_a_state(odes: Odes) -> Odes:
    """A model in which nothing moves still has outputs; give it a state that stays 0."""
    if odes.states:
        return odes
    taken = {*odes.parameters, *(name for name, _ in odes.assignments)}
    name = "nothing"
    while name in taken:
        name += "_"
    return replace(odes, states=(name,), rates=("0.0",), initial=("0.0",))
