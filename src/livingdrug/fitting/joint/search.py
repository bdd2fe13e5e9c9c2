"""The search: Gauss-Newton steps with a Jacobian by common random numbers, held by a trust region; one seed, same bytes again.

A step of the Jacobian is generous (`STEP` of a prior's standard deviation, to both sides): shares of 200 patients move in
steps of half a percent, and what is wanted is their trend, not the jump nearby. Slopes ask for fewer patients than rows do:
under common random numbers their noise is that of the few patients who change, while a point fitted to few patients is fitted
to these patients. Between Jacobians the matrix is mended by Broyden's rule, so that most steps cost one evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.linear import BEGIN_SPREAD, Linear, between_trials, gauss_newton, objective
from livingdrug.fitting.joint.problem import Problem, linearised

Floats = NDArray[np.float64]
STEP = 0.4
FURTHEST = 1.5
"""A step moves no number by more than so many of its prior's standard deviations."""
LEAST_GAIN = 0.3
"""An objective (half a chi-squared) that falls by less than this is at rest."""
STEPS_PER_JACOBIAN = 5
DAMPINGS = (0.0, 1.0, 10.0, 100.0)
SHARES = (1.0, 0.5, 0.25)
"""Of a step, tried in this order while they gain: slopes over a wide difference lead too far (a whole step gained 6, half of it 15)."""


@dataclass(frozen=True)
class Progress:
    """What the search tells as it goes: stage, objective so far, done and to do of the stage."""

    stage: str
    objective: float
    done: int
    total: int


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Averaged:
    """The line through draws around the point.

    Attributes
    ----------
    offset
        How far the rows' average over what is plausible lies from a line through the point (R,).
    slopes
        How rows move over that width (R, P).
    tau
        Spread between trials of each class, with them (C,).
    draws
        How many it was drawn through.
    """

    offset: Floats
    slopes: Floats
    tau: Floats
    draws: int


@dataclass(frozen=True)
class Found:
    """Where the search ended.

    Attributes
    ----------
    point
        The best point (P,).
    simulated, jacobian
        All rows there (R,) and how they move (R, P).
    tau
        Spread between trials of each class (C,).
    objective
        Half the squared distance from rows and priors.
    at_rest
        Whether no step improved it further.
    path
        (stage, objective) of each accepted point.
    averaged
        The line over the width of what is plausible, where it was drawn (`livingdrug.fitting.joint.averaged`).
    """

    point: Floats
    simulated: Floats
    jacobian: Floats
    tau: Floats
    objective: float
    at_rest: bool
    path: tuple[tuple[str, float], ...] = field(default=())
    averaged: Averaged | None = None


def search(
    problem: Problem,
    start: Floats,
    *,
    rows: NDArray[np.bool_] | None = None,
    jacobians: int = 4,
    robust: bool = True,
    tau: Floats | None = None,
    tell: Tell = lambda progress: None,
) -> Found:
    """The best point from a start.

    Parameters
    ----------
    problem
        Rows and their simulation.
    start
        Where to begin (P,).
    rows
        Rows that the fit sees (R,); those marked so when omitted.
    jacobians
        How many Jacobians at most; the last is taken at the best point.
    robust
        Whether far rows pull no harder than near ones.
    tau
        Spread between trials, if it is not to be estimated.
    tell
        Called as the search goes.
    """
    rows = problem.fitted if rows is None else rows
    spread = np.full(int(problem.kind.max()) + 1, BEGIN_SPREAD) if tau is None else tau
    point = np.clip(start, problem.low, problem.high)
    simulated = problem.simulate([point])[0]
    value, path, at_rest = np.inf, [], False
    seen = point  # where the Jacobian was taken
    jacobian = np.zeros((simulated.size, point.size))

    def around(jacobian: Floats, point: Floats, simulated: Floats) -> Linear:
        return linearised(problem, point, simulated, jacobian, rows, tau=spread if robust else None)

    for round_ in range(1, jacobians + 1):
        jacobian, seen = jacobian_at(problem, point, _telling(tell, f"Jacobian {round_}", value)), point
        if tau is None:
            spread = between_trials(around(jacobian, point, simulated), spread)
        before = value = objective(around(jacobian, point, simulated), spread)
        path.append((f"Jacobian {round_}", value))
        for _ in range(STEPS_PER_JACOBIAN):
            here, gain = around(jacobian, point, simulated), 0.0
            for damping in DAMPINGS:
                whole = _bounded_step(problem, here, spread, damping)
                fallen, new, answers = np.inf, point, simulated
                for share in SHARES:
                    tried = point + share * (whole - point)
                    told = problem.simulate([tried])[0]
                    there = objective(around(jacobian, tried, told), spread)
                    tell(Progress("step", min(value, fallen, there), 1, 1))
                    if there >= fallen:
                        break
                    fallen, new, answers = there, tried, told
                if fallen < value:
                    jacobian = broyden(jacobian, new - point, answers - simulated, problem.width)
                    gain, point, simulated, value = value - fallen, new, answers, fallen
                    path.append(("step", value))
                    break
            if gain < LEAST_GAIN:
                break
        if before - value < LEAST_GAIN:
            at_rest = True
            break
    if not np.array_equal(seen, point):
        jacobian = jacobian_at(problem, point, _telling(tell, "last Jacobian", value))
    if tau is None:
        spread = between_trials(around(jacobian, point, simulated), spread)
    return Found(point, simulated, jacobian, spread, float(value), at_rest, tuple(path))


