"""Stochastic approximation of EM: the population values that make the data most likely.

    explore    draw patients' parameters given the data, move to the values that fit these draws best, again and again
    settle     the same, but each step counts less (1/k): the average converges to the maximum of the likelihood

Source: Kuhn E, Lavielle M. Maximum likelihood estimation in nonlinear mixed effects models. Comput Stat Data Anal
2005;49:1020-1038. Error sizes and parameters without spread follow the gradient of the complete likelihood, whose
zero is the maximum too (Fisher's identity), so that censored measurements need not be imputed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.error_models import ErrorModel
from livingdrug.fitting.likelihood import ErrorSizes, Likelihood, level_terms, row_sums
from livingdrug.fitting.population import Population, Theta, maximise
from livingdrug.fitting.sampling import Chains, start_chains, sweep

Floats = NDArray[np.float64]

Progress = Callable[[int, int, Theta], None]
_H = 1e-4
"""Step of differences on the normal scale of a parameter."""


@dataclass(frozen=True)
class Settings:
    """How a fit goes about it.

    Attributes
    ----------
    explore, settle
        Iterations of either phase.
    rows
        Chains are run so that patients times chains are at least as many.
    burn_in
        Sweeps before the first update.
    cooling
        While exploring, a spread or error may shrink by no more than this factor each iteration.
    seed
        Of all random numbers.
    """

    explore: int = 300
    settle: int = 200
    rows: int = 200
    burn_in: int = 10
    cooling: float = 0.95
    seed: int = 1

    def n_chains(self, n_patients: int) -> int:
        """Chains for so many patients."""
        return max(2, -(-self.rows // n_patients))


@dataclass(frozen=True)
class Approximation:
    """Where SAEM ended.

    Attributes
    ----------
    theta
        The estimates.
    chains
        The chains as they stand.
    mean, covariance
        Moments of each patient's random parameters given the data, shaped (n, d) and (n, d, d).
    trace
        Values by iteration: β, standard deviations, correlations, errors; shaped (iterations, values).
    """

    theta: Theta
    chains: Chains
    mean: Floats
    covariance: Floats
    trace: Floats
    settings: Settings = field(default_factory=Settings)


def approximate(
    likelihood: Likelihood,
    population: Population,
    start: Theta,
    errors: tuple[ErrorModel, ...],
    settings: Settings,
    *,
    error_fixed: bool = False,
    progress: Progress | None = None,
) -> Approximation:
    """Run SAEM from `start`."""
    # ---- set up -----------------------------------------------------------------------------------------------------
    n, random = population.n_patients, population.random
    d, n_chains = random.size, settings.n_chains(population.n_patients)
    theta = start
    sizes = ErrorSizes.of(errors, theta.error)
    chains = start_chains(likelihood, population, theta, sizes, n_chains, settings.seed)
    own_mean = population.means(theta.beta)[:, random]
    own_spread = np.broadcast_to(theta.omega, (n, d, d)).copy()
    statistics = _moments(chains, random, n)
    follower = _Follower(population, errors, error_fixed)
    total = settings.explore + settings.settle
    trace = np.empty((total, values_of(population, errors, theta).size))
    for _ in range(settings.burn_in):
        sweep(chains, likelihood, population, theta, sizes, _usable(own_spread, theta), seed=settings.seed, adapt=0.5)

    # ---- main loop --------------------------------------------------------------------------------------------------
    for k in range(total):
        settled = k - settings.explore
        gain = 1.0 if settled < 0 else 1.0 / (settled + 1)
        adapt = 0.5 if settled < 0 else 0.5 * gain
        spread = _usable(own_spread, theta)
        sweep(chains, likelihood, population, theta, sizes, spread, seed=settings.seed, adapt=adapt)
        found = _moments(chains, random, n)
        statistics = tuple(old + gain * (new - old) for old, new in zip(statistics, found, strict=True))
        slow = max(gain, 0.02) if settled >= 0 else 0.1
        own_mean, own_spread = _follow(own_mean, own_spread, *found, slow)
        beta, omega = maximise(population, *statistics, theta.beta) if d else (theta.beta, theta.omega)
        if settled < 0 and k < settings.explore // 2:
            omega = _cooled(omega, theta.omega, settings.cooling)
        theta = theta.replaced(beta=beta, omega=omega)
        theta = follower.step(theta, chains, likelihood, gain, settings.cooling if settled < 0 else 0.0)
        sizes = ErrorSizes.of(errors, theta.error)
        _rest(chains, population, theta)
        chains.fit = likelihood.rows(population.natural(chains.phi), chains.who, sizes)
        trace[k] = values_of(population, errors, theta)
        if progress is not None:
            progress(k + 1, total, theta)

    # ---- finish -----------------------------------------------------------------------------------------------------
    return Approximation(theta, chains, own_mean, _usable(own_spread, theta), trace, settings)


def conditional_moments(
    done: Approximation, likelihood: Likelihood, population: Population, errors: tuple[ErrorModel, ...], sweeps: int
) -> tuple[Floats, Floats]:
    """Mean (n, d) and covariance (n, d, d) of each patient's random parameters at the estimates, from so many sweeps."""
    n, random = population.n_patients, population.random
    sizes = ErrorSizes.of(errors, done.theta.error)
    mean = square = 0.0
    for _ in range(sweeps):
        sweep(done.chains, likelihood, population, done.theta, sizes, done.covariance, seed=done.settings.seed, adapt=0.0)
        one, two = _moments(done.chains, random, n)
        mean, square = mean + one / sweeps, square + two / sweeps
    mean = np.asarray(mean)
    return mean, np.asarray(square) - mean[:, :, None] * mean[:, None, :]


