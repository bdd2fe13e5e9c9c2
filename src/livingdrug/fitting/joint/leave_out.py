"""Each calibration trial predicted by a fit that never saw it, nor any of its family: nearly free, from one Jacobian.

At the best point everything is linear enough for one Gauss-Newton step without the family's rows. What only the family told
falls back to its prior: a product that no other trial gives is predicted from what it is. The differences between trials are
estimated anew without it, and the family is simulated once at the new point, so that only the interval is a line's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.between import marginal
from livingdrug.fitting.joint.calibrated import Calibrated
from livingdrug.fitting.joint.fit import Z90
from livingdrug.fitting.joint.linear import Posterior, between_trials, posterior, predicted
from livingdrug.fitting.joint.problem import linearised
from livingdrug.fitting.joint.rows import Row
from livingdrug.fitting.joint.search import Averaged, Tell, search
from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
MISSED = 2 / 0.1
"""Penalty of the interval score of a 90 % interval: 2/alpha times the distance outside (Gneiting and Raftery 2007)."""


@dataclass(frozen=True)
class Predicted:
    """One row as trials of other families predict it; numbers on the row's scale.

    Attributes
    ----------
    row
        The published row.
    expected
        Simulated at the middle without the family, with the offset of the line through draws; the linear answer where nobody was counted there.
    linear
        By the Jacobian alone.
    sd
        Of published less expected: parameters, differences between trials, sampling of both.
    parameter, between, sampling
        Its parts.
    """

    row: Row
    expected: float
    linear: float
    sd: float
    parameter: float
    between: float
    sampling: float

    @property
    def low(self) -> float:
        """Of the 90 % interval."""
        return self.expected - Z90 * self.sd

    @property
    def high(self) -> float:
        """Of the 90 % interval."""
        return self.expected + Z90 * self.sd

    @property
    def inside(self) -> bool:
        """Whether the published number lies in the 90 % interval."""
        return self.low <= self.row.number <= self.high

    @property
    def width(self) -> float:
        """Of the interval over one of the published row's sampling alone."""
        return self.sd / self.row.error

    @property
    def score(self) -> float:
        """Interval score over the width of an interval of pure sampling: smaller is better; 1 would be a known truth, met."""
        missed = max(self.low - self.row.number, 0.0) + max(self.row.number - self.high, 0.0)
        return (2 * Z90 * self.sd + MISSED * missed) / (2 * Z90 * self.row.error)


@dataclass(frozen=True)
class Family:
    """A family left out.

    Attributes
    ----------
    name, trials
        The family and its trials.
    law
        Of the parameters without it.
    rows
        Its rows, as predicted.
    """

    name: str
    trials: tuple[str, ...]
    law: Posterior
    rows: tuple[Predicted, ...]


@dataclass(frozen=True)
class Scored:
    """Coverage of 90 % intervals, median width over pure sampling, mean interval score over pure sampling."""

    heading: str
    n: int
    coverage: float
    width: float
    score: float


def leave_out(calibrated: Calibrated, *, done: Callable[[int, int], None] | None = None) -> list[Family]:
    """Every family predicted by the others.

    Parameters
    ----------
    calibrated
        A calibration of at least two families.
    done
        Called as done(families done, families).

    Raises
    ------
    BadInput
        There is one family only: nothing else could predict it.
    """
    problem = calibrated.problem
    if len(problem.families) < 2:
        raise BadInput(
            "all trials belong to one family, so none can be predicted by the others.\n  Calibrate on more trials."
        )
    found = []
    for place, name in enumerate(problem.families):
        mine = problem.family == place
        law, _, between = without(calibrated, problem.taught_by(place))
        found.append(told(calibrated, name, mine, law, between))
        if done is not None:
            done(place + 1, len(problem.families))
    return found


def without(calibrated: Calibrated, mine: NDArray[np.bool_]) -> tuple[Posterior, Floats, Floats]:
    """Posterior without some rows, one step from the best point; spreads between trials (C,) at their best, and integrated out."""
    problem = calibrated.problem
    others = calibrated.linear(problem.fitted & ~mine)
    tau = between_trials(others, calibrated.tau)
    law = posterior(others, tau)
    law = replace(law, mean=np.clip(law.mean, problem.low, problem.high))
    return law, tau, marginal(others, tau, problem.prior_between)


def told(calibrated: Calibrated, name: str, mine: NDArray[np.bool_], law: Posterior, between: Floats) -> Family:
    """The family's rows under a law of the parameters and standard deviations between trials (C,)."""
    problem, found = calibrated.problem, calibrated.found
    around = linearised(
        problem, found.point, found.simulated + calibrated.offset, calibrated.slopes, mine, weighted=False
    )
    line = predicted(around, between, law)
    trials = tuple(
        dict.fromkeys(row.trial for row, here in zip(problem.rows, mine, strict=True) if here and not row.within)
    )
    expected = (problem.simulate_some(law.mean, mine) + calibrated.offset)[mine]
    rows = [row for row, here in zip(problem.rows, mine, strict=True) if here]
    answered = np.isfinite(found.simulated[mine])
    predictions = [
        Predicted(row, float(number if np.isfinite(number) else linear), float(linear), float(sd), *(float(part[i]) for part in line.parts.values()))
        for i, (row, number, linear, sd) in enumerate(zip(rows, expected, line.expected, line.sd, strict=True))
        if answered[i]
    ]  # fmt: skip
    return Family(name, trials, law, tuple(predictions))


def refit(calibrated: Calibrated, family: str, *, jacobians: int = 2, tell: Tell = lambda progress: None) -> Family:
    """The same prediction from a whole search without the family, to hold the one step against.

    Raises
    ------
    BadInput
        No such family.
    """
    problem = calibrated.problem
    if family not in problem.families:
        raise BadInput(f'no family "{family}" in this calibration.\n  It has: {", ".join(problem.families)}.')
    place = problem.families.index(family)
    mine, others = problem.family == place, problem.fitted & ~problem.taught_by(place)
    found = search(
        problem, calibrated.found.point, rows=others, tau=without(calibrated, ~others)[1], jacobians=jacobians, tell=tell,
    )  # fmt: skip
    again = Calibrated(problem, replace(found, averaged=_lent(calibrated.found.averaged, found.tau)))
    seen = again.linear(others)
    law = posterior(seen, found.tau)
    between = marginal(seen, found.tau, problem.prior_between)
    return told(again, family, mine, replace(law, mean=found.point), between)


def _lent(averaged: Averaged | None, tau: Floats) -> Averaged | None:
    """The line through draws around another point, with spreads between trials of that search."""
    return None if averaged is None else replace(averaged, tau=tau)


def scores(families: Sequence[Family], *, read: bool = True) -> list[Scored]:
    """Coverage, width and score by family, then of all; rows that were fitted to elsewhere, read ones only when asked.

    Associations within cohorts are not among them: what is scored is what trials came to.
    """
    chosen = {
        family.name: [
            one for one in family.rows if one.row.fitted and not one.row.within and (one.row.read or not read)
        ]
        for family in families
    }
    every = [one for rows in chosen.values() for one in rows]
    return [_scored(name, rows) for name, rows in [*chosen.items(), ("all", every)] if rows]


def _scored(heading: str, rows: Sequence[Predicted]) -> Scored:
    return Scored(
        heading, len(rows), float(np.mean([one.inside for one in rows])), float(np.median([one.width for one in rows])),
        float(np.mean([one.score for one in rows])),
    )  # fmt: skip
