"""Lots: what became of every enrolled patient between apheresis and infusion, and what was made."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

INFUSED = "infused"
MANUFACTURING_FAILURE = "manufacturing_failure"
DIED_WAITING = "died_waiting"
WITHDRAWN_WAITING = "withdrawn_waiting"
NON_CONFORMING = "non_conforming"
"""Given a product out of specification that the trial's protocol does not count as its treatment; not followed further."""
TREATED = "treated"
"""Began the treatment of an arm without cells."""
WAITING = "waiting"
"""Enrolled, and neither treated nor lost on the day on which a trial's data were cut."""
BEGUN = (INFUSED, TREATED)
"""Whose treatment began: the denominator of safety and efficacy."""
STATUSES = (INFUSED, MANUFACTURING_FAILURE, DIED_WAITING, WITHDRAWN_WAITING, NON_CONFORMING, TREATED, WAITING)


@dataclass(frozen=True)
class Lots:
    """One lot (or none) for each patient; every array is shaped (n,).

    Days are counted from the infusion (day 0); for a patient never infused, from the day on which it was planned.
    Numbers of the lot are those of the last attempt, also when it was not given.

    Attributes
    ----------
    patients
        Patient numbers.
    status
        One of `STATUSES`.
    enrolment_day
        Day of apheresis and enrolment (negative).
    vein_to_vein_days
        Apheresis to infusion [day]; NaN when not infused.
    waiting_end_day
        Start of lymphodepletion; or the day of death, withdrawal or final failure.
    bridging
        Bridging chemotherapy was given.
    burden_percent_at_lymphodepletion, tumour_cells_at_lymphodepletion
        Burden [percent of the greatest] and tumour cells [cell] when waiting ended.
    t_cells_collected, collection_days
        CD3-positive cells [cell] and days of apheresis.
    dose_cells, dose_cells_per_kg
        CAR-positive viable cells in the bag [cell], [cell/kg]; NaN without a released lot.
    viability, transduction, purity, memory_fraction
        Shares of the lot.
    copies_per_car_t_cell, culture_doublings
        Vector copies per CAR-positive cell; doublings in culture.
    out_of_specification
        Given although below the viability specification.
    n_manufacturing_attempts
        Attempts made.
    failure_reason
        Why the last attempt was not released (`release.REASONS`); empty when it was.
    fitness
        Latent fitness of the patient's T cells, standard deviations.
    """

    patients: NDArray[np.int64]
    status: NDArray[np.str_]
    enrolment_day: Array
    vein_to_vein_days: Array
    waiting_end_day: Array
    bridging: Mask
    burden_percent_at_lymphodepletion: Array
    tumour_cells_at_lymphodepletion: Array
    t_cells_collected: Array
    collection_days: Array
    dose_cells: Array
    dose_cells_per_kg: Array
    viability: Array
    transduction: Array
    purity: Array
    memory_fraction: Array
    copies_per_car_t_cell: Array
    culture_doublings: Array
    out_of_specification: Mask
    n_manufacturing_attempts: NDArray[np.int64]
    failure_reason: NDArray[np.str_]
    fitness: Array

    def __len__(self) -> int:
        return len(self.patients)

    @property
    def infused(self) -> Mask:
        """Who was infused, shaped (n,)."""
        return self.status == INFUSED

    @property
    def treated(self) -> Mask:
        """Whose treatment began: the infused, or everybody of an arm without cells; shaped (n,)."""
        return np.isin(self.status, BEGUN)

    def select(self, rows: NDArray[np.intp]) -> Lots:
        """The lots at these rows."""
        return Lots(**{field.name: np.ascontiguousarray(getattr(self, field.name)[rows]) for field in fields(self)})
