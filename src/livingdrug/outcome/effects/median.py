"""The median of a group: of an amount, or of a time to an event in months."""

from __future__ import annotations

import numpy as np

from livingdrug.foundation.units import factor
from livingdrug.outcome.effect import LEAST, Effect, EffectMeasure, Sample, absent
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier
from livingdrug.outcome.estimators.quantiles import median


class Median(EffectMeasure):
    """Of the exposed where there are two groups; a time is told in months, infinite where it is not reached."""

    title = "median of the group"

    def estimate(self, sample: Sample) -> Effect:
        group = sample.of_group(True)
        if group.n < LEAST:
            return absent(group, f"{group.n} simulated patients are in the group; at least {LEAST} are needed")
        if group.value is not None:
            found = median(group.value)
            return Effect(found.estimate, found.ci_low, found.ci_high, group.n)
        assert group.time is not None
        middle, low, high = (
            day / factor("month", "day") for day in kaplan_meier(group.time, group.event).quantile(0.5)
        )
        if not np.isfinite(middle):
            return Effect(np.nan, low, np.inf, group.n, int(group.event.sum()), "the median is not reached")
        return Effect(middle, low, high, group.n, int(group.event.sum()))


EFFECT = Median()
