"""Standard errors by linearisation, beside those of the likelihood itself.

patient's own estimate ─► gradients of the levels there ─► variance of that patient's measurements ─► information, summed over patients

What programs give that linearise: typical values and variances are taken as independent. Where the level bends much between
patients, or many results lie below the limit, the two differ, and the likelihood's are to be believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.error_models import noise_of
from livingdrug.fitting.importance import covariance_of
from livingdrug.fitting.information import Linear, information
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.fitting.result import Fit

Floats = NDArray[np.float64]
STEP = 1e-4
"""Of a central difference, in parts of the spread between patients or, without one, of the value."""


def can_be_linearised(fit: Fit) -> bool:
    """Whether a fit has neither a hidden group nor spreads between occasions."""
    population = fit.specification.population
    return population.classes == 1 and len(population.groups) == population.random.size


def standard_errors(fit: Fit) -> pl.DataFrame:
    """Both kinds of standard error of every estimate.

    Returns
    -------
    parameter, value, se_likelihood, se_linearised, ratio (linearised over likelihood), in the order and words of `Fit.parameters`.
    Results below the limit bring nothing to the linearised ones, which are then too wide.

    Raises
    ------
    BadInput
        A hidden group, or spreads between occasions: their likelihood is not linearised.
    """
    import polars as pl

    if not can_be_linearised(fit):
        raise BadInput(
            "standard errors by linearisation are given for fits without a hidden group and without spreads between occasions.\n"
            "  Those of the likelihood stand in `.parameters`."
        )
    linearised = _on_their_scales(fit, _total(fit))
    known = np.sqrt(np.diag(covariance_of(fit.coordinates, fit.examined.information)))
    told = {row["parameter"]: row for row in fit.parameters.iter_rows(named=True) if not row["fixed"]}
    rows = []
    for name, stochastic, other in zip(fit.coordinates.names, known, linearised, strict=True):
        row = told[name]
        if row["se"] is None or not np.isfinite(stochastic):
            continue
        rows.append((name, row["value"], row["se"], row["se"] * other / stochastic, other / stochastic))
    columns = ("parameter", "value", "se_likelihood", "se_linearised", "ratio")
    return pl.DataFrame(rows, schema=list(columns), orient="row")


def _total(fit: Fit) -> Floats:
    """Information of all patients: typical values, then variances and covariances, then errors."""
    population, data, theta = fit.specification.population, fit.data, fit.theta
    estimated = np.flatnonzero(population.estimated)
    level, slopes = _levels(fit)
    noise, noise_slopes = _noise(fit, level)
    total = np.zeros((0, 0))
    for i in range(data.n_patients):
        seen = np.flatnonzero((data.patient == i) & (data.censored == 0) & np.isfinite(level))
        mine = slopes[seen]
        linear = Linear(
            mine @ population.design[i][:, estimated], mine[:, population.random], theta.omega, tuple(population.elements), noise[seen],
            noise_slopes[:, seen],
        )  # fmt: skip
        one = information(linear, range(seen.size))
        total = one if not total.size else total + one
    return total


def _levels(fit: Fit) -> tuple[Floats, Floats]:
    """Levels at the patients' own estimates, (m,), and their derivatives in the parameters on the scale on which patients vary, (m, p).

    On the scale on which results are compared: logarithms where the error is lognormal.
    """
    population, who = fit.specification.population, np.arange(fit.data.n_patients, dtype=np.int64)
    logarithm = np.array([model.name == "lognormal" for model in fit.specification.errors])[fit.data.output]

    def at(phi: Floats) -> Floats:
        level = fit.likelihood.levels(np.ascontiguousarray(population.natural(phi)), who)[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(logarithm, np.log(level), level)

    size = np.maximum(np.abs(fit.modes).mean(axis=0), 1e-3)
    size[population.random] = np.sqrt(np.diag(fit.theta.omega))
    columns = []
    for j, step in enumerate(STEP * size):
        away = step * (np.arange(size.size) == j)
        columns.append((at(fit.modes + away) - at(fit.modes - away)) / (2 * step))
    return at(fit.modes), np.stack(columns, axis=1)


def _noise(fit: Fit, level: Floats) -> tuple[Floats, Floats]:
    """Variance of the residual error at each level, (m,), and its derivatives in the error's own numbers, (e, m)."""
    noise, slopes = np.empty(level.size), np.zeros((len(fit.coordinates.error), level.size))
    for k, model in enumerate(fit.specification.errors):
        mine = fit.data.output == k
        noise[mine], by = noise_of(model, fit.theta.error[k], level[mine])
        for row, (output, which) in enumerate(fit.coordinates.error):
            if output == k:
                slopes[row, mine] = by["ab"[which]]
    return noise, slopes


def _on_their_scales(fit: Fit, total: Floats) -> Floats:
    """Standard errors in the order of `Coordinates`: β, logarithms of standard deviations, correlations, logarithms of errors."""
    population, omega, q = (
        fit.specification.population,
        fit.theta.omega,
        int(fit.specification.population.estimated.sum()),
    )
    d, pairs = population.random.size, population.pairs
    own = np.diag(omega)
    turn = np.eye(total.shape[0])  # derivatives of the wanted numbers in those of the information
    for k in range(d):
        turn[q + k, q + k] = 1 / (2 * own[k])
    for c, (i, j) in enumerate(pairs):
        correlation, row = omega[i, j] / np.sqrt(own[i] * own[j]), q + d + c
        turn[row, row] = 1 / np.sqrt(own[i] * own[j])
        turn[row, q + i], turn[row, q + j] = -correlation / (2 * own[i]), -correlation / (2 * own[j])
    for row, at in enumerate(fit.coordinates.error, start=q + d + len(pairs)):
        turn[row, row] = 1 / fit.theta.error[at]
    try:
        covariance = np.linalg.inv(total)
    except np.linalg.LinAlgError:
        return np.full(total.shape[0], np.nan)
    return np.sqrt(np.diag(turn @ covariance @ turn.T))
