"""One patient from one moment to the next: Rodas4 with error control, stopping exactly where a switch turns.

A step is taken with all switches held. If at its end a switch should have another value, the step is halved until two
neighbouring moments are found between which it turns; the patient stops at the later one. Compiled once by Numba.
"""

from __future__ import annotations

import math

import numpy as np

from livingdrug.engine.integrate import _call, compiled
from livingdrug.engine.steppers.rodas4 import RODAS4

ARRIVED, TURNED, STEP_TOO_SMALL, NOT_FINITE, TOO_MANY_STEPS = range(5)
RHS, LINEARISE, SWITCH = range(3)
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0  # usual choices of step control (Hairer & Wanner II, IV.2)
_SMALLEST_SIZE = 1e-290  # a state that stays exactly 0 is no error, even without an absolute tolerance
_PAST = 1000.0  # smallest steps: 1e-12 of the whole time
_HALVINGS = 1100  # enough to come from the longest step to two neighbouring numbers
GAMMA = RODAS4.gamma


def coefficients() -> np.ndarray:
    """Rodas4 as (3, s, s): a, complete with the row of its stiffly accurate last stage; c; alpha and d as rows."""
    stages = len(RODAS4.alpha)
    table = np.zeros((3, stages, stages))
    for j, row in enumerate(RODAS4.a, start=1):
        table[0, j, : len(row)] = row
    table[0, -1, : stages - 2], table[0, -1, stages - 2] = table[0, -2, : stages - 2], 1.0
    for j, row in enumerate(RODAS4.c, start=1):
        table[1, j, : len(row)] = row
    table[2, 0], table[2, 1] = RODAS4.alpha, RODAS4.d
    return table


@compiled
def _step(addresses, method, gamma, tolerances, x, p, c, t, h, new, d, J, W, K, u, now, order):
    """One Rosenbrock step with a dense matrix and row exchanges; the new state, and as result the error norm."""
    n, stages = x.size, method.shape[1]
    now[0] = t
    _call(addresses[LINEARISE], (x, p, c, now, d, J))
    for i in range(n):
        order[i] = i
        for j in range(n):
            W[i, j] = -J[i * n + j]
        W[i, i] += 1.0 / (gamma * h)
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(W[i, k]) > abs(W[best, k]):
                best = i
        if best != k:
            for j in range(n):
                W[k, j], W[best, j] = W[best, j], W[k, j]
            order[k], order[best] = order[best], order[k]
        for i in range(k + 1, n):
            if W[i, k] != 0.0:
                W[i, k] /= W[k, k]
                for j in range(k + 1, n):
                    W[i, j] -= W[i, k] * W[k, j]
    for stage in range(stages):
        if stage > 0:
            for s in range(n):
                value = x[s]
                for k in range(stage):
                    value += method[0, stage, k] * K[k, s]
                u[s] = value
            now[0] = t + method[2, 0, stage] * h
            _call(addresses[RHS], (u, p, c, now, d))
        for i in range(n):
            s = order[i]
            value = d[s] + method[2, 1, stage] * h * J[n * n + s]
            for k in range(stage):
                value += method[1, stage, k] / h * K[k, s]
            for j in range(i):
                value -= W[i, j] * K[stage, j]
            K[stage, i] = value
        for i in range(n - 1, -1, -1):
            for j in range(i + 1, n):
                K[stage, i] -= W[i, j] * K[stage, j]
            K[stage, i] /= W[i, i]
    total = 0.0
    for s in range(n):
        new[s] = u[s] + K[stages - 1, s]
        size = max(tolerances[0, s] + tolerances[1, s] * max(abs(x[s]), abs(new[s])), _SMALLEST_SIZE)
        total += (K[stages - 1, s] / size + 0.0 * new[s]) ** 2
    return math.sqrt(total / n)


