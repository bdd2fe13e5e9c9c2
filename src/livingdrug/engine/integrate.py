"""The generic integrator: patients on lanes, each with its own time and step. It knows no model, only kernel addresses.

A lane that finishes takes the next patient. Between two checks the time of a lane is counted from the last check, so
that a step of 1e-12 day is still a step after ten years. Compiled once per installation by Numba, kept on disk.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import config as numba_config
from numba.core import event
from numba.extending import intrinsic

from livingdrug.engine.kept import compiled
from livingdrug.engine.rosenbrock import EXPLODES, NEGLIGIBLE
from livingdrug.engine.too_large import MOST_DENSE

STATUS = (
    "finished",
    "ended by the check program",
    "the step became too small (below 1e-12 day): the equations change too abruptly after the last check reached",
    "the equations gave something that is not a finite number after the last check reached",
    "too many steps: more than the limit (200,000 unless set by most_steps)",
    "a dose or rule left a state that is not a finite number, or below minus the scale of a log state",
    "a starting value is not a finite number, or below minus the scale of a log state",
)
FINISHED, ENDED, STEP_TOO_SMALL, NOT_FINITE, TOO_MANY_STEPS, IMPOSSIBLE_CHANGE, IMPOSSIBLE_START = range(7)
# order of the kernel addresses
STEP, LINEARISE, RHS, PREPARE, SETTLE, RECORD, ACT = range(7)

_SMALLEST_STEP = 1e-12
_FIRST_STEP = 1e-3
# After a dose the solution may bend at once, as when 1e8 cells enter an empty compartment. Changes by the program do not
# shorten the step: a one-step method has no history to forget, and error control sees the new slopes.
_STEP_AFTER_DOSE = 1e-2
_PATIENCE = 6  # non-finite attempts in a row before the dense pivoted step is tried
_BLUR = 4.0  # units in the last place around a turn that a step leaves out
_LATER = 8  # calls that record what a lane has waiting: each of as many checks of one patient as there are lanes
_EXCHANGE = 1e3  # rows are exchanged for a pivot larger by this than the one on the diagonal
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 6.0  # usual choices of step control (Hairer & Wanner II, IV.2)


def _inner(function: Callable[..., Any]) -> Any:
    """As `compiled`, for what only compiled functions call: without a door for Python there is less to compile."""
    return compiled(function, no_cpython_wrapper=True)


config: Any = numba_config  # its settings are made when Numba starts, unseen by type checkers


class _FirstTime(event.Listener):
    """Says why nothing happens for some seconds when the integrator is not yet in the cache, and keeps them few.

    The arithmetic is in the kernels, so that Numba's higher levels of optimisation gain nothing here; level 1 compiles
    a tenth faster.
    """

    level: Any = None

    def on_start(self, event: event.Event) -> None:
        if event.data and event.data["dispatcher"] is integrate:
            log = logging.getLogger("livingdrug.engine")
            log.warning("compiling the integrator once for this installation and precision: about 5 seconds")
            self.level = config.OPT
            config.OPT = type(self.level)(1)

    def on_end(self, event: event.Event) -> None:
        if self.level is not None and event.data and event.data["dispatcher"] is integrate:
            config.OPT, self.level = self.level, None


_FIRST = threading.Lock()


def run_integrator(*arguments: Any) -> tuple[Any, Any]:
    """`integrate`, with one message if it must be compiled first, however many threads ask for it."""
    signature = tuple(integrate.typeof_pyval(argument) for argument in arguments)
    if signature not in integrate.overloads:
        with _FIRST, event.install_listener("numba:compile", _FirstTime()):  # what hears of it hears of every thread
            integrate.compile(signature)
    return integrate(*arguments)


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


@_inner
def _aligned(size, like):
    """Zeros of the type of another array, on a 64-byte boundary."""
    extra = 64 // like.itemsize
    room = np.zeros(size + extra, like.dtype)
    first = (64 - room.ctypes.data % 64) % 64 // like.itemsize
    return room[first : first + size]


@_inner
def _seat(addresses, lane, lanes, patient, parameters, start, log_scales, x, p):
    """Put a patient's parameters and starting state (natural units) on a lane."""
    for s in range(start.shape[1]):
        y = start[patient, s]
        x[s * lanes + lane] = math.log1p(y / log_scales[s]) if log_scales[s] > 0 else y
    for q in range(parameters.shape[1]):
        p[q * lanes + lane] = parameters[patient, q]
    _call(addresses[PREPARE], (p[lane:],))


