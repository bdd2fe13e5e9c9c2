"""The machine's own measured peak, and how many floating-point operations a course needs."""

from __future__ import annotations

import ctypes
import time
from collections import Counter

from livingdrug.engine.compiler.hoisting import hoist
from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.engine.compiler.machine import MachineCode, host_lanes
from livingdrug.engine.compiler.sparse import factor_kernel, solve_kernel
from livingdrug.engine.compiler.system import build_system
from livingdrug.engine.compiler.writer import Writer
from livingdrug.engine.ensemble import CompiledModel

_CHAINS, _REPEATS = 16, 2_000_000
_POLYNOMIALS = {"exp": 14 + 8, "log": 11 + 16, "power": 14 + 8 + 11 + 17, "sqrt": 1}
"""Operations of a function as the engine's vector code computes it."""


def fused_peak() -> float:
    """Floating-point operations per second of one thread doing nothing but fused multiply-adds, in doubles."""
    w = Writer(host_lanes())
    w.lines.append(f"declare {w.type} @llvm.fma.{w.suffix}({w.type}, {w.type}, {w.type})")
    w.lines.append("define double @peak(double %one, i64 %n) noinline nounwind {\nentry:")
    w.lines.append(f"  %a = insertelement {w.type} undef, double %one, i32 0")
    w.lines.append(f"  %x = shufflevector {w.type} %a, {w.type} undef, <{w.lanes} x i32> zeroinitializer")
    w.lines.append("  br label %again\nagain:\n  %i = phi i64 [0, %entry], [%next, %again]")
    for k in range(_CHAINS):
        w.lines.append(f"  %s{k} = phi {w.type} [%x, %entry], [%t{k}, %again]")
    for k in range(_CHAINS):
        w.lines.append(f"  %t{k} = call {w.type} @llvm.fma.{w.suffix}({w.type} %s{k}, {w.type} %x, {w.type} %x)")
    w.lines.append(
        "  %next = add i64 %i, 1\n  %more = icmp ult i64 %next, %n\n  br i1 %more, label %again, label %done\ndone:"
    )
    total = "%t0"
    for k in range(1, _CHAINS):
        w.lines.append(f"  %u{k} = fadd {w.type} {total}, %t{k}")
        total = f"%u{k}"
    w.lines.append(f"  %r = extractelement {w.type} {total}, i32 0\n  ret double %r\n}}")
    code = MachineCode(w.text(), ("peak",))
    peak = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_int64)(code.address("peak"))
    best = 0.0
    for _ in range(5):
        start = time.process_time()
        peak(1e-3, _REPEATS)
        best = max(best, 2 * _CHAINS * w.lanes * _REPEATS / (time.process_time() - start))
    return best


def operations_per_step(model: CompiledModel) -> dict[str, int]:
    """Floating-point operations of one step of one patient: additions and multiplications, divisions, polynomials."""
    system = build_system(
        model.odes, {n: s for n, s in zip(model.odes.states, model._log_scales, strict=True) if s > 0}
    )
    rhs, linearise = hoist((system.rhs, system.linearise)).kernels
    method, states = model._method, len(model.odes.states)
    stages = method.n_stages
    n_rhs = sum(not method.repeats(j) for j in range(1, stages))
    total: Counter[str] = Counter()
    pattern = system.pattern
    solving = (solve_kernel(pattern), stages)
    for kernel, times in ((linearise, 1), (rhs, n_rhs), (factor_kernel(pattern), 1), solving):
        for operation, count in _operations(kernel).items():
            total[operation] += times * count
    sums = states * (2 * sum(range(1, stages)) * 2 + 12)
    plain = sum(total[name] for name in ("add", "subtract", "multiply")) + sums
    return {
        "additions and multiplications": plain,
        "divisions": total["reciprocal"] + total["divide"] + states,
        "polynomials": sum(_POLYNOMIALS.get(name, 0) * count for name, count in total.items()),
    }


def _operations(kernel: Kernel) -> Counter[str]:
    graph = kernel.graph
    return Counter(graph.nodes[node][0] for node in graph.order(node for _, _, node in kernel.stores))
