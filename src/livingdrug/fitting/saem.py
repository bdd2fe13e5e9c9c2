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
from livingdrug.fitting.likelihood import ErrorSizes, Likelihood, level_terms
from livingdrug.fitting.population import Population, Theta, maximise
from livingdrug.fitting.sampling import Chains, start_chains, sweep

Floats = NDArray[np.float64]

Progress = Callable[[int, int, Theta], None]
_H = 1e-4
"""Step of differences on the normal scale of a parameter."""
KEPT_EVERY = 50
CLASSES_EVERY = 5
"""Iterations between two looks at which class each patient is of."""


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


@dataclass
class State:
    """SAEM between two iterations; all that going on needs. Moves in place, so this record is not frozen.

    Attributes
    ----------
    done
        Iterations done.
    counted
        How much each patient belongs to each class, shaped (n,); empty without a mixture.
    statistics
        Averaged moments of φ: (n, d) and (n, d, d).
    own_mean, own_spread
        Running moments of each patient's φ, for proposals.
    curvature
        Averaged curvature of what follows the gradient; empty before the first step.
    """

    theta: Theta
    chains: Chains
    statistics: tuple[Floats, Floats]
    own_mean: Floats
    own_spread: Floats
    curvature: Floats
    trace: Floats
    done: int = 0
    counted: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def weight(self) -> Floats | None:
        """How much each patient counts in each class; None without a mixture."""
        return self.counted if self.counted.size else None


