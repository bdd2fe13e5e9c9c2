"""SciPy's LSODA (odeint) on a right-hand side compiled by Numba."""

from __future__ import annotations

import numpy as np

from benchmarks.formulas import numba_rhs
from benchmarks.reference import Reference
from benchmarks.workload import Workload


class Peer:
    name = "SciPy LSODA (odeint), compiled rhs"
    tolerances = (1e-4, 1e-5, 1e-6, 1e-7)

    def __init__(self, work: Workload, truth: Reference) -> None:
        from numba import njit

        self.work, self.truth = work, truth
        f = numba_rhs(work.ready.odes)

        @njit
        def slope(t, y, p):
            yp = np.empty_like(y)
            f(t, y, yp, p)
            return yp

        self.slope = slope

    def course(self, tolerance: float) -> np.ndarray:
        from scipy.integrate import odeint

        truth, checks = self.truth, self.work.checks
        found = np.full_like(truth.before, np.nan)
        options = {"rtol": tolerance, "atol": tolerance * self.work.scales, "tfirst": True, "mxstep": 100_000}
        options["full_output"] = True  # says whether it arrived
        for i in range(len(self.work)):
            y = truth.before[i, 0].copy()
            found[i, 0] = y
            for g in range(truth.last[i]):
                y = truth.told(y, i, g)
                states, about = odeint(self.slope, y, checks[g : g + 2], args=(self.work.table[i],), **options)
                if about["message"] != "Integration successful.":
                    raise RuntimeError(f"patient {i}, day {checks[g]:g}: {about['message']}")
                y = states[-1]
                found[i, g + 1] = y
        return found
