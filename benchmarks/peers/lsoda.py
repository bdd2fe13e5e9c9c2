"""SciPy's LSODA (odeint) on a right-hand side compiled by Numba."""

from __future__ import annotations

import numpy as np

from benchmarks.formulas import numba_rhs
from benchmarks.peers.cvode import _told
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
        for i in range(len(self.work)):
            y = truth.before[i, 0].copy()
            found[i, 0] = y
            for g in range(truth.last[i]):
                y = _told(y, truth, i, g)
                y = odeint(self.slope, y, checks[g : g + 2], args=(self.work.table[i],), **options)[-1]
                found[i, g + 1] = y
        return found
