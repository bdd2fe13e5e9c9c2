"""What the search sees: a vector of simulated rows at a point, the published ones, and their errors. A line or a whole biology."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.bench import Bench
from livingdrug.fitting.joint.free import Free
from livingdrug.fitting.joint.linear import Linear
from livingdrug.fitting.joint.rows import Row

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
        Of each row: what shares a difference between trials, its class, and what is left out together (R,).
    centre, width, low, high
        Of the priors, and bounds (P,).
    """

    published: Floats
    fitted: NDArray[np.bool_]
    group: NDArray[np.int64]
    kind: NDArray[np.int64]
    family: NDArray[np.int64]
    centre: Floats
    width: Floats
    low: Floats
    high: Floats

    def simulate(self, points: Sequence[Floats], done: Done | None = None) -> list[Floats]:
        """Simulated rows (R,) at each point (P,)."""
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
    """All rows of all trials on a bench, under free numbers; families that are held out have rows that the fit does not see."""

    bench: Bench
    free: tuple[Free, ...]
    held_out: frozenset[str] = frozenset()
    rows: tuple[Row, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = tuple(row for one in self.bench.trials for row in one.rows)
        self.published = np.array([row.number for row in self.rows])
        self.fitted = np.array([row.fitted and row.family not in self.held_out for row in self.rows])
        self.group = _numbered([row.group for row in self.rows])
        self.kinds = tuple(dict.fromkeys(row.about for row in self.rows))
        self.kind = np.array([self.kinds.index(row.about) for row in self.rows])
        self.families = tuple(dict.fromkeys(row.family for row in self.rows))
        self.family = np.array([self.families.index(row.family) for row in self.rows])
        self.centre, self.width, self.low, self.high = (
            np.array([getattr(one, name) for one in self.free]) for name in ("centre", "width", "low", "high")
        )

    def values(self, point: Floats) -> dict[str, float]:
        """Address -> value at a point."""
        return {one.address: one.off(float(x)) for one, x in zip(self.free, point, strict=True)}

    def simulate(self, points: Sequence[Floats], done: Done | None = None) -> list[Floats]:
        """Simulated rows (R,) at each point (P,); NaN where too few were counted."""
        found = self.bench.at([self.values(point) for point in points], done)
        return [np.concatenate([one.number for one in trials]) for trials in found]

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


def _numbered(keys: Sequence[object]) -> NDArray[np.int64]:
    place: dict[object, int] = {}
    return np.array([place.setdefault(key, len(place)) for key in keys], dtype=np.int64)
