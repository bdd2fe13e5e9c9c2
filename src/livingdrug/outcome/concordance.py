"""Concordance: how often the patient with more of the predictor has more of the outcome, or the earlier event; and what its kinds share."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import Z95, Effect, EffectMeasure, Floats, Sample, absent, too_few, too_few_events


class Concordance(EffectMeasure):
    """One half where the predictor tells nothing; which outcomes it is asked of, its kinds say."""

    null = 0.5
    asked_of = ""

    def fits(self, sample: Sample) -> bool:
        """Whether this kind is asked of such an outcome."""
        raise NotImplementedError

    def estimate(self, sample: Sample) -> Effect:
        if not self.fits(sample):
            return absent(sample, f"{self.title} is asked of {self.asked_of}")
        why = too_few(sample) or too_few_events(sample)
        return absent(sample, why) if why else concordance(sample)


def concordance(sample: Sample) -> Effect:
    """Share of pairs of patients in which predictor and outcome go the same way; ties count half.

    Pairs that do not tell are left out: those with equal outcomes, or of unknown order where one is censored. Between two
    groups, pairs within a group are left out instead. With a yes-or-no outcome this is the AUROC; with a time it is
    Harrell's C of the hazard: above one half, more of the predictor goes with earlier events.

    Returns
    -------
    The interval is that of the infinitesimal jackknife over patients (for a yes-or-no outcome: DeLong's), kept in [0, 1].

    Notes
    -----
    Harrell 1982; DeLong 1988. Time and memory grow with the square of the number of patients.
    """
    more = np.sign(np.subtract.outer(sample.predictor, sample.predictor))
    order, told = _order(sample)
    told &= (more != 0) if sample.grouped else (order != 0)
    np.fill_diagonal(told, False)
    total = float(told.sum())
    n_events = int(sample.event.sum()) if sample.cause is not None or _binary(sample.value) else None
    if total == 0:
        return Effect(np.nan, np.nan, np.nan, sample.n, n_events, "no two patients can be told apart")
    agree = 0.5 + 0.5 * more * order
    middle = float((agree * told).sum() / total)
    influence = 2.0 * ((agree - middle) * told).sum(axis=1) / total
    half = Z95 * float(np.sqrt((influence**2).sum()))
    return Effect(middle, max(middle - half, 0.0), min(middle + half, 1.0), sample.n, n_events)


def _order(sample: Sample) -> tuple[Floats, np.ndarray]:
    """+1 where the row's outcome is higher than the column's (its event earlier), -1 for lower, 0 for equal; and what is known."""
    if sample.value is not None:
        order = np.sign(np.subtract.outer(sample.value, sample.value))
        return order, np.ones(order.shape, dtype=bool)
    assert sample.time is not None
    time, event = sample.time, sample.event
    before = event[:, None] & ((time[:, None] < time[None, :]) | ((time[:, None] == time[None, :]) & ~event[None, :]))
    return before.astype(np.float64) - before.T, before | before.T


def _binary(values: Floats | None) -> bool:
    return values is not None and bool(np.isin(values, (0.0, 1.0)).all())
