"""Patients simulated from a fit: the same visits again, or new people at chosen times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.data import BELOW, KineticsData
from livingdrug.fitting.draws import normals, uniforms
from livingdrug.fitting.likelihood import likelihood_of
from livingdrug.foundation.arguments import in_words, whole
from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.fitting.population import Theta
    from livingdrug.fitting.result import Fit

Floats = NDArray[np.float64]
MOST_PATIENTS = 1_000_000
MOST_RESULTS = 25_000_000
"""Of one simulation: about 3 GB with everything that is told of each."""
MOST_COPIES = 100_000


def replicates(fit: Fit, n: int, *, seed: int = 1, uncertainty: bool = False) -> Floats:
    """The data simulated again and again with the same patients, times, doses and covariates.

    Parameters
    ----------
    n
        Replicates.
    uncertainty
        Whether each replicate has population values of its own, drawn from the uncertainty of the estimates.

    Returns
    -------
    Values with residual error, shaped (n, measurements); nothing is censored.

    Raises
    ------
    BadInput
        No copy, or more results than memory holds; a fit without uncertainty where it is asked for.
    """
    population, data = fit.specification.population, fit.data
    whole("n", n, 1)
    if n > MOST_COPIES or n * data.time.size > MOST_RESULTS:
        raise BadInput(
            f"n: got {n:,} copies of {data.time.size:,} measurements, expected at most {MOST_COPIES:,} copies and"
            f" {MOST_RESULTS:,} results.\n  Give fewer: some hundreds show the quantiles."
        )
    patients = np.arange(data.n_patients, dtype=np.int64)
    thetas = drawn_thetas(fit, n if uncertainty else 0, seed)
    result = np.empty((n, data.time.size))
    numbers = np.arange(data.time.size, dtype=np.int64)
    for r in range(n):
        theta = thetas[r] if uncertainty else fit.theta
        which = np.full(data.n_patients, r, np.int64)
        z = normals(seed, "fit/simulate/patients", patients, which, 0, population.random.size).T
        who = patients + data.n_patients * _second(
            theta, uniforms(seed, "fit/simulate/group", patients, which, 0, 1)[0]
        )
        phi = population.means(theta.beta)[who]
        phi[:, population.random] += z @ np.linalg.cholesky(theta.omega).T
        level = fit.likelihood.levels(population.natural(phi), who)[1]
        noise = normals(seed, "fit/simulate/noise", numbers, np.full(numbers.size, r, np.int64), 0, 1)[0]
        result[r] = with_error(fit, theta.error, level, noise, data.output)
    return result


def _second(theta: Theta, chance: Floats) -> NDArray[np.int64]:
    """1 for those who fall into the second class, 0 for the others and without a mixture."""
    return (chance < theta.share).astype(np.int64)


def with_error(fit: Fit, error: Floats, level: Floats, noise: Floats, output: NDArray[np.int64]) -> Floats:
    """Measurements around true levels, shaped as `level`."""
    value = np.empty(level.size)
    for k, model in enumerate(fit.specification.errors):
        mine = output == k
        (a, b), f, e = error[k], level[mine], noise[mine]
        if model.name == "lognormal":
            value[mine] = f * np.exp(a * e)
        else:
            root = model.name == "combined_root"
            value[mine] = f + e * (np.sqrt(a * a + (b * f) ** 2) if root else a + b * np.abs(f))
    return value


def drawn_thetas(fit: Fit, n: int, seed: int) -> list[Theta]:
    """Population values drawn from the uncertainty of the estimates; what the data do not determine stays."""
    coordinates = fit.coordinates
    covariance = fit.covariance
    keep = np.isfinite(np.diag(covariance))
    if n and not keep.any():
        raise BadInput("this fit has no uncertainty: the likelihood does not bend down.\n  Look at its judgement.")
    if not n:
        return []
    root = np.linalg.cholesky(covariance[np.ix_(keep, keep)])
    number = np.arange(n, dtype=np.int64)
    z = normals(seed, "fit/simulate/uncertainty", number, np.zeros(n, np.int64), 0, int(keep.sum())).T
    rows = np.repeat(coordinates.pack(fit.theta)[None], n, axis=0)
    rows[:, keep] += z @ root.T
    q, d = coordinates.beta.size, len(coordinates.population.groups)
    rows[:, q + d : q + d + len(coordinates.population.pairs)] = np.clip(
        rows[:, q + d : q + d + len(coordinates.population.pairs)], -0.99, 0.99
    )
    return [_possible(coordinates.unpack(row, fit.theta)) for row in rows]


def _possible(theta: Theta) -> Theta:
    """θ with Ω made positive definite, if drawn correlations do not fit together."""
    values, vectors = np.linalg.eigh(theta.omega)
    if values.min() > 0:
        return theta
    return theta.replaced(omega=(vectors * np.maximum(values, 1e-9)) @ vectors.T)


@in_words
def simulate(
    fit: Fit,
    *,
    patients: int = 1000,
    times: Sequence[float] | None = None,
    seed: int = 1,
    uncertainty: bool = False,
    lloq: float | None = None,
) -> pl.DataFrame:
    """New patients from a fit: who they might have been, and what a clinic would have measured.

    Covariates and doses are those of the fitted patients, drawn with replacement.

    Parameters
    ----------
    patients
        How many.
    times
        Times of measurement; the fitted data's own distinct times by default.
    seed
        The same seed gives the same people.
    uncertainty
        Whether the population values of each patient are drawn from the uncertainty of the estimates.
    lloq
        Limit of quantification in the unit of the values; lower values are flagged below_limit and take its value.

    Returns
    -------
    patient, like (the fitted patient whose covariates and doses these are), time, level (true), value (measured),
    below_limit; output where there are several, in_group_2 with a mixture. Parameters that differ between occasions are
    those of one occasion.

    Examples
    --------
    >>> simulate(fit, patients=500, times=[1, 7, 14, 28, 90])                          # doctest: +SKIP
    """
    import polars as pl

    from livingdrug.foundation.streams import uniform

    if not 1 <= patients <= MOST_PATIENTS:
        raise BadInput(f"patients: got {patients:,}, expected 1 to {MOST_PATIENTS:,}.\n  Give another number.")
    grid = np.unique(fit.data.time) if times is None else np.unique(np.asarray(times, float))
    if not (grid.size and np.isfinite(grid).all()):
        raise BadInput("times: expected at least one finite time.\n  Write times=[1, 7, 14, 28].")
    results = patients * grid.size * len(fit.data.outputs)
    if results > MOST_RESULTS:
        raise BadInput(
            f"{patients:,} patients at {grid.size:,} times would be {results:,} results, expected at most {MOST_RESULTS:,}.\n"
            "  Give fewer patients or times."
        )
    who = np.arange(patients, dtype=np.int64)
    n = fit.data.n_patients
    like = np.minimum((uniform(seed, "fit/simulate/who", who) * n).astype(np.int64), n - 1)
    data = _asked(fit.data, like, grid)
    phi, second = _people(fit, like, seed, uncertainty)
    known = fit.specification.occasions
    known = replace(known, number=np.zeros(data.time.size, np.int64)) if known.n else known
    level = likelihood_of(fit.model, data, 1, known).levels(fit.specification.population.natural(phi), who)[1]
    number = np.arange(data.time.size, dtype=np.int64)
    noise = normals(seed, "fit/simulate/measured", number, np.zeros(number.size, np.int64), 0, 1)[0]
    value = with_error(fit, fit.theta.error, level, noise, data.output)
    below = np.zeros(value.size, bool) if lloq is None else value < lloq
    found = pl.DataFrame(
        {
            "patient": data.patient,
            "like": [fit.data.patients[i] for i in like[data.patient]],
            "time": data.time,
            "level": level,
            "value": np.where(below, lloq if lloq is not None else np.nan, value),
            "below_limit": below,
        }
    )
    if len(data.outputs) > 1:
        found = found.with_columns(pl.Series("output", [data.outputs[k] for k in data.output]))
    if fit.specification.population.classes > 1:
        found = found.with_columns(pl.Series("in_group_2", second[data.patient].astype(bool)))
    return found


def _people(fit: Fit, like: NDArray[np.int64], seed: int, uncertainty: bool) -> tuple[Floats, NDArray[np.int64]]:
    """Parameters of new people on their normal scale (n, p), and 1 for those of a mixture's second group (n,)."""
    population, who = fit.specification.population, np.arange(like.size, dtype=np.int64)
    z = normals(seed, "fit/simulate/people", who, np.zeros(like.size, np.int64), 0, population.random.size).T
    chance = uniforms(seed, "fit/simulate/group", who, np.zeros(like.size, np.int64), 0, 1)[0]
    thetas = drawn_thetas(fit, like.size, seed) if uncertainty else [fit.theta] * like.size
    share = np.array([theta.share for theta in thetas])
    second = (chance < share).astype(np.int64)
    rows = like + fit.data.n_patients * second
    if not uncertainty:
        phi = population.means(fit.theta.beta)[rows]
        phi[:, population.random] += z @ np.linalg.cholesky(fit.theta.omega).T
        return phi, second
    phi = np.empty((like.size, len(population.names)))
    for i, theta in enumerate(thetas):
        phi[i] = population.design[rows[i]] @ theta.beta
        phi[i, population.random] += np.linalg.cholesky(theta.omega) @ z[i]
    return phi, second


