"""One patient from one moment to the next: Rodas4 with error control, stopping exactly where a switch turns.

A step is taken with all switches held. If at its end a switch should have another value, the step is halved until two
neighbouring moments are found between which it turns; the patient stops at the later one. Compiled once by Numba.
"""

from __future__ import annotations

import math

import numpy as np

from livingdrug.engine.integrate import _call
from livingdrug.engine.kept import compiled
from livingdrug.engine.rosenbrock import EXPLODES, NEGLIGIBLE
from livingdrug.engine.steppers.rodas4 import RODAS4

ARRIVED, TURNED, STEP_TOO_SMALL, NOT_FINITE, TOO_MANY_STEPS = range(5)
RHS, LINEARISE, SWITCH = range(3)
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0  # usual choices of step control (Hairer & Wanner II, IV.2)
_SMALLEST_SIZE = 1e-290  # a state that stays exactly 0 is no error, even without an absolute tolerance
_RESOLUTION = 1e-17  # of the time gone by: how near a turn is searched
_EXCHANGE = 1e3  # rows are exchanged for a pivot larger by this than the one on the diagonal
_HALVINGS = 1100  # enough to come from the longest step to two neighbouring numbers
GAMMA = RODAS4.gamma


def coefficients() -> np.ndarray:
    """Rodas4 as (3, s, s): a, complete with the row of its stiffly accurate last stage; c; alpha and d as rows."""
    return np.ascontiguousarray(RODAS4.table()[:, : RODAS4.n_stages])


@compiled
def _factorise_listed(J, W, shift, order, columns, rows, below, first):
    """Factors of shift - J in place, by the model's `Pattern`; False where rows would have to be exchanged, or there is no list."""
    n = order.size
    if columns.size == 0:
        return False
    for i in range(n):
        order[i] = i
        for q in range(rows[0, i], rows[0, i + 1]):
            W[i, columns[q]] = -J[i * n + columns[q]]
        W[i, i] += shift
    for k in range(n):
        pivot = W[k, k]
        for r in range(first[k], first[k + 1]):
            if abs(W[below[r], k]) > _EXCHANGE * abs(pivot):
                return False
        if not math.isfinite(pivot):
            return False
        for r in range(first[k], first[k + 1]):
            i = below[r]
            if W[i, k] != 0.0:
                W[i, k] /= pivot
                part = W[i, k]
                for q in range(rows[1, k] + 1, rows[0, k + 1]):
                    W[i, columns[q]] -= part * W[k, columns[q]]
    return True


@compiled
def _factorise(J, W, shift, order, places, rows):
    """Factors of shift - J in place, with row exchanges; every place is looked at. False for a pivot that is no number."""
    n = order.size
    for i in range(n):
        order[i] = i
        for j in range(n):
            W[i, j] = -J[i * n + j]
        W[i, i] += shift
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            # the diagonal where it will do: there the sign of a pivot says what grows
            if abs(W[i, k]) > (abs(W[best, k]) if best > k else _EXCHANGE * abs(W[k, k])):
                best = i
        if best != k:
            for j in range(n):
                W[k, j], W[best, j] = W[best, j], W[k, j]
            order[k], order[best] = order[best], order[k]
        if not math.isfinite(W[k, k]):
            return False  # an infinite slope would hold the state in place
        width = -1
        for i in range(k + 1, n):
            if W[i, k] != 0.0:
                if width < 0:
                    width = 0
                    for j in range(k + 1, n):
                        if W[k, j] != 0.0:
                            places[width] = j
                            width += 1
                W[i, k] /= W[k, k]
                if 2 * width > n - k:
                    for j in range(k + 1, n):
                        W[i, j] -= W[i, k] * W[k, j]
                else:
                    for q in range(width):
                        W[i, places[q]] -= W[i, k] * W[k, places[q]]
    filled = 0
    for i in range(n):
        rows[0, i] = filled
        for j in range(n):
            if j == i:
                rows[1, i] = filled
            if j == i or W[i, j] != 0.0:
                places[filled] = j
                filled += 1
    rows[0, n] = filled
    return True


