"""Kernels of one patient as LLVM IR that calls the system's mathematical library.

Slower than the ensemble's vector code, but it knows every function of the formula language and rounds like C does.
"""

from __future__ import annotations

import struct

from livingdrug.engine.compiler.graph import FORGIVEN, HUGE
from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.engine.compiler.pieces import Piece, cut

_INSTRUCTIONS = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
_PREDICATES = {
    "greater": "ogt", "greater_equal": "oge", "less": "olt", "less_equal": "ole", "equal": "oeq", "not_equal": "une",
}  # fmt: skip
_FUNCTIONS = {
    "exp": "exp", "quick_exp": "exp", "log": "log", "sqrt": "llvm.sqrt.f64", "abs": "llvm.fabs.f64", "floor": "llvm.floor.f64",
    "sin": "sin", "cos": "cos", "atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "asinh",
    "acosh": "acosh", "atanh": "atanh", "expm1": "expm1", "log1p": "log1p", "power": "pow",
}  # fmt: skip


def module_ir(kernels: tuple[Kernel, ...]) -> str:
    """IR text of a module with these kernels; every pointer is to a row of doubles."""
    heads = [f"declare double @{function}(double)" for function in sorted({*_FUNCTIONS.values()} - {"pow"})]
    return (
        "\n".join([*heads, "declare double @pow(double, double)", *(_kernel_ir(kernel) for kernel in kernels)]) + "\n"
    )


def _constant(number: float) -> str:
    return f"0x{struct.unpack('>Q', struct.pack('>d', number))[0]:016X}"


def _kernel_ir(kernel: Kernel) -> str:
    """A function; of very many values one that calls a function for some of them after others."""
    pieces, n_shared = cut(kernel.graph, kernel.stores, ())
    if len(pieces) == 1:
        return _function(kernel, kernel.name, pieces[0])
    names = [f"{kernel.name}_{place}" for place in range(len(pieces))]
    given = ", ".join([*(f"ptr %{array.name}" for array in kernel.arrays), "ptr %shared"])
    calls = [f"  call void @{name}({given})" for name in names]
    head = f"define void @{kernel.name}({_pointers(kernel)}) nounwind {{\n  %shared = alloca [{max(n_shared, 1)} x double], align 8"
    parts = [_function(kernel, name, piece, "noinline") for name, piece in zip(names, pieces, strict=True)]
    return "\n".join([*parts, head, *calls, "  ret void", "}"])


def _pointers(kernel: Kernel) -> str:
    return ", ".join(f"ptr noalias %{array.name}" for array in kernel.arrays)


def _function(kernel: Kernel, name: str, piece: Piece, how: str = "") -> str:
    """A function of a kernel's values, or of some of them; truth goes through the shared memory as 1 or 0."""
    pointers = f"{_pointers(kernel)}, ptr noalias %shared" if how else _pointers(kernel)
    lines = [f"define void @{name}({pointers}) nounwind {how} {{"]
    graph, names = kernel.graph, dict[int, str]()

    def named(node: int) -> str:
        if node in names:
            return names[node]
        operation, *arguments = graph.nodes[node]
        if operation == "constant":
            names[node] = _constant(arguments[0])
            return names[node]
        names[node] = value = f"%v{node}"
        array, index = ("shared", piece.reads[node]) if node in piece.reads else arguments
        lines.append(f"  %a{node} = getelementptr inbounds double, ptr %{array}, i64 {index}")
        if node in piece.reads and graph.is_boolean(node):
            lines.append(f"  %n{node} = load double, ptr %a{node}, align 8")
            lines.append(f"  {value} = fcmp une double %n{node}, 0.0")
        else:
            lines.append(f"  {value} = load double, ptr %a{node}, align 8")
        return value

    for node in piece.nodes:
        given = [named(argument) for argument in graph.arguments(node)]
        names[node] = f"%v{node}"
        lines.extend(_instructions(names[node], graph.nodes[node][0], given))
    for node, place in piece.writes.items():
        value = names[node]
        if graph.is_boolean(node):
            lines.append(f"  %n{node} = select i1 {value}, double {_constant(1.0)}, double 0.0")
            value = f"%n{node}"
        lines.append(f"  %o{node} = getelementptr inbounds double, ptr %shared, i64 {place}")
        lines.append(f"  store double {value}, ptr %o{node}, align 8")
    for place, (array, index, node) in enumerate(piece.stores):
        value = named(node)
        lines.append(f"  %s{place} = getelementptr inbounds double, ptr %{array}, i64 {index}")
        lines.append(f"  store double {value}, ptr %s{place}, align 8")
    return "\n".join([*lines, "  ret void", "}"])


def _instructions(name: str, operation: str, given: list[str]) -> list[str]:
    """The lines that compute one node."""
    if operation in _INSTRUCTIONS:
        return [f"  {name} = {_INSTRUCTIONS[operation]} double {given[0]}, {given[1]}"]
    if operation in _PREDICATES:
        return [f"  {name} = fcmp {_PREDICATES[operation]} double {given[0]}, {given[1]}"]
    if operation in _FUNCTIONS:
        listed = ", ".join(f"double {value}" for value in given)
        return [f"  {name} = call double @{_FUNCTIONS[operation]}({listed})"]
    match operation:
        case "reciprocal":
            return [f"  {name} = fdiv double {_constant(1.0)}, {given[0]}"]
        case "negative":
            return [f"  {name} = fneg double {given[0]}"]
        case "bounded":
            most, least = _constant(HUGE[64]), _constant(-HUGE[64])
            return [
                f"  {name}a = fcmp ogt double {given[0]}, {most}",
                f"  {name}b = select i1 {name}a, double {most}, double {given[0]}",
                f"  {name}c = fcmp olt double {name}b, {least}",
                f"  {name} = select i1 {name}c, double {least}, double {name}b",
            ]
        case "parity":  # the library's pow finds it itself
            return [f"  {name} = fadd double {given[0]}, 0.0"]
        case "lenient_power":
            base = _instructions(f"{name}f", "forgive", given[:1])
            return [*base, *_instructions(name, "power", [f"{name}f", given[1]])]
        case "forgive":
            return [
                f"  {name}a = call double @llvm.fabs.f64(double {given[0]})",
                f"  {name}b = fcmp olt double {name}a, {_constant(FORGIVEN)}",
                f"  {name} = select i1 {name}b, double {name}a, double {given[0]}",
            ]
        case "minimum" | "maximum":
            which = "olt" if operation == "minimum" else "ogt"
            return [
                f"  {name}b = fcmp {which} double {given[0]}, {given[1]}",
                f"  {name}m = fcmp uno double {given[0]}, {given[0]}",  # not-a-number wins, as in NumPy
                f"  {name}o = or i1 {name}b, {name}m",
                f"  {name} = select i1 {name}o, double {given[0]}, double {given[1]}",
            ]
        case "select":
            return [f"  {name} = select i1 {given[0]}, double {given[1]}, double {given[2]}"]
        case "and" | "or":
            return [f"  {name} = {operation} i1 {given[0]}, {given[1]}"]
        case "not":
            return [f"  {name} = xor i1 {given[0]}, true"]
    raise AssertionError(f"no instruction for {operation}")
