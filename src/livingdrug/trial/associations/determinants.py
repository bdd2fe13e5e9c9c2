"""What decides: how well each thing known before infusion tells outcomes apart, beside the best of the hidden random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.outcome.concordance import concordance
from livingdrug.outcome.effect import Effect, Floats, Sample, too_few_events
from livingdrug.outcome.regression import logistic
from livingdrug.trial.associations.patients import Patients

if TYPE_CHECKING:
    from livingdrug.catalog.records.determinants import Asked, Determinants

KINDS = ("known before", "best hidden draw", "all covariates together")
FOLDS = 5
SCHEMA = {
    "trial": pl.String, "outcome": pl.String, "n": pl.Int64, "n_events": pl.Int64, "kind": pl.String,
    "predictor": pl.String, "auroc": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64, "chance": pl.Float64,
}  # fmt: skip


def determinants_frame(table: Determinants, runs: Mapping[str, Patients]) -> pl.DataFrame:
    """AUROC of every covariate, and of the best hidden random parameter, for every outcome in every trial.

    Parameters
    ----------
    table
        Which outcomes and covariates.
    runs
        Simulated patients by trial.

    Returns
    -------
    One row for each trial, outcome and predictor: ``trial``, ``outcome``, ``n``, ``n_events``, ``kind`` (one of `KINDS`),
    ``predictor``, ``auroc`` with ``ci_low`` and ``ci_high``, and ``chance``: the distance from 0.5 that the best of as many
    numbers without any effect would reach in half of all runs, added to 0.5. The best hidden parameter is told as 0.5 or
    more, with ↓ after its name where less of it goes with the outcome; outcomes with too few events are left out. All covariates together are told as a logistic
    regression on their ranks, each fifth of the patients told by a fit to the others.
    """
    rows: list[dict[str, object]] = []
    for trial, patients in runs.items():
        for outcome in table.outcomes:
            rows += _of_outcome(trial, outcome, table, patients)
    return pl.DataFrame(rows, schema=SCHEMA)


def _of_outcome(trial: str, outcome: Asked, table: Determinants, patients: Patients) -> list[dict[str, object]]:
    answer = _first(outcome, patients)
    if answer is None:
        return []
    keep = patients.counted & np.isfinite(answer) & (patients.formula(outcome.among) > 0)
    event = (answer > 0).astype(np.float64)
    if keep.sum() == 0 or too_few_events(Sample(np.ones(int(keep.sum())), False, event[keep])):
        return []
    n, n_events = int(keep.sum()), int(event[keep].sum())

    def row(kind: str, name: str, found: Effect, n_tried: int) -> dict[str, object]:
        told = (trial, outcome.name, n, n_events, kind, name, found.estimate, found.low, found.high)
        return dict(zip(SCHEMA, (*told, chance(n_events, n - n_events, n_tried)), strict=True))

    rows, ranked = [], []
    for covariate in table.covariates:
        values = _first(covariate, patients)
        if values is None:
            continue
        mine = keep & np.isfinite(values)
        if mine.sum() and np.ptp(values[mine]) > 0 and not too_few_events(Sample(values[mine], False, event[mine])):
            rows.append(row(KINDS[0], covariate.name, concordance(Sample(values[mine], False, event[mine])), 1))
            ranked.append(_ranks(values[keep]))
    if ranked:
        joint = cross_validated(np.column_stack(ranked), event[keep], patients.patient[keep] % FOLDS)
        if joint is not None:
            rows.append(row(KINDS[2], KINDS[2], concordance(Sample(joint, False, event[keep])), 1))
    tried = {name: values for name, values in patients.hidden.items() if np.ptp(values[keep]) > 0}
    if tried:
        best = max(tried, key=lambda name: abs(auroc(tried[name][keep], event[keep]) - 0.5))
        values = tried[best][keep]
        sign = 1.0 if auroc(values, event[keep]) >= 0.5 else -1.0
        name = best if sign > 0 else f"{best} ↓"
        rows.append(row(KINDS[1], name, concordance(Sample(sign * values, False, event[keep])), len(tried)))
    return rows


def auroc(predictor: Floats, event: Floats) -> float:
    """Area under the curve from ranks: the Mann-Whitney statistic, ties counting half.

    >>> auroc(np.array([1.0, 2.0, 3.0, 3.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    0.625
    """
    from scipy.stats import rankdata

    n_events = float((event > 0).sum())
    others = event.size - n_events
    return float((rankdata(predictor)[event > 0].sum() - n_events * (n_events + 1) / 2) / (n_events * others))


def cross_validated(covariates: Floats, event: Floats, fold: NDArray[np.int64]) -> Floats | None:
    """Score of each patient by a logistic regression on the patients of the other folds (n,); None where one cannot be fitted.

    Parameters
    ----------
    covariates
        Shaped (n, p).
    event
        1 or 0, shaped (n,).
    fold
        Which fold each belongs to, shaped (n,).
    """
    # No intercept: a fold's own would fall as the held-out share of events rises, and the pooled ranking would turn round.
    score, away = np.full(event.size, np.nan), covariates - covariates.mean(axis=0)
    for one in np.unique(fold):
        others = fold != one
        if not 0 < event[others].sum() < others.sum():
            return None
        score[~others] = away[~others] @ logistic(event[others], covariates[others]).coefficients
    return score


def _ranks(values: Floats) -> Floats:
    """Ranks between 0 and 1, unknown in the middle."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    found = np.full(values.size, 0.5)
    found[known] = rankdata(values[known]) / (known.sum() + 1)
    return found


def chance(n_events: int, n_others: int, n_tried: int) -> float:
    """AUROC that the best of so many predictors without effect exceeds in half of all samples (either way counts).

    Notes
    -----
    The null variance of the Mann-Whitney statistic, (n + 1) / (12 n_events n_others); the median of the greatest of
    `n_tried` independent absolute normal deviates.
    """
    error = np.sqrt((n_events + n_others + 1) / (12.0 * n_events * n_others))
    return float(0.5 + error * ndtri(0.5 + 0.5 * 0.5 ** (1.0 / n_tried)))


def _first(asked: Asked, patients: Patients) -> Floats | None:
    """The first of the ways that these patients can answer (n,), unknown as NaN; None for none."""
    for text in asked.ways:
        try:
            return np.where(patients.known(text), patients.formula(text), np.nan)
        except (LivingDrugError, KeyError):
            continue
    return None
