"""What the search sees: a vector of simulated rows at a point, the published ones, and their errors. A line or a whole biology."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.bench import Bench, Simulated
from livingdrug.fitting.joint.between import kind_of, priors
from livingdrug.fitting.joint.free import Free
from livingdrug.fitting.joint.linear import Linear
from livingdrug.fitting.joint.rows import Row
from livingdrug.fitting.joint.within import Cohorts

Floats = NDArray[np.float64]
Done = Callable[[int, int], None]
FAR = 3.0
"""Beyond so many errors a row pulls no harder: one wrong number must not bend all others."""
USUAL_SHARE_ERROR = 0.05
"""Simulation error of a row on which nobody was counted at a point (arcsine scale, or of a logarithm)."""


class Problem(Protocol):
    """Published rows, and a simulation that answers them.

    Attributes
    ----------
    published, fitted
        Numbers (R,) and which of them the fit sees (R,).
    group, kind, family
        Of each row: what shares a difference between trials, its class and scale, and what is left out together (R,).
    prior_between
        Scale of the prior of the difference between trials of each kind (C,).
    centre, width, low, high
        Of the priors, and bounds (P,).
    """

    published: Floats
    fitted: NDArray[np.bool_]
    group: NDArray[np.int64]
    kind: NDArray[np.int64]
    family: NDArray[np.int64]
    prior_between: Floats
    centre: Floats
    width: Floats
    low: Floats
    high: Floats

    def simulate(self, points: Sequence[Floats], done: Done | None = None, *, slopes: bool = False) -> list[Floats]:
        """Simulated rows (R,) at each point (P,).

        Parameters
        ----------
        slopes
            Whether only differences between the points are wanted, so that fewer patients may do.
        """
        ...

    def covariance(self, point: Floats, *, weighted: bool = True) -> Floats:
        """Of published less simulated rows when the parameters are right (R, R): publishing and simulating.

        Parameters
        ----------
        weighted
            Whether rows that count less have their errors widened, as the fit uses them.
        """
        ...


@dataclass
class TrialProblem:
    """All rows of all trials on a bench, under free numbers; families that are held out have rows that the fit does not see.

    Attributes
    ----------
    bench
        Where rows are simulated.
    slopes
        Where points are simulated whose differences alone are wanted, with fewer patients; the same bench when omitted.
    """

    bench: Bench
    free: tuple[Free, ...]
    held_out: frozenset[str] = frozenset()
    cohorts: Cohorts | None = None
    slopes: Bench | None = None
    rows: tuple[Row, ...] = field(init=False)
    _others: dict[int, Bench] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        within = self.cohorts.rows if self.cohorts else ()
        self.rows = (*(row for one in self.bench.trials for row in one.rows), *within)
        self.published = np.array([row.number for row in self.rows])
        self.fitted = np.array([row.fitted and not self.held_out & {row.family, *row.families} for row in self.rows])
        self.group = _numbered([row.group for row in self.rows])
        kinds = [kind_of(row.about, row.measure) for row in self.rows]
        self.kinds = tuple(dict.fromkeys(kinds))
        self.kind = np.array([self.kinds.index(kind) for kind in kinds])
        measures = {kind: row.measure for kind, row in zip(kinds, self.rows, strict=True)}
        self.prior_between = priors([measures[kind] for kind in self.kinds])
        self.families = tuple(dict.fromkeys(row.family for row in self.rows))
        self.family = np.array([self.families.index(row.family) for row in self.rows])
        self.centre, self.width, self.low, self.high = (
            np.array([getattr(one, name) for one in self.free]) for name in ("centre", "width", "low", "high")
        )

    @property
    def n_simulated(self) -> int:
        """Trials simulated so far, on all benches."""
        benches = {id(one): one for one in (self.bench, self.slopes, *self._others.values()) if one is not None}
        return sum(one.n_simulated for one in benches.values())

    def values(self, point: Floats) -> dict[str, float]:
        """Address -> value at a point."""
        return {one.address: one.off(float(x)) for one, x in zip(self.free, point, strict=True)}

    @property
    def concerns(self) -> NDArray[np.bool_]:
        """Which numbers can move which rows (R, P): those that any trial of the row is made of."""
        mine = {one.name: np.array([free.address in one.concerns for free in self.free]) for one in self.bench.trials}
        stand_in = {one.association.id: one.trials for one in (self.cohorts.every if self.cohorts else ())}
        found = [np.any([mine[name] for name in stand_in.get(row.trial, (row.trial,))], axis=0) for row in self.rows]
        return np.array(found).reshape(len(self.rows), len(self.free))

    @property
    def blocks(self) -> int:
        """How many times the patients for slopes go into those for rows: blocks of other people."""
        return self.bench.patients // self.slopes.patients if self.slopes is not None else 1

    def simulate(
        self, points: Sequence[Floats], done: Done | None = None, *, slopes: bool = False, block: int = 0
    ) -> list[Floats]:
        """Simulated rows (R,) at each point (P,); NaN where too few were counted.

        Parameters
        ----------
        slopes
            Whether only differences between the points are wanted, so that fewer patients may do.
        block
            Which of the `blocks` of patients, where slopes are wanted; the first when omitted.
        """
        bench = self.slopes if slopes and self.slopes is not None else self.bench
        if block:
            first = bench.first + block * bench.patients
            bench = self._others.setdefault(block, replace(bench, first=first, n_simulated=0, _known={}))
        found = bench.at([self.values(point) for point in points], done)
        return [self._answers(trials)[0] for trials in found]

    def simulate_some(self, point: Floats, rows: NDArray[np.bool_]) -> Floats:
        """Some rows at a point (R,), from no more trials than they need; NaN for the others."""
        needed = {row.trial for row, here in zip(self.rows, rows, strict=True) if here}
        for cohort in self.cohorts.every if self.cohorts else ():
            if cohort.association.id in needed:
                needed |= set(cohort.trials)
        trials = [one for one in self.bench.trials if one.name in needed]
        found = self.bench.at([self.values(point)], only=[one.name for one in trials])[0]
        simulated = dict(zip((one.name for one in trials), found, strict=True))
        numbers = self._answers([simulated.get(one.name, _silent(len(one.rows))) for one in self.bench.trials])[0]
        return np.where(rows, numbers, np.nan)

    def taught_by(self, family: int) -> NDArray[np.bool_]:
        """Rows that a family's patients have any part in (R,): its own, and associations of cohorts that its trials stand for."""
        name = self.families[family]
        return np.array([name == row.family or name in row.families for row in self.rows])

    def _answers(self, trials: Sequence[Simulated]) -> tuple[Floats, Floats]:
        """Numbers and simulation errors of every row (R,), from the trials in order."""
        numbers, errors = [one.number for one in trials], [one.error for one in trials]
        if self.cohorts:
            people = {
                prepared.name: (one.key, one.patients)
                for prepared, one in zip(self.bench.trials, trials, strict=True)
                if one.patients is not None
            }
            told = self.cohorts.at(people)
            numbers.append(np.array([one.number for one in told]))
            errors.append(np.array([one.error for one in told]))
        return np.concatenate(numbers), np.concatenate(errors)

    def covariance(self, point: Floats, *, weighted: bool = True) -> Floats:
        """Errors of publishing and of simulating, each with the correlation that rows of the same patients have (R, R)."""
        found = self.bench.at([self.values(point)])[0]
        whole = np.zeros((len(self.rows), len(self.rows)))
        first = 0
        for one, simulated in zip(self.bench.trials, found, strict=True):
            here = slice(first, first + len(one.rows))
            published = np.array([row.weighted_error if weighted else row.error for row in one.rows])
            own = np.where(np.isfinite(simulated.error), simulated.error, USUAL_SHARE_ERROR)
            whole[here, here] = one.correlation * (np.outer(published, published) + np.outer(own, own))
            first += len(one.rows)
        if self.cohorts:  # taken as independent of each other and of the trials' shares
            errors = self._answers(found)[1]
            for place, row in enumerate(self.rows[first:], start=first):
                own = errors[place] if np.isfinite(errors[place]) else USUAL_SHARE_ERROR
                whole[place, place] = (row.weighted_error if weighted else row.error) ** 2 + own**2
        return whole


