"""Kernels to LLVM IR text."""

from __future__ import annotations

from livingdrug.engine.compiler.graph import FORGIVEN, HUGE
from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.engine.compiler.pieces import Piece, cut
from livingdrug.engine.compiler.vector_math import FUNCTIONS
from livingdrug.engine.compiler.writer import Writer

_PREDICATES = {
    "greater": "ogt", "greater_equal": "oge", "less": "olt", "less_equal": "ole", "equal": "oeq", "not_equal": "une",
}  # fmt: skip
_INSTRUCTIONS = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
_INTRINSICS = {"sqrt": "sqrt", "abs": "fabs", "floor": "floor"}


def kernel_ir(kernel: Kernel, lanes: int, bits: int = 64, *, in_pieces: bool = False) -> str:
    """IR text of one kernel.

    Parameters
    ----------
    kernel
        What to compute. All pointers are to numbers that do not overlap.
    lanes
        Lanes in memory: the vector width of a kernel for all lanes, the stride of one that works on a single lane.
    bits
        Of the numbers in arrays that are not wide: 64 or 32.
    in_pieces
        As several functions behind one, for kernels so long that LLVM would take minutes for one function.
    """
    w = Writer(lanes if kernel.all_lanes else 1, 64 if kernel.wide else bits, fuses=not kernel.exact)
    shape = {array.name: (lanes if array.has_lanes else 1, 64 if array.wide else bits) for array in kernel.arrays}
    graph = kernel.graph
    names: dict[int, str] = {}
    read = graph.inputs(node for _, _, node in kernel.stores)
    if in_pieces:
        return _pieces_ir(kernel, w, shape, read)
    w.begin(kernel.name, tuple(array.name for array in kernel.arrays))

    def emit(targets: list[int]) -> None:
        for node in graph.order(targets, stop=names):
            if node not in names:
                names[node] = _emit_node(w, graph.nodes[node], names, shape)

    # What goes to an array that is also read waits until everything is read; the rest is stored at once, which keeps
    # lives short.
    waiting = [store for store in kernel.stores if store[0] in read]
    if waiting:
        emit([node for _, _, node in waiting])
    for array, index, node in kernel.stores:
        if array not in read:
            emit([node])
            w.store(names[node], f"%{array}", index, *shape[array])
    for array, index, node in waiting:
        w.store(names[node], f"%{array}", index, *shape[array])
    w.end()
    return w.text()


def _pieces_ir(kernel: Kernel, w: Writer, shape: dict[str, tuple[int, int]], read: set[str]) -> str:
    waiting = [store for store in kernel.stores if store[0] in read]
    pieces, n_shared = cut(kernel.graph, [store for store in kernel.stores if store[0] not in read], waiting)
    arrays = tuple(array.name for array in kernel.arrays)
    for number, piece in enumerate(pieces):
        _piece_ir(kernel, w, shape, piece, f"{kernel.name}_{number}")
    w.begin(kernel.name, arrays)
    room = max(n_shared, 1)
    w.line(f"%shared = alloca [{room * w.lanes} x {w.element}], align 64")
    given = ", ".join(f"ptr %{name}" for name in (*arrays, "shared"))
    for number in range(len(pieces)):
        w.line(f"call void @{kernel.name}_{number}({given})")
    w.end()
    return w.text()


def _piece_ir(kernel: Kernel, w: Writer, shape: dict[str, tuple[int, int]], piece: Piece, name: str) -> None:
    """A function of some of a kernel's values; truth goes through the shared memory as 1 or 0."""
    graph, names = kernel.graph, dict[int, str]()

    def named(node: int) -> str:
        if node not in names:
            if (place := piece.reads.get(node)) is not None:
                names[node] = w.load("%shared", place, w.lanes)
                if graph.is_boolean(node):
                    names[node] = w.compare("une", names[node], w.constant(0.0))
            else:
                names[node] = _emit_node(w, graph.nodes[node], names, shape)
        return names[node]

    w.begin(name, (*(array.name for array in kernel.arrays), "shared"))
    for node in piece.nodes:
        for argument in graph.arguments(node):
            named(argument)
        names[node] = _emit_node(w, graph.nodes[node], names, shape)
    for node, place in piece.writes.items():
        value = w.select(names[node], w.constant(1.0), w.constant(0.0)) if graph.is_boolean(node) else names[node]
        w.store(value, "%shared", place, w.lanes)
    for array, index, node in piece.stores:
        w.store(named(node), f"%{array}", index, *shape[array])
    w.end()


def declared_ir(kernel: Kernel) -> str:
    """IR text that tells of a kernel of another module."""
    return f"declare void @{kernel.name}({', '.join('ptr noalias' for _ in kernel.arrays)}) nounwind\n"


def calls_ir(name: str, first: Kernel, then: str) -> str:
    """IR text of a function that calls a kernel and after it another function of the same arrays."""
    w, arrays = Writer(1), tuple(array.name for array in first.arrays)
    w.begin(name, arrays)
    for called in (first.name, then):
        w.line(f"call void @{called}({', '.join(f'ptr %{array}' for array in arrays)})")
    w.end()
    return w.text()


def _emit_node(w: Writer, node: tuple, names: dict[int, str], shape: dict[str, tuple[int, int]]) -> str:
    if instruction := _INSTRUCTIONS.get(node[0]):  # most are
        return w.binary(instruction, names[node[1]], names[node[2]])
    match node:
        case "constant", value:
            return w.constant(value)
        case "input", array, index:
            return w.load(f"%{array}", index, *shape[array])
        case "reciprocal", a:
            return w.divide(w.constant(1.0), names[a])
        case "negative", a:
            return w.value(f"fneg {w.type} {names[a]}")
        case function, a if function in FUNCTIONS:
            return w.call(f"{function}_{w.suffix}", names[a])
        case ("power" | "lenient_power" | "quick_power") as which, *parts:
            return w.call(f"{which}_{w.suffix}", *(names[part] for part in parts))
        case "bounded", a:
            most = HUGE[w.bits]
            value = w.select(w.compare("ogt", names[a], w.constant(most)), w.constant(most), names[a])
            return w.select(w.compare("olt", names[a], w.constant(-most)), w.constant(-most), value)
        case "forgive", a:
            size = w.intrinsic("fabs", names[a])
            return w.select(w.compare("olt", size, w.constant(FORGIVEN)), size, names[a])
        case ("sqrt" | "abs" | "floor") as function, a:
            return w.intrinsic(_INTRINSICS[function], names[a])
        case ("minimum" | "maximum") as which, a, b:
            better = w.compare("olt" if which == "minimum" else "ogt", names[a], names[b])
            missing = w.compare("uno", names[a], names[a])  # not-a-number wins, as in NumPy
            return w.select(w.value(f"or {w.boolean} {better}, {missing}"), names[a], names[b])
        case "select", condition, a, b:
            return w.select(names[condition], names[a], names[b])
        case ("and" | "or") as operation, a, b:
            return w.value(f"{operation} {w.boolean} {names[a]}, {names[b]}")
        case "not", a:
            return w.value(f"xor {w.boolean} {names[a]}, " + ("splat (i1 true)" if w.lanes > 1 else "true"))
        case operation, a, b if operation in _PREDICATES:
            return w.compare(_PREDICATES[operation], names[a], names[b])
    raise AssertionError(f"no instruction for {node}")
