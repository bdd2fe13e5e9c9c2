"""Each patient's most likely parameters, given the data and the population: a damped Newton search, all at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.error_models import ErrorModel
from livingdrug.fitting.likelihood import ErrorSizes, Likelihood, level_terms
from livingdrug.fitting.population import Population, Theta

Floats = NDArray[np.float64]


def conditional_modes(
    likelihood: Likelihood,
    population: Population,
    theta: Theta,
    errors: tuple[ErrorModel, ...],
    start: Floats,
    *,
    iterations: int = 40,
) -> Floats:
    """φ of each patient at the mode, shaped (n, p).

    Parameters
    ----------
    start
        φ of the random parameters to begin with, shaped (n, d): conditional means serve well.
    """
    random, n = population.random, population.n_patients
    d = random.size
    who = np.arange(n, dtype=np.int64)
    sizes = ErrorSizes.of(errors, theta.error)
    inverse = np.linalg.inv(theta.omega)
    centre = population.means(theta.beta)
    phi = centre.copy()
    phi[:, random] = start

    def cost(at: Floats) -> Floats:
        eta = at[:, random] - centre[:, random]
        return 0.5 * np.einsum("ni,ij,nj->n", eta, inverse, eta) - likelihood.rows(population.natural(at), who, sizes)

    damping = np.full(n, 1e-2)
    now = cost(phi)
    for _ in range(iterations):
        gradient, curvature = _derivatives(likelihood, population, phi, who, sizes, inverse, centre)
        diagonal = np.einsum("nii->ni", curvature)
        damped = curvature + damping[:, None, None] * np.einsum("ni,ij->nij", diagonal, np.eye(d))
        step = -np.linalg.solve(damped, gradient[..., None])[..., 0]
        trial = phi.copy()
        trial[:, random] += np.clip(step, -3.0, 3.0) if d else step
        value = cost(trial)
        better = value < now
        phi[better], damping = trial[better], np.where(better, np.maximum(damping * 0.2, 1e-9), damping * 8.0)
        gained = np.where(better, now - value, 0.0)
        now = np.where(better, value, now)
        if (gained < 1e-10).all() and (damping > 1e-3).all():
            break
        damping = np.minimum(damping, 1e12)
    return phi


def _derivatives(likelihood, population, phi, who, sizes, inverse, centre):
    """Gradient (n, d) and curvature (n, d, d) of the cost."""
    random = population.random
    start, level = likelihood.levels(population.natural(phi), who)
    terms = level_terms(likelihood.data, who, start, level, sizes)
    eta = phi[:, random] - centre[:, random]
    bends = []
    for r in random:
        h = 1e-5 * max(1.0, float(np.abs(phi[:, r]).mean()))
        up, down = phi.copy(), phi.copy()
        up[:, r] += h
        down[:, r] -= h
        above, below = (likelihood.levels(population.natural(x), who)[1] for x in (up, down))
        bends.append((above - below) / (2 * h))
    bend = np.stack(bends, axis=1)
    gradient = eta @ inverse - np.add.reduceat(terms.slope[:, None] * bend, start[:-1], axis=0)
    square = terms.weight[:, None, None] * bend[:, :, None] * bend[:, None, :]
    return gradient, inverse + np.add.reduceat(square, start[:-1], axis=0)
