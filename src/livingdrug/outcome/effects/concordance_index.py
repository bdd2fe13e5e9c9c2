"""Harrell's C: concordance of a predictor with a time to an event."""

from __future__ import annotations

from livingdrug.outcome.concordance import Concordance
from livingdrug.outcome.effect import Sample


class ConcordanceIndex(Concordance):
    """Of the hazard: above one half, more of the predictor goes with earlier events."""

    title = "concordance index"
    asked_of = "a time to an event"

    def fits(self, sample: Sample) -> bool:
        return sample.time is not None


EFFECT = ConcordanceIndex()
