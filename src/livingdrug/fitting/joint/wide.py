"""A wide search before the steps: CMA-ES over the priors, for problems with more than one valley. Optional: the library `cmaes`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.linear import BEGIN_SPREAD, objective
from livingdrug.fitting.joint.problem import Problem, linearised
from livingdrug.fitting.joint.search import Progress, Tell
from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
BEGIN_WIDTH = 0.5
"""First standard deviation of the search, in those of the priors."""


def wide_search(
    problem: Problem, start: Floats, *, points: int, seed: int, tell: Tell = lambda progress: None
) -> Floats:
    """The best of many points, drawn by a strategy that learns where to draw (Hansen 2001).

    Parameters
    ----------
    problem
        Rows and their simulation.
    start
        Middle of the first draws (P,).
    points
        How many may be simulated.
    seed
        Of the draws.

    Returns
    -------
    The best point met, the start included (P,).

    Raises
    ------
    BadInput
        The library is not installed.
    """
    try:
        from cmaes import CMA  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise BadInput(
            'a wide search needs the library "cmaes", which is not installed.\n'
            '  pip install "livingdrug[calibrate]", or leave the wide search out.'
        ) from None
    ends = np.stack([(problem.low - start) / problem.width, (problem.high - start) / problem.width], axis=1)
    strategy = CMA(mean=np.zeros(start.size), sigma=BEGIN_WIDTH, seed=seed, bounds=np.clip(ends, -1e3, 1e3))
    tau = np.full(int(problem.kind.max()) + 1, BEGIN_SPREAD)
    flat = np.zeros((problem.published.size, start.size))

    def value(point: Floats, simulated: Floats) -> float:
        return objective(linearised(problem, point, simulated, flat, problem.fitted, tau=tau), tau)

    best, lowest, done = start, value(start, problem.simulate([start])[0]), 1
    while done < points and not strategy.should_stop():
        asked = [strategy.ask() for _ in range(strategy.population_size)]
        drawn = [np.clip(start + one * problem.width, problem.low, problem.high) for one in asked]
        values = [value(point, simulated) for point, simulated in zip(drawn, problem.simulate(drawn), strict=True)]
        strategy.tell(list(zip(asked, values, strict=True)))
        done += len(drawn)
        first = int(np.argmin(values))
        if values[first] < lowest:
            best, lowest = drawn[first], values[first]
        tell(Progress("wide search", lowest, min(done, points), points))
    return best
