"""The mean of a group."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import LEAST, Z95, Effect, EffectMeasure, Sample, absent


class Mean(EffectMeasure):
    """Of an amount, of the exposed where there are two groups; a normal interval."""

    title = "mean of the group"

    def estimate(self, sample: Sample) -> Effect:
        group = sample.of_group(True)
        if group.value is None or group.n < LEAST:
            return absent(group, "a mean is asked of an amount" if group.value is None else f"only {group.n} are asked")
        middle, half = float(group.value.mean()), Z95 * float(group.value.std(ddof=1) / np.sqrt(group.n))
        return Effect(middle, middle - half, middle + half, group.n)


EFFECT = Mean()
