"""How well a calibration fits, and what it learned: by trial and class, worst rows, prior against posterior, correlations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.fitting.joint.calibrated import Calibrated
from livingdrug.fitting.joint.problem import FAR
from livingdrug.fitting.joint.rows import Row

Z90 = 1.644854
UNLEARNED = 0.9
"""A posterior wider than this share of its prior has learned next to nothing."""
STRONG = 0.8


@dataclass(frozen=True)
class Compared:
    """A row published and simulated.

    Attributes
    ----------
    row
        The published row.
    simulated
        At the point, on the row's scale; NaN without an answer.
    expected
        In the middle of what is plausible; the same where no line was drawn through draws.
    simulation
        Standard error of the simulated number, from the finite number simulated.
    sampling, between, parameters
        Standard deviations: of publishing and simulating, between trials, and of what the free numbers leave open.
    seen
        Whether the fit saw it.
    """

    row: Row
    simulated: float
    expected: float
    simulation: float
    sampling: float
    between: float
    parameters: float
    seen: bool

    @property
    def answered(self) -> bool:
        """Whether the simulation had anybody to count."""
        return self.simulated == self.simulated

    @property
    def shown(self) -> float:
        """The simulated number in the published unit."""
        return self.row.shown(self.simulated, self.simulation)

    @property
    def z_sampling(self) -> float:
        """Simulated less published in errors of publishing and simulating."""
        return (self.simulated - self.row.number) / self.sampling

    @property
    def z(self) -> float:
        """The same with the difference between trials."""
        return (self.simulated - self.row.number) / float(np.hypot(self.sampling, self.between))

    @property
    def sd(self) -> float:
        """Of simulated less published, from all three."""
        return math.hypot(self.sampling, self.between, self.parameters)

    @property
    def z_all(self) -> float:
        """The same with what the free numbers leave open: the interval that a simulated trial is told with."""
        return (self.expected - self.row.number) / self.sd


@dataclass(frozen=True)
class Share:
    """Rows of one heading and how many lie inside the 90 % interval: of sampling, with differences between trials, and of all."""

    heading: str
    n: int
    inside_sampling: int
    inside: int
    inside_all: int


@dataclass(frozen=True)
class Learned:
    """One free number before and after; all in its own unit, limits at 90 %.

    Attributes
    ----------
    shrinkage
        1 - (posterior sd / prior sd)²: 0 nothing learned, 1 everything.
    at_bound
        Whether it lies on one of its bounds.
    """

    name: str
    address: str
    level: str
    unit: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    shrinkage: float
    moved: float
    at_bound: bool
    prior_assumed: bool

    @property
    def identified(self) -> bool:
        """Whether the rows say anything of it."""
        return np.sqrt(max(0.0, 1 - self.shrinkage)) < UNLEARNED


def compared(calibrated: Calibrated) -> list[Compared]:
    """Every row, fitted or not, with its errors as published and read (a recalled one is not widened here)."""
    problem, found = calibrated.problem, calibrated.found
    covariance, (expected, parameters) = problem.covariance(found.point), calibrated.by_parameters()
    told = []
    for place, row in enumerate(problem.rows):
        simulation = max(covariance[place, place] - row.weighted_error**2, 0.0)
        between = float(calibrated.between[problem.kind[place]])
        sampling = float(np.sqrt(row.error**2 + simulation))
        told.append(
            Compared(
                row,
                float(found.simulated[place]),
                float(expected[place]),
                math.sqrt(simulation),
                sampling,
                between,
                float(parameters[place]),
                bool(problem.fitted[place]),
            )
        )
    return told


def shares(rows: Iterable[Compared], *, by: str) -> list[Share]:
    """Rows inside their 90 % interval, by ``"trial"`` or ``"about"``, then of all."""
    known = [one for one in rows if one.answered]
    headings = list(dict.fromkeys(getattr(one.row, by) for one in known))
    told = [_share(heading, [one for one in known if getattr(one.row, by) == heading]) for heading in headings]
    return [*told, _share("all", known)]


def worst(rows: Iterable[Compared], count: int = 12) -> list[Compared]:
    """The fitted rows farthest off, by their sampling error."""
    known = [one for one in rows if one.answered and one.seen]
    return sorted(known, key=lambda one: -abs(one.z_sampling))[:count]


def far(rows: Iterable[Compared]) -> int:
    """Fitted rows that pull no harder than `FAR`."""
    return sum(abs(one.z) > FAR for one in rows if one.answered and one.seen)


def learned(calibrated: Calibrated) -> list[Learned]:
    """Every free number, prior against posterior."""
    law = calibrated.posterior()
    told = []
    for one, mean, sd in zip(calibrated.free, law.mean, law.sd, strict=True):
        before = one.off(one.centre - Z90 * one.width), one.off(one.centre), one.off(one.centre + Z90 * one.width)
        low, middle, high = (one.off(float(np.clip(mean + z * sd, one.low, one.high))) for z in (-Z90, 0.0, Z90))
        told.append(
            Learned(one.name, one.address, one.level, one.unit, before, (low, middle, high), float(1 - (sd / one.width) ** 2),
                    float((mean - one.centre) / one.width), bool(mean <= one.low or mean >= one.high), one.prior_assumed)
        )  # fmt: skip
    return told


def strong_correlations(calibrated: Calibrated, least: float = STRONG) -> list[tuple[str, str, float]]:
    """Pairs of numbers that the rows know only together: names and correlation, the strongest first."""
    matrix, free = calibrated.posterior().correlation, calibrated.free
    pairs = [
        (free[i].name, free[j].name, float(matrix[i, j]))
        for i in range(len(free))
        for j in range(i)
        if abs(matrix[i, j]) >= least
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2]))


def _share(heading: str, rows: Sequence[Compared]) -> Share:
    inside = (sum(abs(getattr(one, z)) <= Z90 for one in rows) for z in ("z_sampling", "z", "z_all"))
    return Share(heading, len(rows), *inside)
