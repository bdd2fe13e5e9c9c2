"""The share of a group: of those with a yes, or from a curve at a time."""

from __future__ import annotations

import numpy as np

from livingdrug.outcome.effect import LEAST, Effect, EffectMeasure, Sample, absent
from livingdrug.outcome.estimators.cumulative_incidence import cumulative_incidence
from livingdrug.outcome.estimators.exact_binomial import exact_binomial
from livingdrug.outcome.estimators.kaplan_meier import kaplan_meier


class Share(EffectMeasure):
    """In percent, of the exposed where there are two groups: exact binomial, Kaplan-Meier, or Aalen-Johansen."""

    title = "share of the group"
    unit = "percent"

    def estimate(self, sample: Sample) -> Effect:
        group = sample.of_group(True)
        if group.n < LEAST:
            return absent(group, f"{group.n} simulated patients are in the group; at least {LEAST} are needed")
        if group.value is not None:
            found = exact_binomial(int(group.event.sum()), group.n)
            estimate, low, high = found.estimate, found.ci_low, found.ci_high
        elif group.at_days is None:
            return absent(group, "a share over time needs a time")
        else:
            estimate, low, high = _at(group, group.at_days)
            if not np.isfinite(estimate):
                return absent(group, "nobody was followed so long")
        return Effect(100 * estimate, 100 * low, 100 * high, group.n, int(group.event.sum()))


def _at(group: Sample, day: float) -> tuple[float, float, float]:
    assert group.time is not None
    assert group.cause is not None
    competing = bool((group.cause == 2).any())
    curve = cumulative_incidence(group.time, group.cause) if competing else kaplan_meier(group.time, group.event)
    found = curve.at(np.array([day]))
    middle, low, high = (float(found[key][0]) for key in ("estimate", "ci_low", "ci_high"))
    # Aalen-Johansen tells those with the event, Kaplan-Meier those without.
    return (middle, low, high) if competing == group.incidence else (1 - middle, 1 - high, 1 - low)


EFFECT = Share()
