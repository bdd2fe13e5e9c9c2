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
from livingdrug.fitting.likelihood import ErrorSizes, Likelihood, Moves
from livingdrug.fitting.population import Population, Theta
from livingdrug.fitting.transforms import CODES

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

    def copied(self) -> Chains:
        """The same chains, free to move."""
        return Chains(
            self.phi.copy(order="C"),
            self.fit.copy(),
            self.who,
            self.chain,
            self.step.copy(),
            self.joint_step.copy(),
            self.sweeps,
        )


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
    kinds = np.array([*[-2] * PRIOR_MOVES, *[*range(d)] * SINGLE_MOVES, *[-1] * JOINT_MOVES], np.int64)
    need = kinds.size * (d + 1)
    u = uniforms(seed, "fit/chains", chains.who, chains.chain, chains.sweeps * need, need)
    chains.sweeps += 1
    z = np.zeros((kinds.size * d, rows))
    scale = np.sqrt(np.diag(theta.omega))
    for q, kind in enumerate(kinds):
        if kind >= 0:
            z[q * d] = ndtri(u[q * d]) * (chains.step[kind] * scale[kind])
        else:
            width = chains.joint_step[chains.who] if kind == -1 else 1.0
            z[q * d : (q + 1) * d] = ndtri(u[q * d : (q + 1) * d]) * width
    root = np.linalg.cholesky(theta.omega)
    moves = Moves(
        kinds, z, np.log(u[kinds.size * d :]), np.array([CODES[name] for name in population.transforms], np.int64),
        population.random, np.ascontiguousarray(population.means(theta.beta)[:, population.random]),
        np.ascontiguousarray(root, np.float64), np.ascontiguousarray(np.linalg.inv(root).T, np.float64),
        np.ascontiguousarray(np.linalg.cholesky(spread), np.float64),
    )  # fmt: skip
    own_way = getattr(likelihood, "sweep", None)
    if own_way is not None:
        taken = own_way(moves, chains.phi, chains.fit, chains.who, error)
    else:
        taken = _sweep_together(moves, chains, likelihood, population, error)
    share = taken.mean(axis=1)
    for j in range(d):
        chains.step[j] *= np.exp(adapt * (share[kinds == j].mean() - _WANTED))
    by_patient = taken[kinds == -1].reshape(-1, rows // n, n).mean(axis=(0, 1))
    chains.joint_step *= np.exp(adapt * (by_patient - _WANTED))


def _sweep_together(
    moves: Moves, chains: Chains, likelihood: Likelihood, population: Population, error: ErrorSizes
) -> NDArray[np.bool_]:
    """The moves of all rows side by side, one proposal after the other: for models integrated many patients at once."""
    d = moves.random.size
    centre = moves.centre[chains.who]
    eta = chains.phi[:, moves.random] - centre
    cost = _cost(eta, moves.inverse_root)
    taken = np.zeros((moves.kinds.size, chains.who.size), dtype=bool)
    for q, kind in enumerate(moves.kinds):
        z = moves.z[q * d : (q + 1) * d].T
        if kind == -2:
            new = z @ moves.root.T
        elif kind == -1:
            new = eta + np.einsum("rij,rj->ri", moves.own[chains.who], z)
        else:
            new = eta.copy()
            new[:, kind] += z[:, 0]
        phi = chains.phi.copy()
        phi[:, moves.random] = centre + new
        new_cost = _cost(new, moves.inverse_root)
        fit = likelihood.rows(population.natural(phi), chains.who, error)
        gain = fit - chains.fit - (0.0 if kind == -2 else new_cost - cost)
        yes = moves.log_u[q] < gain
        chains.phi[yes], chains.fit[yes] = phi[yes], fit[yes]
        eta[yes], cost[yes], taken[q] = new[yes], new_cost[yes], yes
    return taken


def _cost(eta: Floats, inverse_root: Floats) -> Floats:
    """Half the squared distance from the centre, in standard deviations."""
    white = eta @ inverse_root
    return 0.5 * np.einsum("ri,ri->r", white, white)
