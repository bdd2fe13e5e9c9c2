"""Spearman's rank correlation."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import Z95, Effect, EffectMeasure, Sample, absent, too_few


class RankCorrelation(EffectMeasure):
    """Between predictor and an amount; the interval by Fisher's transformation with the variance of Fieller 1957."""

    title = "rank correlation"
    null = 0.0

    def estimate(self, sample: Sample) -> Effect:
        from scipy.stats import rankdata

        if sample.value is None:
            return absent(sample, "a rank correlation is asked of an amount")
        why = too_few(sample)
        if why or np.ptp(sample.value) == 0:
            return absent(sample, why or "the outcome is the same in every simulated patient")
        middle = float(np.corrcoef(rankdata(sample.predictor), rankdata(sample.value))[0, 1])
        half = Z95 * float(np.sqrt(1.06 / (sample.n - 3)))
        bent = np.arctanh(np.clip(middle, -1 + 1e-12, 1 - 1e-12))
        return Effect(middle, float(np.tanh(bent - half)), float(np.tanh(bent + half)), sample.n)


EFFECT = RankCorrelation()
