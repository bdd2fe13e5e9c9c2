"""From a status at each visit to what a trial records: best response, first response, progression.

Shared by criteria that judge every visit by itself (Lugano, IMWG). What comes after progression or another therapy does not count; a
patient without a visit is not evaluable.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from livingdrug.clinic.response import KEYS, SCHEMA

NOT_EVALUABLE = "NE"
PROGRESSIVE = "PD"


def recorded(
    statuses: pl.DataFrame,
    patients: pl.DataFrame,
    *,
    order: Sequence[str],
    responses: Sequence[str],
    complete: Sequence[str],
    three_months_until: float,
    residual: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Each patient's response and progression as the trial would have recorded them.

    Parameters
    ----------
    statuses
        arm, patient, day, status: what each visit after the start showed.
    patients
        arm, patient and, when known, subsequent_therapy_day. Every patient here gets a row.
    order
        Every status, the best first.
    responses, complete
        Which of them are responses, and which complete ones.
    three_months_until
        Last day counted as "by 3 months" [day].
    residual
        arm, patient, mrd_negative_3mo; unknown for everyone when omitted.

    Returns
    -------
    One row per arm and patient, sorted, with the columns of `livingdrug.clinic.response.SCHEMA`.
    """
    everyone = patients.select(
        *KEYS, *(["subsequent_therapy_day"] if "subsequent_therapy_day" in patients.columns else [])
    )
    if "subsequent_therapy_day" not in everyone.columns:
        everyone = everyone.with_columns(pl.lit(None, dtype=pl.Float64).alias("subsequent_therapy_day"))
    day, status = pl.col("day"), pl.col("status")
    rows = statuses.join(everyone, on=KEYS, how="inner")
    rows = rows.filter(day <= pl.col("subsequent_therapy_day").fill_null(float("inf")))
    progressed = rows.filter(status == PROGRESSIVE).group_by(KEYS).agg(day.min().alias("progression_day"))
    rows = rows.join(progressed, on=KEYS, how="left").filter(day <= pl.col("progression_day").fill_null(float("inf")))
    found = (
        rows.sort(*KEYS, "day")
        .group_by(KEYS, maintain_order=True)
        .agg(
            *((status == word).any().alias(f"ever_{word}") for word in order),
            day.filter(status.is_in(responses)).min().alias("first_response_day"),
            status.filter(day <= three_months_until).last().alias("status_3mo"),
            pl.col("progression_day").first(),
        )
    )
    best = pl.lit(NOT_EVALUABLE)
    for word in reversed(order):
        best = pl.when(pl.col(f"ever_{word}")).then(pl.lit(word)).otherwise(best)
    table = everyone.join(found, on=KEYS, how="left")
    if residual is None:
        table = table.with_columns(pl.lit(None, dtype=pl.Boolean).alias("mrd_negative_3mo"))
    else:
        table = table.join(residual, on=KEYS, how="left")
    responded = pl.col("first_response_day").is_not_null()
    return (
        table.select(
            *KEYS,
            pl.col("status_3mo").is_in(responses).fill_null(False).alias("responded_3mo"),
            pl.col("status_3mo").is_in(complete).fill_null(False).alias("cr_3mo"),
            pl.lit(False).alias("cri_3mo"),
            best.alias("best_response"),
            "first_response_day",
            "mrd_negative_3mo",
            pl.when(~responded).then("progression_day").alias("treatment_failure_day"),
            pl.when(responded).then("progression_day").alias("relapse_day"),
        )
        .cast(dict(SCHEMA.items()))
        .sort(*KEYS)
    )
