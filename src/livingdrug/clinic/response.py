"""Response of acute lymphoblastic leukaemia from what was seen at visits: remission, failure, relapse, MRD.

    marrow blasts   neutrophils  platelets   at this visit
    below 5 %       > 1.0e9/L    > 100e9/L   CR   complete remission
    below 5 %       otherwise or unknown     CRi  with incomplete recovery of counts
    5 % or more     any                      NR before a remission, relapse after one

Sources: marrow and count limits, http://ashpublications.net/view-large/12204026 and
https://www.manula.com/manuals/cibmtr/fim/1/en/topic/all-response-criteria (both read); MRD limit 0.01 % (read there);
remission within 3 months kept for at least 28 days, the primary endpoint of ELIANA (read in
https://www.acemap.info/paper/417588127). Extramedullary disease and transfusions are not simulated.

Assumed, because no source we read says it: a patient without remission by 3 months has failed on the day of the first
marrow assessment (from day 21) that shows 5 % blasts or more; a remission that did not last 28 days is no
response, and its end is the failure; a remission first seen after 3 months does not undo a failure.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

KEYS = ["arm", "patient"]
SCHEMA = {
    "responded_3mo": pl.Boolean,
    "cr_3mo": pl.Boolean,
    "cri_3mo": pl.Boolean,
    "best_response": pl.String,
    "first_response_day": pl.Float64,
    "mrd_negative_3mo": pl.Boolean,
    "treatment_failure_day": pl.Float64,
    "relapse_day": pl.Float64,
}


@dataclass(frozen=True)
class Criteria:
    """Limits of a response assessment; the defaults are the usual ones for ALL.

    Attributes
    ----------
    blasts_percent
        Marrow blasts below this are remission, at or above it disease [%].
    neutrophils, platelets
        Above these counts remission is complete [1e9/L].
    mrd_fraction
        Below this, or below the assay's limit, is MRD-negative.
    three_months_until
        Last day counted as "within 3 months": day 90 and its visit window [day].
    kept_for
        A remission counts when it was seen to last this long [day].
    first_assessment_day
        Assessments before this day cannot show failure: blasts may still be falling [day].
    """

    blasts_percent: float = 5.0
    neutrophils: float = 1.0
    platelets: float = 100.0
    mrd_fraction: float = 1e-4
    three_months_until: float = 100.0
    kept_for: float = 28.0
    first_assessment_day: float = 21.0


ALL_CRITERIA = Criteria()


def status_at_visits(visits: pl.DataFrame, criteria: Criteria = ALL_CRITERIA) -> pl.DataFrame:
    """What each marrow assessment showed.

    Parameters
    ----------
    visits
        The visits frame; marrow blasts, and at the same planned day counts and MRD when measured.

    Returns
    -------
    One row per assessment that took place (none is an empty frame): arm, patient, day_planned, day, blasts_percent, status (CR, CRi or NR),
    mrd_negative (null when not measured). Sorted by arm, patient, day.
    """
    seen = visits.filter(~pl.col("missed") & pl.col("value").is_not_null())
    at = [*KEYS, "day_planned"]

    def one(quantity: str, column: pl.Expr) -> pl.DataFrame:
        """The first value at each planned day."""
        rows = seen.filter(pl.col("quantity") == quantity).sort(*at, "day")
        return rows.select(*at, column).unique(subset=at, keep="first", maintain_order=True)

    # every marrow counts, also one taken between visits; counts and MRD are those of its planned day
    marrow = seen.filter(pl.col("quantity") == "blasts_percent")
    marrow = marrow.select(*at, "day", pl.col("value").alias("blasts_percent")).sort(*at, "day", "blasts_percent")
    marrow = marrow.unique(subset=[*KEYS, "day"], keep="last", maintain_order=True)
    for quantity in ("anc_1e9_per_l", "platelets_1e9_per_l"):
        marrow = marrow.join(one(quantity, pl.col("value").alias(quantity)), on=at, how="left")
    negative = pl.col("below_limit") | (pl.col("value") < criteria.mrd_fraction)
    marrow = marrow.join(one("mrd_fraction", negative.alias("mrd_negative")), on=at, how="left")
    counts = (pl.col("anc_1e9_per_l") > criteria.neutrophils) & (pl.col("platelets_1e9_per_l") > criteria.platelets)
    status = (
        pl.when(pl.col("blasts_percent") >= criteria.blasts_percent)
        .then(pl.lit("NR"))
        .when(counts.fill_null(False))
        .then(pl.lit("CR"))
        .otherwise(pl.lit("CRi"))
    )
    return (
        marrow.with_columns(status.alias("status"))
        .select(*at, "day", "blasts_percent", "status", "mrd_negative")
        .sort(*KEYS, "day")
    )


def assess(
    visits: pl.DataFrame, patients: pl.DataFrame | None = None, criteria: Criteria = ALL_CRITERIA
) -> pl.DataFrame:
    """Each patient's response, failure and relapse as the trial would have recorded them.

    Parameters
    ----------
    visits
        The visits frame (arm, patient, quantity, day_planned, day, value, below_limit, missed).
    patients
        Optional: arm, patient and, when known, death_day, subsequent_therapy_day, last_contact_day. Every patient
        here gets a row, also without a single visit. Without it, being seen later is the only proof of being alive.
    criteria
        Limits and windows.

    Returns
    -------
    One row per arm and patient, sorted: responded_3mo, cr_3mo, cri_3mo, best_response (CR, CRi or NR),
    first_response_day, mrd_negative_3mo, treatment_failure_day, relapse_day. The last two and first_response_day are null
    when they did not happen; at most one of failure and relapse is set.

    Notes
    -----
    A remission is kept when neither blasts nor death nor another therapy was seen within `kept_for` days of it, and the
    patient was seen or known alive at least that long after it. Best response is CR when any assessment of the remission
    within 3 months was CR. Assessments after another therapy began are not used.
    """
    status = status_at_visits(visits, criteria)
    everyone = _everyone(visits, patients)
    status = status.join(everyone, on=KEYS, how="left").filter(
        pl.col("day") <= pl.col("subsequent_therapy_day").fill_null(float("inf"))
    )
    in_remission, in_time = pl.col("status") != "NR", pl.col("day") <= criteria.three_months_until
    day = pl.col("day")
    first = status.group_by(KEYS).agg(day.filter(in_remission & in_time).min().alias("remission_day"))
    status = status.join(first, on=KEYS, how="left")
    after = day > pl.col("remission_day")
    blasts_again = ~in_remission & after
    not_yet = ~in_remission & (day >= criteria.first_assessment_day) & pl.col("remission_day").is_null()
    found = status.group_by(KEYS).agg(
        pl.col("remission_day").first(),
        day.filter(blasts_again).min().alias("blasts_again_day"),
        day.filter(not_yet & in_time).min().alias("failed_day"),
    )
    # what happened inside the remission, before any return of blasts and within 3 months
    inside = status.join(found.select(*KEYS, "blasts_again_day"), on=KEYS, how="left").filter(
        in_remission & in_time & (day < pl.col("blasts_again_day").fill_null(float("inf")))
    )
    quality = inside.group_by(KEYS).agg(
        (pl.col("status") == "CR").any().alias("ever_cr"),
        pl.col("mrd_negative").fill_null(False).any().alias("ever_mrd"),
    )
    table = everyone.join(found, on=KEYS, how="left").join(quality, on=KEYS, how="left")
    until = pl.col("remission_day") + criteria.kept_for
    broken = pl.min_horizontal("blasts_again_day", "death_day", "subsequent_therapy_day").fill_null(float("inf"))
    alive_until = pl.max_horizontal("last_seen_day", "last_contact_day").fill_null(-float("inf"))
    kept = (broken >= until) & (alive_until >= until)
    responded = (pl.col("remission_day").is_not_null() & kept).fill_null(False)
    complete = responded & pl.col("ever_cr").fill_null(False)
    lost_early = pl.col("remission_day").is_not_null() & ~responded
    return (
        table.with_columns(responded.alias("responded_3mo"), complete.alias("cr_3mo"), lost_early.alias("_lost_early"))
        .with_columns((pl.col("responded_3mo") & ~pl.col("cr_3mo")).alias("cri_3mo"))
        .select(
            *KEYS,
            "responded_3mo",
            "cr_3mo",
            "cri_3mo",
            pl.when("cr_3mo")
            .then(pl.lit("CR"))
            .when("cri_3mo")
            .then(pl.lit("CRi"))
            .otherwise(pl.lit("NR"))
            .alias("best_response"),
            pl.when("responded_3mo").then("remission_day").alias("first_response_day"),
            (pl.col("responded_3mo") & pl.col("ever_mrd").fill_null(False)).alias("mrd_negative_3mo"),
            pl.when("_lost_early").then("blasts_again_day").otherwise("failed_day").alias("treatment_failure_day"),
            pl.when("responded_3mo").then("blasts_again_day").alias("relapse_day"),
        )
        .cast(dict(SCHEMA.items()))
        .sort(*KEYS)
    )


def _everyone(visits: pl.DataFrame, patients: pl.DataFrame | None) -> pl.DataFrame:
    """One row per patient with the dates that end a remission; missing ones are null."""
    seen = visits.filter(~pl.col("missed")).group_by(KEYS).agg(pl.col("day").max().alias("last_seen_day"))
    if patients is None:
        table = visits.select(KEYS).unique()
    else:
        known = [
            name for name in ("death_day", "subsequent_therapy_day", "last_contact_day") if name in patients.columns
        ]
        table = patients.select(*KEYS, *known)
    missing = [
        name for name in ("death_day", "subsequent_therapy_day", "last_contact_day") if name not in table.columns
    ]
    return table.join(seen, on=KEYS, how="left").with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name) for name in missing
    )
