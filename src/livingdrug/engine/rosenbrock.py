"""One step of a Rosenbrock method for all lanes: as IR for the machine, as NumPy for the reader.

    W = I / (gamma h) - J
    W k_j = f(t + alpha_j h, u_j) + sum_i (c_ji / h) k_i + d_j h df/dt,     u_j = x + sum_i a_ji k_i
    x' = x + sum_i m_i k_i,     error = sum_i e_i k_i

Stiffly accurate methods give no m and e: the last stage and the solution each add one k (u_6 = u_5 + k_5,
x' = u_6 + k_6), and the last k is the error estimate.

An L-stable step damps whatever has h |lambda| large, also what should grow: y' = 1e8 y would end at 0. A growth that the
step cannot follow (h lambda > 1 / gamma) shows as a negative pivot of W; where such a state is not 0 the step is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.compiler.loops import each, looked_up, table
from livingdrug.engine.compiler.sparse import LEAST_PIVOT, Pattern
from livingdrug.engine.compiler.writer import Writer

Floats = NDArray[np.float64]
EXPLODES = 1e6  # error of a step that would damp what grows
NEGLIGIBLE = 1e-20  # of the absolute tolerance: what is smaller may be damped although it grows
STEP_ARRAYS = ("x", "p", "t", "h", "J", "W", "K", "u", "new", "error", "weights")


@dataclass(frozen=True)
class Rosenbrock:
    """Coefficients of a Rosenbrock method in transformed form.

    Attributes
    ----------
    name, order
        Its id and order of convergence.
    gamma
        Diagonal coefficient.
    a
        Rows for stages 2 ... s - 1; for stages 2 ... s of a method with m and e.
    c
        Rows for stages 2 ... s.
    alpha, d
        Time of each stage and weight of the time derivative, one for each stage.
    m, e
        Weights of the solution and of its error; empty for a stiffly accurate method.
    """

    name: str
    order: int
    gamma: float
    a: tuple[tuple[float, ...], ...]
    c: tuple[tuple[float, ...], ...]
    alpha: tuple[float, ...]
    d: tuple[float, ...]
    m: tuple[float, ...] = ()
    e: tuple[float, ...] = ()

    @property
    def n_stages(self) -> int:
        return len(self.alpha)

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """a, c (s, s), alpha, d (s,) as in `table`: all there is to a stiffly accurate method."""
        table = self.table()
        return table[0], table[1], table[2, 0], table[2, 1]

    def table(self) -> Floats:
        """All coefficients for the dense step, shaped (3, max(s, 4), s): a and c complete with rows of zeros, then as
        rows of the third: alpha, d, m, e."""
        s = self.n_stages
        table = np.zeros((3, max(s, 4), s))
        for j, row in enumerate(self.a, start=1):
            table[0, j, : len(row)] = row
        for j, row in enumerate(self.c, start=1):
            table[1, j, : len(row)] = row
        table[2, 0], table[2, 1] = self.alpha, self.d
        if self.m:
            table[2, 2], table[2, 3] = self.m, self.e
        else:
            table[0, s - 1, : s - 2], table[0, s - 1, s - 2] = table[0, s - 2, : s - 2], 1.0
            table[2, 2], table[2, 2, s - 1], table[2, 3, s - 1] = table[0, s - 1], 1.0, 1.0
        return table

    def repeats(self, j: int) -> bool:
        """Whether stage j takes the right-hand side of the stage before it."""
        table = self.table()
        return j > 0 and self.alpha[j] == self.alpha[j - 1] and bool(np.all(table[0, j] == table[0, j - 1]))


def step_ir(method: Rosenbrock, lanes: int, pattern: Pattern, *, time_derivative: bool, bits: int = 64) -> str:
    """IR text of ``step(x, p, t, h, J, W, K, u, new, error, weights)``.

    Arrays hold `lanes` numbers per element: state x, parameters p, time t, step h; scratch J (Jacobian entries, then
    df/dt), W, K (stages), u; results new state and error norm. weights: the absolute part of each state's tolerance,
    then the relative part. A norm of at most 1 is a good step, and x becomes the new state; it is not a number if the
    new state is not finite.
    """
    w = Writer(lanes, bits)
    stages, n_states, n_jacobian = method.n_stages, pattern.size, len(pattern.jacobian)
    w.lines.append(
        table("step_pivot", [q for _, q in sorted((i, q) for q, (i, j) in enumerate(pattern.filled) if i == j)])
    )
    w.begin("step", STEP_ARRAYS)
    for j in range(stages):
        w.line(f"%K{j} = getelementptr inbounds {w.element}, ptr %K, i64 {j * n_states * lanes}")
    w.line(f"%T = getelementptr inbounds {w.element}, ptr %J, i64 {n_jacobian * lanes}")
    w.line(f"%c = alloca {w.type}, align {w.align}")
    w.line(f"%now = alloca {w.type}, align {w.align}")
    h, t = w.load("%h", 0, lanes), w.load("%t", 0, lanes)
    inverse_h = w.divide(w.constant(1.0), h)
    w.store(w.multiply(inverse_h, w.constant(1 / method.gamma)), "%c", 0, lanes)
    w.line("call void @linearise(ptr %x, ptr %p, ptr %t, ptr %K0, ptr %J)")
    w.line("call void @factor(ptr %J, ptr %c, ptr %W)")
    for j in range(stages):
        if j > 0 and not method.repeats(j):
            _write_stage_state(w, method, j, n_states)
            w.store(w.add(t, w.multiply(h, w.constant(method.alpha[j]))), "%now", 0, lanes)
            w.line("call void @rhs(ptr %u, ptr %p, ptr %now, ptr %new)")
        slope = w.multiply(h, w.constant(method.d[j])) if time_derivative and method.d[j] else None
        if j > 0 or slope:
            _write_stage_side(w, method, j, n_states, inverse_h, slope)
        w.line(f"call void @solve(ptr %W, ptr %K{j})")
    _write_error(w, method, n_states, pattern)
    w.end()
    return w.text()


def _write_stage_state(w: Writer, method: Rosenbrock, j: int, n_states: int) -> None:
    """u_j for every state."""
    last = j == method.n_stages - 1 and not method.m

    def body(i: str) -> None:
        if last:
            value = w.add(w.load("%u", i, w.lanes), w.load(f"%K{j - 1}", i, w.lanes))
        else:
            value = w.load("%x", i, w.lanes)
            for k, coefficient in enumerate(method.a[j - 1]):
                value = w.add(value, w.multiply(w.load(f"%K{k}", i, w.lanes), w.constant(coefficient)))
        w.store(value, "%u", i, w.lanes)

    w.loop(n_states, body)


def _write_stage_side(w: Writer, method: Rosenbrock, j: int, n_states: int, inverse_h: str, slope: str | None) -> None:
    """Right-hand side of stage j, to K_j; f is there for the first stage, in `new` for the others."""

    def body(i: str) -> None:
        value = w.load("%new" if j > 0 else "%K0", i, w.lanes)
        if j > 0:
            total = None
            for k, coefficient in enumerate(method.c[j - 1]):
                term = w.multiply(w.load(f"%K{k}", i, w.lanes), w.constant(coefficient))
                total = term if total is None else w.add(total, term)
            assert total is not None
            value = w.add(value, w.multiply(inverse_h, total))
        if slope:
            value = w.add(value, w.multiply(slope, w.load("%T", i, w.lanes)))
        w.store(value, f"%K{j}", i, w.lanes)

    w.loop(n_states, body)


def _write_error(w: Writer, method: Rosenbrock, n_states: int, pattern: Pattern) -> None:
    """New state, and the root mean square of error / tolerance over the states; x where the step is good."""
    stages = method.n_stages

    def body(i: str) -> str:
        old = w.load("%x", i, w.lanes)
        if method.m:
            new, error = old, w.constant(0.0)
            for k in range(stages):
                part = w.load(f"%K{k}", i, w.lanes)
                new = w.add(new, w.multiply(part, w.constant(method.m[k])))
                error = w.add(error, w.multiply(part, w.constant(method.e[k])))
        else:
            error = w.load(f"%K{stages - 1}", i, w.lanes)
            new = w.add(w.load("%u", i, w.lanes), error)
        w.store(new, "%new", i, w.lanes)
        size, other = w.intrinsic("fabs", old), w.intrinsic("fabs", new)
        size = w.select(w.compare("ogt", size, other), size, other)
        absolute = w.load("%weights", i, w.lanes)
        relative = w.load("%relative", i, w.lanes)
        ratio = w.divide(error, w.add(absolute, w.multiply(relative, size)))
        # 0 * infinity is not a number: an overflown state can never look like a good step
        ratio = w.add(ratio, w.multiply(new, w.constant(0.0)))
        return w.multiply(ratio, ratio)

    def refuse_damping() -> None:
        """An error far too large where a state is there that grows faster than this step can follow."""

        def looked_at(i: str, explodes: str) -> list[str]:
            pivot = w.load("%W", looked_up(w, "step_pivot", n_states, i), w.lanes)
            least = w.multiply(w.load("%weights", i, w.lanes), w.constant(NEGLIGIBLE))
            there = w.compare("ogt", w.intrinsic("fabs", w.load("%K0", i, w.lanes)), least)
            both = w.value(f"and {w.boolean} {w.compare('olt', pivot, w.constant(0.0))}, {there}")
            infinite = w.compare("oeq", pivot, w.constant(0.0))  # of an infinite slope, which holds the state in place
            both = w.value(f"or {w.boolean} {both}, {infinite}")
            return [w.select(both, w.constant(EXPLODES), explodes)]

        (explodes,) = each(w, "0", str(n_states), looked_at, [w.load("%error", 0, w.lanes)])
        w.store(explodes, "%error", 0, w.lanes)

    w.line(f"%relative = getelementptr inbounds {w.element}, ptr %weights, i64 {n_states * w.lanes}")
    mean = w.multiply(w.total(n_states, body), w.constant(1 / n_states))
    w.store(w.intrinsic("sqrt", mean), "%error", 0, w.lanes)
    w.when_any(w.compare("olt", w.load("%W", len(pattern.filled), w.lanes), w.constant(LEAST_PIVOT)), refuse_damping)
    good = w.compare("ole", w.load("%error", 0, w.lanes), w.constant(1.0))

    def keep(i: str) -> None:
        w.store(w.select(good, w.load("%new", i, w.lanes), w.load("%x", i, w.lanes)), "%x", i, w.lanes)

    w.loop(n_states, keep)


def numpy_step(
    method: Rosenbrock,
    rhs: Callable[[Floats, Floats], Floats],
    linearise: Callable[[Floats, Floats], tuple[Floats, Floats, Floats]],
    x: Floats,
    t: Floats,
    h: Floats,
    weights: Floats,
) -> tuple[Floats, Floats]:
    """The same step in NumPy, with a dense pivoted solution of each lane's system: the oracle of the compiled step.

    Parameters
    ----------
    rhs
        f(x, t), all shaped (states, lanes), t (lanes,).
    linearise
        (x, t) to f (states, lanes), J (lanes, states, states), df/dt (states, lanes).
    x, t, h
        State (states, lanes), time and step (lanes,).
    weights
        Absolute and relative tolerance (2, states, lanes).

    Returns
    -------
    New state (states, lanes), error norm (lanes,).
    """
    n_states, lanes = x.shape
    a, c, (alpha, d, m, e) = *method.table()[:2], method.table()[2, :4]
    f, jacobian, slope = linearise(x, t)
    w = np.eye(n_states) / (method.gamma * h)[:, None, None] - jacobian
    k = np.zeros((method.n_stages, n_states, lanes))
    for j in range(method.n_stages):
        if j > 0:
            u = x + sum(a[j, i] * k[i] for i in range(j))
            f = rhs(u, t + alpha[j] * h)
        side = f + sum((c[j, i] / h * k[i] for i in range(j)), np.zeros_like(x)) + d[j] * h * slope
        try:
            k[j] = np.linalg.solve(w, side.T[:, :, None])[:, :, 0].T
        except np.linalg.LinAlgError:
            k[j] = np.nan
    new = x + np.tensordot(m, k, 1)
    size = weights[0] + weights[1] * np.maximum(np.abs(x), np.abs(new))
    error = np.sqrt(np.mean((np.tensordot(e, k, 1) / size + new * 0.0) ** 2, axis=0))
    damped = (_pivots(w) < 0) & (np.abs(k[0]) > NEGLIGIBLE * weights[0])
    return new, np.where(damped.any(axis=0), EXPLODES, error)


def _pivots(w: Floats) -> Floats:
    """Pivots of each lane's matrix (lanes, states, states), kept on the diagonal; shaped (states, lanes)."""
    left, found = w.copy(), np.empty(w.shape[1::-1])
    for i in range(w.shape[1]):
        found[i] = left[:, i, i]
        left[:, i + 1 :] -= left[:, i + 1 :, i, None] / left[:, i, i, None, None] * left[:, i, None]
    return found
