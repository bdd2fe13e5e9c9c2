"""Bootstrap of a fit: patients drawn with replacement, fitted again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.fitting.saem import Settings
from livingdrug.foundation.errors import BadInput, LivingDrugError

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.fitting.result import Fit

EXPLORE, SETTLE = 60, 40
"""Iterations of each fit: it begins at the estimates."""
MOST = 10_000


def bootstrap(
    fit: Fit, n: int = 100, *, seed: int = 1, threads: int = 1, done: Callable[[int, int], None] | None = None
) -> pl.DataFrame:
    """The fit of as many patients drawn with replacement, n times.

    Parameters
    ----------
    n
        Fits.
    seed
        Of the drawing.
    done
        Called after each with (done, total).

    Returns
    -------
    One row per fit that was possible: replicate, minus_two_ll, converged, and a column per estimate of `Fit.parameters`.

    Raises
    ------
    BadInput
        Fewer than half of the fits were possible.
    """
    import polars as pl

    from livingdrug.foundation.streams import uniform

    if not 1 <= n <= MOST:
        raise BadInput(f"bootstrap: got {n} fits, expected 1 to {MOST:,}.")
    patients = np.arange(fit.data.n_patients, dtype=np.int64)
    rows, lost = [], ""
    for k in range(n):
        who = (uniform(seed, f"fit/bootstrap/{k}", patients) * patients.size).astype(np.int64)
        try:
            one = _again(fit, np.sort(np.minimum(who, patients.size - 1)), k, threads)
        except (LivingDrugError, np.linalg.LinAlgError) as problem:
            lost = str(problem).splitlines()[0]
        else:
            values = dict(one.parameters.select("parameter", "value").iter_rows())
            rows.append({"replicate": k, "minus_two_ll": one.minus_two_ll, "converged": one.converged, **values})
        if done is not None:
            done(k + 1, n)
    if 2 * len(rows) < n:
        raise BadInput(f"bootstrap: {n - len(rows)} of {n} fits were not possible ({lost}).\n  Simplify the model.")
    return pl.DataFrame(rows)


def _again(fit: Fit, who: np.ndarray, k: int, threads: int) -> Fit:
    """The same model fitted to other patients, from the estimates."""
    from dataclasses import replace

    from livingdrug.fitting.fit import estimate
    from livingdrug.fitting.likelihood import likelihood_of
    from livingdrug.fitting.specification import specify

    data = fit.data.taken(who)
    asked = specify(fit.model, data, **fit.options)
    if asked.population.coefficients != fit.specification.population.coefficients:
        raise BadInput("a covariate's word is missing among the patients drawn.")
    asked = replace(asked, start=fit.theta)
    likelihood = likelihood_of(fit.model, data, threads, asked.occasions, asked.population.classes)
    settings = Settings(explore=EXPLORE, settle=SETTLE, seed=int(fit.settings["seed"]) + k)
    return estimate(fit.name, fit.model, data, asked, likelihood, settings, options=fit.options)


def bootstrap_intervals(table: pl.DataFrame, percent: float = 95.0) -> pl.DataFrame:
    """Percentile intervals of a bootstrap: parameter, n, median, ci_low, ci_high."""
    import polars as pl

    tail = (1 - percent / 100) / 2
    rows = []
    for name in table.columns[3:]:
        values = table[name].drop_nulls()
        low, middle, high = (values.quantile(q, "linear") for q in (tail, 0.5, 1 - tail))
        rows.append((name, values.len(), middle, low, high))
    return pl.DataFrame(rows, schema=["parameter", "n", "median", "ci_low", "ci_high"], orient="row")