def linearised(
    problem: Problem,
    point: Floats,
    simulated: Floats,
    jacobian: Floats,
    rows: NDArray[np.bool_],
    *,
    tau: Floats | None = None,
    weighted: bool = True,
) -> Linear:
    """The problem around a point, for some of its rows; with `tau`, rows farther than `FAR` errors have theirs widened.

    Rows without an answer at the point are given no weight.
    """
    covariance = problem.covariance(point, weighted=weighted).copy()
    silent = ~np.isfinite(simulated)
    residual = np.where(silent, 0.0, problem.published - simulated)
    if tau is not None:
        sd = np.sqrt(np.diag(covariance) + tau[problem.kind] ** 2)
        widen = np.sqrt(np.maximum(np.abs(residual) / sd / FAR, 1.0))
        # total variance times widen squared: what is added is the row's own
        covariance = covariance + np.diag(sd**2 * (widen**2 - 1.0))
    covariance = covariance + np.diag(np.where(silent, 1e6, 0.0))
    whole = Linear(
        point, problem.published - residual, np.where(np.isfinite(jacobian), jacobian, 0.0), problem.published, covariance,
        problem.group, problem.kind, problem.centre, problem.width,
    )  # fmt: skip
    return whole.select(rows)


def _silent(n: int) -> Simulated:
    return Simulated(np.full(n, np.nan), np.full(n, np.nan))


def _numbered(keys: Sequence[object]) -> NDArray[np.int64]:
    place: dict[object, int] = {}
    return np.array([place.setdefault(key, len(place)) for key in keys], dtype=np.int64)
