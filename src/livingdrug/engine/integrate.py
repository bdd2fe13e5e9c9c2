"""The generic integrator: patients on lanes, each with its own time and step. It knows no model, only kernel addresses.

A lane that finishes takes the next patient. Between two checks the time of a lane is counted from the last check, so
that a step of 1e-12 day is still a step after ten years. Compiled once per installation by Numba, kept on disk.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

STATUS = (
    "finished",
    "ended by the check program",
    "the step became too small (below 1e-12 day): the equations change too abruptly after the last check reached",
    "the equations gave something that is not a finite number after the last check reached",
    "too many steps: more than the limit of 200,000",
    "a dose or rule left a state that is not a finite number, or below minus the scale of a log state",
    "a starting value is not a finite number, or below minus the scale of a log state",
)
FINISHED, ENDED, STEP_TOO_SMALL, NOT_FINITE, TOO_MANY_STEPS, IMPOSSIBLE_CHANGE, IMPOSSIBLE_START = range(7)
# order of the kernel addresses
STEP, LINEARISE, RHS, RECORD, ACT = range(5)

_SMALLEST_STEP = 1e-12
_FIRST_STEP = 1e-3
# After a dose the solution may bend at once, as when 1e8 cells enter an empty compartment. Changes by the program do not
# shorten the step: a one-step method has no history to forget, and error control sees the new slopes.
_STEP_AFTER_DOSE = 1e-2
_PATIENCE = 6  # non-finite attempts in a row before the dense pivoted step is tried
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0  # usual choices of step control (Hairer & Wanner II, IV.2)


def compiled(function: Callable[..., Any]) -> Any:
    """A function compiled by Numba, cached on disk where a place for the cache can be written."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # Numba found no writable place for its cache, not even in the user's home
        _tell_of_no_cache()
        return njit(**options)(function)


@cache
def _tell_of_no_cache() -> None:
    log = logging.getLogger("livingdrug.engine")
    log.warning("no writable place to keep the compiled integrator; set NUMBA_CACHE_DIR to one to start faster")


def _typed_call(typing_context: Any, address: Any, arrays: Any) -> Any:
    """Call the function at an address with pointers to the data of a tuple of arrays."""
    kinds = arrays
    if not isinstance(arrays, types.BaseTuple):
        return None

    def generate(context, builder, signature, values):
        pointers = []
        for place, kind in enumerate(kinds):
            array = context.make_array(kind)(context, builder, value=builder.extract_value(values[1], place))
            pointers.append(builder.bitcast(array.data, ir.IntType(8).as_pointer()))
        function = ir.FunctionType(ir.VoidType(), [pointer.type for pointer in pointers])
        builder.call(builder.inttoptr(values[0], function.as_pointer()), pointers)
        return context.get_dummy_value()

    return types.void(address, arrays), generate


_call: Any = intrinsic(_typed_call)


@compiled
def _aligned(size):
    room = np.zeros(size + 8)
    first = (64 - room.ctypes.data % 64) % 64 // 8
    return room[first : first + size]


@compiled
def _seat(lane, lanes, patient, parameters, start, log_scales, x, p):
    """Put a patient's parameters and starting state (natural units) on a lane."""
    for s in range(start.shape[1]):
        y = start[patient, s]
        x[s * lanes + lane] = math.log1p(y / log_scales[s]) if log_scales[s] > 0 else y
    for q in range(parameters.shape[1]):
        p[q * lanes + lane] = parameters[patient, q]


@compiled
def _all_finite(x, lane, lanes, n):
    for s in range(n):  # noqa: SIM110 - Numba has no all() of a generator
        if not math.isfinite(x[s * lanes + lane]):
            return False
    return True


@compiled
def _dense_step(addresses, lane, lanes, pattern, gamma, method, x, p, t, h, J, u, d, weights, new):
    """One step of one lane with a dense matrix and row exchanges, for when the sparse step fails. Returns the error."""
    n, entries = x.size // lanes, pattern.shape[0]
    stages = method.shape[1]
    a, c, alpha, by_time = method[0], method[1], method[2, 0], method[2, 1]
    w, order = np.zeros((n, n)), np.arange(n)
    step, start = h[lane], t[lane]
    _call(addresses[LINEARISE], (x, p, t, d, J))
    for q in range(entries):
        w[pattern[q, 0], pattern[q, 1]] = -J[q * lanes + lane]
    for i in range(n):
        w[i, i] += 1.0 / (gamma * step)
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(w[i, k]) > abs(w[best, k]):
                best = i
        for j in range(n):
            w[k, j], w[best, j] = w[best, j], w[k, j]
        order[k], order[best] = order[best], order[k]
        for i in range(k + 1, n):
            w[i, k] /= w[k, k]
            for j in range(k + 1, n):
                w[i, j] -= w[i, k] * w[k, j]
    K, b = np.zeros((stages, n)), np.zeros(n)
    for stage in range(stages):
        if stage > 0:
            for s in range(n):
                value = x[s * lanes + lane]
                for k in range(stage):
                    value += a[stage, k] * K[k, s]
                u[s * lanes + lane] = value
            t[lane] = start + alpha[stage] * step
            _call(addresses[RHS], (u, p, t, d))
            t[lane] = start
        for i in range(n):
            s = order[i]
            value = d[s * lanes + lane]
            for k in range(stage):
                value += c[stage, k] / step * K[k, s]
            if J.size > entries * lanes:
                value += by_time[stage] * step * J[(entries + s) * lanes + lane]
            for j in range(i):
                value -= w[i, j] * b[j]
            b[i] = value
        for i in range(n - 1, -1, -1):
            for j in range(i + 1, n):
                b[i] -= w[i, j] * b[j]
            b[i] /= w[i, i]
        K[stage] = b
    total = 0.0
    for s in range(n):
        i = s * lanes + lane
        new[i] = u[i] + K[stages - 1, s]
        size = weights[i] + weights[n * lanes + i] * max(abs(x[i]), abs(new[i]))
        total += (K[stages - 1, s] / size + 0.0 * new[i]) ** 2
    return math.sqrt(total / n)