@_inner
def _all_finite(x, lane, lanes, n):
    for s in range(n):  # noqa: SIM110 - Numba has no all() of a generator
        if not math.isfinite(x[s * lanes + lane]):
            return False
    return True


@compiled
def _dense_step(addresses, lane, lanes, pattern, gamma, method, x, p, t, h, J, u, d, weights, new):
    """One step of one lane with a dense matrix and row exchanges, for when the sparse step fails. Returns the error."""
    n, entries = x.size // lanes, pattern.shape[0]
    stages = method.shape[2]
    a, c, alpha, by_time, m, e = method[0], method[1], method[2, 0], method[2, 1], method[2, 2], method[2, 3]
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
            # the diagonal where it will do: there the sign of a pivot says what grows
            if abs(w[i, k]) > (abs(w[best, k]) if best > k else _EXCHANGE * abs(w[k, k])):
                best = i
        for j in range(n):
            w[k, j], w[best, j] = w[best, j], w[k, j]
        order[k], order[best] = order[best], order[k]
        if not math.isfinite(w[k, k]):
            return math.nan  # an infinite slope would hold the state in place
        for i in range(k + 1, n):
            w[i, k] /= w[k, k]
            for j in range(k + 1, n):
                w[i, j] -= w[i, k] * w[k, j]
    explodes = np.zeros(n, np.bool_)
    for k in range(n):
        explodes[order[k]] = w[k, k] < 0 and order[k] == k
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
        value, error = float(x[i]), 0.0
        for k in range(stages):
            value += m[k] * K[k, s]
            error += e[k] * K[k, s]
        new[i] = value
        size = weights[i] + weights[n * lanes + i] * max(abs(x[i]), abs(new[i]))
        total += (error / size + 0.0 * new[i]) ** 2
        if explodes[s] and abs(K[0, s]) > NEGLIGIBLE * weights[i]:
            total += n * EXPLODES**2
    return math.sqrt(total / n)


@_inner
def _first_step(x, d, weights, lane, lanes):
    """A step in which no state above its tolerance would change by more than itself, at most the usual first one.

    An L-stable step of many periods or doublings would damp them, and its error estimate with them.
    """
    size, slope, n = 0.0, 0.0, x.size // lanes
    for s in range(n):
        i = s * lanes + lane
        allowed = weights[i] + weights[n * lanes + i] * abs(x[i])
        size += (x[i] / allowed) ** 2
        slope += (d[i] / allowed) ** 2
    if size > n and slope > 0.0:
        return min(_FIRST_STEP, max(math.sqrt(size / slope), 10 * _SMALLEST_STEP))
    return _FIRST_STEP


