"""Markov chains over each patient's parameters given the data: what SAEM averages over.

A sweep is a few Metropolis proposals of three kinds, all patients and chains at once:

    from the population       φ ~ N(Aβ, Ω)                        finds other modes
    one parameter at a time   φ_j + s_j z                          adapts to each parameter
    all together              φ + s L_i z, L_i L_i' the patient's own covariance so far
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.fitting.draws import uniforms
from livingdrug.fitting.likelihood import ErrorSizes, Likelihood
from livingdrug.fitting.population import Population, Theta

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PRIOR_MOVES, SINGLE_MOVES, JOINT_MOVES = 1, 2, 2
_WANTED = 0.35
"""Share of proposals to accept; between the optima of one (0.44) and many (0.23) dimensions."""


@dataclass
class Chains:
    """Where all chains are. Row r = chain n + patient. Moves in place, so this record is not frozen.

    Attributes
    ----------
    phi
        Parameters on their normal scale, shaped (rows, p).
    fit
        Log likelihood of each row's measurements, shaped (rows,).
    who, chain
        Patient and chain of each row.
    step
        Scale of single moves by parameter (d,).
    joint_step
        Scale of joint moves by patient (n,).
    """

    phi: Floats
    fit: Floats
    who: Integers
    chain: Integers
    step: Floats
    joint_step: Floats
    sweeps: int = 0


def start_chains(
    likelihood: Likelihood, population: Population, theta: Theta, error: ErrorSizes, n_chains: int, seed: int
) -> Chains:
    """Chains spread as the population is; a start without likelihood is drawn towards the centre."""
    n, d = population.n_patients, population.random.size
    who = np.tile(np.arange(n, dtype=np.int64), n_chains)
    chain = np.repeat(np.arange(n_chains, dtype=np.int64), n)
    centre = population.means(theta.beta)[who]
    z = ndtri(uniforms(seed, "fit/start", who, chain, 0, max(d, 1))).T[:, :d]
    phi = centre.copy()
    root = np.linalg.cholesky(theta.omega) if d else np.zeros((0, 0))
    phi[:, population.random] += z @ root.T
    fit = likelihood.rows(population.natural(phi), who, error)
    for share in (0.3, 0.1, 0.0):
        bad = ~np.isfinite(fit)
        if not bad.any():
            break
        phi[bad] = centre[bad]
        phi[np.ix_(bad, population.random)] += share * (z @ root.T)[bad]
        fit[bad] = likelihood.rows(population.natural(phi[bad]), who[bad], error)
    return Chains(phi, fit, who, chain, np.full(d, 0.5), np.full(n, 2.38 / max(d, 1) ** 0.5))


def sweep(
    chains: Chains,
    likelihood: Likelihood,
    population: Population,
    theta: Theta,
    error: ErrorSizes,
    spread: Floats,
    *,
    seed: int,
    adapt: float,
) -> None:
    """One sweep of all chains, in place.

    Parameters
    ----------
    spread
        Covariance for joint moves by patient, shaped (n, d, d).
    adapt
        How fast step sizes follow the share accepted; 0 keeps them.
    """
    d, rows, n = population.random.size, chains.who.size, population.n_patients
    if not d:
        return
    need = PRIOR_MOVES * (d + 1) + SINGLE_MOVES * 2 * d + JOINT_MOVES * (d + 1)
    u = uniforms(seed, "fit/chains", chains.who, chains.chain, chains.sweeps * need, need)
    chains.sweeps += 1
    centre = population.means(theta.beta)[:, population.random][chains.who]
    root = np.linalg.cholesky(theta.omega)
    inverse_root = np.linalg.inv(root).T
    scale = np.sqrt(np.diag(theta.omega))
    eta = chains.phi[:, population.random] - centre
    cost = _cost(eta, inverse_root)
    at = 0

    def consider(new_eta: Floats, log_u: Floats, new_cost: Floats, prior: bool) -> NDArray[np.bool_]:
        phi = chains.phi.copy()
        phi[:, population.random] = centre + new_eta
        fit = likelihood.rows(population.natural(phi), chains.who, error)
        gain = fit - chains.fit - (0.0 if prior else new_cost - cost)
        taken = log_u < gain
        chains.phi[taken], chains.fit[taken] = phi[taken], fit[taken]
        eta[taken], cost[taken] = new_eta[taken], new_cost[taken]
        return taken

    for _ in range(PRIOR_MOVES):
        new = ndtri(u[at : at + d]).T @ root.T
        consider(new, np.log(u[at + d]), _cost(new, inverse_root), True)
        at += d + 1
    for _ in range(SINGLE_MOVES):
        for j in range(d):
            new = eta.copy()
            new[:, j] += chains.step[j] * scale[j] * ndtri(u[at])
            taken = consider(new, np.log(u[at + 1]), _cost(new, inverse_root), False)
            chains.step[j] *= np.exp(adapt * (taken.mean() - _WANTED))
            at += 2
    own = np.linalg.cholesky(spread)[chains.who]
    for _ in range(JOINT_MOVES):
        z = ndtri(u[at : at + d]).T
        new = eta + chains.joint_step[chains.who, None] * np.einsum("rij,rj->ri", own, z)
        taken = consider(new, np.log(u[at + d]), _cost(new, inverse_root), False)
        share = taken.reshape(rows // n, n).mean(axis=0)
        chains.joint_step *= np.exp(adapt * (share - _WANTED))
        at += d + 1


def _cost(eta: Floats, inverse_root: Floats) -> Floats:
    """Half the squared distance from the centre, in standard deviations."""
    white = eta @ inverse_root
    return 0.5 * np.einsum("ri,ri->r", white, white)
