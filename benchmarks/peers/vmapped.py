"""diffrax in a Python of its own (it needs jax): set LIVINGDRUG_DIFFRAX_PYTHON to an interpreter that has both.

python -m venv somewhere; somewhere/bin/pip install jax diffrax
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.formulas import jax_source
from benchmarks.reference import Reference
from benchmarks.workload import Workload


class Peer:
    """Times are those its own process reports for a second call, compilation excluded; one thread."""

    tolerances = (1e-4, 5e-5, 1e-5, 1e-6)

    def __init__(self, work: Workload, truth: Reference, solver: str) -> None:
        self.name = f"diffrax {solver}, vmap"
        self.work, self.truth, self.solver, self.seconds = work, truth, solver, np.nan

    @staticmethod
    def available() -> bool:
        return bool(os.environ.get("LIVINGDRUG_DIFFRAX_PYTHON"))

    def course(self, tolerance: float) -> np.ndarray:
        """States at checks; `seconds` is set to the processor time."""
        work, truth = self.work, self.truth
        script = Path(__file__).with_name("diffrax_course.py")
        one_thread = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
        with tempfile.TemporaryDirectory() as folder:
            given, found = Path(folder) / "work.npz", Path(folder) / "found.npz"
            np.savez(
                given, source=jax_source(work.ready.odes), scales=work.scales, checks=work.checks, table=work.table,
                before=truth.before, after=truth.after,
            )  # fmt: skip
            command = [os.environ["LIVINGDRUG_DIFFRAX_PYTHON"], script, given, found, self.solver, str(tolerance)]
            run = subprocess.run(command, capture_output=True, text=True, env=os.environ | one_thread, timeout=900)
            if run.returncode:
                raise RuntimeError(run.stderr.strip().splitlines()[-1])
            result = np.load(found)
            self.seconds = float(result["seconds"])
            return np.where(np.isnan(truth.before), np.nan, result["states"])