def values_of(population: Population, errors: tuple[ErrorModel, ...], theta: Theta) -> Floats:
    """Everything estimated in one row: β, standard deviations, correlations, error sizes."""
    deviation = np.sqrt(np.diag(theta.omega))
    correlation = [theta.omega[i, j] / (deviation[i] * deviation[j]) for i, j in population.pairs]
    sizes = [theta.error[k, "ab".index(p)] for k, error in enumerate(errors) for p in error.parameters]
    return np.concatenate([theta.beta, deviation, correlation, sizes])


def _moments(chains: Chains, random: NDArray[np.int64], n: int) -> tuple[Floats, Floats]:
    """Mean over chains of φ (n, d) and φφ' (n, d, d)."""
    phi = chains.phi[:, random].reshape(-1, n, random.size)
    return phi.mean(axis=0), np.einsum("cni,cnj->nij", phi, phi) / len(phi)


def _follow(mean: Floats, spread: Floats, one: Floats, two: Floats, gain: float) -> tuple[Floats, Floats]:
    """Running mean and covariance of each patient's φ, moved towards what the chains show now."""
    shift = one - mean
    now = two - one[:, :, None] * one[:, None, :] + shift[:, :, None] * shift[:, None, :]
    return mean + gain * shift, spread + gain * (now - spread)


def _usable(spread: Floats, theta: Theta) -> Floats:
    """A covariance for proposals: never flat, never wider than the population by much."""
    return spread + 1e-4 * np.diag(np.diag(theta.omega)) + 1e-14 * np.eye(theta.omega.shape[0])


def _cooled(new: Floats, old: Floats, cooling: float) -> Floats:
    """Ω whose standard deviations shrink by no more than the cooling allows; correlations stay."""
    deviation = np.sqrt(np.diag(new))
    kept = np.maximum(deviation, np.sqrt(np.diag(old)) * cooling)
    factor = kept / deviation
    return new * np.outer(factor, factor)


def _rest(chains: Chains, population: Population, theta: Theta) -> None:
    """Put parameters without spread where β says."""
    fixed = np.setdiff1d(np.arange(len(population.names)), population.random)
    if fixed.size:
        chains.phi[:, fixed] = population.means(theta.beta)[:, fixed][chains.who]


class _Follower:
    """Moves error sizes and coefficients without spread along the gradient of the complete likelihood.

    Each step is a damped Newton step whose curvature is averaged as the other statistics are.
    """

    def __init__(self, population: Population, errors: tuple[ErrorModel, ...], error_fixed: bool) -> None:
        self.population = population
        self.beta = np.flatnonzero(population.estimated & ~population.is_random)
        self.error = [] if error_fixed else [(k, "ab".index(p)) for k, e in enumerate(errors) for p in e.parameters]
        self.errors = errors
        self.curvature: Floats | None = None

    def step(self, theta: Theta, chains: Chains, likelihood: Likelihood, gain: float, cooling: float) -> Theta:
        """θ after one step."""
        size = len(self.error) + self.beta.size
        if not size:
            return theta
        score, curvature = self._derivatives(theta, chains, likelihood)
        old = self.curvature
        self.curvature = curvature if old is None else old + max(gain, 0.05) * (curvature - old)
        ridge = 1e-6 * np.trace(self.curvature) / size + 1e-12
        move = np.linalg.solve(self.curvature + ridge * np.eye(size), score)
        move = gain * np.clip(move, np.log(cooling) if cooling else -0.3, 0.5)
        error, beta = theta.error.copy(), theta.beta.copy()
        for (k, which), by in zip(self.error, move, strict=False):
            error[k, which] *= np.exp(by)
        beta[self.beta] += np.clip(move[len(self.error) :], -0.3, 0.3)
        return theta.replaced(error=error, beta=beta)

    def _derivatives(self, theta: Theta, chains: Chains, likelihood: Likelihood) -> tuple[Floats, Floats]:
        population, data = self.population, likelihood.data
        sizes = ErrorSizes.of(self.errors, theta.error)
        start, level = likelihood.levels(population.natural(chains.phi), chains.who)
        sums = row_sums(data, chains.who, start, level, sizes)
        size, k = len(self.error) + self.beta.size, len(self.error)
        score, curvature = np.zeros(size), np.zeros((size, size))
        total, curve = sums.score.sum(axis=0), sums.curvature.sum(axis=0)
        for x, (output, which) in enumerate(self.error):
            score[x] = total[output, which]
            for y, (other, its) in enumerate(self.error):
                if output == other:
                    curvature[x, y] = curve[output, which + its]
        if not self.beta.size:
            return score, curvature
        terms = level_terms(data, chains.who, start, level, sizes)
        bends = []
        for q in self.beta:
            owner = population.owner[q]
            phi = chains.phi.copy()
            phi[:, owner] += _H * population.design[chains.who, owner, q]
            bends.append((likelihood.levels(population.natural(phi), chains.who)[1] - level) / _H)
        matrix = np.stack(bends)
        score[k:] = matrix @ terms.slope
        curvature[k:, k:] = (matrix * terms.weight) @ matrix.T
        return score, curvature
