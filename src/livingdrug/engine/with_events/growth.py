"""Growing oscillations that begin far below the tolerance: how long a step may be so that they are followed and not damped.

Error control does not see what is far below the absolute tolerance, and an L-stable step damps whatever turns fast, also what
grows: x' = x - 100 y, y' = 100 x + y from 1e-9 ends at 0 instead of 55 (so it does in CVODE, Radau and BDF codes). Growth without
oscillation shows as a negative pivot of the step's matrix and is refused there; a pair of complex eigenvalues does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BELOW = 100.0
"""States up to so many absolute tolerances are looked at: an error of one tolerance a step is then still a large share of them."""
SHARE = 0.1
"""Longest step as a share of the time 1 / |eigenvalue|."""
MOST_STATES = 100
"""Of more small states eigenvalues would take longer than the course; then nothing is looked at."""


def small_states(x: Floats, absolute: Floats) -> NDArray[np.intp]:
    """States near 0 (k,), if at least two of them are there and one is not exactly 0; none otherwise."""
    small = np.flatnonzero(np.abs(x) <= BELOW * absolute)
    return small if 2 <= small.size <= MOST_STATES and np.any(x[small] != 0) else small[:0]


def longest_step(jacobian: Floats, x: Floats, absolute: Floats, small: NDArray[np.intp], left: float) -> float:
    """The longest step that follows an oscillation which grows out of the small states; infinite where none does.

    Parameters
    ----------
    jacobian
        (S, S) here.
    x, absolute
        States and their absolute tolerances (S,).
    small
        From `small_states`.
    left
        Time to the end of the course: what cannot grow to a tolerance until then is left to be damped.
    """
    inner = jacobian[np.ix_(small, small)]
    if not np.all(np.isfinite(inner)):
        return np.inf
    turning = np.linalg.eigvals(inner)
    turning = turning[(turning.real > 0) & (np.abs(turning.imag) > 0.1 * turning.real)]
    size = float(np.max(np.abs(x[small]) / absolute[small]))
    grows = turning[turning.real * left > -np.log(min(size, 1.0))]
    return SHARE / float(np.abs(grows).max()) if grows.size else np.inf