@compiled
def _turned(addresses, x, p, c, t, w, now):
    """Whether a switch should have another value than it has."""
    now[0] = t
    _call(addresses[SWITCH], (x, p, c, now, w))
    for k in range(c.size):  # noqa: SIM110 - Numba has no any() of a generator
        if w[k] != c[k] and not (math.isnan(w[k]) and math.isnan(c[k])):
            return True
    return False


@compiled
def settle(addresses, x, p, c, t, w, now):
    """Set the switches to what they should be; False if they never agree."""
    for _ in range(c.size + 2):
        if not _turned(addresses, x, p, c, t, w, now):
            return True
        c[:] = w
    return False


@compiled
def advance(addresses, method, gamma, tolerances, smallest, longest, most_steps, follows, x, p, c, clock, target):
    """Go on to a moment, or to the first turn of a switch before it.

    Parameters
    ----------
    addresses
        Of rhs, linearise, switch; (3,) int64.
    method, gamma, tolerances
        As from `coefficients`; (2, S) absolute and relative.
    smallest, longest, most_steps
        Limits of a step, and of their number. A turn is found to a hundredth of the smallest step, or to the next
        number that a float can hold.
    follows
        (switches,) 1 for a switch that follows the states, 0 for one of time alone.
    x, p, c
        States, parameters, switches of the patient; x is changed.
    clock
        (3,): time, step to try next, steps so far; changed.
    target
        The moment.

    Returns
    -------
    ARRIVED, TURNED (c not yet changed), or what went wrong.
    """
    n, stages = x.size, method.shape[1]
    new, late, d, u, now = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(1)
    J, W, K = np.zeros(n * n + n), np.zeros((n, n)), np.zeros((stages, n))
    order, w = np.zeros(n, np.int64), np.zeros(c.size)
    t, wanted = clock[0], clock[1]
    while t < target:
        h = min(wanted, longest)
        lands = h >= (target - t) * (1 - 1e-10)
        if lands:
            h = target - t
        elif t + 2 * h > target:
            h = 0.5 * (target - t)
        clock[2] += 1
        if clock[2] > most_steps:
            return TOO_MANY_STEPS
        error = _step(addresses, method, gamma, tolerances, x, p, c, t, h, new, d, J, W, K, u, now, order)
        if not error <= 1.0:
            finite = math.isfinite(error)
            wanted = h * (max(_SHRINK, _SAFETY * error**-0.25) if finite else 0.1)
            if wanted < smallest:
                return STEP_TOO_SMALL if finite else NOT_FINITE
            continue
        proposed = h * min(_GROW, _SAFETY * max(error, 1e-8) ** -0.25)
        end = target if lands else t + h
        if _turned(addresses, new, p, c, end, w, now):
            low, high = 0.0, h
            for _ in range(_HALVINGS):
                middle = 0.5 * (low + high)
                moment = t + middle
                if moment <= t + low or moment >= end or high - low <= 0.01 * smallest:
                    break
                _step(addresses, method, gamma, tolerances, x, p, c, t, middle, late, d, J, W, K, u, now, order)
                if _turned(addresses, late, p, c, moment, w, now):
                    high, end = middle, moment
                    new[:] = late
                else:
                    low = middle
            # At the turn itself the sides of a comparison are equal but for rounding, and an event that scales both could
            # turn it back: go a little past it. What depends on time alone turns at its very moment.
            _turned(addresses, new, p, c, end, w, now)
            past = min(high + _PAST * smallest, h)
            for k in range(c.size):
                if w[k] != c[k] and follows[k] and past > high:
                    moment = target if lands and past == h else t + past
                    _step(addresses, method, gamma, tolerances, x, p, c, t, past, late, d, J, W, K, u, now, order)
                    if _turned(addresses, late, p, c, moment, w, now):
                        new[:] = late
                        end = moment
                    break
            x[:] = new
            clock[0], clock[1] = end, proposed
            return TURNED
        x[:] = new
        t = end
        wanted = max(proposed, wanted) if lands and error < 0.3 else proposed
        clock[0], clock[1] = t, wanted
    return ARRIVED
