"""Compiled likelihood of measurements given individual parameters; censored ones count by their probability (M3).

Rows are (patient, individual parameters): one line for each chain or sample of a patient. A row's numbers depend on
that row alone, so that any order and any number of threads gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import float64, int64, types, void

from livingdrug.engine.kept import kept
from livingdrug.fitting.error_models import ADDITIVE, COMBINED, COMBINED_ROOT, LOGNORMAL, PROPORTIONAL
from livingdrug.fitting.structure import PREDICTOR

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_ROOT_HALF = math.sqrt(0.5)
_SMALLEST_ERROR = 1e-10
"""Where a proportional error would vanish with the level, in the unit of the data."""


def _compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    def wrap(function: Callable[..., Any]) -> Any:
        return kept(function, signature, nogil=True, error_model="numpy")

    return wrap


@_compiled(float64(float64))
def log_normal_cdf(z):
    """Logarithm of the normal distribution function, without underflow."""
    if z > 8.5:  # log1p would change nothing
        return -0.5 * math.erfc(z * _ROOT_HALF) if z < 38.0 else 0.0
    if z > 0.0:
        return math.log1p(-0.5 * math.erfc(z * _ROOT_HALF))
    if z > -25.0:
        return math.log(0.5 * math.erfc(-z * _ROOT_HALF))
    # asymptotic series; four terms are good to 1e-11 beyond 25 standard deviations
    w = 1.0 / (z * z)
    return (
        -0.5 * z * z
        - _HALF_LOG_2PI
        - math.log(-z)
        + math.log1p(-w * (1.0 - 3.0 * w * (1.0 - 5.0 * w * (1.0 - 7.0 * w))))
    )


@_compiled(types.UniTuple(float64, 2)(int64, float64, float64, float64))
def error_size(code, a, b, f):
    """Standard deviation of a measurement and its derivative in the level."""
    level = abs(f)
    sign = 1.0 if f >= 0.0 else -1.0
    if code in (ADDITIVE, LOGNORMAL):
        return a, 0.0
    if code == PROPORTIONAL:
        return max(b * level, _SMALLEST_ERROR), b * sign
    if code == COMBINED:
        return a + b * level, b * sign
    g = math.sqrt(a * a + b * b * f * f)
    return g, b * b * f / g


@_compiled(float64(float64, int64, float64, int64, float64, float64, float64))
def compared_density(y, censored, f, code, a, b, log_a):
    """Log density of one measurement on the scale on which it is compared, or log probability of a censored one.

    `y` is the value, or its logarithm where the error is lognormal; `log_a` the logarithm of a.
    """
    if code == LOGNORMAL:
        if not f > 0.0:
            return -math.inf
        z = (y - math.log(f)) / a
        log_g = log_a
    elif code == ADDITIVE:
        z = (y - f) / a
        log_g = log_a
    else:
        g = error_size(code, a, b, f)[0]
        z = (y - f) / g
        log_g = math.log(g)
    if not math.isfinite(z):
        return -math.inf
    if censored == 0:
        return -0.5 * z * z - log_g - _HALF_LOG_2PI
    return log_normal_cdf(z if censored > 0 else -z)


@_compiled(float64(float64, int64, float64, int64, float64, float64))
def log_density(y, censored, f, code, a, b):
    """Log density of one measurement as it is given, or log probability of a censored one."""
    if code == LOGNORMAL:
        jacobian = -math.log(y) if censored == 0 else 0.0
        return compared_density(math.log(y), censored, f, code, a, b, math.log(a)) + jacobian
    return compared_density(y, censored, f, code, a, b, math.log(a))


@_compiled(float64(int64, float64))
def from_normal_scale(code, x):
    """A parameter from its normal scale; codes as in `transforms.CODES`."""
    if code == 0:
        return x
    if code == 1:
        return math.exp(min(x, 700.0))
    if code == 2:
        return 1.0 / (1.0 + math.exp(-x))
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@_compiled(float64(int64, float64, float64))
def shifted(code, value, by):
    """A parameter moved on its normal scale; codes as in `transforms.CODES` but for the probit."""
    if code == 0:
        return value + by
    if code == 1:
        return value * math.exp(min(by, 700.0))
    return value / (value + (1.0 - value) * math.exp(-by))


@_compiled(
    void(
        PREDICTOR, float64[::1], float64[::1], int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64,
        float64[::1], float64[::1],
    )
)  # fmt: skip
def fill_levels(model, psi, time, output, occasion, doses, varying, occasions, room, level):
    """Levels of one patient; parameters that differ between occasions are moved for the measurements of each.

    `varying` holds the number and the scale of each such parameter, shaped (v, 2); its moves stand in `psi` behind the
    parameters of the model, one for each occasion. `room` is for one occasion's parameters.
    """
    if varying.shape[0] == 0:
        model(psi, time, output, doses, level)
        return
    p = psi.size - varying.shape[0] * occasions
    begin = 0
    while begin < time.size:
        end = begin + 1
        while end < time.size and occasion[end] == occasion[begin]:
            end += 1
        for j in range(p):
            room[j] = psi[j]
        for v in range(varying.shape[0]):
            j = varying[v, 0]
            room[j] = shifted(varying[v, 1], psi[j], psi[p + v * occasions + occasion[begin]])
        model(room[:p], time[begin:end], output[begin:end], doses, level[begin:end])
        begin = end


@_compiled(
    void(
        PREDICTOR, float64[:, ::1], int64[::1], int64[::1], int64[::1], float64[::1], float64[::1], int64[::1],
        int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64[::1], float64[::1], float64[::1],
        float64[::1],
    )
)  # fmt: skip
def row_likelihood(
    model, psi, who, first, first_dose, time, value, censored, output, occasion, doses, varying, occasions, code, a, b,
    result,
):  # fmt: skip
    """Log likelihood of each row's measurements on the scale on which they are compared.

    Shapes as in `likelihood.Likelihood`; `value` holds logarithms where the error is lognormal.
    """
    log_a = np.log(a)
    longest = 0
    for i in range(first.size - 1):
        longest = max(longest, first[i + 1] - first[i])
    f, room = np.empty(longest), np.empty(psi.shape[1])
    for r in range(psi.shape[0]):
        p = who[r]
        begin, end = first[p], first[p + 1]
        n = end - begin
        mine = doses[first_dose[p] : first_dose[p + 1]]
        fill_levels(
            model,
            psi[r],
            time[begin:end],
            output[begin:end],
            occasion[begin:end],
            mine,
            varying,
            occasions,
            room,
            f[:n],
        )
        total = 0.0
        for i in range(n):
            j = begin + i
            k = output[j]
            total += compared_density(value[j], censored[j], f[i], code[k], a[k], b[k], log_a[k])
        result[r] = total if not math.isnan(total) else -math.inf


@_compiled(
    void(
        PREDICTOR, float64[:, ::1], int64[::1], int64[::1], int64[::1], float64[::1], int64[::1], int64[::1],
        float64[:, ::1], int64[:, ::1], int64, int64[::1], float64[::1],
    )
)  # fmt: skip
def row_levels(model, psi, who, first, first_dose, time, output, occasion, doses, varying, occasions, start, level):
    """Levels of each row at its patient's times, one row after the other; row r begins at start[r]."""
    own = np.empty(psi.shape[1])
    for r in range(psi.shape[0]):
        p = who[r]
        begin, end = first[p], first[p + 1]
        room = level[start[r] : start[r] + end - begin]
        mine = doses[first_dose[p] : first_dose[p + 1]]
        fill_levels(
            model, psi[r], time[begin:end], output[begin:end], occasion[begin:end], mine, varying, occasions, own, room
        )


