"""Standard normals in, covariate values out: one function per kind of distribution.

Every covariate is a monotone function of one standard normal number, so correlation between covariates is correlation
between normals, and truncation is done in probability, without rejecting anybody. Everything here is elementwise: a
patient's value does not depend on who else is in the array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, ndtr, ndtri

from livingdrug.catalog.records.population import Covariate

Array = NDArray[np.float64]


def draw_value(covariate: Covariate, z: Array) -> Array:
    """The covariate's value at these standard normal numbers.

    Parameters
    ----------
    covariate
        With a `distribution` other than ``"growth_chart"``.
    z
        Standard normal numbers, shaped (n,).

    Returns
    -------
    Values in the covariate's unit, shaped (n,).
    """
    values = _DRAW[str(covariate.distribution)](covariate, np.ascontiguousarray(z))
    return np.floor(values) if covariate.whole else values


def truncated(z: Array, low: float, high: float) -> Array:
    """Standard normal numbers squeezed (in probability) between two limits, given in standard deviations.

    Examples
    --------
    >>> truncated(np.array([0.0]), -1.0, 1.0)
    array([0.])
    """
    if low == -np.inf and high == np.inf:
        return z
    bottom, top = ndtr(low), ndtr(high)
    return ndtri(bottom + ndtr(z) * (top - bottom))


def _normal(covariate: Covariate, z: Array) -> Array:
    mean, sd = covariate.value("mean"), covariate.value("sd")
    low, high = covariate.value("low", -np.inf), covariate.value("high", np.inf)
    return mean + sd * truncated(z, (low - mean) / sd, (high - mean) / sd)


def _lognormal(covariate: Covariate, z: Array) -> Array:
    median, sd = covariate.value("median"), covariate.value("sd_log")
    low, high = covariate.value("low", 0.0), covariate.value("high", np.inf)
    bottom = np.log(low / median) / sd if low > 0.0 else -np.inf
    top = np.log(high / median) / sd if high < np.inf else np.inf
    return median * np.exp(sd * truncated(z, bottom, top))


def _logit_normal(covariate: Covariate, z: Array) -> Array:
    median, sd = covariate.value("median"), covariate.value("sd_logit")
    low, high = covariate.value("low", 0.0), covariate.value("high", 1.0)
    return expit(
        logit(median) + sd * truncated(z, (logit(low) - logit(median)) / sd, (logit(high) - logit(median)) / sd)
    )


def _beta(covariate: Covariate, z: Array) -> Array:
    mean, sd = covariate.value("mean"), covariate.value("sd")
    weight = mean * (1.0 - mean) / sd**2 - 1.0
    return betaincinv(mean * weight, (1.0 - mean) * weight, ndtr(z))


def _bernoulli(covariate: Covariate, z: Array) -> Array:
    # A high latent number means "yes", so that a positive share is a positive correlation.
    return (ndtr(z) > 1.0 - covariate.value("probability")).astype(np.float64)


def _categorical(covariate: Covariate, z: Array) -> Array:
    values = np.array([value for value, _ in covariate.categories()])
    edges = np.cumsum([probability for _, probability in covariate.categories()])[:-1]
    return values[np.searchsorted(edges, ndtr(z), side="right")]


def _uniform(covariate: Covariate, z: Array) -> Array:
    low, high = covariate.value("low"), covariate.value("high")
    return low + (high - low) * ndtr(z)


def _quantiles(covariate: Covariate, z: Array) -> Array:
    at, values = (np.array(column) for column in zip(*covariate.quantiles(), strict=True))
    u = ndtr(z)
    left = np.clip(np.searchsorted(at, u, side="right") - 1, 0, len(at) - 2)
    return values[left] + (values[left + 1] - values[left]) * ((u - at[left]) / (at[left + 1] - at[left]))


_DRAW = {
    "normal": _normal,
    "lognormal": _lognormal,
    "logit_normal": _logit_normal,
    "beta": _beta,
    "bernoulli": _bernoulli,
    "categorical": _categorical,
    "uniform": _uniform,
    "quantiles": _quantiles,
}