@compiled
def _step(addresses, method, gamma, tolerances, listed, x, p, c, t, h, new, d, J, W, K, u, now, order, places, rows):
    """One Rosenbrock step; the new state, and as result the error norm.

    The matrix has a place for every number, and only those that are not 0 are worked with: by the model's list, or, where rows are
    exchanged, by `places`: columns of row i from ``rows[0, i]``, its diagonal at ``rows[1, i]``.
    """
    n, stages = x.size, method.shape[1]
    now[0] = t
    _call(addresses[LINEARISE], (x, p, c, now, d, J))
    shift = 1.0 / (gamma * h)
    if _factorise_listed(J, W, shift, order, listed[0], listed[1], listed[2], listed[3]):
        places, rows = listed[0], listed[1]
    elif not _factorise(J, W, shift, order, places, rows):
        return math.nan
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
            for q in range(rows[0, i], rows[1, i]):
                value -= W[i, places[q]] * K[stage, places[q]]
            K[stage, i] = value
        for i in range(n - 1, -1, -1):
            for q in range(rows[1, i] + 1, rows[0, i + 1]):
                K[stage, i] -= W[i, places[q]] * K[stage, places[q]]
            K[stage, i] /= W[i, i]
    total = 0.0
    for s in range(n):
        new[s] = u[s] + K[stages - 1, s]
        size = max(tolerances[0, s] + tolerances[1, s] * max(abs(x[s]), abs(new[s])), _SMALLEST_SIZE)
        total += (K[stages - 1, s] / size + 0.0 * new[s]) ** 2
        if W[s, s] < 0.0 and order[s] == s and abs(K[0, s]) > NEGLIGIBLE * size:
            total += n * EXPLODES**2  # this step would damp what grows
    return math.sqrt(total / n)


@compiled
def first_step(addresses, tolerances, x, p, c, time, longest):
    """A step short enough for the slopes at the start and their change (Hairer, Norsett & Wanner I, II.4)."""
    n, d, other, now = x.size, np.zeros(x.size), np.zeros(x.size), np.full(1, time)
    size = np.zeros(n)
    here, slope, bend = 0.0, 0.0, 0.0
    _call(addresses[RHS], (x, p, c, now, d))
    for s in range(n):
        size[s] = max(tolerances[0, s] + tolerances[1, s] * abs(x[s]), _SMALLEST_SIZE)
        here += (x[s] / size[s]) ** 2 / n
        slope += (d[s] / size[s]) ** 2 / n
    if not math.isfinite(slope):
        return 1e-6 * longest
    h = 0.01 * math.sqrt(here / slope) if here > 1e-10 and slope > 1e-10 else 1e-6 * longest
    h = min(h, longest)
    _call(addresses[RHS], (x + h * d, p, c, now, other))
    for s in range(n):
        bend += ((other[s] - d[s]) / size[s]) ** 2 / n
    steepest = max(math.sqrt(slope), math.sqrt(bend) / h)
    if not math.isfinite(steepest):
        return 1e-3 * h
    again = (0.01 / steepest) ** 0.2 if steepest > 1e-15 else max(1e-6 * longest, 1e-3 * h)
    return min(100 * h, again, longest)


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
def _states_turn(addresses, x, p, c, time, follows, w, now):
    """Whether a switch that follows the states should have another value than it has."""
    _turned(addresses, x, p, c, time, w, now)
    for k in range(c.size):  # noqa: SIM110 - Numba has no any() of a generator
        if follows[k] and w[k] != c[k] and not (math.isnan(w[k]) and math.isnan(c[k])):
            return True
    return False