_MEASURED: Any = types.UniTuple(float64, 9)


@_compiled(_MEASURED(float64, int64, float64, int64, float64, float64))
def measured_terms(y, censored, f, code, a, b):
    """One measurement's log density and its derivatives, on the scale on which it is compared (see `compared_density`).

    Gives density, derivative in the level, expected curvature in the level, derivatives in log a and log b, what is
    needed for second derivatives: -(curvature) weights times shares u_a and u_b, and the plain second-order pull.
    In order: density, slope, weight, score_a, score_b, u_a, u_b, curve, pull; second derivatives of log a and log b are
    then -curve u_j u_k + pull m u_j (δ_jk - u_k), with m = 2 for combined_root and 1 otherwise.
    """
    if code == LOGNORMAL:
        if not f > 0.0:
            return -math.inf, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan
        inner = 1.0 / f  # derivative of the compared scale in the level
        f = math.log(f)
        g, bend = a, 0.0
    else:
        inner = 1.0
        g, bend = error_size(code, a, b, f)
    if code in (ADDITIVE, LOGNORMAL):
        ua, ub = 1.0, 0.0
    elif code == PROPORTIONAL:
        ua, ub = 0.0, 1.0
    elif code == COMBINED:
        ua, ub = a / g, b * abs(f) / g
    else:
        ua, ub = (a / g) ** 2, (b * f / g) ** 2
    z = (y - f) / g
    if not math.isfinite(z):
        return -math.inf, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan
    if censored == 0:
        density = -0.5 * z * z - math.log(g) - _HALF_LOG_2PI
        slope = inner * (z / g + (z * z - 1.0) * bend / g)
        weight = inner * inner * (1.0 / (g * g) + 2.0 * (bend / g) ** 2)
        pull, curve = z * z - 1.0, 2.0 * z * z
    else:
        side = 1.0 if censored > 0 else -1.0
        s = side * z
        density = log_normal_cdf(s)
        hazard = math.exp(-0.5 * s * s - _HALF_LOG_2PI - density)
        ds = side * inner * (-1.0 / g - z * bend / g)
        slope = hazard * ds
        weight = max(hazard * (hazard + s), 0.0) * ds * ds
        pull, curve = -hazard * s, s * s * hazard * (hazard + s) - hazard * s
    return density, slope, weight, pull * ua, pull * ub, ua, ub, curve, pull


