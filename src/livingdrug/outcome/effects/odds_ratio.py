"""The odds ratio, by logistic regression."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import Z95, Effect, EffectMeasure, Sample, absent, too_few, too_few_events
from livingdrug.outcome.regression import logistic


class OddsRatio(EffectMeasure):
    """Of those exposed over those not, or for each unit."""

    title = "odds ratio"
    null = 1.0
    log = True

    def estimate(self, sample: Sample) -> Effect:
        if sample.value is None:
            return absent(sample, "an odds ratio is asked of a yes or no")
        why = too_few(sample) or too_few_events(sample)
        if why:
            return absent(sample, why)
        given = sample.given if sample.given.size else np.empty((sample.n, 0))
        found = logistic(sample.event, np.column_stack([sample.predictor, given]))
        if not found.finite[0]:
            return absent(sample, "no finite odds ratio: one group has only one answer")
        middle, error = found.coefficients[0], float(np.sqrt(found.covariance[0, 0]))
        low, estimate, high = (float(np.exp(middle + k * error)) for k in (-Z95, 0.0, Z95))
        return Effect(estimate, low, high, sample.n, int(sample.event.sum()))


EFFECT = OddsRatio()
