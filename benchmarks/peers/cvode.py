"""CVODE (SUNDIALS) through scikit-sundae: BDF, dense Jacobian by differences, right-hand side compiled by Numba."""

from __future__ import annotations

import numpy as np

from benchmarks.formulas import numba_rhs
from benchmarks.reference import Reference
from benchmarks.workload import Workload


class Peer:
    name = "CVODE (scikit-sundae), compiled rhs"
    tolerances = (1e-4, 1e-5, 1e-6, 1e-7)

    def __init__(self, work: Workload, truth: Reference) -> None:
        self.work, self.truth, self.rhs = work, truth, numba_rhs(work.ready.odes)

    def course(self, tolerance: float) -> np.ndarray:
        from sksundae.cvode import CVODE

        f, checks, truth = self.rhs, self.work.checks, self.truth

        def rhs(t, y, yp, of_patient):
            f(t, y, yp, of_patient["row"])

        found = np.full_like(truth.before, np.nan)
        options = {"rtol": tolerance, "atol": tolerance * self.work.scales, "max_num_steps": 100_000}
        for i in range(len(self.work)):
            solver = CVODE(rhs, userdata={"row": self.work.table[i]}, **options)
            y = truth.before[i, 0].copy()
            found[i, 0] = y
            for g in range(truth.last[i]):
                done = solver.solve(checks[g : g + 2], truth.told(y, i, g))
                if not done.success:
                    raise RuntimeError(f"patient {i}, day {checks[g]:g}: {done.message}")
                y = done.y[-1]
                found[i, g + 1] = y
        return found