@_compiled(
    void(
        float64[::1], float64[::1], int64[::1], int64[::1], int64[::1], float64[::1], float64[::1],
        float64[::1], float64[::1], float64[::1],
    )
)  # fmt: skip
def level_terms(level, value, censored, output, code, a, b, density, slope, weight):
    """Each measurement's log density, its derivative in the level, and the expected curvature in the level."""
    for i in range(level.size):
        k = output[i]
        found = measured_terms(value[i], censored[i], level[i], code[k], a[k], b[k])
        density[i], slope[i], weight[i] = found[0], found[1], found[2]


@_compiled(
    void(
        float64[::1], int64[::1], int64[::1], int64[::1], float64[::1], int64[::1], int64[::1], int64[::1],
        float64[::1], float64[::1], float64[::1], float64[:, ::1], float64[:, ::1], float64[:, ::1],
    )
)  # fmt: skip
def row_sums(level, start, who, first, value, censored, output, code, a, b, density, score, bend, curvature):
    """By row: log likelihood, its derivatives in log a and log b of each output (rows, 2 outputs), their second
    derivatives aa, ab, bb (rows, 3 outputs), and a positive curvature of the same shape.
    """
    for r in range(who.size):
        total = 0.0
        for i in range(start[r + 1] - start[r]):
            m = first[who[r]] + i
            k = output[m]
            t = measured_terms(value[m], censored[m], level[start[r] + i], code[k], a[k], b[k])
            total += t[0]
            if not math.isfinite(t[0]):
                continue
            factor = 2.0 if code[k] == COMBINED_ROOT else 1.0
            ua, ub, curve, pull = t[5], t[6], t[7], t[8]
            score[r, 2 * k] += t[3]
            score[r, 2 * k + 1] += t[4]
            bend[r, 3 * k] += -curve * ua * ua + pull * factor * ua * (1.0 - ua)
            bend[r, 3 * k + 1] += -curve * ua * ub - pull * factor * ua * ub
            bend[r, 3 * k + 2] += -curve * ub * ub + pull * factor * ub * (1.0 - ub)
            # between the observed curvature (far away) and the expected one: the right size on both sides
            steady = pull + 2.0 if censored[m] == 0 else max(curve + pull, 0.0)
            curvature[r, 3 * k] += steady * ua * ua
            curvature[r, 3 * k + 1] += steady * ua * ub
            curvature[r, 3 * k + 2] += steady * ub * ub
        density[r] = total if not math.isnan(total) else -math.inf


