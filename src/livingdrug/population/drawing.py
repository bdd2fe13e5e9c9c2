"""Drawing a cohort: covariates one after the other, as the population file lists them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from livingdrug.catalog.records.growth_chart import GrowthChart
from livingdrug.catalog.records.population import Covariate, Population
from livingdrug.foundation import streams
from livingdrug.foundation.expressions import read_formula
from livingdrug.population.cohort import Cohort, patient_numbers
from livingdrug.population.distributions import draw_value, truncated
from livingdrug.population.growth import size_for_age

Array = NDArray[np.float64]


def draw(record: Population, patients: NDArray[np.int64], seed: int) -> Cohort:
    """Virtual patients of a population.

    Patient 137 is the same person whoever else is drawn: every covariate has its own addressed random stream, and
    everything is computed patient by patient.

    Parameters
    ----------
    record
        The population file, e.g. ``default_catalog().load("population", "b_all_paediatric_rr")``.
    patients
        Patient numbers (0 or more), shaped (n,).
    seed
        The run's seed.

    Returns
    -------
    Cohort
        Covariates shaped (n,), in the units of the file.

    Raises
    ------
    BadInput
        No patients, or a negative patient number.

    Examples
    --------
    >>> from livingdrug.catalog.load import default_catalog
    >>> cohort = draw(default_catalog().load("population", "b_all_paediatric_rr"), np.arange(3), seed=1)
    >>> bool(cohort["age_years"].min() >= 3.0)
    True
    """
    numbers = patient_numbers(patients)
    place = f"population/{record.id}"
    shared = {name: streams.normal(seed, f"{place}/latent/{name}", numbers) for name in record.latent}
    values: dict[str, Array] = {}
    for name, covariate in record.covariate.items():
        own = streams.normal(seed, f"{place}/{name}", numbers)
        values[name] = _value(covariate, _correlated(covariate, own, shared), values, record.charts)
    return Cohort(numbers, values, record.id)


def model_parameters(record: Population, cohort: Cohort) -> dict[str, Array]:
    """The model parameters that covariates set (the file's `[sets]` table), each shaped (n,)."""
    return {
        parameter: _column(read_formula(text).evaluate(cohort.covariates), len(cohort))
        for parameter, text in record.sets.items()
    }


def _correlated(covariate: Covariate, own: Array, shared: dict[str, Array]) -> Array:
    """A standard normal number: the shared parts by their loadings, the covariate's own for what remains."""
    if not covariate.shares:
        return own
    rest = 1.0 - sum(loading**2 for loading in covariate.shares.values())
    z = np.sqrt(max(rest, 0.0)) * own
    for name, loading in covariate.shares.items():
        z = z + loading * shared[name]
    return z


def _value(covariate: Covariate, z: Array, earlier: dict[str, Array], charts: Mapping[str, GrowthChart]) -> Array:
    if covariate.formula is not None:
        return _from_formula(covariate, z, earlier)
    if covariate.distribution == "growth_chart":
        limited = truncated(z, covariate.value("low", -np.inf), covariate.value("high", np.inf))
        return size_for_age(
            charts[covariate.chart], covariate.measure, earlier["age_years"], earlier["female"], limited
        )
    return draw_value(covariate, z)


def _from_formula(covariate: Covariate, z: Array, earlier: dict[str, Array]) -> Array:
    numbers = {name: quantity.value for name, quantity in covariate.number.items()}
    typical = _column(read_formula(str(covariate.formula)).evaluate({**numbers, **earlier}), len(z))
    residual = covariate.value("residual", 0.0)
    if residual > 0.0:
        if covariate.residual_scale == "log":
            typical = typical * np.exp(residual * z)
        elif covariate.residual_scale == "logit":
            typical = expit(logit(typical) + residual * z)
        else:
            typical = typical + residual * z
    values = np.clip(typical, covariate.value("low", -np.inf), covariate.value("high", np.inf))
    return np.floor(values) if covariate.whole else values


def _column(value: object, n: int) -> Array:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
