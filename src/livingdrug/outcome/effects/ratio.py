"""The ratio of two groups' medians of an amount."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import Effect, EffectMeasure, Sample, absent, too_few
from livingdrug.outcome.estimators.quantiles import median


class Ratio(EffectMeasure):
    """Exposed over not; the interval from those of both medians, taken as normal on the log scale."""

    title = "ratio of medians"
    null = 1.0
    log = True

    def estimate(self, sample: Sample) -> Effect:
        if sample.value is None:
            return absent(sample, "a ratio of medians is asked of an amount")
        why = too_few(sample)
        if why:
            return absent(sample, why)
        exposed, others = (median(sample.value[(sample.predictor > 0) == side]) for side in (True, False))
        if min(exposed.ci_low, others.ci_low) <= 0:
            return absent(sample, "an amount is nought in too many for a ratio")
        halves = [np.log(one.ci_high / one.ci_low) / 2 for one in (exposed, others)]
        middle, half = np.log(exposed.estimate / others.estimate), float(np.hypot(*halves))
        low, estimate, high = (float(np.exp(middle + k * half)) for k in (-1, 0, 1))
        return Effect(estimate, low, high, sample.n)


EFFECT = Ratio()
