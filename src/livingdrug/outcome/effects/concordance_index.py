"""Harrell's C: concordance of a predictor with a time to an event."""

from __future__ import annotations

from livingdrug.outcome.concordance import concordance
from livingdrug.outcome.effect import Effect, EffectMeasure, Sample, absent, too_few, too_few_events


class ConcordanceIndex(EffectMeasure):
    """Of the hazard: above one half, more of the predictor goes with earlier events."""

    title = "concordance index"
    null = 0.5

    def estimate(self, sample: Sample) -> Effect:
        if sample.time is None:
            return absent(sample, "a concordance index is asked of a time to an event")
        why = too_few(sample) or too_few_events(sample)
        return absent(sample, why) if why else concordance(sample)


EFFECT = ConcordanceIndex()