@compiled
def advance(addresses, method, gamma, tolerances, limits, follows, listed, x, p, c, clock, target, target_time):
    """Go on to a moment, or to the first turn of a switch before it.

    Moments are counted from the start, so that a short step is still a step at any time of the model; kernels get the
    model's time, which is the moment plus the origin.

    Parameters
    ----------
    addresses
        Of rhs, linearise, switch; (3,) int64.
    method, gamma, tolerances
        As from `coefficients`; (2, S) absolute and relative.
    limits
        (5,) smallest step at the start, longest step, most steps, how far past a turn to go at most, the origin.
    follows
        (switches,) 1 for a switch that follows the states, 0 for one of time alone.
    listed
        The arrays of the model's `Pattern`.
    x, p, c
        States, parameters, switches of the patient; x is changed.
    clock
        (4,): moment, step to try next, steps so far, the model's time; changed.
    target, target_time
        The moment, and the model's time then.

    Returns
    -------
    ARRIVED, TURNED (c not yet changed), or what went wrong.
    """
    n, stages = x.size, method.shape[1]
    new, late, d, u, now = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(1)
    J, W, K = np.zeros(n * n + n), np.zeros((n, n)), np.zeros((stages, n))
    order, w = np.zeros(n, np.int64), np.zeros(c.size)
    places, rows = np.empty(n * n + 1, np.int64), np.zeros((2, n + 1), np.int64)
    smallest, longest, most_steps, most_past, origin = limits[0], limits[1], limits[2], limits[3], limits[4]
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
        time = clock[3] if t == clock[0] else origin + t
        error = _step(
            addresses, method, gamma, tolerances, listed, x, p, c, time, h, new, d, J, W, K, u, now, order, places, rows
        )
        if not error <= 1.0:
            finite = math.isfinite(error)
            wanted = h * (max(_SHRINK, _SAFETY * error**-0.25) if finite else 0.1)
            if wanted < max(smallest, 1e-15 * t):
                return STEP_TOO_SMALL if finite else NOT_FINITE
            continue
        proposed = h * min(_GROW, _SAFETY * max(error, 1e-8) ** -0.25)
        end = target if lands else t + h
        end_time = target_time if lands else origin + end
        if _turned(addresses, new, p, c, end_time, w, now):
            low, high = 0.0, h
            near = _RESOLUTION * end + 2e-16 * abs(origin)
            for _ in range(_HALVINGS):
                middle = 0.5 * (low + high)
                moment = t + middle
                if moment <= t + low or moment >= end or high - low <= near:
                    break
                _step(
                    addresses,
                    method,
                    gamma,
                    tolerances,
                    listed,
                    x,
                    p,
                    c,
                    time,
                    middle,
                    late,
                    d,
                    J,
                    W,
                    K,
                    u,
                    now,
                    order,
                    places,
                    rows,
                )
                if _turned(addresses, late, p, c, origin + moment, w, now):
                    high, end, end_time = middle, moment, origin + moment
                    new[:] = late
                else:
                    low = middle
            # At the turn itself the sides of a comparison are equal but for rounding, and an event that scales both could
            # turn it back: go a little past it. What depends on time alone turns at its very moment, together with what
            # depends on states and would turn within the same little while.
            _turned(addresses, new, p, c, end_time, w, now)
            of_states, of_time = False, False
            for k in range(c.size):
                if w[k] != c[k]:
                    of_states, of_time = of_states or follows[k] == 1, of_time or follows[k] == 0
            past = high + min(most_past, 1e-6 * end) + 1e-15 * abs(origin)
            if of_states:
                past = min(past, h)
            if past > high and (of_states or of_time):
                moment = target if lands and past == h else t + past
                moment_time = target_time if lands and past == h else origin + moment
                _step(
                    addresses,
                    method,
                    gamma,
                    tolerances,
                    listed,
                    x,
                    p,
                    c,
                    time,
                    past,
                    late,
                    d,
                    J,
                    W,
                    K,
                    u,
                    now,
                    order,
                    places,
                    rows,
                )
                if of_states:
                    if _turned(addresses, late, p, c, moment_time, w, now):
                        new[:] = late
                        end, end_time = moment, moment_time
                elif _states_turn(addresses, late, p, c, end_time, follows, w, now):
                    new[:] = late
            x[:] = new
            clock[0], clock[1], clock[3] = end, proposed, end_time
            return TURNED
        x[:] = new
        t = end
        wanted = max(proposed, wanted) if lands and error < 0.3 else proposed
        clock[0], clock[1], clock[3] = t, wanted, end_time
    return ARRIVED
