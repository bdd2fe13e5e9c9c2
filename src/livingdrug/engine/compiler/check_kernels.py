"""What happens at a check, as kernels for all lanes of which some are at a check: recording, and a check program."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.compiler.formulas import node_of
from livingdrug.engine.compiler.graph import Graph
from livingdrug.engine.compiler.kernel import Array, Kernel
from livingdrug.engine.compiler.system import looked_up, natural_states
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram
from livingdrug.engine.summaries import Summary, starting_values, update_nodes
from livingdrug.foundation.errors import ModelError, UnknownName


@dataclass(frozen=True)
class CheckKernels:
    """Kernels for all lanes; they change only lanes where the array `on` is not zero.

    Attributes
    ----------
    record
        ``record(x, p, now, on, row, z)`` writes states, assignments and parameters to rows, before doses and program,
        and updates summaries of them. None when there is nothing to do. An output comes to the same bits whatever others are recorded.
    brief
        The same with rows of some of the outputs only. None where no such outputs are named.
    act
        ``act(x, p, m, now, on, row, flags, z)`` runs the program: changes x and m, writes locals to rows, updates
        summaries of locals and memory; flags receives the firings, the value of the stop name, and whether any of
        these is not zero. None without a program.
    settle
        ``settle(x, on, size)``: what has decayed becomes zero; size is not finite if some state is not.
    recorded, acted, briefly
        Output columns of the rows of `record`, `act` and `brief`.
    remembered
        (output column, place in the memory) of outputs that are memory.
    """

    record: Kernel | None
    act: Kernel | None
    settle: Kernel
    recorded: tuple[int, ...]
    acted: tuple[int, ...]
    remembered: tuple[tuple[int, int], ...]
    brief: Kernel | None = None
    briefly: tuple[int, ...] = ()

    @cached_property
    def read(self) -> NDArray[np.int64]:
        """Places of the parameters that are read where something is recorded."""
        if self.record is None:
            return np.zeros(0, np.int64)
        graph, stores = self.record.graph, self.record.stores
        needed = (graph.nodes[node] for node in graph.order(node for _, _, node in stores))
        return np.array(sorted({int(node[2]) for node in needed if node[:2] == ("input", "p")}), dtype=np.int64)


def check_program(program: CheckProgram, odes: Odes) -> None:
    """Refuse a program that assigns what it may not, or names firings and a stop that nobody assigns.

    Raises
    ------
    ModelError
        With the name and what to do.
    """
    fixed = {*odes.parameters, *(name for name, _ in odes.assignments), "time"}
    assigned = program.assigned
    if wrong := sorted(assigned & fixed):
        raise ModelError(
            f"the check program assigns {', '.join(wrong)}, which the model's equations or parameters own. "
            "A program may assign states, its memory and names of its own: choose another name."
        )
    if program.states is not None and (wrong := sorted((assigned & set(odes.states)) - program.states)):
        raise ModelError(
            f"the check program assigns {', '.join(wrong)}, a state of the model that it has no business with. "
            "Give what the guideline defines, its rules or its scales other names."
        )
    if wrong := sorted(program.memory.keys() & (fixed | set(odes.states))):
        raise ModelError(f"the check program's memory uses names of the model: {', '.join(wrong)}. Rename them.")
    wanted = {*program.firings, *([program.stop] if program.stop else [])}
    if wrong := sorted(wanted - assigned - program.memory.keys()):
        raise ModelError(
            f"the check program logs or stops on {', '.join(wrong)}, but no statement assigns it. "
            "Add a statement or take the name out of `firings` / `stop`."
        )


class _Names:
    """Names as a program sees them: assignments of the model follow the state as it is now."""

    def __init__(self, graph: Graph, odes: Odes, log_scales: Mapping[str, float]) -> None:
        self.graph = graph
        self.known, self.stretch = natural_states(graph, odes, log_scales)
        self.known |= {name: graph.input("p", i) for i, name in enumerate(odes.parameters)}
        self.known["time"] = graph.input("now", 0)
        self.on = graph.truth(graph.input("on", 0))
        self.assignments = dict(odes.assignments)
        self.current: dict[str, int] = {}
        self.place = ""

    def node(self, name: str) -> int:
        if name in self.known:
            return self.known[name]
        if name not in self.assignments:
            return looked_up(self.known, self.place)(name)
        if name not in self.current:
            strict, self.graph.forgiving = (
                self.graph.forgiving,
                True,
            )  # as in the rates, unlike the program's own formulas
            self.current[name] = node_of(self.assignments[name], self.graph, self.node)
            self.graph.forgiving = strict
        return self.current[name]

    def assign(self, name: str, node: int, *, is_state: bool) -> None:
        self.known[name] = node
        if is_state:
            self.current.clear()


def build_checks(
    odes: Odes,
    log_scales: Mapping[str, float],
    outputs: Sequence[str],
    program: CheckProgram | None,
    *,
    summaries: Sequence[Summary] = (),
    decayed: Sequence[float] = (),
    brief: Collection[str] = (),
) -> CheckKernels:
    """The kernels of one model, its outputs, its summaries and its check program.

    Parameters
    ----------
    decayed
        What counts as zero for each state, as it is stepped; empty for nothing.
    brief
        Outputs that are often kept alone; empty for none.

    Raises
    ------
    UnknownName
        An output, or what a summary is of, that nobody provides.
    ModelError
        A program that does not fit the model.
    """
    program = program or CheckProgram()
    check_program(program, odes)
    memory = {name: q for q, name in enumerate(program.memory)}
    of_model = {*odes.states, *odes.parameters, *(name for name, _ in odes.assignments), "time"}
    local = {name for name, _ in program.statements} - set(odes.states) - memory.keys()
    for what, name in [("output", name) for name in outputs] + [("summary of", summary.of) for summary in summaries]:
        if name not in of_model | memory.keys() | local:
            raise UnknownName(
                what, name, of_model | memory.keys() | local, "Outputs are names of the model or the program."
            )
    places = dict(zip(summaries, starting_values(summaries)[1], strict=True))
    recorded = tuple(column for column, name in enumerate(outputs) if name in of_model)
    acted = tuple(column for column, name in enumerate(outputs) if name in local)
    arrays = {
        "x": Array("x", len(odes.states)),
        "p": Array("p", len(odes.parameters)),
        "m": Array("m", len(memory), wide=True),
        "now": Array("now", 1, wide=True),
        "on": Array("on", 1, wide=True),
        "flags": Array("flags", len(program.firings) + 2, wide=True),
        "z": Array("z", len(starting_values(summaries)[0]), wide=True),
        "size": Array("size", 1, wide=True),
    }

    # ---- before doses and program -------------------------------------------------------------------------------------
    def recording(called: str, columns: Sequence[int]) -> Kernel | None:
        names = _Names(Graph(exact_division=True), odes, log_scales)
        of = {summary: place for summary, place in places.items() if summary.of in of_model}
        return _recording(called, names, [outputs[column] for column in columns], of, arrays)

    briefly = tuple(column for column in recorded if outputs[column] in brief)

    # ---- the program, and what follows it -----------------------------------------------------------------------------
    act = None
    if program.statements:
        row = Array("row", len(acted), wide=True)
        taken = (*(arrays[name] for name in ("x", "p", "m", "now", "on")), row, arrays["flags"], arrays["z"])
        names, stores = _program_stores(odes, log_scales, [outputs[column] for column in acted], program, memory)
        for summary, place in places.items():
            if summary.of not in of_model:
                value = names.known[summary.of]
                stores += update_nodes(names.graph, summary, place, value, names.known["time"], names.on)
        act = Kernel("act", names.graph, taken, tuple(stores), wide=True)
    return CheckKernels(
        record=recording("record", recorded),
        act=act,
        settle=_settle(arrays, len(odes.states), decayed),
        recorded=recorded,
        acted=acted,
        remembered=tuple((column, memory[name]) for column, name in enumerate(outputs) if name in memory),
        brief=recording("record_briefly", briefly) if briefly else None,
        briefly=briefly,
    )


def _recording(
    called: str, names: _Names, rows: Sequence[str], summaries: Mapping[Summary, int], arrays: Mapping[str, Array]
) -> Kernel | None:
    """The kernel that writes these names to rows and updates these summaries; None where there is nothing to do."""
    stores = [("row", k, names.node(name)) for k, name in enumerate(rows)]
    for summary, place in summaries.items():
        stores += update_nodes(names.graph, summary, place, names.node(summary.of), names.known["time"], names.on)
    row = Array("row", len(rows), wide=True)
    taken = (arrays["x"], arrays["p"], arrays["now"], arrays["on"], row, arrays["z"])
    return Kernel(called, names.graph, taken, tuple(stores), wide=True, exact=True) if stores else None


def _settle(arrays: Mapping[str, Array], n_states: int, decayed: Sequence[float]) -> Kernel:
    graph = Graph()
    on = graph.truth(graph.input("on", 0))
    total, stores = graph.constant(0.0), []
    for i in range(n_states):
        x = graph.input("x", i)
        if decayed:
            gone = graph.compare("less", graph.apply("abs", x), graph.constant(decayed[i]))
            stores.append(("x", i, graph.select(graph.join("and", on, gone), graph.constant(0.0), x)))
        total = graph.add(total, graph.apply("abs", x))
    stores.append(("size", 0, total))
    return Kernel("settle", graph, (arrays["x"], arrays["on"], arrays["size"]), tuple(stores), wide=True)


def _program_stores(
    odes: Odes,
    log_scales: Mapping[str, float],
    rows: Sequence[str],
    program: CheckProgram,
    memory: Mapping[str, int],
) -> tuple[_Names, list[tuple[str, int, int]]]:
    graph = Graph(exact_division=True)
    names = _Names(graph, odes, log_scales)
    before = {name: names.known[name] for name in odes.states}
    names.known |= {name: graph.input("m", q) for name, q in memory.items()}
    for name, formula in program.statements:
        names.place = f'the check program\'s "{name} = {formula}"'
        names.assign(name, node_of(formula, graph, names.node), is_state=name in before)
    stores = []
    for i, name in enumerate(odes.states):
        after = names.known[name]
        if after == before[name]:
            continue
        changed = names.on
        if name in log_scales:
            # a state the program left alone keeps its bits: the way there and back would round
            changed = graph.join("and", changed, graph.compare("not_equal", after, before[name]))
            share = graph.divide(after, graph.constant(log_scales[name]))
            after = graph.apply("log", graph.add(graph.constant(1.0), share))
        stores.append(("x", i, graph.select(changed, after, graph.input("x", i))))
    for name, q in memory.items():
        if names.known[name] != graph.input("m", q):
            stores.append(("m", q, graph.select(names.on, names.known[name], graph.input("m", q))))
    stores += [("row", k, names.known[name]) for k, name in enumerate(rows)]
    flags = [names.known[name] for name in program.firings]
    flags.append(names.known[program.stop] if program.stop else graph.constant(0.0))
    raised = [graph.truth(flag) for flag in flags if graph.value(flag) is None]
    some = raised[0] if raised else graph.compare("not_equal", graph.constant(0.0), graph.constant(0.0))
    for flag in raised[1:]:
        some = graph.join("or", some, flag)
    zero = graph.constant(0.0)
    stores += [("flags", q, graph.select(names.on, node, zero)) for q, node in enumerate([*flags, graph.number(some)])]
    return names, stores
