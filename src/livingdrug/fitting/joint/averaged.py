"""How rows move over the width of what is plausible, and where their middle lies: slopes from draws, not from one point.

    x_i ~ law at the point ──► h(x_i) - h(point) = offset + A (x_i - point) + rest ──► law anew, by offset and A

Slopes at the point move one number at a time by a part of its prior, and a handful of patients who change decide them. A draw moves
all numbers at once, as far as the law does; the line through many draws (statistical linearisation: Särkkä, Bayesian Filtering
and Smoothing, 2013, chapter 5) tells every slope from every draw, and what bends is in the offset on average. Each
draw is compared with the point among the same patients, block after block of them, so that no hundred patients decide alone.
Where the middle of the new law fits better than the point, it is the point: a search on slopes of few patients comes to rest before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.linear import Linear, between_trials, objective, posterior
from livingdrug.fitting.joint.problem import TrialProblem, linearised
from livingdrug.fitting.joint.search import Averaged, Found

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DOUBTS = tuple(float(one) for one in np.geomspace(0.01, 10.0, 10))
"""Tried: variance of a slope known so far, for a move by a prior's standard deviation, over that of the rest of a draw's change."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Tried: how much of the slopes known so far is believed."""
IN_THE_MIDDLE = "middle of the draws"
"""The stage of a search's path that moves its end."""
LEAST_DRAWS = 3
"""Fewer draws say nothing of a line."""
TINY = 1e-16
"""Least mean square whose logarithm is taken: a line without a rest is met to the last digit."""


@dataclass(frozen=True)
class Line:
    """The straight part of how rows move.

    Attributes
    ----------
    offset
        Average of the changes where the moves average nought (R,).
    slopes
        (R, P).
    share, doubt
        How much of the slopes known before was believed, and their variance over that of the rest of a draw's change: what predicted draws
        left out best.
    """

    offset: Floats
    slopes: Floats
    share: float = 1.0
    doubt: float = 0.0


def average(
    problem: TrialProblem, found: Found, draws: Sequence[Floats], done: Callable[[int, int], None] | None = None
) -> Found:
    """A search's end with the line through draws around it; at their middle, if rows and priors are nearer there.

    Parameters
    ----------
    problem
        Rows and their simulation.
    found
        Where the search ended.
    draws
        Points of the law there (N of (P,)).
    done
        Called as done(simulated trials, to simulate) within each block of patients.
    """
    blocks = problem.blocks
    changes = np.full((len(draws), len(problem.rows)), np.nan)
    for block in range(min(blocks, len(draws))):
        mine = range(block, len(draws), blocks)
        here, *others = problem.simulate([found.point, *(draws[k] for k in mine)], done, slopes=True, block=block)
        for k, answers in zip(mine, others, strict=True):
            changes[k] = answers - here
    moves = (np.asarray(draws) - found.point) / problem.width
    line = through(moves, changes, found.jacobian * problem.width, problem.concerns)
    slopes = line.slopes / problem.width
    around = linearised(problem, found.point, found.simulated + line.offset, slopes, problem.fitted, tau=found.tau)
    tau = between_trials(around, found.tau)
    drawn = replace(found, averaged=Averaged(line.offset, slopes, tau, len(draws)))
    return _in_the_middle(problem, drawn)


def _in_the_middle(problem: TrialProblem, found: Found) -> Found:
    """The end moved to where the line through draws puts the middle of what is plausible, if rows and priors are nearer there."""
    line = found.averaged
    assert line is not None

    def around(point: Floats, simulated: Floats) -> Linear:
        return linearised(problem, point, simulated, line.slopes, problem.fitted, tau=line.tau)

    law = posterior(around(found.point, found.simulated + line.offset), line.tau)
    middle = np.clip(law.mean, problem.low, problem.high)
    here, there = found.simulated, problem.simulate([middle])[0]
    before = objective(around(found.point, here), line.tau)
    after = objective(around(middle, there), line.tau)
    path = (*found.path, ("slopes through draws", before))
    if after >= before:
        return replace(found, objective=before, path=path)
    offset = here + line.offset + line.slopes @ (middle - found.point) - there
    return replace(
        found, point=middle, simulated=there, objective=after, path=(*path, (IN_THE_MIDDLE, after)),
        averaged=replace(line, offset=np.where(np.isfinite(offset), offset, 0.0)),
    )  # fmt: skip


