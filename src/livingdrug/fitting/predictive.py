"""Would the fitted model have produced these data? Visual predictive checks and prediction distribution errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.fitting.data import ABOVE, BELOW
from livingdrug.fitting.draws import uniforms
from livingdrug.fitting.simulation import limits, replicates

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.fitting.result import Fit

Floats = NDArray[np.float64]
QUANTILES = (0.05, 0.5, 0.95)


def bins_of(time: Floats, at_most: int = 14) -> NDArray[np.int64]:
    """A bin number for each time, shaped (m,): each distinct time, or groups of neighbours with as many measurements.

    Examples
    --------
    >>> bins_of(np.array([0.0, 1.0, 1.0, 7.0]))
    array([0, 1, 1, 2])
    """
    distinct = np.unique(time)
    if distinct.size <= at_most:
        return np.searchsorted(distinct, time).astype(np.int64)
    edges = np.unique(np.quantile(time, np.linspace(0, 1, at_most + 1)[1:-1]))
    return np.searchsorted(edges, time, side="left").astype(np.int64)


def vpc(
    fit: Fit, *, n: int = 500, seed: int = 1, prediction_corrected: bool = False, at_most: int = 14, output: int = 0
) -> pl.DataFrame:
    """Quantiles of the data by time beside those of data simulated from the fit, and the share below the limit.

    Parameters
    ----------
    n
        Simulated copies of the data.
    prediction_corrected
        Whether values are scaled by the typical prediction of their bin over their own: for data with several doses or
        covariates.
    at_most
        Bins of time.
    output
        Which output.

    Returns
    -------
    One row per bin and statistic: bin, time (median), n, statistic (5 %, 50 %, 95 %, below limit), observed, and
    simulated low, middle, high (2.5, 50 and 97.5 % of the copies). A quantile that lies below the limit is null.
    """
    import polars as pl

    data = fit.data
    mine = data.output == output
    time, limit = data.time[mine], limits(data)[mine]
    observed = np.where(data.censored[mine] == BELOW, -np.inf, data.value[mine])
    simulated = replicates(fit, n, seed=seed)[:, mine]
    simulated = np.where(simulated < limit, -np.inf, simulated)
    bins = bins_of(time, at_most)
    if prediction_corrected:
        pred = fit.predictions["pred"].to_numpy()[mine]
        middle = np.array([np.median(pred[bins == b]) for b in range(bins.max() + 1)])
        factor = np.divide(middle[bins], pred, out=np.ones(pred.size), where=np.abs(pred) > 1e-12)
        observed, simulated = observed * factor, simulated * factor
    rows = []
    for b in np.unique(bins):
        here = bins == b
        seen, copies = observed[here], simulated[:, here]
        at, count = float(np.median(time[here])), int(here.sum())
        for q in QUANTILES:
            own = _quantile(seen, q)
            each = np.array([_quantile(copy, q) for copy in copies])
            rows.append((int(b), at, count, f"{100 * q:g} %", own, *_interval(each)))
        if np.isfinite(limit).any():
            shares = (copies == -np.inf).mean(axis=1)
            low, middle_share, high = np.quantile(shares, (0.025, 0.5, 0.975))
            rows.append((int(b), at, count, "below limit", float((seen == -np.inf).mean()), low, middle_share, high))
    names = ("bin", "time", "n", "statistic", "observed", "low", "middle", "high")
    return pl.DataFrame(rows, schema=list(names), schema_overrides=dict.fromkeys(names[4:], pl.Float64), orient="row")


def _quantile(values: Floats, q: float) -> float | None:
    """A quantile (type 7) of values some of which are only known to be low; None when it falls among those."""
    ordered = np.sort(values)
    place = q * (ordered.size - 1)
    low, high = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    if not np.isfinite(low):
        return None
    return float(low + (place - np.floor(place)) * (high - low))


def _interval(each: NDArray[np.object_]) -> tuple[float | None, float | None, float | None]:
    known = np.array([-np.inf if value is None else value for value in each], float)
    found = [float(np.sort(known)[min(int(p * known.size), known.size - 1)]) for p in (0.025, 0.5, 0.975)]
    low, middle, high = (value if np.isfinite(value) else None for value in found)
    return low, middle, high


def npde(fit: Fit, *, n: int = 1000, seed: int = 1) -> pl.DataFrame:
    """Normalised prediction distribution errors: standard normal and independent if the model is right.

    A result below the limit takes a random place among the simulated values below it, and so does every simulated one:
    what was measured and what was simulated go the same way, so that their ranks can be compared.

    Returns
    -------
    patient, time, output, value, censored, pred (mean of the simulated values), npde.

    Notes
    -----
    Source: Brendel K et al. Metrics for external model evaluation with an application to the population pharmacokinetics
    of gliclazide. Pharm Res 2006;23:2036-2049; censored data as Nguyen THT et al., J Pharmacokinet Pharmacodyn
    2012;39:499-518.
    """
    import polars as pl

    data = fit.data
    simulated = replicates(fit, n, seed=seed)
    numbers = np.arange(data.time.size, dtype=np.int64)
    chance = uniforms(seed, "fit/npde", numbers, np.zeros(numbers.size, np.int64), 0, 2)
    observed = data.value.copy()
    known, copy = limits(data), np.arange(n, dtype=np.int64)
    for i in np.flatnonzero(np.isfinite(known) | (data.censored != 0)):
        ordered = np.sort(simulated[:, i])
        share = np.searchsorted(ordered, data.value[i]) / n
        place = share + chance[0, i] * (1 - share) if data.censored[i] == ABOVE else chance[0, i] * share
        if data.censored[i]:
            observed[i] = ordered[min(int(place * n), n - 1)] if 0 < share < 1 else data.value[i]
        low = simulated[:, i] < known[i]
        if low.any():
            places = uniforms(seed, "fit/npde/copies", copy, np.full(n, i, np.int64), 0, 1)[0]
            simulated[low, i] = ordered[(places[low] * low.sum()).astype(np.int64)]
    result = np.empty(data.time.size)
    for begin, end in zip(data.first[:-1], data.first[1:], strict=True):
        copies = simulated[:, begin:end]
        mean = copies.mean(axis=0)
        covariance = np.atleast_2d(np.cov(copies, rowvar=False))
        covariance = covariance + 1e-9 * np.diag(np.maximum(np.diag(covariance), 1e-300))
        values, vectors = np.linalg.eigh(covariance)
        white = (vectors / np.sqrt(np.maximum(values, values.max() * 1e-12))) @ vectors.T
        copies, own = (copies - mean) @ white, (observed[begin:end] - mean) @ white
        below = (copies < own).sum(axis=0)
        share = (below + chance[1, begin:end]) / (n + 1)
        result[begin:end] = ndtri(share)
    frame = data.frame.drop("row")
    return frame.with_columns(pl.Series("pred", simulated.mean(axis=0)), pl.Series("npde", result))
