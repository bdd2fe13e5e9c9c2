"""Kernels of one patient as LLVM IR that calls the system's mathematical library.

Slower than the ensemble's vector code, but it knows every function of the formula language and rounds like C does.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from livingdrug.engine.compiler.graph import FORGIVEN, HUGE
from livingdrug.engine.compiler.kernel import Kernel

_INSTRUCTIONS = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
_PREDICATES = {
    "greater": "ogt", "greater_equal": "oge", "less": "olt", "less_equal": "ole", "equal": "oeq", "not_equal": "une",
}  # fmt: skip
_FUNCTIONS = {
    "exp": "exp", "quick_exp": "exp", "log": "log", "sqrt": "llvm.sqrt.f64", "abs": "llvm.fabs.f64", "floor": "llvm.floor.f64",
    "sin": "sin", "cos": "cos", "atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "asinh",
    "acosh": "acosh", "atanh": "atanh", "expm1": "expm1", "log1p": "log1p", "power": "pow",
}  # fmt: skip

_TOGETHER, _SHARED = 64, 1.25
"""Numbers that one function computes where there are many, and how much may be computed twice for it: the time that LLVM takes for a
function grows with the square of its length."""


def module_ir(kernels: tuple[Kernel, ...]) -> str:
    """IR text of a module with these kernels; every pointer is to a row of doubles."""
    heads = [f"declare double @{function}(double)" for function in sorted({*_FUNCTIONS.values()} - {"pow"})]
    return (
        "\n".join([*heads, "declare double @pow(double, double)", *(_kernel_ir(kernel) for kernel in kernels)]) + "\n"
    )


def _constant(number: float) -> str:
    return f"0x{struct.unpack('>Q', struct.pack('>d', number))[0]:016X}"


def _kernel_ir(kernel: Kernel) -> str:
    """A function; of very many numbers that share little, one that calls a function for some of them after others."""
    pieces = [kernel.stores[first : first + _TOGETHER] for first in range(0, len(kernel.stores), _TOGETHER)]
    if len(pieces) < 2:
        return _function(kernel, kernel.name, kernel.stores)
    alone = sum(len(kernel.graph.order(node for _, _, node in piece)) for piece in pieces)
    if alone > _SHARED * len(kernel.graph.order(node for _, _, node in kernel.stores)):
        return _function(kernel, kernel.name, kernel.stores)
    names = [f"{kernel.name}_{place}" for place in range(len(pieces))]
    given = ", ".join(f"ptr %{array.name}" for array in kernel.arrays)
    calls = [f"  call void @{name}({given})" for name in names]
    head = f"define void @{kernel.name}({_pointers(kernel)}) nounwind {{"
    parts = [_function(kernel, name, piece, "noinline") for name, piece in zip(names, pieces, strict=True)]
    return "\n".join([*parts, head, *calls, "  ret void", "}"])


def _pointers(kernel: Kernel) -> str:
    return ", ".join(f"ptr noalias %{array.name}" for array in kernel.arrays)


def _function(kernel: Kernel, name: str, stores: Sequence[tuple[str, int, int]], how: str = "") -> str:
    lines = [f"define void @{name}({_pointers(kernel)}) nounwind {how} {{"]
    names: dict[int, str] = {}
    graph = kernel.graph
    for node in graph.order(target for _, _, target in stores):
        operation, *arguments = graph.nodes[node]
        if operation == "constant":
            names[node] = _constant(arguments[0])
            continue
        names[node] = f"%v{node}"
        if operation == "input":
            array, index = arguments
            lines.append(f"  %a{node} = getelementptr inbounds double, ptr %{array}, i64 {index}")
            lines.append(f"  %v{node} = load double, ptr %a{node}, align 8")
        else:
            lines.extend(_instructions(f"%v{node}", operation, [names[argument] for argument in arguments]))
    for place, (array, index, node) in enumerate(stores):
        lines.append(f"  %s{place} = getelementptr inbounds double, ptr %{array}, i64 {index}")
        lines.append(f"  store double {names[node]}, ptr %s{place}, align 8")
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
