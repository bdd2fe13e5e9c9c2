"""What is true: CVODE at rtol 1e-10 from check to check, with every rule executed statement by statement.

It also notes what doses and rules changed at each check, so that peers can be told instead of having to evaluate rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.formulas import numba_rhs
from benchmarks.workload import Workload
from livingdrug.foundation.expressions import read_formula

Floats = NDArray[np.float64]
TIGHT = 1e-10


@dataclass(frozen=True)
class Reference:
    """True courses.

    Attributes
    ----------
    before, after
        States before and after doses and program at each check, shaped (patients, checks, states); not a number after a
        course ended.
    last
        Last check of each patient.
    fired
        {(patient, check, firing index)}.
    """

    before: Floats
    after: Floats
    last: NDArray[np.int64]
    fired: frozenset[tuple[int, int, int]]

    def misfit(self, states: Floats, scales: Floats) -> float:
        """Root mean square of |ln(y + scale) - ln(true + scale)| over patients, checks and states.

        Infinite where a state is missing, or below minus its scale, while the true course goes on: what was reached says
        nothing about the rest.
        """
        there = np.isfinite(self.before)
        with np.errstate(invalid="ignore", divide="ignore"):
            difference = (np.log(states + scales) - np.log(self.before + scales))[there]
        return float(np.sqrt(np.mean(difference**2))) if np.isfinite(difference).all() else np.inf

    def told(self, y: Floats, i: int, g: int) -> Floats:
        """A peer's state after doses and rules of check g: what they changed is taken over, and what died out stays so."""
        before, after = self.before[i, g], self.after[i, g]
        return np.where((after != before) | (after == 0.0), after, y)


class NoTruth(Exception):
    """The reference solver gave up, so that nothing can be measured against it."""


def true_courses(work: Workload) -> Reference:
    """Takes two seconds or more for each patient.

    A clone that died out stays so, as its equation says: T' = (b - d) T. A solver in natural units leaves residues of
    -1e-34 cells there, which would grow for years, and drag everything with them once they are cells by the million.

    Raises
    ------
    NoTruth
        CVODE gave up on a patient.
    """
    from sksundae.cvode import CVODE

    odes, program = work.ready.odes, work.ready.compiled.program
    f, n, size = numba_rhs(odes), len(work), len(odes.states)

    def rhs(t, y, yp, of_patient):
        f(t, y, yp, of_patient["row"])

    columns = {name: np.ascontiguousarray(work.table[:, i]) for i, name in enumerate(odes.parameters)}
    start = [np.broadcast_to(read_formula(text).evaluate(columns), (n,)) for text in odes.initial]
    y = np.array(np.stack(start, axis=1), dtype=np.float64)
    memory = {name: np.full(n, float(value)) for name, value in program.memory.items()}
    shape = (n, len(work.checks), size)
    before, after, last = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(n, np.int64)
    fired, alive = set(), np.ones(n, dtype=bool)
    options = {"rtol": TIGHT, "atol": 1e-11 * work.scales, "max_num_steps": 1_000_000}
    solvers = [CVODE(rhs, userdata={"row": row}, **options) for row in work.table]
    assignments = {name: read_formula(text) for name, text in odes.assignments}
    statements = [(name, read_formula(text)) for name, text in program.statements]
    clones = np.array([odes.states.index(clone.cells) for clone in work.ready.model.clones], dtype=np.int64)
    for g, day in enumerate(work.checks):
        before[alive, g], last[alive] = y[alive], g
        for dose in work.doses:
            if dose.check == g:
                y[:, odes.states.index(dose.state)] += dose.amounts
        known = {**columns, **memory, "time": np.full(n, day)}
        known |= {name: y[:, i].copy() for i, name in enumerate(odes.states)}
        current: dict[str, Floats] = {}

        def value(formula, known=known, current=current):
            needed = {}
            for name in formula.names:
                if name not in known and name not in current:
                    current[name] = value(assignments[name])
                needed[name] = known[name] if name in known else current[name]
            with np.errstate(all="ignore"):
                return np.broadcast_to(np.asarray(formula.evaluate(needed), dtype=np.float64), (n,))

        for name, formula in statements:
            known[name] = value(formula)
            if name in odes.states:
                current.clear()
        memory = {name: np.where(alive, known[name], old) for name, old in memory.items()}
        fired |= {
            (int(i), g, q) for q, name in enumerate(program.firings) for i in np.flatnonzero(alive & (known[name] != 0))
        }
        y = np.where(alive[:, None], np.stack([known[name] for name in odes.states], axis=1), y)
        after[alive, g] = y[alive]
        if program.stop:
            alive &= known[program.stop] == 0
        if g + 1 < len(work.checks):
            for i in np.flatnonzero(alive):
                found = solvers[i].solve(np.array([day, work.checks[g + 1]]), y[i])
                if not (found.success and np.isfinite(found.y[-1]).all()):
                    raise NoTruth(
                        f"no true course of patient {i} of {n}: CVODE at {TIGHT:g} gave up between days {day:g} and"
                        f" {work.checks[g + 1]:g} ({found.message}).\n  Look at that patient's equations there, or leave the patient out."
                    )
                extinct = clones[y[i, clones] == 0.0]
                y[i] = found.y[-1]
                y[i, extinct] = 0.0
    return Reference(before, after, last, frozenset(fired))
