"""Response of lymphoma from volumes seen by PET-CT: complete and partial response, stable disease, progression.

    at one imaging visit, the first that holds
    PD  size grown by half or more from the smallest seen, and lymphoma visible
    CR  metabolic volume below 1 mL, and not visible or below 2 % of the start
    PR  size down by half or more from the start
    SD  otherwise

Size stands for the sum of the products of diameters (SPD): volume to the power 2/3. The limits of CR (10^9 cells, which
are 1 mL, and 2 % of the start), of PR and of PD (halved, grown by half) are those of our science note, which recalls the
Lugano classification 2014 and has not read it. New lesions and scores of uptake are not simulated. Imaging on day 0 is
the start. "By 3 months" is the last imaging until day 100.

Assumed: a start that was missed leaves PR unknown (SD), not CR or PD; what comes after progression or another therapy
does not count; a patient never imaged after day 0 is not evaluable.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from livingdrug.clinic.response import KEYS
from livingdrug.clinic.response_by_visits import recorded

ORDER = ("CR", "PR", "SD", "PD")


@dataclass(frozen=True)
class Criteria:
    """Limits of the assessment.

    Attributes
    ----------
    complete_volume_ml, complete_share
        Metabolic volume below which, and share of the start below which, response is complete.
    partial_size, progressive_size
        Size relative to the start at most, and relative to the smallest at least.
    size_power
        Size = volume to this power.
    start_until
        Imaging until this day is the start.
    three_months_until
        Last day counted as "by 3 months": day 90 and its visit window [day].
    """

    complete_volume_ml: float = 1.0
    complete_share: float = 0.02
    partial_size: float = 0.5
    progressive_size: float = 1.5
    size_power: float = 2.0 / 3.0
    start_until: float = 1.0
    three_months_until: float = 100.0


LUGANO = Criteria()


def status_at_visits(visits: pl.DataFrame, criteria: Criteria = LUGANO) -> pl.DataFrame:
    """What each imaging after the start showed.

    Parameters
    ----------
    visits
        The visits frame with ``metabolic_volume_ml`` and ``tumour_volume_ml``, measured at the same visits.

    Returns
    -------
    One row per imaging that took place: arm, patient, day, metabolic_volume_ml, tumour_volume_ml, status. Sorted.
    """
    seen = visits.filter(~pl.col("missed") & pl.col("value").is_not_null())
    pet = seen.filter(pl.col("quantity") == "metabolic_volume_ml").select(
        *KEYS, "day", pl.col("value").alias("metabolic_volume_ml"), pl.col("below_limit").alias("invisible")
    )
    ct = seen.filter(pl.col("quantity") == "tumour_volume_ml").select(
        *KEYS, "day", pl.col("value").alias("tumour_volume_ml")
    )
    scans = pet.join(ct, on=[*KEYS, "day"], how="inner").sort(*KEYS, "day")
    # nothing smaller than the limit of a complete response can be told apart: growth counts from there
    visible_size = pl.max_horizontal("tumour_volume_ml", pl.lit(criteria.complete_volume_ml)) ** criteria.size_power
    scans = scans.with_columns(visible_size.alias("size"))
    start = (
        scans.filter(pl.col("day") <= criteria.start_until)
        .group_by(KEYS)
        .agg(pl.col("size").first().alias("start_size"), pl.col("metabolic_volume_ml").first().alias("start_volume"))
    )
    scans = scans.join(start, on=KEYS, how="left").sort(*KEYS, "day")
    smallest_before = pl.col("size").cum_min().shift(1).over(KEYS)
    metabolic = pl.col("metabolic_volume_ml")
    small_enough = pl.col("invisible") | (metabolic < criteria.complete_share * pl.col("start_volume")).fill_null(True)
    gone = (metabolic < criteria.complete_volume_ml) & small_enough
    grown = pl.col("size") >= criteria.progressive_size * pl.col("smallest")
    status = (
        pl.when((grown & ~gone).fill_null(False))
        .then(pl.lit("PD"))
        .when(gone)
        .then(pl.lit("CR"))
        .when((pl.col("size") <= criteria.partial_size * pl.col("start_size")).fill_null(False))
        .then(pl.lit("PR"))
        .otherwise(pl.lit("SD"))
    )
    return (
        scans.with_columns(smallest_before.alias("smallest"))
        .with_columns(status.alias("status"))
        .filter(pl.col("day") > criteria.start_until)
        .select(*KEYS, "day", "metabolic_volume_ml", "tumour_volume_ml", "status")
    )


def assess(visits: pl.DataFrame, patients: pl.DataFrame, criteria: Criteria = LUGANO) -> pl.DataFrame:
    """Each patient's response and progression as the trial would have recorded them.

    Parameters
    ----------
    visits
        The visits frame.
    patients
        arm, patient and, when known, subsequent_therapy_day. Every patient here gets a row.
    criteria
        Limits and windows.

    Returns
    -------
    One row per arm and patient, sorted, with the columns of `livingdrug.clinic.response.SCHEMA`:

    ======================  ====================================================================
    responded_3mo           CR or PR at the last imaging within 3 months
    cr_3mo                  CR there
    cri_3mo, mrd_…          false and unknown: words of leukaemia
    best_response           best of CR, PR, SD, PD before progression; NE without imaging
    first_response_day      first CR or PR, whenever
    treatment_failure_day   progression without any response
    relapse_day             progression after a response
    ======================  ====================================================================
    """
    statuses = status_at_visits(visits, criteria)
    return recorded(
        statuses,
        patients,
        order=ORDER,
        responses=ORDER[:2],
        complete=ORDER[:1],
        three_months_until=criteria.three_months_until,
    )
