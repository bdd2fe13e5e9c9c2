"""From a status at each visit to what a trial records, for criteria that judge every visit by itself.

What comes after progression or another therapy does not count; a patient without a visit is not evaluable. Response by a day is
that of the last visit until then.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from livingdrug.clinic.criterion import KEYS, Criterion, Statuses, Words

NOT_EVALUABLE = "NE"
NEVER = float("inf")
STABLE, PROGRESSION = "SD", "PD"


def judged_at_every_visit(
    *,
    responses: Mapping[str, str],
    complete: tuple[str, ...],
    status_at_visits: Statuses,
    reads: tuple[str, ...],
    at_a_visit: Mapping[str, str],
    progression_at_a_visit: str,
    or_better: Mapping[str, str],
    title: str,
    lead: str,
    look: str = "The visit",
) -> Criterion:
    """A criterion of this kind, with the words that all of them share: stable disease, progression, not evaluable.

    Parameters
    ----------
    responses
        Every response and its name in a sentence, the best first.
    complete, status_at_visits, reads, or_better, title, lead, look
        As in `livingdrug.clinic.criterion`.
    at_a_visit, progression_at_a_visit
        What a visit must show for each response, and for progression.
    """
    words = Words(
        title=title,
        status={**responses, STABLE: "stable disease", PROGRESSION: "progression", NOT_EVALUABLE: "not evaluable"},
        or_better=or_better,
        at_a_visit={
            **at_a_visit,
            STABLE: "neither response nor progression",
            PROGRESSION: progression_at_a_visit,
        },
        counted="at any visit before progression or another therapy",
        lead=lead,
        look=look,
    )
    return Criterion(
        order=(*responses, STABLE, PROGRESSION),
        responses=tuple(responses),
        complete=complete,
        words=words,
        status_at_visits=status_at_visits,
        reads=reads,
        record=best_of_every_visit,
    )


def best_of_every_visit(
    criterion: Criterion, statuses: pl.DataFrame, patients: pl.DataFrame, by_day: float
) -> pl.DataFrame:
    """Best response before progression, the first response, progression; the last of the criterion's `order` is progression.

    ======================  ====================================================================
    responded, complete     at the last visit until `by_day`
    incomplete              false: there is no response with a "but"
    best_response           best status before progression, whenever; NE without a visit
    first_response_day      first response, whenever
    residual_negative       at the last look for residual disease until `by_day`; null without
    treatment_failure_day   progression without any response
    relapse_day             progression after a response
    ======================  ====================================================================
    """
    day, status = pl.col("day"), pl.col("status")
    progressive = criterion.order[-1]
    rows = statuses.filter(status.is_not_null()).join(patients, on=KEYS, how="inner")
    rows = rows.filter(day <= pl.col("subsequent_therapy_day").fill_null(NEVER))
    progressed = rows.filter(status == progressive).group_by(KEYS).agg(day.min().alias("progression_day"))
    rows = rows.join(progressed, on=KEYS, how="left").filter(day <= pl.col("progression_day").fill_null(NEVER))
    found = (
        rows.sort(*KEYS, "day")
        .group_by(KEYS, maintain_order=True)
        .agg(
            *((status == word).any().alias(f"ever_{word}") for word in criterion.order),
            day.filter(status.is_in(criterion.responses)).min().alias("first_response_day"),
            status.filter(day <= by_day).last().alias("status_by_day"),
            pl.col("progression_day").first(),
        )
    )
    looked = statuses.filter(pl.col("residual").is_not_null() & (day <= by_day)).sort(*KEYS, "day")
    residual = looked.group_by(KEYS).agg((~pl.col("residual").last()).alias("residual_negative"))
    best = pl.lit(NOT_EVALUABLE)
    for word in reversed(criterion.order):
        best = pl.when(pl.col(f"ever_{word}")).then(pl.lit(word)).otherwise(best)
    responded = pl.col("first_response_day").is_not_null()
    return (
        patients.join(found, on=KEYS, how="left")
        .join(residual, on=KEYS, how="left")
        .select(
            *KEYS,
            pl.col("status_by_day").is_in(criterion.responses).fill_null(False).alias("responded"),
            pl.col("status_by_day").is_in(criterion.complete).fill_null(False).alias("complete"),
            pl.lit(False).alias("incomplete"),
            best.alias("best_response"),
            "first_response_day",
            "residual_negative",
            pl.when(~responded).then("progression_day").alias("treatment_failure_day"),
            pl.when(responded).then("progression_day").alias("relapse_day"),
        )
    )
