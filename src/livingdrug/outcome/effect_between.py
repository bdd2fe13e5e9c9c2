"""How much two randomised arms differ: hazard ratio, difference of restricted means, difference of shares, each with its interval; in subgroups too.

Everybody randomised is counted, in the arm they were randomised to; where the design has strata, hazards are compared within them.

=====================  ===========================================================================================
a curve to an event    hazard ratio (Cox 1972, Efron's ties, stratified), and restricted means up to the last time
                       at which both arms are still watched
a share                difference in points: Newcombe's hybrid of Wilson's intervals (1998)
=====================  ===========================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.restricted_mean import restricted_mean
from livingdrug.outcome.regression import cox
from livingdrug.outcome.strata import STRATUM

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.outcome.endpoint_result import EndpointResult

DAYS_A_MONTH = 365.25 / 12
LEAST_EVENTS = 4
"""Fewer events tell no hazard ratio."""


@dataclass(frozen=True)
class Effect:
    """One number of an arm against the reference.

    Attributes
    ----------
    measure, unit
        ``"hazard ratio"``, ``"restricted mean difference"`` [month], ``"difference"`` [points].
    estimate, low, high
        With the limits of the level asked for; NaN where an arm has no event by which to tell them.
    n, events
        Patients counted in both arms, and how many of them had the event.
    horizon
        Of a restricted mean: up to when [month].
    """

    measure: str
    unit: str
    estimate: float
    low: float
    high: float
    n: int
    events: int
    horizon: float | None = None


def effects(found: EndpointResult, arm: str, reference: str, *, level: float = 0.95) -> list[Effect]:
    """How much an arm differs from the reference in an endpoint of a randomised trial; nothing where that is not defined.

    Parameters
    ----------
    found
        The endpoint of both arms; everybody enrolled is counted where the endpoint says how.
    """
    whole = found.by_everyone()
    if found.design != "randomised" or whole is None or arm in whole.not_measured or reference in whole.not_measured:
        return []
    kept = whole.patients.filter(whole.patients["arm"].is_in([arm, reference]))
    if "time_days" in kept.columns:
        return _of_times(kept, arm, found.strata, level)
    if "success" in kept.columns:
        one, two = (kept.filter(kept["arm"] == name)["success"].to_numpy().astype(bool) for name in (arm, reference))
        return (
            [difference(int(one.sum()), one.size, int(two.sum()), two.size, level=level)]
            if one.size and two.size
            else []
        )
    return []


def hazard_ratio(
    times: NDArray[np.float64], events: NDArray[np.bool_], treated: NDArray[np.bool_], strata: NDArray | None = None, *,
    level: float = 0.95,
) -> Effect | None:  # fmt: skip
    """Hazard of the treated over that of the others, within strata; None with too few events or groups that are apart.

    Parameters
    ----------
    times, events, treated, strata
        Shaped (n,).
    """
    n_events = int(events.sum())
    if n_events < LEAST_EVENTS or not events[treated].any() or not events[~treated].any():
        return None
    try:
        fitted = cox(np.maximum(times, 1e-6), events, treated.astype(np.float64), strata=strata)
    except BadInput:
        return None
    if not fitted.finite[0]:
        return None
    middle, error = float(fitted.coefficients[0]), math.sqrt(float(fitted.covariance[0, 0]))
    half = float(ndtri(0.5 + level / 2)) * error
    low, estimate, high = (math.exp(middle + k * half) for k in (-1, 0, 1))
    return Effect("hazard ratio", "", estimate, low, high, times.size, n_events)


def difference(events: int, n: int, events_reference: int, n_reference: int, *, level: float = 0.95) -> Effect:
    """Difference of two independent shares in points, with Newcombe's hybrid score interval (method 10).

    Examples
    --------
    Newcombe 1998, table II, 56/70 against 48/80: 0.2000, 0.0524 to 0.3339.

    >>> one = difference(56, 70, 48, 80)
    >>> [round(value, 2) for value in (one.estimate, one.low, one.high)]
    [20.0, 5.24, 33.39]
    """
    z = float(ndtri(0.5 + level / 2))
    p, q = events / n, events_reference / n_reference
    (low_p, high_p), (low_q, high_q) = _wilson(events, n, z), _wilson(events_reference, n_reference, z)
    low = p - q - math.sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    high = p - q + math.sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return Effect(
        "difference", "points", 100 * (p - q), 100 * low, 100 * high, n + n_reference, events + events_reference
    )


def _wilson(events: int, n: int, z: float) -> tuple[float, float]:
    p = events / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def _of_times(kept: pl.DataFrame, arm: str, strata: pl.DataFrame | None, level: float) -> list[Effect]:
    if strata is not None:
        kept = kept.join(strata, on="patient", how="left", maintain_order="left")
    time, event = kept["time_days"].to_numpy(), kept["cause"].to_numpy() == 1
    treated = (kept["arm"] == arm).to_numpy()
    within = kept[STRATUM].to_numpy() if strata is not None else None
    found = [hazard_ratio(time, event, treated, within, level=level)]
    if treated.any() and (~treated).any():
        found.append(_restricted(time, event, treated, level))
    return [one for one in found if one is not None]


def _restricted(
    time: NDArray[np.float64], event: NDArray[np.bool_], treated: NDArray[np.bool_], level: float
) -> Effect | None:
    """Restricted mean of the treated less that of the others, up to the last time that both are watched [month]; None without any event."""
    months = time / DAYS_A_MONTH
    horizon = min(float(months[treated].max()), float(months[~treated].max()))
    if horizon <= 0:
        return None
    try:
        one, two = (restricted_mean(months[rows], event[rows], horizon) for rows in (treated, ~treated))
    except BadInput:
        return None
    if not one.standard_error and not two.standard_error:
        return None  # nobody had the event: both are the whole horizon
    known = one.standard_error > 0 and two.standard_error > 0
    error = math.hypot(one.standard_error, two.standard_error) if known else math.nan
    half, apart = float(ndtri(0.5 + level / 2)) * error, one.estimate - two.estimate
    return Effect(
        "restricted mean difference", "month", apart, apart - half, apart + half, time.size, int(event.sum()), horizon
    )


def in_subgroups(
    found: EndpointResult, arm: str, reference: str, groups: Mapping[str, pl.DataFrame], *, level: float = 0.95
) -> dict[str, Effect | None]:
    """The hazard ratio, or the difference of shares, in each subgroup and in all; within strata only for all.

    Parameters
    ----------
    groups
        Name -> frame with a column ``patient``: who is in it.

    Returns
    -------
    Name -> effect; None where too few events tell none. ``"all"`` stands first.
    """
    whole = found.by_everyone()
    told = effects(found, arm, reference, level=level)
    answers: dict[str, Effect | None] = {"all": told[0] if told else None}
    if whole is None:
        return answers
    kept = whole.patients.filter(whole.patients["arm"].is_in([arm, reference]))
    for name, members in groups.items():
        part = kept.join(members.select("patient"), on="patient", how="semi", maintain_order="left")
        if "time_days" in part.columns:
            treated = (part["arm"] == arm).to_numpy()
            event = part["cause"].to_numpy() == 1
            answers[name] = (
                hazard_ratio(part["time_days"].to_numpy(), event, treated, level=level) if part.height else None
            )
        elif "success" in part.columns:
            sides = [part.filter(part["arm"] == one)["success"].to_numpy().astype(bool) for one in (arm, reference)]
            answers[name] = (
                difference(int(sides[0].sum()), sides[0].size, int(sides[1].sum()), sides[1].size, level=level)
                if sides[0].size and sides[1].size
                else None
            )
    return answers
