"""Compiled likelihood of measurements given individual parameters; censored ones count by their probability (M3).

Rows are (patient, individual parameters): one line for each chain or sample of a patient. A row's numbers depend on
that row alone, so that any order and any number of threads gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import float64, int64, njit, types, void

from livingdrug.fitting.error_models import ADDITIVE, COMBINED, COMBINED_ROOT, LOGNORMAL, PROPORTIONAL
from livingdrug.fitting.structure import PREDICTOR

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_SMALLEST_ERROR = 1e-10
"""Where a proportional error would vanish with the level, in the unit of the data."""


def _compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    def wrap(function: Callable[..., Any]) -> Any:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
        try:
            return njit(signature, cache=True, **options)(function)
        except RuntimeError:  # no writable place for the cache
            return njit(signature, **options)(function)

    return wrap


@_compiled(float64(float64))
def log_normal_cdf(z):
    """Logarithm of the normal distribution function, without underflow."""
    if z > -25.0:
        return math.log(0.5 * math.erfc(-z / math.sqrt(2.0))) if z < 6.0 else -0.5 * math.erfc(z / math.sqrt(2.0))
    # asymptotic series; four terms are good to 1e-11 beyond 25 standard deviations
    w = 1.0 / (z * z)
    return -0.5 * z * z - _HALF_LOG_2PI - math.log(-z) + math.log1p(-w * (1.0 - 3.0 * w * (1.0 - 5.0 * w * (1.0 - 7.0 * w))))


@_compiled(types.UniTuple(float64, 2)(int64, float64, float64, float64))
def error_size(code, a, b, f):
    """Standard deviation of a measurement and its derivative in the level."""
    level = abs(f)
    sign = 1.0 if f >= 0.0 else -1.0
    if code == ADDITIVE or code == LOGNORMAL:
        return a, 0.0
    if code == PROPORTIONAL:
        return max(b * level, _SMALLEST_ERROR), b * sign
    if code == COMBINED:
        return a + b * level, b * sign
    g = math.sqrt(a * a + b * b * f * f)
    return g, b * b * f / g


@_compiled(float64(float64, int64, float64, int64, float64, float64))
def log_density(y, censored, f, code, a, b):
    """Log density of one measurement, or log probability of a censored one."""
    jacobian = 0.0
    if code == LOGNORMAL:
        if not f > 0.0:
            return -math.inf
        if censored == 0:
            jacobian = -math.log(y)
        y = math.log(y)
        f = math.log(f)
    g = error_size(code, a, b, f)[0]
    z = (y - f) / g
    if not math.isfinite(z):
        return -math.inf
    if censored == 0:
        return -0.5 * z * z - math.log(g) - _HALF_LOG_2PI + jacobian
    return log_normal_cdf(z if censored > 0 else -z)


@_compiled(
    void(
        PREDICTOR, float64[:, ::1], int64[::1], int64[::1], int64[::1], float64[::1], float64[::1], int64[::1],
        int64[::1], float64[:, ::1], int64[::1], float64[::1], float64[::1], float64[::1],
    )
)  # fmt: skip
def row_likelihood(model, psi, who, first, first_dose, time, value, censored, output, doses, code, a, b, result):
    """Log likelihood of each row's measurements; shapes as in `likelihood.Likelihood`."""
    longest = 0
    for i in range(first.size - 1):
        longest = max(longest, first[i + 1] - first[i])
    f = np.empty(longest)
    for r in range(psi.shape[0]):
        p = who[r]
        begin, end = first[p], first[p + 1]
        n = end - begin
        model(psi[r], time[begin:end], output[begin:end], doses[first_dose[p] : first_dose[p + 1]], f[:n])
        total = 0.0
        for i in range(n):
            j = begin + i
            k = output[j]
            total += log_density(value[j], censored[j], f[i], code[k], a[k], b[k])
        result[r] = total if not math.isnan(total) else -math.inf


@_compiled(
    void(
        PREDICTOR, float64[:, ::1], int64[::1], int64[::1], int64[::1], float64[::1], int64[::1], float64[:, ::1],
        int64[::1], float64[::1],
    )
)  # fmt: skip
def row_levels(model, psi, who, first, first_dose, time, output, doses, start, level):
    """Levels of each row at its patient's times, one row after the other; row r begins at start[r]."""
    for r in range(psi.shape[0]):
        p = who[r]
        begin, end = first[p], first[p + 1]
        room = level[start[r] : start[r] + end - begin]
        model(psi[r], time[begin:end], output[begin:end], doses[first_dose[p] : first_dose[p + 1]], room)


@_compiled(
    void(
        float64[::1], float64[::1], int64[::1], int64[::1], int64[::1], float64[::1], float64[::1],
        float64[::1], float64[::1], float64[::1], float64[:, ::1], float64[:, ::1],
    )
)  # fmt: skip
def level_terms(level, value, censored, output, code, a, b, density, slope, weight, score, share):
    """Derivatives of each measurement's log density.

    Writes log density, its derivative in the level, the expected curvature in the level, the derivatives in
    log a and log b (m, 2), and what log a and log b share of the log error (m, 2) times a curvature weight.
    """
    for i in range(level.size):
        k, f, y = output[i], level[i], value[i]
        g, bend = error_size(code[k], a[k], b[k], f)
        density[i] = log_density(y, censored[i], f, code[k], a[k], b[k])
        inner = 1.0  # derivative of the compared scale in the level
        if code[k] == LOGNORMAL:
            inner = 1.0 / f
            y, f = math.log(y), math.log(f)
        if code[k] == ADDITIVE or code[k] == LOGNORMAL:
            ua, ub = 1.0, 0.0
        elif code[k] == PROPORTIONAL:
            ua, ub = 0.0, 1.0
        elif code[k] == COMBINED:
            ua, ub = a[k] / g, b[k] * abs(f) / g
        else:
            ua, ub = (a[k] / g) ** 2, (b[k] * f / g) ** 2
        z = (y - f) / g
        if censored[i] == 0:
            slope[i] = inner * (z / g + (z * z - 1.0) * bend / g)
            weight[i] = inner * inner * (1.0 / (g * g) + 2.0 * (bend / g) ** 2)
            pull, curve = z * z - 1.0, z * z + 1.0
        else:
            side = 1.0 if censored[i] > 0 else -1.0
            s = side * z
            hazard = math.exp(-0.5 * s * s - _HALF_LOG_2PI - log_normal_cdf(s))
            ds = side * inner * (-1.0 / g - z * bend / g)
            slope[i] = hazard * ds
            weight[i] = max(hazard * (hazard + s), 0.0) * ds * ds
            pull, curve = -hazard * s, max(hazard * (hazard + s), 0.0) * s * s
        score[i, 0], score[i, 1] = pull * ua, pull * ub
        share[i, 0], share[i, 1] = math.sqrt(curve) * ua, math.sqrt(curve) * ub

