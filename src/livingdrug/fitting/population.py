"""How patients differ: typical values with their covariates, and a normal spread on each parameter's own scale.

    φ_i = A_i β + η_i,   η_i ~ N(0, Ω),   parameter = back(φ)

β holds typical values and covariate coefficients, Ω the spread of those parameters in which patients differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.transforms import TRANSFORMS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
SECOND = "group 2"
"""Of a mixture: the patients of the second typical value."""


@dataclass(frozen=True)
class Population:
    """What is estimated about a population, without values.

    Attributes
    ----------
    names
        Parameters of the structural model (p).
    transforms
        Scale of each.
    random
        Numbers of the parameters in which patients differ (d).
    coefficients
        Names of the elements of β (q): a parameter for its typical value, ``beta(parameter, covariate)`` otherwise.
    owner
        Which parameter each coefficient acts on, shaped (q,).
    design
        A, shaped (n, p, q).
    estimated
        Which coefficients are estimated rather than fixed, shaped (q,).
    together
        Which elements of Ω are estimated, shaped (d, d); blocks on the diagonal.
    tied
        Number of the group of each random parameter (d,): those of one group have one spread.
    classes
        Kinds of patients that cannot be told by a covariate; 2 with a mixture.
    """

    names: tuple[str, ...]
    transforms: tuple[str, ...]
    random: Integers
    coefficients: tuple[str, ...]
    owner: Integers
    design: Floats
    estimated: Booleans
    together: Booleans
    tied: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    classes: int = 1

    def __post_init__(self) -> None:
        if self.tied.size != self.random.size:
            object.__setattr__(self, "tied", np.arange(self.random.size, dtype=np.int64))

    @property
    def n_patients(self) -> int:
        """Patients; with several classes each patient once in every class, class by class."""
        return self.design.shape[0]

    @property
    def without_steps(self) -> Population:
        """The same with the steps between classes held where they are."""
        steps = np.array([name.endswith(f", {SECOND})") for name in self.coefficients])
        return replace(self, estimated=self.estimated & ~steps)

    @property
    def groups(self) -> list[Integers]:
        """Random parameters whose spread is one number, group by group."""
        return [np.flatnonzero(self.tied == first) for first in dict.fromkeys(self.tied.tolist())]

    @property
    def is_random(self) -> Booleans:
        """Whether a coefficient acts on a parameter in which patients differ, shaped (q,)."""
        return np.isin(self.owner, self.random)

    def means(self, beta: Floats) -> Floats:
        """Expected φ of each patient, shaped (n, p)."""
        return self.design @ beta

    def natural(self, phi: Floats) -> Floats:
        """Parameters from their normal scale; the last axis holds the parameters."""
        psi = np.empty(phi.shape)
        for i, name in enumerate(self.transforms):
            psi[..., i] = TRANSFORMS[name].back(phi[..., i])
        return psi

    def slopes(self, phi: Floats) -> Floats:
        """Derivative of each parameter in its φ, shaped as `phi`."""
        result = np.empty(phi.shape)
        for i, name in enumerate(self.transforms):
            result[..., i] = TRANSFORMS[name].slope(phi[..., i])
        return result

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Elements of Ω above the diagonal that are estimated."""
        d = self.random.size
        return [(i, j) for i in range(d) for j in range(i + 1, d) if self.together[i, j]]

    @property
    def elements(self) -> list[tuple[int, int]]:
        """Elements of Ω that are estimated: its diagonal, then those above it."""
        return [(k, k) for k in range(self.random.size)] + self.pairs


@dataclass(frozen=True)
class Theta:
    """Values of everything that is estimated.

    Attributes
    ----------
    beta
        Coefficients, shaped (q,).
    omega
        Covariance of η, shaped (d, d).
    error
        a and b of each output, shaped (outputs, 2).
    share
        Share of patients of the second class; 0 without a mixture.
    """

    beta: Floats
    omega: Floats
    error: Floats
    share: float = 0.0

    def replaced(self, **changes: Any) -> Theta:
        """A copy with other values."""
        return replace(self, **changes)

    def contiguous(self) -> Theta:
        """The same values in plain memory order."""
        beta, omega, error = (np.ascontiguousarray(part) for part in (self.beta, self.omega, self.error))
        return Theta(beta, omega, error, self.share)

    @property
    def shares(self) -> Floats:
        """Of both classes; one without a mixture."""
        return np.array([1.0 - self.share, self.share]) if self.share else np.ones(1)


def maximise(
    population: Population, mean: Floats, square: Floats, beta: Floats, weight: Floats | None = None
) -> tuple[Floats, Floats]:
    """β of the random parameters and Ω that fit the moments of φ best.

    Parameters
    ----------
    mean
        E[φ_i] of the random parameters, shaped (n, d).
    square
        E[φ_i φ_i'], shaped (n, d, d).
    beta
        Present coefficients; those fixed or of other parameters stay.
    weight
        How much each counts, shaped (n,); 1 by default.

    Returns
    -------
    β, Ω.  Alternates generalised least squares and moments twice; one is exact when no coefficient is a covariate's.
    """
    d = mean.shape[1]
    w = np.ones(len(mean)) if weight is None else weight
    n = w.sum()
    move = population.is_random & population.estimated
    a = population.design[:, population.random]
    beta = beta.copy()
    omega = np.eye(d)
    simple = not (a[:, :, move].std(axis=0) > 0).any() and move.sum() == d
    for _ in range(1 if simple else 6):
        if move.any():
            rest = mean - a[:, :, ~move] @ beta[~move]
            weighted = np.linalg.solve(omega, a[:, :, move]) * w[:, None, None]  # Ω⁻¹A
            normal = np.einsum("ndq,ndr->qr", a[:, :, move], weighted)
            beta[move] = np.linalg.solve(normal, np.einsum("ndq,nd->q", weighted, rest))
        centre = a @ beta
        held = w[:, None] * centre
        cross = np.einsum("ni,nj->ij", mean, held)
        omega = (np.einsum("n,nij->ij", w, square) - cross - cross.T + centre.T @ held) / n
        omega = np.where(population.together, 0.5 * (omega + omega.T), 0.0)
        for group in population.groups if (np.bincount(population.tied) > 1).any() else []:
            omega[group, group] = omega[group, group].mean()
        omega[np.diag_indices(d)] = np.maximum(np.diag(omega), 1e-12)
    return beta, omega


def blocks(names: Sequence[str], random: Integers, groups: Sequence[Sequence[str]]) -> Booleans:
    """Elements of Ω that are estimated when the parameters of each group vary together, shaped (d, d)."""
    d = random.size
    together = np.eye(d, dtype=bool)
    for group in groups:
        inside = [k for k, parameter in enumerate(random) if names[parameter] in group]
        together[np.ix_(inside, inside)] = True
    return together
