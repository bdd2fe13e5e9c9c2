"""Likelihood profiles: how far the likelihood falls when one number is moved and all others follow.

The interval in which it falls by less than 3.84 (in -2 log likelihood) needs no symmetry, unlike one from a standard error.
Every point is judged by samples drawn around the same patients' moments, so that differences are far surer than levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.importance import Coordinates, Proposals, refine
from livingdrug.fitting.transforms import TRANSFORMS, Transform
from livingdrug.foundation.errors import BadInput, UnknownName

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.fitting.result import Fit

Floats = NDArray[np.float64]
FALL = 3.841458820694124
"""95 % quantile of chi-square with one degree of freedom."""
STEPS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)
"""Where the likelihood is looked at, in standard errors from the estimate."""
_POINTS = 128


def profile(
    fit: Fit, parameters: Sequence[str] | str, *, done: Callable[[str, int, int], None] | None = None
) -> pl.DataFrame:
    """The likelihood along each of some parameters.

    Parameters
    ----------
    parameters
        Names of `Fit.parameters`, or ``"all"`` of those that are estimated.
    done
        Called after each parameter with (name, done, total).

    Returns
    -------
    parameter, value, rise (of -2 log likelihood over its least), parabola (the rise that the standard error expects).

    Raises
    ------
    UnknownName
        No such estimate.
    BadInput
        The data do not determine it.
    """
    import polars as pl

    coordinates = fit.coordinates
    error = np.sqrt(np.diag(fit.covariance))
    sure = [name for name, e in zip(coordinates.names, error, strict=True) if np.isfinite(e)]
    asked = sure if parameters == "all" else [parameters] if isinstance(parameters, str) else list(parameters)
    rows: list[tuple[str, float, float, float]] = []
    for number, name in enumerate(asked, start=1):
        if name not in coordinates.names:
            raise UnknownName("estimate", name, coordinates.names)
        if name not in sure:
            raise BadInput(
                f"{name}: the data do not determine it, so that it has no profile.\n  Look at the fit's judgement."
            )
        at = coordinates.names.index(name)
        scale = scale_of(coordinates, at)
        here = coordinates.pack(fit.theta)[at]
        rises = _along(fit, at, error[at])
        for step, rise in zip(STEPS, rises - rises.min(), strict=True):
            rows.append((name, float(scale.back(np.asarray(here + step * error[at]))), float(rise), step * step))
        if done is not None:
            done(name, number, len(asked))
    return pl.DataFrame(rows, schema=["parameter", "value", "rise", "parabola"], orient="row")


def intervals(table: pl.DataFrame) -> pl.DataFrame:
    """Where each profile rises by 3.84: parameter, ci_low, ci_high; null where it does not within three standard errors."""
    import polars as pl

    rows = []
    for (name,), part in table.group_by("parameter", maintain_order=True):
        value, rise = part["value"].to_numpy(), part["rise"].to_numpy()
        least = int(np.argmin(rise))
        low = _crossing(value[: least + 1][::-1], rise[: least + 1][::-1])
        rows.append((str(name), low, _crossing(value[least:], rise[least:])))
    kinds = {"parameter": pl.String, "ci_low": pl.Float64, "ci_high": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def scale_of(coordinates: Coordinates, at: int) -> Transform:
    """The scale on which a coordinate is estimated."""
    population, q = coordinates.population, coordinates.beta.size
    if at < q:
        coefficient = int(coordinates.beta[at])
        typical = coefficient < len(population.names)
        return TRANSFORMS[population.transforms[coefficient] if typical else "normal"]
    if coordinates.mixed and at == coordinates.size - 1:
        return TRANSFORMS["logit"]
    inside = at - q - len(population.groups)
    return TRANSFORMS["normal" if 0 <= inside < len(population.pairs) else "log"]


def _along(fit: Fit, at: int, error: float) -> Floats:
    """-2 log likelihood at each of `STEPS`, all other numbers at their best."""
    coordinates, information = fit.coordinates, fit.examined.information
    others = np.isfinite(np.diag(fit.covariance))
    others[at] = False
    follow = np.zeros(coordinates.size)
    inner = information[np.ix_(others, others)]
    follow[others] = -np.linalg.solve(inner, information[others, at])
    follow[at] = 1.0
    base = coordinates.pack(fit.theta)
    proposals = Proposals.around(
        fit.examined.mean, fit.examined.covariance, fit.theta.omega, int(fit.settings["seed"]), points=_POINTS
    )
    found = np.empty(len(STEPS))
    for k, step in enumerate(STEPS):
        row = base + step * error * follow
        pairs = len(coordinates.population.pairs)
        first = coordinates.beta.size + len(coordinates.population.groups)
        row[first : first + pairs] = np.clip(row[first : first + pairs], -0.999, 0.999)
        theta = coordinates.unpack(row, fit.theta)
        _, here, _ = refine(fit.likelihood, coordinates, theta, proposals, steps=4, enough=2e-3, held=(at,))
        found[k] = -2 * here.log_likelihood
    return found


def _crossing(value: Floats, rise: Floats) -> float | None:
    """Where the rise first reaches `FALL`, between points by the root of the rise, which is nearly straight."""
    height = np.sqrt(np.maximum(rise, 0.0))
    wanted = np.sqrt(FALL)
    above = np.flatnonzero(height >= wanted)
    if not above.size or above[0] == 0:
        return None
    k = int(above[0])
    share = (wanted - height[k - 1]) / (height[k] - height[k - 1])
    return float(value[k - 1] + share * (value[k] - value[k - 1]))
