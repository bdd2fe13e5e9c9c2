"""The calibration around one point, where it is linear: posterior, differences between trials, and what is left out.

    y = f + J (x - x0) + u + e,   x ~ normal(centre, width²),   e ~ normal(0, S),   u ~ normal(0, tau²)

y are published numbers, f and J what the simulation says and how it moves, e the errors of publishing and of simulating a
finite number of patients. u is what sets trials apart beyond that: one number for all rows of an endpoint in a trial, its
spread tau one for each class of rows. All of it is closed-form, so one Jacobian answers for posterior and left-out trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

Floats = NDArray[np.float64]
LEAST_SPREAD, MOST_SPREAD = 1e-3, 2.0
BEGIN_SPREAD = 0.1


@dataclass(frozen=True)
class Linear:
    """The problem around a point.

    Attributes
    ----------
    point
        Where it was linearised (P,).
    simulated, jacobian
        f (R,) and J (R, P) there.
    published, covariance
        y (R,) and S (R, R).
    group
        Which rows share a difference between trials: numbers (R,).
    kind
        Class of each row: numbers from 0 (R,).
    centre, width
        Of the priors (P,).
    """

    point: Floats
    simulated: Floats
    jacobian: Floats
    published: Floats
    covariance: Floats
    group: NDArray[np.int64]
    kind: NDArray[np.int64]
    centre: Floats
    width: Floats

    @property
    def residual(self) -> Floats:
        """Published less simulated (R,)."""
        return self.published - self.simulated

    @cached_property
    def together(self) -> NDArray[np.bool_]:
        """Which rows share a difference between trials (R, R): same group and class."""
        return (self.group[:, None] == self.group[None, :]) & (self.kind[:, None] == self.kind[None, :])

    def noise(self, tau: Floats) -> Floats:
        """Covariance of what the parameters do not explain: S with the differences between trials (R, R)."""
        return self.covariance + self.together * (tau[self.kind] ** 2)[:, None]

    def select(self, rows: NDArray[np.bool_]) -> Linear:
        """Some of the rows."""
        return Linear(
            self.point, self.simulated[rows], self.jacobian[rows], self.published[rows],
            self.covariance[np.ix_(rows, rows)], self.group[rows], self.kind[rows], self.centre, self.width,
        )  # fmt: skip


@dataclass(frozen=True)
class Posterior:
    """A normal law of the parameters: mean (P,), covariance (P, P)."""

    mean: Floats
    covariance: Floats

    @property
    def sd(self) -> Floats:
        """Standard deviations (P,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Floats:
        """(P, P)."""
        return self.covariance / np.outer(self.sd, self.sd)


def posterior(problem: Linear, tau: Floats) -> Posterior:
    """What rows and priors together say of the parameters: one Gauss-Newton step, and its covariance."""
    step, precision = gauss_newton(problem, tau)
    covariance = np.linalg.inv(precision)
    return Posterior(problem.point + step, (covariance + covariance.T) / 2)


def gauss_newton(problem: Linear, tau: Floats, damping: float = 0.0) -> tuple[Floats, Floats]:
    """The step to the best point (P,), and the precision J'V⁻¹J + prior (P, P).

    Parameters
    ----------
    damping
        Marquardt's: added in units of the prior's precision.
    """
    prior = np.diag(1.0 / problem.width**2)
    if problem.published.size:
        factor = cho_factor(problem.noise(tau))
        weighted = cho_solve(factor, problem.jacobian)
        precision = problem.jacobian.T @ weighted + prior
        pull = weighted.T @ problem.residual
    else:
        precision, pull = prior.copy(), np.zeros(problem.point.size)
    pull = pull + (problem.centre - problem.point) / problem.width**2
    return np.asarray(np.linalg.solve(precision + damping * prior, pull), dtype=np.float64), precision


def objective(problem: Linear, tau: Floats) -> float:
    """Half the squared distance from published rows and priors, at the point."""
    distance = float(problem.residual @ cho_solve(cho_factor(problem.noise(tau)), problem.residual))
    return 0.5 * distance + 0.5 * float((((problem.point - problem.centre) / problem.width) ** 2).sum())


def between_trials(problem: Linear, start: Floats) -> Floats:
    """The spread between trials of each class of rows (C,), by maximum marginal likelihood.

    The parameters are integrated out under their priors, so that a class which they explain well leaves no spread, and one
    with few rows is not called certain because it was fitted. A class without rows here keeps what it starts with.

    Parameters
    ----------
    problem
        Around the best point known.
    start
        Where to begin, one for each class (C,).
    """
    present = np.unique(problem.kind)
    offset = problem.residual - problem.jacobian @ (problem.centre - problem.point)
    fixed = problem.covariance + (problem.jacobian * problem.width**2) @ problem.jacobian.T
    blocks = [(problem.together * (problem.kind == kind)[:, None]).astype(np.float64) for kind in present]

    def surprise(log_tau: Floats) -> tuple[float, Floats]:
        squares = np.exp(2 * log_tau)
        whole = fixed + sum(square * block for square, block in zip(squares, blocks, strict=True))
        inverse = np.linalg.inv(whole)
        pulled = inverse @ offset
        _, logdet = np.linalg.slogdet(whole)
        slope = [
            square * (np.sum(inverse * block) - pulled @ block @ pulled)
            for square, block in zip(squares, blocks, strict=True)
        ]
        return 0.5 * (logdet + float(offset @ pulled)), np.array(slope)

    found = start.astype(np.float64).copy()
    if present.size:
        bounds = [(np.log(LEAST_SPREAD), np.log(MOST_SPREAD))] * present.size
        first = np.log(np.clip(start[present], BEGIN_SPREAD / 3, MOST_SPREAD))
        found[present] = np.exp(minimize(surprise, first, jac=True, method="L-BFGS-B", bounds=bounds).x)
    return found


@dataclass(frozen=True)
class Predicted:
    """Rows as a law of the parameters predicts them.

    Attributes
    ----------
    law
        Of the parameters.
    expected
        Of the rows (K,).
    parts
        Standard deviation from each source (K,): ``parameter``, ``between trials``, ``sampling``.
    covariance
        Of published less expected, all sources together (K, K).
    """

    law: Posterior
    expected: Floats
    parts: dict[str, Floats]
    covariance: Floats

    @property
    def sd(self) -> Floats:
        """Of published less expected (K,)."""
        return np.sqrt(np.diag(self.covariance))


def predicted(problem: Linear, tau: Floats, law: Posterior) -> Predicted:
    """What a law of the parameters says of the problem's rows, as those of trials that it has not seen."""
    by_parameter = problem.jacobian @ law.covariance @ problem.jacobian.T
    between = problem.noise(tau) - problem.covariance
    parts = {"parameter": by_parameter, "between trials": between, "sampling": problem.covariance}
    sds = {name: np.sqrt(np.maximum(np.diag(part), 0.0)) for name, part in parts.items()}
    expected = problem.simulated + problem.jacobian @ (law.mean - problem.point)
    return Predicted(law, expected, sds, by_parameter + between + problem.covariance)


def left_out(problem: Linear, tau: Floats, rows: NDArray[np.bool_], seen: NDArray[np.bool_] | None = None) -> Predicted:
    """What the other rows predict for some.

    Parameters
    ----------
    rows
        To be predicted (R,).
    seen
        Rows that the prediction may learn from (R,); all others when omitted.
    """
    others = ~rows if seen is None else seen & ~rows
    return predicted(problem.select(rows), tau, posterior(problem.select(others), tau))