@_compiled(
    void(
        PREDICTOR, float64[:, ::1], float64[::1], int64[::1], int64[::1], int64[::1], float64[::1], float64[::1],
        int64[::1], int64[::1], int64[::1], float64[:, ::1], int64[:, ::1], int64, int64[::1], float64[::1], float64[::1],
        int64[::1], int64[::1], float64[:, ::1], float64[:, ::1], float64[:, ::1], float64[:, :, ::1], float64[:, ::1],
        float64[:, ::1], int64[::1], int64, int64, types.boolean[:, ::1],
    )
)  # fmt: skip
def row_sweep(
    model, phi, fit, who, first, first_dose, time, value, censored, output, occasion, doses, varying, occasions, code, a,
    b, scales, random, centre, root, inverse_root, own, z, log_u, kinds, from_row, to_row, taken,
):  # fmt: skip
    """Metropolis proposals of rows from_row … to_row - 1, in place; see `sampling`.

    `kinds` says what each proposal moves: -2 everything from the population, -1 everything by the patient's own root,
    j parameter j alone; `z` (proposals d, rows) holds normal numbers, already in units of the step.
    """
    d, p = random.size, phi.shape[1]
    log_a = np.log(a)
    longest = 0
    for i in range(first.size - 1):
        longest = max(longest, first[i + 1] - first[i])
    f, psi, room = np.empty(longest), np.empty(p), np.empty(p)
    eta, new, trial = np.empty(d), np.empty(d), np.empty(p)
    for r in range(from_row, to_row):
        who_r = who[r]
        begin, end = first[who_r], first[who_r + 1]
        mine = doses[first_dose[who_r] : first_dose[who_r + 1]]
        cost = 0.0
        for j in range(d):
            eta[j] = phi[r, random[j]] - centre[who_r, j]
        for j in range(d):
            white = 0.0
            for i in range(d):
                white += eta[i] * inverse_root[i, j]
            cost += 0.5 * white * white
        for j in range(p):
            trial[j] = phi[r, j]
            psi[j] = from_normal_scale(scales[j], trial[j])
        for q in range(kinds.size):
            kind = kinds[q]
            for j in range(d):
                new[j] = eta[j]
            if kind == -2:
                for j in range(d):
                    new[j] = 0.0
                    for i in range(j + 1):
                        new[j] += root[j, i] * z[q * d + i, r]
            elif kind == -1:
                for j in range(d):
                    for i in range(j + 1):
                        new[j] += own[who_r, j, i] * z[q * d + i, r]
            else:
                new[kind] += z[q * d, r]
            new_cost = 0.0
            for j in range(d):
                white = 0.0
                for i in range(d):
                    white += new[i] * inverse_root[i, j]
                new_cost += 0.5 * white * white
            for j in range(d):
                if kind < 0 or j == kind:
                    psi[random[j]] = from_normal_scale(scales[random[j]], centre[who_r, j] + new[j])
            fill_levels(
                model, psi, time[begin:end], output[begin:end], occasion[begin:end], mine, varying, occasions, room,
                f[: end - begin],
            )  # fmt: skip
            total = 0.0
            for i in range(end - begin):
                m = begin + i
                k = output[m]
                total += compared_density(value[m], censored[m], f[i], code[k], a[k], b[k], log_a[k])
            gain = total - fit[r]
            if kind != -2:
                gain -= new_cost - cost
            accepted = log_u[q, r] < gain
            taken[q, r] = accepted
            if accepted:
                fit[r] = total
                cost = new_cost
                for j in range(d):
                    eta[j] = new[j]
                    phi[r, random[j]] = centre[who_r, j] + new[j]
            else:
                for j in range(d):
                    if kind < 0 or j == kind:
                        psi[random[j]] = from_normal_scale(scales[random[j]], phi[r, random[j]])
