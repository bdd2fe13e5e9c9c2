"""Published and simulated side by side: difference, its size against chance, and a plain verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from livingdrug.reports.estimates import Estimate, at_day, single
from livingdrug.reports.source import Source
from livingdrug.reports.words import days_of

GROUPS = (
    ("Getting the cells", ("infused", "manufacturing", "not_infused", "enrolment", "dose", "age", "prior", "blasts")),
    ("Response", ("cr_", "cri_", "mrd", "relapse")),
    ("Survival", ("efs", "os", "rfs", "death")),
    ("Toxicity", ("crs", "neurotoxicity", "icans", "tocilizumab", "steroid", "icu", "fever", "vasopressor", "intubation", "oxygen", "hypotension")),
    ("B cells, marrow, infections", ("b_cell", "neutro", "thrombo", "infection", "igg", "ivig", "hypogamma")),
    ("Cellular kinetics", ("cmax", "tmax", "auc", "last_detectable", "half_life")),
)  # fmt: skip
Z95 = 1.959964


@dataclass(frozen=True)
class Compared:
    """One published number and what the simulation says.

    Attributes
    ----------
    published, simulated
        (value, low, high) in the published unit; limits NaN when unknown.
    limits_from
        Where the published limits come from: "reported", "exact" (ours, from n) or "".
    z
        Difference divided by its standard error (both sampling errors; log scale unless a percentage); NaN when unknown.
    inside
        Whether the simulated value lies inside the published 95 % interval; None when there is none.
    """

    row: Any
    arm: str
    group: str
    label: str
    published: tuple[float, float, float]
    simulated: tuple[float, float, float]
    limits_from: str
    z: float
    inside: bool | None
    percent: bool


def compare(source: Source) -> tuple[list[Compared], list[Any]]:
    """Every published row that this run can answer (first arm with an answer), and the rows it cannot."""
    compared, unanswered = [], []
    for row in source.evidence.results if source.evidence is not None else ():
        found = None
        for arm in source.arms:
            estimate = _simulated(source, row, arm)
            if estimate is not None:
                found = _compare(source, row, arm, estimate)
                break
        if found is None:
            unanswered.append(row)
        else:
            compared.append(found)
    order = {name: i for i, (name, _) in enumerate(GROUPS)}
    return sorted(compared, key=lambda c: order.get(c.group, 99)), unanswered


def _simulated(source: Source, row: Any, arm: str) -> Estimate | None:
    day = days_of(row.at)
    endpoint = source.endpoint(row.endpoint)
    if endpoint is None:
        return None
    if endpoint.record.kind == "time_to_event":
        return at_day(source, row.endpoint, arm, day) if day is not None else None
    found = single(source, row.endpoint, arm)
    if found is None or found.share != (row.unit == "percent"):
        return None
    return found


def _compare(source: Source, row: Any, arm: str, found: Estimate) -> Compared:
    scale = 100.0 if found.share else 1.0
    simulated = (scale * found.value, scale * found.low, scale * found.high)
    low, high, origin = _limits(row)
    inside = None if math.isnan(low) and math.isnan(high) else not (simulated[0] < low or simulated[0] > high)
    record = source.endpoint(row.endpoint).record
    label = record.title.split(" (")[0] + (
        f", {row.at.replace('month', 'months')}" if row.at and record.kind == "time_to_event" else ""
    )
    group = next((name for name, starts in GROUPS if row.endpoint.startswith(starts)), "Other")
    published = (row.value, low, high)
    z = _z(published, simulated, found.share)
    return Compared(row, arm, group, label, published, simulated, origin, z, inside, found.share)


def _limits(row: Any) -> tuple[float, float, str]:
    """Published limits; for a share with its n but without limits, exact ones of our own; else from a geometric CV."""
    if row.ci_low is not None or row.ci_high is not None:
        return _or_nan(row.ci_low), _or_nan(row.ci_high), "reported"
    if row.unit == "percent" and row.n and "Kaplan" not in row.statistic and row.statistic != "median":
        from livingdrug.trial.estimators.exact_binomial import exact_binomial

        exact = exact_binomial(row.numerator if row.numerator is not None else round(row.value * row.n / 100), row.n)
        return 100 * exact.ci_low, 100 * exact.ci_high, "exact"
    if row.cv_percent and row.n and row.value > 0:
        # Geometric CV -> standard deviation of the logarithms -> interval of the geometric mean (normal approximation).
        half = Z95 * math.sqrt(math.log1p((row.cv_percent / 100) ** 2) / row.n)
        return row.value * math.exp(-half), row.value * math.exp(half), "exact"
    return math.nan, math.nan, ""


def _z(published: tuple[float, float, float], simulated: tuple[float, float, float], share: bool) -> float:
    """Difference over its standard error; errors are a quarter of the intervals' width over 1.96/2."""

    def error(limits: tuple[float, float, float]) -> float:
        _, low, high = limits
        if share:
            return (high - low) / (2 * Z95)
        return (math.log(high) - math.log(low)) / (2 * Z95) if low > 0 and high > 0 else math.nan

    if not share and (published[0] <= 0 or simulated[0] <= 0):
        return math.nan
    difference = simulated[0] - published[0] if share else math.log(simulated[0] / published[0])
    spread = math.hypot(error(published), error(simulated))
    return difference / spread if spread > 0 else math.nan


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
