"""What happens at a check, as kernels for one lane: recording outputs, and running a check program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingdrug.engine.formulas import node_of
from livingdrug.engine.graph import Graph
from livingdrug.engine.kernel import Array, Kernel
from livingdrug.engine.odes import Odes
from livingdrug.engine.program import CheckProgram
from livingdrug.engine.system import looked_up, natural_states
from livingdrug.foundation.errors import ModelError, UnknownName


@dataclass(frozen=True)
class CheckKernels:
    """Kernels ``record(x, p, now, row)`` and ``act(x, p, m, now, row, flags)``.

    Attributes
    ----------
    record
        Writes states, assignments and parameters to their columns of the output row, before doses and program.
    act
        Runs the program: changes x and m, writes locals to their columns; flags receives the firings, then the value
        of the stop name. None without a program.
    memory_columns
        For each output the place of its memory, -1 for other outputs.
    """

    record: Kernel
    act: Kernel | None
    memory_columns: tuple[int, ...]


def check_program(program: CheckProgram, odes: Odes) -> None:
    """Refuse a program that assigns what it may not, or names firings and a stop that nobody assigns.

    Raises
    ------
    ModelError
        With the name and what to do.
    """
    fixed = {*odes.parameters, *(name for name, _ in odes.assignments), "time"}
    assigned = {name for name, _ in program.statements}
    if wrong := sorted(assigned & fixed):
        raise ModelError(
            f"the check program assigns {', '.join(wrong)}, which the model's equations or parameters own. "
            "A program may assign states, its memory and names of its own: choose another name."
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
        self.assignments = dict(odes.assignments)
        self.current: dict[str, int] = {}
        self.place = ""

    def node(self, name: str) -> int:
        if name in self.known:
            return self.known[name]
        if name not in self.assignments:
            return looked_up(self.known, self.place)(name)
        if name not in self.current:
            self.current[name] = node_of(self.assignments[name], self.graph, self.node)
        return self.current[name]

    def assign(self, name: str, node: int, *, is_state: bool) -> None:
        self.known[name] = node
        if is_state:
            self.current.clear()


def build_checks(
    odes: Odes, log_scales: Mapping[str, float], outputs: Sequence[str], program: CheckProgram | None
) -> CheckKernels:
    """The kernels of one model, its outputs and its check program.

    Raises
    ------
    UnknownName
        An output that nobody provides.
    ModelError
        A program that does not fit the model.
    """
    program = program or CheckProgram()
    check_program(program, odes)
    memory = {name: q for q, name in enumerate(program.memory)}
    of_model = {*odes.states, *odes.parameters, *(name for name, _ in odes.assignments), "time"}
    local = {name for name, _ in program.statements} - set(odes.states) - memory.keys()
    for name in outputs:
        if name not in of_model | memory.keys() | local:
            raise UnknownName(
                "output", name, of_model | memory.keys() | local, "Outputs are names of the model or the program."
            )
    sizes = (Array("x", len(odes.states)), Array("p", len(odes.parameters)))
    now, row = Array("now", 1, has_lanes=False), Array("row", len(outputs), has_lanes=False)

    names = _Names(Graph(exact_division=True), odes, log_scales)
    stores = tuple(("row", column, names.node(name)) for column, name in enumerate(outputs) if name in of_model)
    record = Kernel("record", names.graph, (*sizes, now, row), stores, all_lanes=False)
    columns = tuple(memory.get(name, -1) for name in outputs)
    if not program.statements:
        return CheckKernels(record, None, columns)
    flags = Array("flags", len(program.firings) + 1, has_lanes=False)
    arrays = (*sizes, Array("m", len(memory), has_lanes=False), now, row, flags)
    stores = _program_stores(odes, log_scales, outputs, program, memory, local)
    return CheckKernels(record, Kernel("act", stores[0], arrays, stores[1], all_lanes=False), columns)


def _program_stores(
    odes: Odes,
    log_scales: Mapping[str, float],
    outputs: Sequence[str],
    program: CheckProgram,
    memory: Mapping[str, int],
    local: set[str],
) -> tuple[Graph, tuple[tuple[str, int, int], ...]]:
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
        if name in log_scales:
            # a state the program left alone keeps its bits: the way there and back would round
            differs = graph.compare("not_equal", after, before[name])
            share = graph.divide(after, graph.constant(log_scales[name]))
            x = graph.apply("log", graph.add(graph.constant(1.0), share))
            after = graph.select(differs, x, graph.input("x", i))
        stores.append(("x", i, after))
    stores += [("m", q, names.known[name]) for name, q in memory.items() if names.known[name] != graph.input("m", q)]
    stores += [("row", column, names.known[name]) for column, name in enumerate(outputs) if name in local]
    stores += [("flags", q, names.known[name]) for q, name in enumerate(program.firings)]
    stop = names.known[program.stop] if program.stop else graph.constant(0.0)
    stores.append(("flags", len(program.firings), stop))
    return graph, tuple(stores)