def begin(
    likelihood: Likelihood, population: Population, start: Theta, errors: tuple[ErrorModel, ...], settings: Settings
) -> State:
    """The state before the first iteration, burnt in."""
    n, random = population.n_patients, population.random
    sizes = ErrorSizes.of(errors, start.error)
    chains = start_chains(likelihood, population, start, sizes, settings.n_chains(n), settings.seed)
    spread = np.broadcast_to(start.omega, (n, random.size, random.size)).copy()
    for _ in range(settings.burn_in):
        sweep(chains, likelihood, population, start, sizes, _usable(spread, start), seed=settings.seed, adapt=0.5)
    trace = np.empty((settings.explore + settings.settle, values_of(population, errors, start).size))
    mean = population.means(start.beta)[:, random]
    counted = np.repeat(start.shares, n // 2) if population.classes > 1 else np.empty(0)
    return State(start, chains, _moments(chains, random, n), mean, spread, np.empty((0, 0)), trace, counted=counted)


def approximate(
    likelihood: Likelihood,
    population: Population,
    start: Theta,
    errors: tuple[ErrorModel, ...],
    settings: Settings,
    *,
    error_fixed: bool = False,
    progress: Progress | None = None,
    state: State | None = None,
    keep: Callable[[State], None] | None = None,
) -> Approximation:
    """Run SAEM from `start`, or go on from `state`.

    Parameters
    ----------
    keep
        Called with the state every `KEPT_EVERY` iterations, and when the user interrupts.
    """
    state = state or begin(likelihood, population, start, errors, settings)
    total = settings.explore + settings.settle
    follower = _Follower(population, errors, error_fixed)
    while state.done < total:
        try:
            _iterate(state, likelihood, population, errors, settings, follower)
            if progress is not None:
                progress(state.done, total, state.theta)
        except KeyboardInterrupt:
            if keep is not None and state.done:
                keep(state)
            raise
        if keep is not None and (state.done % KEPT_EVERY == 0 or state.done == total):
            keep(state)
    spread = _usable(state.own_spread, state.theta)
    return Approximation(state.theta, state.chains, state.own_mean, spread, state.trace, settings)


def _iterate(
    state: State,
    likelihood: Likelihood,
    population: Population,
    errors: tuple[ErrorModel, ...],
    settings: Settings,
    follower: _Follower,
) -> None:
    """One iteration; the state is changed at its end only, so that an interruption leaves the last whole one."""
    n, random, theta = population.n_patients, population.random, state.theta
    exploring = state.done < settings.explore
    gain = 1.0 if exploring else 1.0 / (state.done - settings.explore + 1)
    chains = state.chains.copied()
    spread = _usable(state.own_spread, theta)
    sizes = ErrorSizes.of(errors, theta.error)
    sweep(chains, likelihood, population, theta, sizes, spread, seed=settings.seed, adapt=0.5 * gain)
    one, two = _moments(chains, random, n)
    statistics = (
        state.statistics[0] + gain * (one - state.statistics[0]),
        state.statistics[1] + gain * (two - state.statistics[1]),
    )
    own = _follow(state.own_mean, state.own_spread, one, two, 0.1 if exploring else max(gain, 0.02))
    counted = state.counted
    if counted.size and state.done % CLASSES_EVERY == 0 and state.done >= CLASSES_EVERY:
        now = _classes(likelihood, population, errors, theta, own, settings.seed)
        counted = counted + max(gain, 0.05) * (now - counted)
        theta = theta.replaced(share=float(np.clip(counted[n // 2 :].mean(), 0.5 / n, 1 - 0.5 / n)))
    # while spreads are still wide everybody fits either class: the step between them would melt away
    early = population.classes > 1 and state.done < settings.explore // 2
    moving = population.without_steps if early else population
    beta, omega = maximise(moving, *statistics, theta.beta, counted if counted.size else None)
    if state.done < settings.explore // 2:
        omega = _cooled(omega, theta.omega, settings.cooling)
    theta = theta.replaced(beta=beta, omega=omega)
    theta, curvature = follower.step(
        theta, chains, likelihood, gain, settings.cooling if exploring else 0.0, state.curvature,
        counted[chains.who] if counted.size else None,
    )  # fmt: skip
    _rest(chains, population, theta)
    chains.fit = likelihood.rows(population.natural(chains.phi), chains.who, ErrorSizes.of(errors, theta.error))
    state.trace[state.done] = values_of(population, errors, theta)
    # one memory layout, as if just read back from disk: sums then round the same way after an interruption
    state.statistics = (np.ascontiguousarray(statistics[0]), np.ascontiguousarray(statistics[1]))
    state.counted = np.ascontiguousarray(counted)
    state.own_mean, state.own_spread = np.ascontiguousarray(own[0]), np.ascontiguousarray(own[1])
    state.theta, state.chains, state.curvature = theta.contiguous(), chains.copied(), np.ascontiguousarray(curvature)
    state.done += 1


def _classes(
    likelihood: Likelihood, population: Population, errors: tuple[ErrorModel, ...], theta: Theta,
    own: tuple[Floats, Floats], seed: int,
) -> Floats:  # fmt: skip
    """How much each patient belongs to each class: from the likelihood in either, by a few samples."""
    from livingdrug.fitting.importance import Coordinates, Proposals, examine

    proposals = Proposals.around(own[0], 1.5 * _usable(own[1], theta), theta.omega, seed, points=16)
    return examine(likelihood, Coordinates(population, errors), theta, proposals).counted


def conditional_moments(
    done: Approximation, likelihood: Likelihood, population: Population, errors: tuple[ErrorModel, ...], sweeps: int
) -> tuple[Floats, Floats]:
    """Mean (n, d) and covariance (n, d, d) of each patient's random parameters at the estimates, from so many sweeps."""
    n, random = population.n_patients, population.random
    sizes = ErrorSizes.of(errors, done.theta.error)
    mean = square = 0.0
    for _ in range(sweeps):
        sweep(
            done.chains, likelihood, population, done.theta, sizes, done.covariance, seed=done.settings.seed, adapt=0.0
        )
        one, two = _moments(done.chains, random, n)
        mean, square = mean + one / sweeps, square + two / sweeps
    mean = np.asarray(mean)
    return mean, np.asarray(square) - mean[:, :, None] * mean[:, None, :]


def values_of(population: Population, errors: tuple[ErrorModel, ...], theta: Theta) -> Floats:
    """Everything estimated in one row: β, standard deviations, correlations, error sizes, share of the second class."""
    deviation = np.sqrt(np.diag(theta.omega))
    first = [group[0] for group in population.groups]
    share = [theta.share] if population.classes > 1 else []
    correlation = [theta.omega[i, j] / (deviation[i] * deviation[j]) for i, j in population.pairs]
    sizes = [theta.error[k, "ab".index(p)] for k, error in enumerate(errors) for p in error.parameters]
    return np.concatenate([theta.beta, deviation[first], correlation, sizes, share])


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

    def step(
        self, theta: Theta, chains: Chains, likelihood: Likelihood, gain: float, cooling: float, old: Floats,
        weight: Floats | None = None,
    ) -> tuple[Theta, Floats]:  # fmt: skip
        """θ after one step, and the averaged curvature."""
        size = len(self.error) + self.beta.size
        if not size:
            return theta, old
        score, curvature = self._derivatives(theta, chains, likelihood, weight)
        if old.size:
            curvature = old + max(gain, 0.05) * (curvature - old)
        ridge = 1e-6 * np.trace(curvature) / size + 1e-12
        move = np.linalg.solve(curvature + ridge * np.eye(size), score)
        move = gain * np.clip(move, np.log(cooling) if cooling else -0.3, 0.5)
        error, beta = theta.error.copy(), theta.beta.copy()
        for (k, which), by in zip(self.error, move, strict=False):
            error[k, which] *= np.exp(by)
        beta[self.beta] += np.clip(move[len(self.error) :], -0.3, 0.3)
        return theta.replaced(error=error, beta=beta), curvature

    def _derivatives(
        self, theta: Theta, chains: Chains, likelihood: Likelihood, weight: Floats | None
    ) -> tuple[Floats, Floats]:
        population, data = self.population, likelihood.data
        sizes = ErrorSizes.of(self.errors, theta.error)
        start, level = likelihood.levels(population.natural(chains.phi), chains.who)
        sums = likelihood.sums(chains.who, start, level, sizes)
        size, k = len(self.error) + self.beta.size, len(self.error)
        score, curvature = np.zeros(size), np.zeros((size, size))
        w = np.ones(chains.who.size) if weight is None else weight
        total, curve = np.einsum("r,rok->ok", w, sums.score), np.einsum("r,rok->ok", w, sums.curvature)
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
        matrix, by_level = np.stack(bends), np.repeat(w, np.diff(start))
        score[k:] = matrix @ (by_level * terms.slope)
        curvature[k:, k:] = (matrix * (by_level * terms.weight)) @ matrix.T
        return score, curvature
