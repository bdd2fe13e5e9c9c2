"""Speed of the engine on the B-ALL model: compiling it, and 28 days and 5 years of many patients, beside SciPy's LSODA.

    python benchmarks/engine.py

Fixed: default parameters with 20 % spread from one seed, an infusion of 1e8 cells, checks every 8 hours to day 28 and
every 2 weeks after, no treatment rules. Times are processor seconds of one thread, the least of three.
"""

from __future__ import annotations

import ctypes
import itertools
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from livingdrug.engine.assembly import kernel_ir
from livingdrug.engine.ensemble import CompiledModel, Dose, compile_model
from livingdrug.engine.machine import MachineCode, aligned_zeros
from livingdrug.engine.odes import Odes
from livingdrug.engine.read_sbml import read_sbml
from livingdrug.engine.system import build_system
from livingdrug.engine.vector_math import vector_math
from livingdrug.model.assemble import assemble

RECIPE = "b_all_cd19"
INFUSED = "car_t_infused"
PATIENTS = 256
MONTH = np.arange(0, 28.01, 1 / 3)
YEARS = np.concatenate([MONTH, np.arange(42, 1827, 14.0)])


def least(action: Callable[[], Any], repeats: int = 3) -> float:
    """Processor seconds of the fastest repeat."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def patients_of(odes: Odes, n: int) -> np.ndarray:
    """Default parameters with a spread of 20 %, shaped (n, parameters)."""
    random = np.random.default_rng(20_26)
    return np.array(odes.defaults) * np.exp(0.2 * random.standard_normal((n, len(odes.parameters))))


def run(model: CompiledModel, days: np.ndarray, n: int) -> Any:
    """The fixed little trial."""
    dose = Dose(0, INFUSED, np.full(n, 1e8))
    return model.run(patients_of(model.odes, n), days, np.zeros(days.size), [dose])


def lsoda(odes: Odes, log_scales: dict[str, float], start: np.ndarray, days: np.ndarray) -> None:
    """One patient by SciPy's LSODA on the same compiled right-hand side: the loop one would write without the engine."""
    from scipy.integrate import odeint

    system = build_system(odes, log_scales)
    code = MachineCode(vector_math(1) + kernel_ir(system.rhs, 1), ("rhs",), tempfile.mkdtemp())
    x, p, t, d = (aligned_zeros(array.size) for array in system.rhs.arrays)
    p[:] = patients_of(odes, 1)[0]
    rhs = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(code.address("rhs"))
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (x, p, t, d)]

    def slope(state: np.ndarray, day: float) -> np.ndarray:
        x[:], t[0] = state, day
        rhs(*pointers)
        return d.copy()

    for first, last in itertools.pairwise(days):  # restarted at every check, where rules would act
        start = odeint(slope, start, [first, last], rtol=1e-6, atol=1e-6, mxstep=100_000)[-1]


def main() -> None:
    """Print the table."""
    model = assemble(RECIPE)
    odes = read_sbml(model.sbml)
    scales: dict[str, dict[str, float]] = {"log": {}, "linear": {}}
    for name, state in model.states.items():
        scales[state.integrate][name] = state.scale
    options: dict[str, Any] = {
        "log_scales": scales["log"], "linear_scales": scales["linear"], "outputs": odes.states,
    }  # fmt: skip
    print(
        f"{RECIPE}: {len(odes.states)} states, {len(odes.parameters)} parameters, {len(odes.assignments)} assignments"
    )
    with tempfile.TemporaryDirectory() as folder:
        first = least(lambda: compile_model(odes, **options, cache_dir=folder), 1)
        again = least(lambda: compile_model(odes, **options, cache_dir=folder))
        compiled = compile_model(odes, **options, cache_dir=folder)
    print(f"model to machine code     {first:8.2f} s    from the cache {again:.2f} s")
    print(
        f"integrator, first call    {least(lambda: run(compiled, MONTH[:2], 8), 1):8.2f} s    (about 5 s once per installation)"
    )
    for name, days in (("28 days", MONTH), ("5 years", YEARS)):
        ensemble = run(compiled, days, PATIENTS)
        seconds = least(lambda days=days: run(compiled, days, PATIENTS))
        print(
            f"{name}: {1e6 * seconds / PATIENTS:6.0f} µs a patient, {ensemble.steps.mean():5.0f} steps,"
            f" {1e6 * seconds / ensemble.steps.sum():.2f} µs a step, {(ensemble.status >= 2).sum()} of {PATIENTS} failed"
        )
    after_dose = run(compiled, MONTH[:2], 1)
    scale = np.array([scales["log"].get(name, 0.0) for name in odes.states])
    natural = after_dose.outputs[0, 0] + np.array([1e8 if name == INFUSED else 0.0 for name in odes.states])
    start = np.where(scale > 0, np.log1p(natural / np.where(scale > 0, scale, 1.0)), natural)
    print(
        f"28 days by LSODA (1e-6): {1e6 * least(lambda: lsoda(odes, scales['log'], start, MONTH), 1):6.0f} µs a patient"
    )


if __name__ == "__main__":
    main()