@_inner
def _record_later(
    addresses, lane, lanes, patient, first, waiting, states, days, p, read, p_same, now, on, row, z, recorded, outputs
):  # fmt: skip
    """Record the checks of one patient that wait, side by side on all lanes: one on each, where alone they would fill a few."""
    n_states = states.shape[1] // lanes
    for k in range(read.size):
        value = p[read[k] * lanes + lane]
        for place in range(lanes):
            p_same[read[k] * lanes + place] = value
    for begin in range(0, waiting, lanes):
        some = min(lanes, waiting - begin)
        for place in range(lanes):
            now[place], on[place] = days[lane, begin + min(place, some - 1)], 1.0 if place < some else 0.0
        x = states[lane * _LATER + begin // lanes]
        for place in range(some, lanes):  # nobody's: as the last
            for s in range(n_states):
                x[s * lanes + place] = x[s * lanes + some - 1]
        _call(addresses[RECORD], (x, p_same, now, on, row, z))
        for k in range(recorded.size):
            if recorded[k] >= 0:
                for place in range(some):
                    outputs[patient, recorded[k], first + begin + place] = row[k * lanes + place]


@compiled
def _longer(where, value):
    """The same log with twice the room."""
    room = np.zeros((2 * len(where), 3), np.int64), np.zeros(2 * len(where))
    for k in range(len(where)):
        for column in range(3):
            room[0][k, column] = where[k, column]
        room[1][k] = value[k]
    return room


@compiled
def integrate(
    addresses, lanes, n_entries, n_filled, n_firings, pattern, gamma, method, tolerances, log_scales, max_steps,
    parameters, n_parameters, start, checks, program_on, dose_first, dose_state, dose_amount, turns, longest,
    memory_start, summary_start, recorded, acted, remembered, read,
    outputs, memory, summed, status, stop_check, steps,
):  # fmt: skip
    """Take every patient through all checks.

    Parameters
    ----------
    addresses
        Of the kernels, (7,) int64: step, linearise, rhs, prepare, settle, record, act (0 for none of the last two).
    lanes, n_entries, n_filled, n_firings
        Lanes; elements per lane of J (with df/dt) and W; number of firing names.
    pattern, gamma, method
        (entries, 2) row and column of the Jacobian; coefficients (3, max(s, 4), s): a, c, then alpha, d, m and e as rows.
    tolerances, log_scales
        (2, S) absolute and relative tolerance, in the precision of the steps; (S,) scale of log states, 0 for others.
    parameters, n_parameters, start
        (n, P) of each patient, and how many numbers the kernels take; (n, S), natural units.
    checks, program_on
        (C,) days and whether the program runs.
    dose_first, dose_state, dose_amount
        Doses of check g are dose_first[g] ... dose_first[g + 1] - 1; amounts (doses, n).
    turns
        (n, T) times at which rates jump by time alone, ascending, filled with infinity.
    longest
        (n,) longest step.
    memory_start, summary_start
        (M,) and (Z,).
    recorded, acted, remembered
        Output columns of the rows of record and act, -1 for what is not kept; (., 2) output column and place of outputs that
        are memory.
    read
        Places of the parameters that record reads, (.,).
    outputs, memory, summed, status, stop_check, steps
        Results, written in place: (n, O, C) filled with NaN before, (n, M), (n, Z), (n,), (n,), (n,).

    Returns
    -------
    Patient, check and firing (firings, 3), and the value (firings,), of what the program logged.
    """
    # ---- set up -----------------------------------------------------------------------------------------------------
    n, n_states, n_checks = len(parameters), start.shape[1], checks.size
    n_memory, n_summed, stages = memory_start.size, summary_start.size, method.shape[2]
    x, new = _aligned(n_states * lanes, tolerances), _aligned(n_states * lanes, tolerances)
    u, d = _aligned(n_states * lanes, tolerances), _aligned(n_states * lanes, tolerances)
    p, K = _aligned(n_parameters * lanes, tolerances), _aligned(stages * n_states * lanes, tolerances)
    J, W = _aligned(n_entries * lanes, tolerances), _aligned(n_filled * lanes, tolerances)
    error, weights = _aligned(lanes, tolerances), _aligned(2 * n_states * lanes, tolerances)
    t, h = _aligned(lanes, tolerances), _aligned(lanes, tolerances)  # as the kernels take them: day, and step tried
    m, z = _aligned(n_memory * lanes, checks), _aligned(n_summed * lanes, checks)
    now, on, size = _aligned(lanes, checks), _aligned(lanes, checks), _aligned(lanes, checks)
    row, local = _aligned(recorded.size * lanes, checks), _aligned(acted.size * lanes, checks)
    flags = _aligned((n_firings + 2) * lanes, checks)
    # where rows are all that recording gives, it waits until a patient has checks for all lanes
    later = addresses[RECORD] != 0 and n_summed == 0
    room = _LATER * lanes if later else 0
    states = _aligned(room * n_states * lanes, tolerances).reshape((room, n_states * lanes))
    days_later, held, held_from = np.zeros((lanes, room)), np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    p_same, now_later, on_later = (
        _aligned(p.size if later else 0, tolerances),
        _aligned(lanes, checks),
        _aligned(lanes, checks),
    )
    for s in range(n_states):
        for lane in range(lanes):
            weights[s * lanes + lane] = tolerances[0, s]
            weights[(n_states + s) * lanes + lane] = tolerances[1, s]
    patient, check = np.full(lanes, -1), np.full(lanes, -1)
    since, until, wanted = np.zeros(lanes), np.zeros(lanes), np.full(lanes, _FIRST_STEP)
    lands, tries, failures = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    turn, goal, after = np.zeros(lanes, np.int64), np.zeros(lanes), np.zeros(lanes)
    blur = _BLUR * (2.3e-16 if tolerances.itemsize == 8 else 1.2e-7)
    outcome, at_check = np.full(lanes, -1), np.zeros(lanes, np.bool_)
    fresh, some_fresh = np.zeros(lanes, np.bool_), False
    waiting, active, n_fired = 0, 0, 0
    fired_where, fired_value = np.zeros((16 * n + 16, 3), np.int64), np.zeros(16 * n + 16)
    for lane in range(lanes):
        _seat(addresses, lane, lanes, min(lane, n - 1), parameters, start, log_scales, x, p)
        h[lane] = _FIRST_STEP
        for q in range(n_memory):
            m[q * lanes + lane] = memory_start[q]
        for q in range(n_summed):
            z[q * lanes + lane] = summary_start[q]
        if waiting < n:
            patient[lane] = waiting
            waiting, active = waiting + 1, active + 1

    # ---- main loop --------------------------------------------------------------------------------------------------
    while active > 0:
        # checks that are due; a lane that takes a new patient is due again at once
        due = True
        while due:
            due, some, some_act = False, False, False
            for lane in range(lanes):
                at_check[lane], on[lane] = False, 0.0
                if patient[lane] < 0 or outcome[lane] >= 0 or since[lane] < until[lane]:
                    continue
                check[lane] += 1
                if check[lane] == 0 and not _all_finite(x, lane, lanes, n_states):
                    outcome[lane] = IMPOSSIBLE_START
                    continue
                at_check[lane], some, on[lane], now[lane] = True, True, 1.0, checks[check[lane]]
            if some:
                if addresses[RECORD] != 0 and not later:
                    _call(addresses[RECORD], (x, p, now, on, row, z))
                for lane in range(lanes):
                    if not at_check[lane]:
                        continue
                    i, g = patient[lane], check[lane]
                    if later:
                        if held[lane] == room:
                            _record_later(
                                addresses, lane, lanes, i, held_from[lane], room, states, days_later, p, read, p_same,
                                now_later, on_later, row, z, recorded, outputs,
                            )  # fmt: skip
                            held[lane] = 0
                        k = held[lane]
                        if k == 0:
                            held_from[lane] = g
                        days_later[lane, k], held[lane] = now[lane], k + 1
                        k, place = lane * _LATER + k // lanes, k % lanes
                        for s in range(n_states):
                            states[k, s * lanes + place] = x[s * lanes + lane]
                    else:
                        for k in range(recorded.size):
                            if recorded[k] >= 0:
                                outputs[i, recorded[k], g] = row[k * lanes + lane]
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
                        some_act = True
                    else:
                        on[lane] = 0.0
                if some_act:
                    _call(addresses[ACT], (x, p, m, now, on, local, flags, z))
                for lane in range(lanes):
                    if not at_check[lane]:
                        continue
                    i, g = patient[lane], check[lane]
                    if on[lane] != 0.0:
                        for k in range(acted.size):
                            if acted[k] >= 0:
                                outputs[i, acted[k], g] = local[k * lanes + lane]
                        if flags[(n_firings + 1) * lanes + lane] != 0.0:
                            for q in range(n_firings):
                                if flags[q * lanes + lane] != 0.0:
                                    if n_fired == fired_value.size:
                                        fired_where, fired_value = _longer(fired_where, fired_value)
                                    fired_where[n_fired, 0] = i
                                    fired_where[n_fired, 1] = g
                                    fired_where[n_fired, 2] = q
                                    fired_value[n_fired] = flags[q * lanes + lane]
                                    n_fired += 1
                            if flags[n_firings * lanes + lane] != 0.0:
                                outcome[lane] = ENDED
                    for k in range(len(remembered)):
                        outputs[i, remembered[k, 0], g] = m[remembered[k, 1] * lanes + lane]
                    on[lane] = 1.0
                _call(addresses[SETTLE], (x, on, size))
                for lane in range(lanes):
                    if not at_check[lane]:
                        continue
                    g = check[lane]
                    if not math.isfinite(size[lane]):
                        outcome[lane] = IMPOSSIBLE_CHANGE
                    elif outcome[lane] < 0:
                        if g == n_checks - 1:
                            outcome[lane] = FINISHED
                        else:
                            since[lane], until[lane] = 0.0, checks[g + 1] - checks[g]
                            if g == 0:
                                fresh[lane], some_fresh = True, True
            for lane in range(lanes):
                if outcome[lane] < 0:
                    continue
                i = patient[lane]
                if held[lane] > 0:
                    _record_later(
                        addresses, lane, lanes, i, held_from[lane], held[lane], states, days_later, p, read, p_same,
                        now_later, on_later, row, z, recorded, outputs,
                    )  # fmt: skip
                    held[lane] = 0
                status[i], stop_check[i], steps[i] = outcome[lane], check[lane], tries[lane]
                for q in range(n_memory):
                    memory[i, q] = m[q * lanes + lane]
                    m[q * lanes + lane] = memory_start[q]
                for q in range(n_summed):
                    summed[i, q] = z[q * lanes + lane]
                    z[q * lanes + lane] = summary_start[q]
                outcome[lane], check[lane], tries[lane], failures[lane] = -1, -1, 0, 0
                since[lane], until[lane], wanted[lane], lands[lane], turn[lane] = 0.0, 0.0, _FIRST_STEP, 0, 0
                if waiting < n:
                    patient[lane], due = waiting, True
                    waiting += 1
                else:
                    patient[lane] = -1
                    active -= 1
                    h[lane] = _FIRST_STEP
                _seat(addresses, lane, lanes, max(patient[lane], 0), parameters, start, log_scales, x, p)
        if active == 0:
            break

        # one step of every lane, the first of new patients by their slopes
        if some_fresh:
            for lane in range(lanes):
                t[lane] = checks[max(check[lane], 0)] + since[lane]
            _call(addresses[RHS], (x, p, t, d))
            for lane in range(lanes):
                if fresh[lane]:
                    wanted[lane], fresh[lane] = min(wanted[lane], _first_step(x, d, weights, lane, lanes)), False
            some_fresh = False
        for lane in range(lanes):
            if patient[lane] < 0:
                continue
            goal[lane], after[lane] = until[lane], until[lane]
            while turn[lane] < turns.shape[1]:
                at = turns[patient[lane], turn[lane]] - checks[check[lane]]
                near = blur * abs(turns[patient[lane], turn[lane]])
                if at + near <= since[lane]:
                    turn[lane] += 1
                elif at - near > since[lane]:
                    if at - near < until[lane]:  # end just before it and begin again just after it
                        goal[lane], after[lane] = at - near, min(at + near, until[lane])
                    break
                else:
                    if at + near < until[lane]:
                        since[lane] = at + near
                    turn[lane] += 1
            left, step = goal[lane] - since[lane], min(wanted[lane], longest[patient[lane]])
            lands[lane] = 0
            if step >= left * (1 - 1e-7):
                step, lands[lane] = left, 1
            elif 2 * step > left:
                step = 0.5 * left  # two even steps rather than one long and one tiny
            h[lane] = step
            t[lane] = checks[check[lane]] + since[lane]
        _call(addresses[STEP], (x, p, t, h, J, W, K, u, new, error, weights))

        # accept or reject, lane by lane; the kernel has taken good steps already
        for lane in range(lanes):
            if patient[lane] < 0:
                continue
            tries[lane] += 1
            misfit, tried, start_over = float(error[lane]), float(h[lane]), 0
            if not math.isfinite(misfit):
                failures[lane] += 1
                if failures[lane] >= _PATIENCE and n_states <= MOST_DENSE:
                    start_over = _PATIENCE - 1  # should the next sparse step fail as well, the dense one comes at once
                    misfit = _dense_step(
                        addresses, lane, lanes, pattern, gamma, method, x, p, t, h, J, u, d, weights, new
                    )  # fmt: skip
                    if misfit <= 1.0:
                        for s in range(n_states):
                            x[s * lanes + lane] = new[s * lanes + lane]
            if misfit <= 1.0:
                failures[lane] = start_over
                since[lane] = after[lane] if lands[lane] else since[lane] + tried
                proposed = tried * min(_GROW, _SAFETY * math.sqrt(math.sqrt(1.0 / max(misfit, 1e-8))))
                # a step cut short by a check says little about the next one
                wanted[lane] = max(proposed, wanted[lane]) if lands[lane] and misfit < 0.3 else proposed
            elif math.isfinite(misfit):
                failures[lane] = start_over
                wanted[lane] = tried * max(_SHRINK, _SAFETY * math.sqrt(math.sqrt(1.0 / misfit)))
                if wanted[lane] < _SMALLEST_STEP:
                    outcome[lane] = STEP_TOO_SMALL
            else:
                wanted[lane] = 0.1 * tried
                if wanted[lane] < _SMALLEST_STEP:
                    outcome[lane] = NOT_FINITE
            if outcome[lane] < 0 and tries[lane] > max_steps:
                outcome[lane] = TOO_MANY_STEPS
    return fired_where[:n_fired], fired_value[:n_fired]
