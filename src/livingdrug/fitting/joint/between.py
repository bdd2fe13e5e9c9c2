"""What sets trials apart beyond sampling and parameters, by class of endpoints and scale, as it is told with a prediction.

    u ~ normal(0, tau²),   tau ~ half-normal(prior)   ──►  posterior of tau ──►  sd of u, tau integrated out: sqrt(E[tau²])

Shares, amounts and spreads of one class differ on scales of their own: a tenth of a radian is ten points of a hundred, a tenth of
a logarithm ten per cent of a day. A class with one row says next to nothing of tau; its maximum of likelihood, nought, would call
all trials alike. So the search uses the maximum, and what is told uses the posterior.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.joint.linear import MOST_SPREAD, Linear

Floats = NDArray[np.float64]
Scale = Literal["share", "amount", "spread"]

PRIOR = {"share": 0.125, "amount": 0.5, "spread": 0.5}
"""Scale of the half-normal prior of tau: 0.5 on logarithms and log odds (Friede and others, Res Synth Methods 2017;8:79,
doi:10.1002/jrsm.1217), which is a quarter of it in radians of the arcsine of a share of one half."""
ANY = "any"
"""Stands for every class that no row taught."""
STEP = 1e-3
GRID = np.arange(STEP / 2, MOST_SPREAD, STEP)
"""Middles of the steps over which tau is integrated out."""
_SHARES = ("share", "contrast", "concordance", "at least", "at most")


def scale_of(measure: str) -> Scale:
    """On which scale a measure differs between trials.

    >>> scale_of("share"), scale_of("high quartile"), scale_of("spread")
    ('share', 'amount', 'spread')
    """
    return "share" if measure in _SHARES else "spread" if measure == "spread" else "amount"


def kind_of(about: str, measure: str) -> str:
    """Name of the rows that share one tau: a class of endpoints, of amounts and spreads with the scale.

    >>> kind_of("CRS", "share"), kind_of("CRS", "middle"), kind_of("kinetics", "spread"), kind_of("who: ratio", "log ratio")
    ('CRS', 'CRS: amount', 'kinetics: spread', 'who: ratio: amount')
    """
    scale = scale_of(measure)
    return about if scale == "share" else f"{about}: {scale}"


def between_of(spreads: Mapping[str, float], about: str, measure: str) -> float:
    """Standard deviation of the difference between trials of one number, from what a calibration's folder says.

    A class that no row taught has what is believed before; a folder that tells neither scales nor that has one number for the class.

    >>> told = {"CRS": 0.08, "CRS: amount": 0.1, "any": 0.125, "any: amount": 0.5}
    >>> between_of(told, "CRS", "middle"), between_of(told, "weight", "middle"), between_of({"CRS": 0.08}, "CRS", "middle")
    (0.1, 0.5, 0.08)
    """
    kinds = (kind_of(about, measure), kind_of(ANY, measure), about)
    return next((float(spreads[kind]) for kind in kinds if kind in spreads), 0.0)


def unseen() -> dict[str, float]:
    """What stands for classes that no row taught: kind -> root mean square of the prior, which is a half-normal's scale."""
    return {kind_of(ANY, measure): PRIOR[scale_of(measure)] for measure in ("share", "middle", "spread")}


def priors(measures: Sequence[str]) -> Floats:
    """Scale of the prior of each kind (C,), from one measure of each."""
    return np.array([PRIOR[scale_of(measure)] for measure in measures])


def marginal(problem: Linear, tau: Floats, prior: Floats) -> Floats:
    """Standard deviation of the difference between trials of each kind of rows (C,), its tau integrated out.

    Each kind by itself, the others at their best: its likelihood is the marginal one, parameters integrated out under their
    priors, up to `MOST_SPREAD`. A kind without rows has its prior's root mean square.

    Parameters
    ----------
    problem
        Around the best point known.
    tau
        By maximum marginal likelihood, see `livingdrug.fitting.joint.linear.between_trials` (C,).
    prior
        Scales of the half-normal priors (C,).
    """
    found = prior.astype(np.float64).copy()
    present = np.unique(problem.kind)
    if not present.size:
        return found
    offset = problem.residual - problem.jacobian @ (problem.centre - problem.point)
    inverse: Floats = np.linalg.inv(
        problem.noise(tau) + (problem.jacobian * problem.width**2) @ problem.jacobian.T
    ).astype(np.float64)
    pulled = inverse @ offset
    for kind in present:
        chances = _log_likelihood(_members(problem, int(kind)), inverse, pulled, GRID**2 - tau[kind] ** 2)
        chances = chances - 0.5 * (GRID / prior[kind]) ** 2
        law = np.exp(chances - chances.max())
        found[kind] = math.sqrt(float((law * GRID**2).sum() / law.sum()))
    return found


def _members(problem: Linear, kind: int) -> Floats:
    """Which rows (R,) belong to which difference of one kind (R, G): ones and noughts."""
    mine = problem.kind == kind
    groups = np.unique(problem.group[mine])
    return ((problem.group[:, None] == groups[None, :]) & mine[:, None]).astype(np.float64)


def _log_likelihood(members: Floats, inverse: Floats, pulled: Floats, added: Floats) -> Floats:
    """Log likelihood with other variances of one kind's differences (K,), up to a constant; by the eigenvalues of U'V⁻¹U.

    Parameters
    ----------
    members, inverse, pulled
        U (R, G); inverse of the whole covariance V (R, R), and it times the offset (R,).
    added
        Variance more than in V (K,).
    """
    values, vectors = np.linalg.eigh(members.T @ inverse @ members)
    along = (vectors.T @ (members.T @ pulled)) ** 2
    stretched = 1.0 + added[:, None] * values[None, :]
    return -0.5 * np.log(stretched).sum(axis=1) + 0.5 * (added[:, None] * along[None, :] / stretched).sum(axis=1)
