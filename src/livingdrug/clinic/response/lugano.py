"""Response of lymphoma from volumes seen by PET-CT: complete and partial response, stable disease, progression.

    at one imaging visit, the first that holds
    PD  size grown by half or more from the smallest seen, and lymphoma visible; or one place abnormal (longer than 1.5 cm) and grown by half or more
        from its own smallest product of diameters, by 0.5 cm or more where it was up to 2 cm long and by 1 cm where it was longer
    CR  metabolic volume below 1 mL, and not visible or below 2 % of the start
    PR  size down by half or more from the start
    SD  otherwise

Size stands for the sum of the products of diameters (SPD): volume to the power 2/3. A single lesion is enough for progression (doi:10.1200/JCO.2013.54.8800, whose
abstract says so; the limits as tabulated in J Nucl Med, table 6 "Tumor Response Classifications of Lugano Criteria (2014)", read): the places of the tumour stand for
lesions here, each as one sphere. Growth of the sum by half counts besides, for cells that have no place of their own, as in the criteria of 2007. The limits of CR
(10^9 cells, which are 1 mL, and 2 % of the start) and of PR (halved) are those of our science note. Scores of uptake are not simulated. The imaging planned for
day 0 is the start, also where it took place some days later; it shows no response.

Assumed: a start that was missed leaves PR unknown (SD), not CR or PD; what comes after progression or another therapy
does not count; a patient never imaged after the start is not evaluable.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from livingdrug.clinic.criterion import KEYS, STATUS_SCHEMA, looked
from livingdrug.clinic.every_visit import judged_at_every_visit
from livingdrug.clinic.looks import first_at, first_of, first_of_patient, lowest_before, numbered, numbers, word_of
from livingdrug.clinic.places import PLACES, Grown, grown_on
from livingdrug.foundation.as_arrays import as_flags, as_numbers


@dataclass(frozen=True)
class Limits:
    """Limits of the assessment.

    Attributes
    ----------
    complete_volume_ml, complete_share
        Metabolic volume below which, and share of the start below which, response is complete.
    partial_size, progressive_size
        Size relative to the start at most, and relative to the smallest at least.
    size_power
        Size = volume to this power.
    place
        When growth of one place is progression.
    """

    complete_volume_ml: float = 1.0
    complete_share: float = 0.02
    partial_size: float = 0.5
    progressive_size: float = 1.5
    size_power: float = 2.0 / 3.0
    place: Grown = field(default_factory=Grown)


LUGANO = Limits()


def status_at_visits(visits: pl.DataFrame, limits: Limits = LUGANO) -> pl.DataFrame:
    """What each imaging after the start showed.

    Parameters
    ----------
    visits
        The visits frame with ``metabolic_volume_ml`` and ``tumour_volume_ml``, measured at the same visits, and where the model has them the volumes of
        single places (`PLACES`).

    Returns
    -------
    One row per imaging that took place, with the columns of `STATUS_SCHEMA`; residual disease is not looked for. Sorted.
    """
    pet, ct, lesions = (
        looked(visits, *quantities) for quantities in (("metabolic_volume_ml",), ("tumour_volume_ml",), PLACES)
    )
    n, (patient, ct_of, lesion_of) = numbered(pet, ct, lesions)
    day, ct_day = numbers(pet, "day"), numbers(ct, "day")
    beside = first_at(ct_of, ct_day, ct_day, patient, day)  # a scan is both, of one day
    order = np.lexsort((day, patient))
    order = order[beside[order] >= 0]
    pet, patient, day, volume = pet[order], patient[order], day[order], numbers(ct, "value")[beside[order]]
    # nothing smaller than the limit of a complete response can be told apart: growth counts from there
    visible = pl.Series(np.maximum(volume, limits.complete_volume_ml))
    size, metabolic = as_numbers(visible**limits.size_power), numbers(pet, "value")
    begins = as_flags(pet["start"], unknown=False)
    start_size, start_volume = (first_of_patient(patient, n, begins, of) for of in (size, metabolic))
    share = np.isnan(start_volume) | (metabolic < limits.complete_share * start_volume)
    below = metabolic < limits.complete_volume_ml
    gone = below & (share | as_flags(pet["below_limit"], unknown=False))
    perhaps = below & as_flags(pet["below_limit"], unknown=True)  # gone, had the assay said that nothing was seen
    with np.errstate(invalid="ignore"):
        grown = size >= limits.progressive_size * lowest_before(patient, size)
        halved = size <= limits.partial_size * start_size
    grown |= grown_on(lesions, lesion_of, patient, day, limits.place)
    status = word_of(("PD", "CR", "PR", "SD"), first_of(grown & ~gone & ~perhaps, gone, halved))
    found = pet.with_columns(status=status, residual=pl.lit(None, dtype=pl.Boolean))[np.flatnonzero(~begins)]
    return found.select(*STATUS_SCHEMA).sort(*KEYS, "day")


CRITERION = judged_at_every_visit(
    title="Response by volumes on PET-CT (Lugano)",
    responses={"CR": "complete response", "PR": "partial response"},
    complete=("CR",),
    or_better={"CR": "CR", "PR": "overall response"},
    at_a_visit={
        "CR": "metabolic volume below 1 mL, and invisible or below 2 % of the start",
        "PR": "size down by half or more from the start",
    },
    progression_at_a_visit="visible, and size or one place grown by half or more from the smallest",
    lead="Response is read from volumes: complete when nothing active is left, partial when size has halved.",
    look="The scan",
    status_at_visits=status_at_visits,
    reads=("metabolic_volume_ml", "tumour_volume_ml", *PLACES),
)
