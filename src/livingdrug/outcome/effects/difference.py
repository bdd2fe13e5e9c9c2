"""The difference of two groups' shares, in percentage points."""

from __future__ import annotations

from livingdrug.outcome.effect import Effect, EffectMeasure, Sample, absent, too_few
from livingdrug.outcome.effects.share import EFFECT as SHARE


class Difference(EffectMeasure):
    """Exposed minus not; the interval by Newcombe's rule from those of both shares."""

    title = "difference of shares"
    null = 0.0
    unit = "percent"

    def estimate(self, sample: Sample) -> Effect:
        why = too_few(sample)
        if why:
            return absent(sample, why)
        a, b = (SHARE.estimate(sample.of_group(side)) for side in (True, False))
        if not (a.known and b.known):
            return absent(sample, a.absent or b.absent)
        middle = a.estimate - b.estimate
        low = middle - ((a.estimate - a.low) ** 2 + (b.high - b.estimate) ** 2) ** 0.5
        high = middle + ((a.high - a.estimate) ** 2 + (b.estimate - b.low) ** 2) ** 0.5
        return Effect(middle, low, high, sample.n)


EFFECT = Difference()
