"""Only the direction: concordance of predictor and outcome, whatever both are."""

from __future__ import annotations

from livingdrug.outcome.concordance import concordance
from livingdrug.outcome.effect import Effect, EffectMeasure, Sample, absent, too_few, too_few_events


class Direction(EffectMeasure):
    """Above one half: more of the predictor goes with more of the outcome; of a time, with earlier events."""

    title = "concordance"
    null = 0.5

    def estimate(self, sample: Sample) -> Effect:
        why = too_few(sample)
        if not why and (sample.cause is not None or (sample.value is not None and set(sample.value) <= {0.0, 1.0})):
            why = too_few_events(sample)
        return absent(sample, why) if why else concordance(sample)


EFFECT = Direction()
