"""Is the biology as straight around the best point as its covariance says? One number at a time, checked by simulation.

Each number is moved to both ends of its 90 % interval, and all others to where the linear problem then wants them. A straight
problem's objective rises by z²/2 = 1.35 there; what the simulation says shows bends, bounds and steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.fitting.joint.calibrated import Calibrated
from livingdrug.fitting.joint.fit import Z90
from livingdrug.fitting.joint.linear import objective
from livingdrug.fitting.joint.problem import linearised

EXPECTED_RISE = Z90**2 / 2


@dataclass(frozen=True)
class Profile:
    """One number's profile at the ends of its interval.

    Attributes
    ----------
    name, address
        Which number.
    values
        In its unit: low end, best, high end.
    rises
        Of the objective at the low and the high end; `EXPECTED_RISE` for a straight problem.
    """

    name: str
    address: str
    values: tuple[float, float, float]
    rises: tuple[float, float]


def profiles(calibrated: Calibrated, *, done: Callable[[int, int], None] | None = None) -> list[Profile]:
    """Two simulations of all trials a number.

    Parameters
    ----------
    done
        Called as done(simulated trials, to simulate).
    """
    problem, found, law = calibrated.problem, calibrated.found, calibrated.posterior()
    points = []
    for place in range(found.point.size):
        along = law.covariance[:, place] / law.covariance[place, place]
        points += [
            np.clip(found.point + sign * Z90 * law.sd[place] * along, problem.low, problem.high) for sign in (-1, 1)
        ]
    answers = problem.simulate(points, done)

    def value(point: np.ndarray, simulated: np.ndarray) -> float:
        return objective(
            linearised(problem, point, simulated, calibrated.slopes, problem.fitted, tau=found.tau), found.tau
        )

    best = value(found.point, found.simulated)
    rises = [value(point, simulated) - best for point, simulated in zip(points, answers, strict=True)]
    return [
        Profile(
            one.name, one.address,
            (one.off(float(points[2 * i][i])), one.off(float(found.point[i])), one.off(float(points[2 * i + 1][i]))),
            (rises[2 * i], rises[2 * i + 1]),
        )
        for i, one in enumerate(calibrated.free)
    ]  # fmt: skip
