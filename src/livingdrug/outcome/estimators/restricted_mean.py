"""The restricted mean: expected event-free time within a horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier


@dataclass(frozen=True)
class RestrictedMean:
    """Area under the Kaplan-Meier curve up to `horizon`, in the unit of the times."""

    horizon: float
    estimate: float
    standard_error: float
    ci_low: float
    ci_high: float


def restricted_mean(times: ArrayLike, events: ArrayLike, horizon: float, *, level: float = 0.95) -> RestrictedMean:
    """Restricted mean event-free time.

    Parameters
    ----------
    times, events
        As for `kaplan_meier`.
    horizon
        Upper limit of time, positive.

    Notes
    -----
    Variance: Klein and Moeschberger 2003, "Survival Analysis", 4.5.

    Examples
    --------
    >>> restricted_mean([1, 2, 3], [1, 1, 1], 3).estimate
    2.0
    """
    if not horizon > 0:
        raise BadInput(f"got a horizon of {horizon}; expected a positive time.")
    curve = kaplan_meier(times, events, level=level)
    inside = curve.time < horizon
    edges = np.concatenate([[0.0], curve.time[inside], [horizon]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    areas = np.diff(edges) * heights
    mean = float(areas.sum())
    ahead = np.cumsum(areas[::-1])[::-1][1:]  # area from each observed time to the horizon
    d, r = curve.n_events[inside].astype(np.float64), curve.n_at_risk[inside].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = float(np.sqrt(np.where(r > d, ahead**2 * d / (r * (r - d)), 0.0).sum()))
    half = float(ndtri(0.5 + level / 2)) * error
    return RestrictedMean(float(horizon), mean, error, mean - half, mean + half)
