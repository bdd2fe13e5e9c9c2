"""Journeys: what became of every patient of a network, and every stay on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.manufacturing.network.people import People

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

STAGES = (
    "list", "queue for a chair", "apheresis", "shipping to factory", "queue for a line", "culture", "queue for an analyst", "testing",
    "shipping to centre", "booking", "queue for a bed", "lymphodepletion",
)  # fmt: skip
"""Where a patient may be between referral and infusion, in order. ``list``: for a slot of manufacture."""
(LIST, CHAIR_QUEUE, APHERESIS, SHIPPING_OUT, QUEUE, CULTURE, LAB_QUEUE, TESTING, SHIPPING_BACK, BOOKING, BED_QUEUE,
 LYMPHODEPLETION) = range(12)  # fmt: skip
AT_FACTORY = (SHIPPING_OUT, QUEUE, CULTURE, LAB_QUEUE, TESTING, SHIPPING_BACK)
"""Stages whose place is a factory; of the others it is a centre."""

INFUSED, OUT_OF_SPECIFICATION, LOST, NOT_MADE, WRONG_CELLS = range(5)
ENDS = (
    "infused",
    "infused out of specification",
    "lost while waiting",
    "no product",
    "infused with another patient's cells",
)
"""How a patient's way may end; everyone ends in exactly one."""

UNITS = ("chairs", "lines", "analysts", "beds")
"""Of what there is only so much at a place."""
CHAIRS, LINES, ANALYSTS, BEDS = range(4)


@dataclass(frozen=True)
class Journeys:
    """One replicate under one policy.

    Attributes
    ----------
    people
        Who came.
    end, ended
        Place in `ENDS`, and the day; shaped (n,).
    lost_in
        Stage in which the patient was lost or found to be without a product (place in `STAGES`); -1 for the infused.
    factory
        Where the last batch was made; -1 for none.
    collected
        Day of the first apheresis; NaN for none.
    batches
        Begun for the patient.
    visit_patient, visit_stage, visit_place, visit_from, visit_to
        Every stay: whose, in which of `STAGES`, at which centre or factory, and its days; shaped (stays,).
    use_of, use_at, use_from, use_to
        Every use of a unit: of which of `UNITS`, at which centre or factory, and its days; shaped (uses,). A line is in use until it is
        clean again, a bed as long as the patient stays.
    n_shipments, n_aphereses, n_tests
        In all.
    hand_overs, swapped, caught
        Of bags: all, exchanged by mistake, noticed.
    last_day
        Of the last event.
    """

    people: People
    end: Whole
    ended: Array
    lost_in: Whole
    factory: Whole
    collected: Array
    batches: Whole
    visit_patient: Whole
    visit_stage: Whole
    visit_place: Whole
    visit_from: Array
    visit_to: Array
    use_of: Whole
    use_at: Whole
    use_from: Array
    use_to: Array
    n_shipments: int
    n_aphereses: int
    n_tests: int
    hand_overs: int
    swapped: int
    caught: int
    last_day: float

    def __len__(self) -> int:
        return len(self.people)

    @property
    def infused(self) -> NDArray[np.bool_]:
        """Who got a bag of the own cells, shaped (n,)."""
        return (self.end == INFUSED) | (self.end == OUT_OF_SPECIFICATION)

    @property
    def vein_to_vein(self) -> Array:
        """First apheresis to infusion [day], shaped (n,); NaN for those not infused."""
        return np.where(self.infused, self.ended - self.collected, np.nan)

    def days_in(self, stage: int) -> Array:
        """Days of each patient in a stage, over all attempts, shaped (n,)."""
        there = self.visit_stage == stage
        stays = self.visit_to[there] - self.visit_from[there]
        return np.bincount(self.visit_patient[there], weights=stays, minlength=len(self)).astype(float)

    def mean_in_use(self, units: int, place: int, first: float, last: float) -> float:
        """Units (place in `UNITS`) of a centre or factory in use, averaged over the days from `first` to `last`."""
        here = (self.use_of == units) & (self.use_at == place)
        return _overlap(self.use_from[here], self.use_to[here], first, last)

    def mean_present(self, stage: int, place: int | None, first: float, last: float) -> float:
        """Patients in a stage (at one place, or anywhere), averaged over the days from `first` to `last`."""
        there = self.visit_stage == stage
        if place is not None:
            there &= self.visit_place == place
        return _overlap(self.visit_from[there], self.visit_to[there], first, last)


def _overlap(begun: Array, over: Array, first: float, last: float) -> float:
    if last <= first:
        return 0.0
    return float(np.maximum(np.minimum(over, last) - np.maximum(begun, first), 0.0).sum() / (last - first))
