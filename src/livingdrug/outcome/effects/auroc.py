"""The area under the receiver operating characteristic."""

from __future__ import annotations

from livingdrug.outcome.concordance import Concordance
from livingdrug.outcome.effect import Sample


class Auroc(Concordance):
    """How well the predictor tells those with the outcome from those without: 0.5 not at all, above it more means more."""

    title = "AUROC"
    asked_of = "a yes or no"

    def fits(self, sample: Sample) -> bool:
        return sample.value is not None


EFFECT = Auroc()
