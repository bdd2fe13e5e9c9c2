"""The area under the receiver operating characteristic."""

from __future__ import annotations

from livingdrug.outcome.concordance import concordance
from livingdrug.outcome.effect import Effect, EffectMeasure, Sample, absent, too_few, too_few_events


class Auroc(EffectMeasure):
    """How well the predictor tells those with the outcome from those without: 0.5 not at all, above it more means more."""

    title = "AUROC"
    null = 0.5

    def estimate(self, sample: Sample) -> Effect:
        if sample.value is None:
            return absent(sample, "an AUROC is asked of a yes or no")
        why = too_few(sample) or too_few_events(sample)
        return absent(sample, why) if why else concordance(sample)


EFFECT = Auroc()