@compiled
def integrate(
    addresses, lanes, n_entries, n_filled, n_firings, pattern, gamma, method,
    parameters, start, log_scales, tolerances, flush, max_steps,
    checks, program_on, dose_first, dose_state, dose_amount, memory_start, memory_columns,
    outputs, memory, fired_where, fired_value, status, stop_check, steps,
):  # fmt: skip
    """Take every patient through all checks.

    Parameters
    ----------
    addresses
        Of the kernels, (5,) int64: step, linearise, rhs, record, act (0 for none).
    lanes, n_entries, n_filled, n_firings
        Lanes; elements per lane of J (with df/dt) and W; number of firing names.
    pattern, gamma, method
        (entries, 2) row and column of the Jacobian; coefficients (3, s, s): a, c, then alpha and d as rows.
    parameters, start
        (n, P) and (n, S), natural units.
    log_scales, tolerances, flush
        (S,) scale of log states, 0 for linear ones; (2, S) absolute and relative tolerance; (S,) what counts as zero.
    checks, program_on
        (C,) days and whether the program runs.
    dose_first, dose_state, dose_amount
        Doses of check g are dose_first[g] ... dose_first[g + 1] - 1; amounts (doses, n).
    memory_start, memory_columns
        (M,) and (O,), -1 for outputs that are not memory.
    outputs, memory, fired_where, fired_value, status, stop_check, steps
        Results, written in place: (n, C, O) filled with NaN before, (n, M), (cap, 3), (cap,), (n,), (n,), (n,).

    Returns
    -------
    Number of firings; those beyond the capacity of `fired_value` were not kept.
    """
    # ---- set up -----------------------------------------------------------------------------------------------------
    n, n_parameters = parameters.shape
    n_states, n_checks, n_memory = start.shape[1], checks.size, memory_start.size
    stages = method.shape[1]
    x, new, u, d = (
        _aligned(n_states * lanes), _aligned(n_states * lanes), _aligned(n_states * lanes), _aligned(n_states * lanes)
    )  # fmt: skip
    p, J, W = _aligned(n_parameters * lanes), _aligned(n_entries * lanes), _aligned(n_filled * lanes)
    K, error, weights = _aligned(stages * n_states * lanes), _aligned(lanes), _aligned(2 * n_states * lanes)
    t, h = _aligned(lanes), _aligned(lanes)  # as the kernels take them: day, and step tried
    row_memory, now, flags = np.zeros((lanes, n_memory)), np.zeros(1), np.zeros(n_firings + 1)
    for s in range(n_states):
        for lane in range(lanes):
            weights[s * lanes + lane] = tolerances[0, s]
            weights[(n_states + s) * lanes + lane] = tolerances[1, s]
    patient, check = np.full(lanes, -1), np.full(lanes, -1)
    since, until, wanted = np.zeros(lanes), np.zeros(lanes), np.full(lanes, _FIRST_STEP)
    lands, tries, failures = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    outcome = np.full(lanes, -1)
    waiting, active, n_fired = 0, 0, 0
    for lane in range(lanes):
        _seat(lane, lanes, min(lane, n - 1), parameters, start, log_scales, x, p)
        h[lane] = _FIRST_STEP
        if waiting < n:
            patient[lane] = waiting
            row_memory[lane] = memory_start
            waiting, active = waiting + 1, active + 1

    # ---- main loop --------------------------------------------------------------------------------------------------
    while active > 0:
        # checks that are due; a lane that takes a new patient is due again at once
        due = True
        while due:
            due = False
            for lane in range(lanes):
                i = patient[lane]
                if i < 0:
                    continue
                if outcome[lane] < 0:
                    if since[lane] < until[lane]:
                        continue
                    check[lane] += 1
                    g = check[lane]
                    if g == 0 and not _all_finite(x, lane, lanes, n_states):
                        outcome[lane] = IMPOSSIBLE_START
                    else:
                        now[0] = checks[g]
                        row = outputs[i, g]
                        _call(addresses[RECORD], (x[lane:], p[lane:], now, row))
                        for q in range(dose_first[g], dose_first[g + 1]):
                            amount, s = dose_amount[q, i], dose_state[q]
                            if amount != 0.0:
                                wanted[lane] = min(wanted[lane], _STEP_AFTER_DOSE)
                                if log_scales[s] > 0:
                                    share = math.expm1(x[s * lanes + lane]) + amount / log_scales[s]
                                    x[s * lanes + lane] = math.log1p(share)
                                else:
                                    x[s * lanes + lane] += amount
                        if addresses[ACT] != 0 and program_on[g]:
                            _call(addresses[ACT], (x[lane:], p[lane:], row_memory[lane], now, row, flags))
                            for q in range(n_firings):
                                if flags[q] != 0.0:
                                    if n_fired < fired_value.size:
                                        fired_where[n_fired, 0] = i
                                        fired_where[n_fired, 1] = g
                                        fired_where[n_fired, 2] = q
                                        fired_value[n_fired] = flags[q]
                                    n_fired += 1
                            if flags[n_firings] != 0.0:
                                outcome[lane] = ENDED
                        for column in range(memory_columns.size):
                            if memory_columns[column] >= 0:
                                row[column] = row_memory[lane, memory_columns[column]]
                        for s in range(n_states):
                            if abs(x[s * lanes + lane]) < flush[s]:
                                x[s * lanes + lane] = 0.0
                        if not _all_finite(x, lane, lanes, n_states):
                            outcome[lane] = IMPOSSIBLE_CHANGE
                        elif outcome[lane] < 0:
                            if g == n_checks - 1:
                                outcome[lane] = FINISHED
                            else:
                                since[lane], until[lane] = 0.0, checks[g + 1] - checks[g]
                if outcome[lane] >= 0:
                    status[i], stop_check[i], steps[i] = outcome[lane], check[lane], tries[lane]
                    for q in range(n_memory):
                        memory[i, q] = row_memory[lane, q]
                    outcome[lane], check[lane], tries[lane], failures[lane] = -1, -1, 0, 0
                    since[lane], until[lane], wanted[lane], lands[lane] = 0.0, 0.0, _FIRST_STEP, 0
                    row_memory[lane] = memory_start
                    if waiting < n:
                        patient[lane], due = waiting, True
                        waiting += 1
                    else:
                        patient[lane] = -1
                        active -= 1
                        h[lane] = _FIRST_STEP
                    _seat(lane, lanes, max(patient[lane], 0), parameters, start, log_scales, x, p)
        if active == 0:
            break

        # one step of every lane
        for lane in range(lanes):
            if patient[lane] < 0:
                continue
            left, step = until[lane] - since[lane], wanted[lane]
            lands[lane] = 0
            if step >= left * (1 - 1e-7):
                step, lands[lane] = left, 1
            elif 2 * step > left:
                step = 0.5 * left  # two even steps rather than one long and one tiny
            h[lane] = step
            t[lane] = checks[check[lane]] + since[lane]
        _call(addresses[STEP], (x, p, t, h, J, W, K, u, new, error, weights))

        # accept or reject, lane by lane
        for lane in range(lanes):
            if patient[lane] < 0:
                continue
            tries[lane] += 1
            size, tried, start_over = error[lane], h[lane], 0
            if not math.isfinite(size):
                failures[lane] += 1
                if failures[lane] >= _PATIENCE:
                    start_over = _PATIENCE - 1  # should the next sparse step fail as well, the dense one comes at once
                    size = _dense_step(
                        addresses, lane, lanes, pattern, gamma, method, x, p, t, h, J, u, d, weights, new
                    )  # fmt: skip
            if size <= 1.0:
                failures[lane] = start_over
                for s in range(n_states):
                    x[s * lanes + lane] = new[s * lanes + lane]
                since[lane] = until[lane] if lands[lane] else since[lane] + tried
                proposed = tried * min(_GROW, _SAFETY * math.sqrt(math.sqrt(1.0 / max(size, 1e-8))))
                # a step cut short by a check says little about the next one
                wanted[lane] = max(proposed, wanted[lane]) if lands[lane] and size < 0.3 else proposed
            elif math.isfinite(size):
                failures[lane] = start_over
                wanted[lane] = tried * max(_SHRINK, _SAFETY * math.sqrt(math.sqrt(1.0 / size)))
                if wanted[lane] < _SMALLEST_STEP:
                    outcome[lane] = STEP_TOO_SMALL
            else:
                wanted[lane] = 0.1 * tried
                if wanted[lane] < _SMALLEST_STEP:
                    outcome[lane] = NOT_FINITE
            if outcome[lane] < 0 and tries[lane] > max_steps:
                outcome[lane] = TOO_MANY_STEPS
    return n_fired