def _asked(data: KineticsData, like: NDArray[np.int64], grid: Floats) -> KineticsData:
    """A record with these patients at these times, of every output; values mean nothing."""
    n, several = like.size, len(data.outputs)
    times = np.repeat(grid, several)
    m = times.size
    names = tuple(str(i) for i in range(n))
    return KineticsData(
        patients=names, patient=np.repeat(np.arange(n, dtype=np.int64), m), time=np.tile(times, n),
        value=np.ones(n * m), censored=np.zeros(n * m, np.int64), **data.brought(like),
        output=np.tile(np.tile(np.arange(several, dtype=np.int64), grid.size), n),
        outputs=data.outputs, time_unit=data.time_unit,
        value_unit=data.value_unit,
    )  # fmt: skip


def limits(data: KineticsData) -> Floats:
    """Limit of quantification of each measurement: its own where it is censored, the commonest of its output elsewhere.

    Shaped (m,); -inf where an output has none.
    """
    result = np.full(data.time.size, -np.inf)
    for k in range(len(data.outputs)):
        mine = data.output == k
        below = mine & (data.censored == BELOW)
        if below.any():
            values, counts = np.unique(data.value[below], return_counts=True)
            result[mine] = values[np.argmax(counts)]
            result[below] = data.value[below]
    return result
