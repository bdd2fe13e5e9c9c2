"""What was measured in a run, in the words of the assays' files."""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.reports.source import Source
from livingdrug.reports.words import unit


@dataclass(frozen=True)
class Measured:
    """A quantity of the visits frame: its name there, the assay's title, unit and the visits it belongs to."""

    quantity: str
    title: str
    unit: str
    schedule: str

    @property
    def unit_words(self) -> str:
        """The unit as it is printed."""
        return unit(self.unit) or "share"


def measured(source: Source) -> list[Measured]:
    """Every quantity of the visits frame that the catalogue has an assay for, in the order of its visits."""
    if source.catalog is None:
        return []
    seen = source.quantities_seen
    found: dict[str, Measured] = {}
    planned = source.trial.visits.days
    for name in source.catalog.names("assay"):
        assay = source.record("assay", name)
        if assay is not None and assay.quantity in seen and (not planned or assay.schedule in planned):
            found[assay.quantity] = Measured(assay.quantity, assay.title, assay.unit, assay.schedule)
    return [found[quantity] for quantity in seen if quantity in found]
