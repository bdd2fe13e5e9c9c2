"""From equations to machine code: the shipped model, and a synthetic one of 60 states and 150 observables."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.workload import Workload
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes


def synthetic(n_states: int = 60, n_observables: int = 150) -> Odes:
    """Cells, antigens and cytokines in a ring of Hill terms, with piecewise observables; no meaning, only size."""
    states = tuple(f"s{i}" for i in range(n_states))
    assignments, rates = [], []
    for i in range(n_observables):
        a, b = f"s{i % n_states}", f"s{(7 * i + 3) % n_states}"
        ratio = f"k{i % 40} * {a} / (h{i % 40} + {a}) + 0.1 * {b} ** 2 / (1 + {b} ** 2)"
        assignments.append((f"o{i}", f"{ratio} if {a} > 0.3 else 0.5 * {b}" if i % 3 == 0 else ratio))
    for i in range(n_states):
        near, far = f"s{(i + 1) % n_states}", f"s{(5 * i + 11) % n_states}"
        hill = f"{near} ** 2 / (h{i % 40} ** 2 + {near} ** 2)"
        rates.append(
            f"k{i % 40} * {hill} * (1 + {far} / (h{(i + 1) % 40} + {far})) - k{(i + 7) % 40} * s{i} + 0.01 * o{i}"
        )
    parameters = tuple([f"k{i}" for i in range(40)] + [f"h{i}" for i in range(40)])
    return Odes(states, parameters, (1.0,) * 80, tuple(assignments), tuple(rates), ("1",) * n_states)


def seconds(odes: Odes, **options: Any) -> tuple[float, float]:
    """Wall seconds of compile_model with an empty cache, and again from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for _ in range(2):
            start = time.perf_counter()
            compile_model(odes, cache_dir=folder, **options)
            times.append(time.perf_counter() - start)
    return times[0], times[1]


def measure(work: Workload) -> dict[str, float]:
    """Seconds by name. Numba itself imports scipy.linalg, which counts among the imports."""
    model = work.ready.model
    core: dict[str, Any] = {"log_scales": model.log_scales, "linear_scales": model.linear_scales}
    program = work.ready.compiled.program
    odes = synthetic()
    plain: dict[str, Any] = {"log_scales": dict.fromkeys(odes.states[::2], 1.0), "linear_scales": {}}
    found = {}
    found["core model"], found["core model, from the cache"] = seconds(work.ready.odes, **core, outputs=())
    found["core model with rules and all outputs"], found["the same, from the cache"] = seconds(
        work.ready.odes, **core, outputs=work.ready.outputs, program=program
    )
    found["60 states, 150 observables"], found["60 states, from the cache"] = seconds(
        odes, **plain, outputs=tuple(name for name, _ in odes.assignments)
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import numpy, numba, llvmlite, scipy.linalg"], check=True)
    imports = time.perf_counter() - start
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _FIRST], check=True)
    found["cached start of a tiny model, beyond imports"] = time.perf_counter() - start - imports
    return found


_FIRST = """
import numpy
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
model = compile_model(Odes(("y",), ("k",), (1.0,), (), ("-k * y",), ("1",)), log_scales={}, linear_scales={}, outputs=("y",))
model.run([[1.0]], [0.0, 1.0], [0, 0])
"""
