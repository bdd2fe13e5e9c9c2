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
    slot_days, shipping_days, culture_days, testing_days, booking_days
        The clocks held apart [day]: waiting for a slot or line, on the road both ways, in culture (all attempts), testing and what
        lies between attempts, and from the bag's arrival to lymphodepletion. They run on for those who are lost meanwhile.
    bridging, bridging_response
        Bridging therapy was given; and it halved the tumour at least, when waiting ended.
    burden_percent_at_lymphodepletion, tumour_cells_at_lymphodepletion
        Burden [percent of the greatest] and tumour cells [cell] when waiting ended.
    t_cells_collected, collection_days
        CD3-positive cells [cell] and days of apheresis.
    dose_cells, dose_cells_per_kg
        CAR-positive viable cells in the bag [cell], [cell/kg]; NaN without a released lot.
    car_t_cells_made
        CAR-positive viable cells of the lot that could be filled [cell]; NaN where its culture was ended early.
    viability, transduction, purity, cd4_fraction
        Shares of the lot: viable, CAR-positive, T cells, CD4-positive T cells.
    naive_fraction, central_memory_fraction, effector_memory_fraction, terminal_effector_fraction
        Phenotype of its T cells; they add up to 1.
    memory_fraction
        The first two together: CCR7-positive.
    copies_per_car_t_cell, culture_doublings
        Vector copies per CAR-positive cell; doublings in culture.
    potency
        Cytokine released per CAR T cell in a test tube, relative to a usual lot.
    tumour_cells_in_bag
        Tumour cells given along [cell].
    tcr_positive_fraction, b2m_negative_fraction, cd52_negative_fraction, tcr_positive_cells_per_kg
        Of a donor's edited cells: shares with a T-cell receptor, without beta-2-microglobulin, without CD52; and the first as a
        dose [cell/kg]. NaN for the patient's own cells.
    bank_lot
        Number of the donor run, from 1; 0 for none.
    graft_shares
        Shares of the kinds of donors' cells that a host tells apart (`livingdrug.manufacturing.grafts`), shaped (n, kinds); without kinds
        for the patient's own cells.
    graft_wear
        How a donor's edited cells wear out, relative to unedited ones; NaN for the patient's own.
    out_of_specification
        Given although it failed a quality test.
    culture_ended_early
        A test in process failed, and the last attempt was ended there.
    n_manufacturing_attempts
        Attempts made.
    failure_reason
        Why the last attempt was not released (`release.REASONS`); empty when it was.
    first_failure_reason
        Why the first attempt failed a test, whether its lot was given all the same or not; empty when it did not.
    fitness
        Latent fitness of the patient's T cells, standard deviations.
    """

    patients: NDArray[np.int64]
    status: NDArray[np.str_]
    enrolment_day: Array
    vein_to_vein_days: Array
    waiting_end_day: Array
    slot_days: Array
    shipping_days: Array
    culture_days: Array
    testing_days: Array
    booking_days: Array
    bridging: Mask
    bridging_response: Mask
    burden_percent_at_lymphodepletion: Array
    tumour_cells_at_lymphodepletion: Array
    t_cells_collected: Array
    collection_days: Array
    dose_cells: Array
    dose_cells_per_kg: Array
    car_t_cells_made: Array
    viability: Array
    transduction: Array
    purity: Array
    cd4_fraction: Array
    naive_fraction: Array
    central_memory_fraction: Array
    effector_memory_fraction: Array
    terminal_effector_fraction: Array
    memory_fraction: Array
    copies_per_car_t_cell: Array
    potency: Array
    culture_doublings: Array
    tumour_cells_in_bag: Array
    tcr_positive_fraction: Array
    b2m_negative_fraction: Array
    cd52_negative_fraction: Array
    tcr_positive_cells_per_kg: Array
    bank_lot: NDArray[np.int64]
    graft_shares: Array
    graft_wear: Array
    out_of_specification: Mask
    culture_ended_early: Mask
    n_manufacturing_attempts: NDArray[np.int64]
    failure_reason: NDArray[np.str_]
    first_failure_reason: NDArray[np.str_]
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


DONOR = ("tcr_positive_fraction", "b2m_negative_fraction", "cd52_negative_fraction", "tcr_positive_cells_per_kg")


def no_donor(n: int) -> dict[str, NDArray]:
    """The columns of a donor's edited cells where there is no donor."""
    unknown: dict[str, NDArray] = {name: np.full(n, np.nan) for name in (*DONOR, "graft_wear")}
    return {**unknown, "bank_lot": np.zeros(n, dtype=np.int64), "graft_shares": np.empty((n, 0))}