def through(moves: Floats, changes: Floats, slopes: Floats, concerned: Bools) -> Line:
    """The line through changes of rows, given slopes known with some doubt: least squares, each slope held back by its prior.

    How much of the slopes at the point is believed, and how firmly, is what predicts draws best that the line was not drawn through,
    one left out after another (PRESS; Allen, Technometrics 1974;16:125), each row by the logarithm of its mean square.

    Parameters
    ----------
    moves
        Of the numbers, in their priors' standard deviations (N, P).
    changes
        Of the rows (N, R); NaN where a row had no answer.
    slopes
        Known so far, for a move of one standard deviation (R, P).
    concerned
        Which numbers can move which rows (R, P); the others stay at nought.
    """
    slopes, offset = np.where(concerned, slopes, 0.0), np.zeros(slopes.shape[0])
    parts = list(_parts(moves, changes, slopes, concerned))
    if not parts:
        return Line(offset, slopes)
    tried = {(share, doubt): sum(part.missed(share, doubt) for part in parts) for doubt in DOUBTS for share in SHARES}
    share, doubt = min(tried, key=lambda one: tried[one])
    found = slopes.copy()
    for part in parts:
        mine = part.slopes(share, doubt)
        found[np.ix_(part.rows, part.numbers)] = mine.T
        offset[part.rows] = part.changes.mean(axis=0) - part.moved.mean(axis=0) @ mine
    return Line(offset, found, share, doubt)


@dataclass(frozen=True)
class _Part:
    """Rows (R) that the same numbers (P) move and the same draws (N) answer: moves, changes, and slopes known so far (P, R)."""

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    moved: Floats
    changes: Floats
    known: Floats

    @cached_property
    def around(self) -> Floats:
        """Moves around their middle (N, P)."""
        return self.moved - self.moved.mean(axis=0)

    @cached_property
    def left(self) -> tuple[Floats, Floats]:
        """Changes around their middle, and what the slopes known so far say of them (N, R)."""
        return self.changes - self.changes.mean(axis=0), self.around @ self.known

    def slopes(self, share: float, doubt: float) -> Floats:
        """Slopes with a share of those known so far believed, and their doubt (P, R)."""
        changes, told = self.left
        more = np.linalg.solve(self._normal(doubt), self.around.T @ (changes - share * told))
        return np.asarray(share * self.known + more)

    def missed(self, share: float, doubt: float) -> float:
        """Half the logarithm of the mean square by which draws left out are missed, summed over rows."""
        changes, told = self.left
        hat, n = self._hat(doubt), len(self.around)
        off = changes - share * told
        left = (off - hat @ off) / np.maximum(1.0 - 1.0 / n - np.diag(hat), 1.0 / n)[:, None]
        return float(0.5 * np.log(np.maximum((left**2).mean(axis=0), TINY)).sum())

    def _normal(self, doubt: float) -> Floats:
        return self.around.T @ self.around + np.eye(self.around.shape[1]) / doubt

    def _hat(self, doubt: float) -> Floats:
        return np.asarray(self.around @ np.linalg.solve(self._normal(doubt), self.around.T))


def _parts(moves: Floats, changes: Floats, slopes: Floats, concerned: Bools) -> Iterator[_Part]:
    known = np.isfinite(changes)
    alike: dict[bytes, list[int]] = {}
    for row in range(slopes.shape[0]):
        alike.setdefault(concerned[row].tobytes() + known[:, row].tobytes(), []).append(row)
    for each in alike.values():
        rows = np.array(each, dtype=np.int64)
        answered, numbers = known[:, rows[0]], np.flatnonzero(concerned[rows[0]]).astype(np.int64)
        if answered.sum() >= LEAST_DRAWS:
            yield _Part(
                rows,
                numbers,
                moves[np.ix_(answered, numbers)],
                changes[np.ix_(answered, rows)],
                slopes[np.ix_(rows, numbers)].T,
            )