def _telling(tell: Tell, stage: str, value: float) -> Callable[[int, int], None]:
    return lambda done, total: tell(Progress(stage, value, done, total))


def jacobian_at(problem: Problem, point: Floats, done: Callable[[int, int], None] | None = None) -> Floats:
    """How every row moves with every number (R, P), by differences to both sides; one-sided at a bound."""
    step = STEP * problem.width
    above, below = np.minimum(point + step, problem.high), np.maximum(point - step, problem.low)
    points = []
    for place in range(point.size):
        for end in (above, below):
            moved = point.copy()
            moved[place] = end[place]
            points.append(moved)
    found = np.array(problem.simulate(points, done, slopes=True))
    width = np.maximum(above - below, 1e-12)
    jacobian = ((found[0::2] - found[1::2]) / width[:, None]).T
    return np.where(np.isfinite(jacobian), jacobian, 0.0)


def broyden(jacobian: Floats, step: Floats, change: Floats, width: Floats) -> Floats:
    """The Jacobian mended by what one step taught (Broyden 1965), steps measured in the priors' standard deviations."""
    scaled = step / width**2
    length = float(step @ scaled)
    wrong = np.where(np.isfinite(change), change - jacobian @ step, 0.0)
    return jacobian if length == 0.0 else jacobian + np.outer(wrong, scaled) / length


def _bounded_step(problem: Problem, around: Linear, tau: Floats, damping: float) -> Floats:
    """The next point: numbers that would leave their bounds stay on them, the others are solved for again."""
    free = np.ones(around.point.size, dtype=bool)
    point = around.point
    pull_at = point.copy()
    for _ in range(4):
        step = np.zeros(point.size)
        step[free] = _solved(around, tau, damping, free, pull_at - point)
        longest = np.max(np.abs(step / problem.width), initial=0.0)
        new = point + step * min(1.0, FURTHEST / longest if longest else 1.0)
        new[~free] = pull_at[~free]
        outside = free & ((new < problem.low) | (new > problem.high))
        if not outside.any():
            return new
        pull_at = np.where(outside, np.clip(new, problem.low, problem.high), pull_at)
        free &= ~outside
    return np.clip(new, problem.low, problem.high)


def _solved(around: Linear, tau: Floats, damping: float, free: NDArray[np.bool_], held: Floats) -> Floats:
    """The Gauss-Newton step of the free numbers, given where the others are held."""
    moved = np.where(free, 0.0, held)
    part = Linear(
        around.point[free], around.simulated + around.jacobian @ moved, around.jacobian[:, free], around.published,
        around.covariance, around.group, around.kind, around.centre[free], around.width[free],
    )  # fmt: skip
    return gauss_newton(part, tau, damping)[0] if free.any() else np.zeros(0)
