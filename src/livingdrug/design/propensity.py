"""People of a trial against people from elsewhere: propensity, weights, matches, and effects with robust errors.

covariates ─► chance of being in the trial ─► weights or matches for those from elsewhere ─► difference, or hazard ratio
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from livingdrug.foundation.errors import BadInput

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
CALIPER = 0.2
"""Of the standard deviation of the logit of propensity: Austin 2011, Pharmaceutical Statistics 10:150-161, doi:10.1002/pst.433."""
HOW = ("none", "weighting", "matching")


@dataclass(frozen=True)
class Effect:
    """A difference of proportions (external first: trial minus external), or a logarithm of a hazard ratio, with its standard error."""

    estimate: float
    error: float

    @property
    def z(self) -> float:
        return self.estimate / self.error if self.error > 0 else 0.0


def propensity(x: Floats, inside: Mask) -> Floats:
    """Chance of being in the trial given covariates, by logistic regression, shaped (n,).

    Parameters
    ----------
    x
        Covariates, shaped (n, p); standardised here.
    inside
        Whether each is in the trial, shaped (n,).

    Raises
    ------
    BadInput
        A covariate tells for sure who is in the trial: there is nobody to compare with.
    """
    spread = x.std(axis=0)
    design = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0))[:, spread > 0] / spread[spread > 0]])
    beta = np.zeros(design.shape[1])
    for _ in range(100):
        chance = expit(design @ beta)
        weight = np.maximum(chance * (1 - chance), 1e-12)
        step = np.linalg.lstsq((design * weight[:, None]).T @ design, design.T @ (inside - chance), rcond=None)[0]
        beta += step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-10:
            break
    chance = expit(design @ beta)
    if np.abs(beta[1:]).max(initial=0.0) > 15:
        raise BadInput(
            "a covariate tells for sure who is in the trial and who is not, so nobody can stand for anybody.\n"
            "  Leave it out, or take patients from elsewhere who overlap with the trial's."
        )
    return chance


def weights(chance: Floats, inside: Mask) -> Floats:
    """Weights that make those from elsewhere like the trial's people (the effect among the treated), shaped (n,)."""
    return np.where(inside, 1.0, chance / (1 - chance))


def matches(chance: Floats, inside: Mask) -> Floats:
    """1 for those in pairs: each of the trial, the hardest to match first, with the nearest from elsewhere within the caliper.

    Who has no match counts for 0, and so does who is nobody's match; nobody is used twice.
    """
    logit = np.log(chance / (1 - chance))
    most = CALIPER * logit.std()
    kept = np.zeros(len(chance))
    free = np.flatnonzero(~inside)
    free = free[np.argsort(logit[free], kind="stable")]
    for person in sorted(np.flatnonzero(inside), key=lambda k: (-chance[k], k)):
        if not free.size:
            break
        place = int(np.searchsorted(logit[free], logit[person]))
        near = min(
            (k for k in (place - 1, place) if 0 <= k < free.size), key=lambda k: abs(logit[free[k]] - logit[person])
        )
        if abs(logit[free[near]] - logit[person]) <= most:
            kept[[person, free[near]]] = 1.0
            free = np.delete(free, near)
    return kept


def balance(x: Floats, inside: Mask, weight: Floats) -> Floats:
    """Standardised difference of each covariate's mean, trial minus elsewhere, over the trial's standard deviation; shaped (p,)."""
    spread = x[inside].std(axis=0)
    apart = np.average(x[inside], axis=0, weights=weight[inside]) - np.average(
        x[~inside], axis=0, weights=weight[~inside]
    )
    return np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)


def effective_size(weight: Floats) -> float:
    """People of equal weight that would tell as much (Kish).

    >>> effective_size(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0


def difference(success: Mask, inside: Mask, weight: Floats) -> Effect:
    """Weighted proportion in the trial minus that elsewhere; robust error, weights taken as known."""
    sides = []
    for side in (inside, ~inside):
        w, y = weight[side], success[side].astype(float)
        mean = float(np.average(y, weights=w))
        sides.append((mean, float((w**2 * (y - mean) ** 2).sum() / w.sum() ** 2)))
    return Effect(sides[0][0] - sides[1][0], float(np.sqrt(sides[0][1] + sides[1][1])))


def log_hazard_ratio(time: Floats, event: Mask, inside: Mask, weight: Floats) -> Effect:
    """Weighted Cox regression on being in the trial: logarithm of the hazard ratio to those elsewhere.

    Ties by Breslow; robust error of Lin and Wei 1989, JASA 84:1074-1078, doi:10.1080/01621459.1989.10478874; weights taken as known.

    Raises
    ------
    BadInput
        One of the sides has no event.
    """
    if not (event & inside & (weight > 0)).any() or not (event & ~inside & (weight > 0)).any():
        raise BadInput(
            "one of the sides has no event, so there is no hazard ratio.\n  Follow longer, or take another endpoint."
        )
    order = np.argsort(time, kind="stable")
    t, d, x, w = time[order], event[order], inside[order].astype(float), weight[order]
    first = np.searchsorted(t, t, side="left")
    beta, mean, total, bend = 0.0, x, w, 1.0
    for _ in range(100):
        risk = w * np.exp(beta * x)
        total = np.cumsum(risk[::-1])[::-1][first]
        mean = np.cumsum((risk * x)[::-1])[::-1][first] / total
        slope = float((w * (x - mean))[d].sum())
        bend = float((w * mean * (1 - mean))[d].sum())
        step = slope / bend
        beta += float(np.clip(step, -1, 1))
        if abs(step) < 1e-11:
            break
    last = np.searchsorted(t, t, side="right") - 1
    gathered = np.cumsum(np.where(d, w / total, 0.0))[last]
    of_mean = np.cumsum(np.where(d, w * mean / total, 0.0))[last]
    own = w * (np.where(d, x - mean, 0.0) - np.exp(beta * x) * (x * gathered - of_mean))
    return Effect(float(beta), float(np.sqrt((own**2).sum()) / bend))
