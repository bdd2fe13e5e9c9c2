"""Oscillations that grow from far below the tolerance, in an ensemble: how long each patient's steps may be so that they are followed.

The ensemble's counterpart of `livingdrug.engine.with_events.growth`: looked for once, at the start, among the states that are there and
below 100 absolute tolerances.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.compiler.interpret import evaluate
from livingdrug.engine.compiler.kernel import Kernel
from livingdrug.engine.compiler.sparse import Pattern
from livingdrug.engine.with_events.growth import BELOW, longest_step, small_states

Floats = NDArray[np.float64]
MOST_ENTRIES = 2_000_000
"""Numbers of the Jacobians that are held at once."""


def longest_steps(
    linearise: Kernel,
    pattern: Pattern,
    parameters: Floats,
    start: Floats,
    log_scales: Floats,
    absolute: Floats,
    days: Floats,
) -> Floats:
    """The longest step of each patient (n,); infinite where nothing hides.

    Parameters
    ----------
    linearise, pattern
        Jacobian of the variables that are stepped, and its entries.
    parameters, start
        (n, P) and (n, S) in natural units.
    log_scales
        (S,) scale of log states, 0 for others.
    absolute
        (S,) absolute tolerance of the variables that are stepped.
    days
        Checks (C,); from the first to the last the oscillation has time to grow.
    """
    longest = np.full(len(start), np.inf)
    with np.errstate(all="ignore"):
        stepped = np.where(log_scales > 0, np.log1p(start / np.where(log_scales > 0, log_scales, 1.0)), start)
    near_0 = np.abs(stepped) <= BELOW * absolute
    likely = (near_0.sum(axis=1) >= 2) & (near_0 & (stepped != 0)).any(axis=1)
    found = [(row, small) for row in np.flatnonzero(likely) if (small := small_states(stepped[row], absolute)).size]
    if not found:
        return longest
    at_once = max(1, MOST_ENTRIES // start.shape[1] ** 2)
    for first in range(0, len(found), at_once):
        some = found[first : first + at_once]
        rows = [row for row, _ in some]
        jacobians = _jacobians(linearise, pattern, stepped[rows], parameters[rows], float(days[0]))
        for jacobian, (row, small) in zip(jacobians, some, strict=True):
            longest[row] = longest_step(jacobian, stepped[row], absolute, small, float(days[-1] - days[0]))
    return longest


def _jacobians(linearise: Kernel, pattern: Pattern, x: Floats, p: Floats, day: float) -> Floats:
    """(n, S, S) at these states (n, S)."""
    n, n_states = x.shape
    sizes = {array.name: array.size for array in linearise.arrays}
    given = {name: np.zeros((size, n)) for name, size in sizes.items()}
    given |= {"x": np.ascontiguousarray(x.T), "p": np.ascontiguousarray(p.T), "t": np.full((1, n), day)}
    with np.errstate(all="ignore"):
        evaluate(linearise, given)
    whole = np.zeros((n, n_states, n_states))
    for place, (row, column) in enumerate(pattern.jacobian):
        whole[:, row, column] = given["J"][place]
    return whole
