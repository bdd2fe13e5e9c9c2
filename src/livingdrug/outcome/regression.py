"""Two regressions by Newton's method: Cox's partial likelihood with Efron's ties and late entry, and the logistic one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome.checks import check_events, check_finite, check_times

Floats = NDArray[np.float64]
STEPS, HALVINGS, ENOUGH = 40, 12, 1e-9
FARTHEST, VAGUEST = 20.0, 5.0
"""A coefficient of a standardised covariate beyond the first, or with an error beyond the second, runs to infinity: the
groups are separated. Eight events already leave an error below one."""


@dataclass(frozen=True)
class Fitted:
    """Coefficients of a regression.

    Attributes
    ----------
    coefficients
        Log hazard ratios or log odds ratios, one for each unit of a covariate, shaped (p,).
    covariance
        Inverse of the observed information, shaped (p, p).
    finite
        Whether each coefficient was found, shaped (p,): not where groups are separated, or a covariate is the same in all.
    """

    coefficients: Floats
    covariance: Floats
    finite: NDArray[np.bool_]


def cox(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Fitted:
    """Log hazard ratios by Cox's proportional hazards.

    Parameters
    ----------
    times, events
        As for `livingdrug.outcome.estimators.kaplan_meier.kaplan_meier`, shaped (r,).
    covariates
        Shaped (r, p).
    entry
        When each comes under observation, shaped (r,): a row counts from after its entry to its time. A covariate that
        changes is two rows.
    strata
        Labels within which hazards are compared, shaped (r,): each has a baseline of its own.

    Raises
    ------
    BadInput
        Shapes differ, a number is missing, nobody has the event, or a row ends before it begins.

    Notes
    -----
    Cox 1972; ties by Efron 1977, as R's ``coxph`` and lifelines do.

    Examples
    --------
    >>> found = cox([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 1], [[1], [0], [1], [1], [0], [0]])
    >>> round(float(found.coefficients[0]), 3)
    1.394
    """
    time = check_times(times)
    event = check_events(events, time.size)
    x, scale = _standardised(covariates, time.size)
    start = np.full(time.size, -np.inf) if entry is None else check_finite("entry", entry)
    if start.shape != time.shape or (start >= time)[event].any():
        raise BadInput("a row ends before it begins.\n  Give an entry before each time.")
    if not event.any():
        raise BadInput("nobody has the event.\n  A hazard ratio needs events.")
    label = np.zeros(time.size) if strata is None else np.asarray(strata)
    if label.shape != time.shape:
        raise BadInput(f"strata are shaped {label.shape}, expected {time.shape}: one label for each row.")
    tied, at_risk = [], []
    for one in np.unique(label):
        mine = label == one
        for moment in np.unique(time[event & mine]):
            tied.append(np.flatnonzero(event & mine & (time == moment)))
            at_risk.append(np.flatnonzero(mine & (time >= moment) & (start < moment)))
    return _maximised(lambda beta: _partial(beta, x, tied, at_risk), x.shape[1], scale)


def logistic(events: ArrayLike, covariates: ArrayLike) -> Fitted:
    """Log odds ratios; the intercept is fitted and left out of the answer.

    Parameters
    ----------
    events
        1 or 0, shaped (n,).
    covariates
        Shaped (n, p).

    Raises
    ------
    BadInput
        Shapes differ, or a number is missing.
    """
    y = check_events(events, np.asarray(events).size).astype(np.float64)
    x, scale = _standardised(covariates, y.size)
    design = np.column_stack([x, np.ones(y.size)])

    def likelihood(beta: Floats) -> tuple[float, Floats, Floats]:
        linear = design @ beta
        p = 1.0 / (1.0 + np.exp(-np.clip(linear, -500, 500)))
        value = float((y * linear - np.logaddexp(0.0, linear)).sum())
        return value, design.T @ (y - p), (design * (p * (1 - p))[:, None]).T @ design

    found = _maximised(likelihood, design.shape[1], np.append(scale, 1.0))
    return Fitted(found.coefficients[:-1], found.covariance[:-1, :-1], found.finite[:-1])


def _standardised(covariates: ArrayLike, n: int) -> tuple[Floats, Floats]:
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != n or not np.isfinite(x).all():
        raise BadInput(f"covariates are shaped {x.shape}; expected ({n}, p), every number known.")
    scale = x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return (x - x.mean(axis=0)) / scale, scale


def _partial(beta: Floats, x: Floats, tied: list[NDArray], at_risk: list[NDArray]) -> tuple[float, Floats, Floats]:
    """Efron's log partial likelihood, its gradient and its information."""
    weight = np.exp(np.clip(x @ beta, -500, 500))
    value, slope, information = 0.0, np.zeros(beta.size), np.zeros((beta.size, beta.size))
    for rows, risk in zip(tied, at_risk, strict=True):
        x_risk, w_risk, x_tied, w_tied = x[risk], weight[risk], x[rows], weight[rows]
        s0, s1, s2 = w_risk.sum(), w_risk @ x_risk, (x_risk * w_risk[:, None]).T @ x_risk
        t0, t1, t2 = w_tied.sum(), w_tied @ x_tied, (x_tied * w_tied[:, None]).T @ x_tied
        value += float((x_tied @ beta).sum())
        slope += x_tied.sum(axis=0)
        for share in np.arange(rows.size) / rows.size:
            a0, a1 = s0 - share * t0, (s1 - share * t1)
            mean = a1 / a0
            value -= float(np.log(a0))
            slope -= mean
            information += (s2 - share * t2) / a0 - np.outer(mean, mean)
    return value, slope, information


def _maximised(likelihood, p: int, scale: Floats) -> Fitted:
    beta, converged = np.zeros(p), False
    value, slope, information = likelihood(beta)
    for _ in range(STEPS):
        step = np.linalg.lstsq(information, slope, rcond=None)[0]
        for halving in range(HALVINGS):
            tried = beta + step / 2**halving
            found = likelihood(tried)
            if found[0] >= value - 1e-12:
                break
        gain, beta = found[0] - value, tried
        value, slope, information = found
        if gain < ENOUGH:
            converged = True
            break
    covariance = np.linalg.pinv(information)
    error = np.sqrt(np.diag(covariance))
    finite = converged & (np.abs(beta) < FARTHEST) & (error < VAGUEST) & (np.diag(information) > 0)
    return Fitted(beta / scale, covariance / np.outer(scale, scale), finite)
