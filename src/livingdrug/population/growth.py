"""Body size for age and sex from a growth chart, by the LMS method (Cole and Green 1992, doi:10.1002/sim.4780111005)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.records.growth_chart import GrowthChart

Array = NDArray[np.float64]
MONTHS = 12.0


def size_for_age(chart: GrowthChart, measure: str, age_years: Array, female: Array, z: Array) -> Array:
    """Height or weight of children of this age and sex, `z` standard deviations from the median.

    Parameters
    ----------
    chart
        The growth chart.
    measure
        ``"stature"`` [cm] or ``"weight"`` [kg].
    age_years
        Shaped (n,). Below the chart's first and above its last age the first and last row hold.
    female
        1.0 for girls, 0.0 for boys, shaped (n,).
    z
        Standard deviations from the median, shaped (n,).

    Returns
    -------
    Values in the chart's unit, shaped (n,).
    """
    girls, boys = (lms_at_age(chart, measure, sex, age_years) for sex in ("female", "male"))
    power, median, variation = (np.where(female > 0.5, g, b) for g, b in zip(girls, boys, strict=True))
    return box_cox(power, median, variation, z)


def box_cox(power: Array, median: Array, variation: Array, z: Array) -> Array:
    """The LMS formula M (1 + L S z)^(1/L), or M exp(S z) where L is near 0."""
    small = np.abs(power) < 1e-6
    safe = np.where(small, 1.0, power)
    return median * np.where(small, np.exp(variation * z), np.exp(np.log1p(safe * variation * z) / safe))


def lms_at_age(chart: GrowthChart, measure: str, sex: Any, age_years: Array) -> tuple[Array, Array, Array]:
    """L, M and S of a chart at these ages, each shaped (n,), monotone cubic between the chart's rows."""
    first, last, curves = _curves(chart.rows(measure, sex))
    months = np.clip(age_years * MONTHS, first, last)
    power, median, variation = (np.ascontiguousarray(curve(months)) for curve in curves)
    return power, median, variation


@cache
def _curves(rows: tuple[tuple[float, float, float, float], ...]) -> tuple[float, float, tuple[Any, ...]]:
    from scipy.interpolate import PchipInterpolator

    ages, *columns = (np.array(column) for column in zip(*rows, strict=True))
    return float(ages[0]), float(ages[-1]), tuple(PchipInterpolator(ages, column) for column in columns)
