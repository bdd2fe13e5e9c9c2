"""The hazard ratio, by Cox's regression."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import Z95, Effect, EffectMeasure, Sample, absent, too_few, too_few_events
from livingdrug.outcome.regression import cox


class HazardRatio(EffectMeasure):
    """Of those exposed over those not, or for each unit; a competing event ends the time at risk."""

    title = "hazard ratio"
    null = 1.0
    log = True

    def estimate(self, sample: Sample) -> Effect:
        if sample.time is None:
            return absent(sample, "a hazard ratio is asked of a time to an event")
        why = too_few(sample) or too_few_events(sample)
        if why:
            return absent(sample, why)
        entry, time, event, x = rows_of(sample)
        found = cox(time, event, x, entry=entry)
        if not found.finite[0]:
            return absent(sample, "no finite hazard ratio: one group has no event")
        middle, error = found.coefficients[0], float(np.sqrt(found.covariance[0, 0]))
        low, estimate, high = (float(np.exp(middle + k * error)) for k in (-Z95, 0.0, Z95))
        return Effect(estimate, low, high, sample.n, int(sample.event.sum()))


def rows_of(sample: Sample):
    """Entry, time, event and covariates of each stretch of time: two of them where exposure begins under observation."""
    assert sample.time is not None
    n = sample.n
    given = sample.given if sample.given.size else np.empty((n, 0))
    entry, time = np.full(n, -1.0), sample.time
    if sample.since is None:
        return entry, time, sample.event, np.column_stack([sample.predictor, given])
    switch = (sample.since > 0) & (sample.since < time)
    first_end = np.where(switch, sample.since, time)
    exposed_at_once = (sample.since <= 0).astype(np.float64)
    x = np.column_stack([np.concatenate([exposed_at_once, np.ones(int(switch.sum()))]),
                         np.concatenate([given, given[switch]])])  # fmt: skip
    return (
        np.concatenate([entry, sample.since[switch]]),
        np.concatenate([first_end, time[switch]]),
        np.concatenate([sample.event & ~switch, sample.event[switch]]),
        x,
    )


EFFECT = HazardRatio()
