"""Response of myeloma from M-protein and marrow: the criteria of the International Myeloma Working Group, as far as these show it.

    at one visit, the first that holds
    PD    M-protein risen by a quarter or more, and by 5 g/L or more, from the lowest seen
    sCR   as CR, and no clonal plasma cells seen in that marrow
    CR    immunofixation negative, and fewer than 5 % plasma cells in a marrow taken by then
    VGPR  M-protein down by 90 % or more, or seen by immunofixation only (below what electrophoresis measures)
    PR    M-protein down by half or more
    SD    otherwise

The first M-protein, on day 0, is the start. The limits are those of the criteria of 2016 as our science note recalls them (it
has read the limits of progression). "By 3 months" is the last visit until day 100.

Not simulated, and therefore not asked for: free light chains (stringent response rests on the marrow alone), urine, plasmacytomas and
bone lesions, confirmation by a second sample; minimal response counts as stable disease.

Assumed: an M-protein assay's lower limit is that of immunofixation; a marrow counts for a visit up to two weeks before it was taken; without
any marrow the best is VGPR; a start that was missed leaves PR and VGPR unknown (SD) unless only immunofixation is positive; what comes
after progression or another therapy does not count; a patient without a visit after day 0 is not evaluable.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from livingdrug.clinic.response import KEYS
from livingdrug.clinic.response_by_visits import recorded

ORDER = ("sCR", "CR", "VGPR", "PR", "SD", "PD")
RESPONSES = ORDER[:4]
COMPLETE = ORDER[:2]


@dataclass(frozen=True)
class Criteria:
    """Limits of the assessment.

    Attributes
    ----------
    complete_marrow_percent
        Marrow plasma cells below which a response may be complete [percent].
    very_good_share, partial_share
        M-protein relative to the start at most.
    electrophoresis_g_per_l
        M-protein below which only immunofixation shows it [g/L].
    progressive_rise, progressive_g_per_l
        M-protein relative to the lowest seen at least, and above it at least [g/L].
    residual_percent
        Marrow plasma cells that count as none [percent], beside those below the assay's limit.
    marrow_window
        A marrow taken up to so many days after a visit counts for it [day].
    start_until
        The first M-protein until this day is the start.
    three_months_until
        Last day counted as "by 3 months": day 90 and its visit window [day].
    """

    complete_marrow_percent: float = 5.0
    very_good_share: float = 0.1
    partial_share: float = 0.5
    electrophoresis_g_per_l: float = 0.5
    progressive_rise: float = 1.25
    progressive_g_per_l: float = 5.0
    residual_percent: float = 0.0
    marrow_window: float = 14.0
    start_until: float = 1.0
    three_months_until: float = 100.0


IMWG = Criteria()


def status_at_visits(visits: pl.DataFrame, criteria: Criteria = IMWG) -> pl.DataFrame:
    """What each M-protein after the start showed.

    Parameters
    ----------
    visits
        The visits frame with ``m_protein_g_per_l`` and ``marrow_plasma_percent``.
    criteria
        Limits and windows.

    Returns
    -------
    One row per M-protein measured: arm, patient, day, m_protein_g_per_l, marrow_plasma_percent (last known, or null), status.
    Sorted.
    """
    seen = visits.filter(~pl.col("missed") & pl.col("value").is_not_null())
    protein = seen.filter(pl.col("quantity") == "m_protein_g_per_l").select(
        *KEYS, "day", pl.col("value").alias("m_protein_g_per_l"), pl.col("below_limit").alias("negative")
    )
    marrow = seen.filter((pl.col("quantity") == "marrow_plasma_percent") & (pl.col("day") > criteria.start_until))
    marrow = marrow.select(
        *KEYS, pl.col("day").alias("taken_until"), pl.col("value").alias("marrow_plasma_percent"),
        (pl.col("below_limit") | (pl.col("value") <= criteria.residual_percent)).alias("no_plasma_cells"),
    )  # fmt: skip
    protein = protein.with_columns((pl.col("day") + criteria.marrow_window).alias("taken_until"))
    rows = protein.sort("taken_until").join_asof(
        marrow.sort("taken_until"), on="taken_until", by=list(KEYS), strategy="backward", check_sortedness=False
    )
    rows = rows.drop("taken_until").sort(*KEYS, "day")
    value = pl.col("m_protein_g_per_l")
    start = rows.filter(pl.col("day") <= criteria.start_until).group_by(KEYS).agg(value.first().alias("start_g_per_l"))
    rows = rows.join(start, on=KEYS, how="left").sort(*KEYS, "day")
    rows = rows.with_columns(value.cum_min().shift(1).over(KEYS).alias("lowest"))
    lowest = pl.col("lowest")
    risen = (value >= criteria.progressive_rise * lowest) & (value - lowest >= criteria.progressive_g_per_l)
    complete = pl.col("negative") & (pl.col("marrow_plasma_percent") < criteria.complete_marrow_percent)
    very_good = (value <= criteria.very_good_share * pl.col("start_g_per_l")).fill_null(False) | (
        value < criteria.electrophoresis_g_per_l
    )
    status = (
        pl.when(risen.fill_null(False))
        .then(pl.lit("PD"))
        .when((complete & pl.col("no_plasma_cells")).fill_null(False))
        .then(pl.lit("sCR"))
        .when(complete.fill_null(False))
        .then(pl.lit("CR"))
        .when(very_good)
        .then(pl.lit("VGPR"))
        .when((value <= criteria.partial_share * pl.col("start_g_per_l")).fill_null(False))
        .then(pl.lit("PR"))
        .otherwise(pl.lit("SD"))
    )
    return (
        rows.with_columns(status.alias("status"))
        .filter(pl.col("day") > criteria.start_until)
        .select(*KEYS, "day", "m_protein_g_per_l", "marrow_plasma_percent", "status")
    )


def assess(visits: pl.DataFrame, patients: pl.DataFrame, criteria: Criteria = IMWG) -> pl.DataFrame:
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
    responded_3mo           PR or better at the last visit within 3 months
    cr_3mo                  CR or sCR there
    cri_3mo                 false: a word of leukaemia
    mrd_negative_3mo        marrow below the limit of the MRD assay, at the last one within 3 months; unknown without
    best_response           best of sCR, CR, VGPR, PR, SD, PD before progression; NE without a visit
    first_response_day      first PR or better, whenever
    treatment_failure_day   progression without any response
    relapse_day             progression after a response
    ======================  ====================================================================
    """
    statuses = status_at_visits(visits, criteria)
    return recorded(
        statuses, patients, order=ORDER, responses=RESPONSES, complete=COMPLETE,
        three_months_until=criteria.three_months_until, residual=_residual(visits, criteria),
    )  # fmt: skip


def _residual(visits: pl.DataFrame, criteria: Criteria) -> pl.DataFrame:
    """arm, patient, mrd_negative_3mo: of those with such a marrow."""
    day = pl.col("day")
    looked = visits.filter(
        (pl.col("quantity") == "mrd_fraction") & ~pl.col("missed") & pl.col("value").is_not_null()
        & (day > criteria.start_until) & (day <= criteria.three_months_until)
    )  # fmt: skip
    return looked.sort(*KEYS, "day").group_by(KEYS).agg(pl.col("below_limit").last().alias("mrd_negative_3mo"))
