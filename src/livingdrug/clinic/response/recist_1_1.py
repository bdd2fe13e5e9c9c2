"""Response of solid tumours from the sum of diameters: the Response Evaluation Criteria in Solid Tumours, version 1.1 (RECIST).

    at one imaging visit, the first that holds
    PD  sum grown by a fifth or more from the smallest seen, and by 5 mm or more
    CR  nothing seen
    PR  sum smaller by 30 % or more than at the start
    SD  otherwise

The limits are those of doi:10.1016/j.ejca.2008.10.026 as recalled; nobody has read them here. Every simulated lesion is a target lesion; new lesions, lymph nodes (short axes) and lesions that are not
measured are not simulated. A response here may be unconfirmed. The imaging planned for day 0 is the start and shows no response.

Assumed: a start that was missed leaves PR unknown (SD); what comes after progression or another therapy does not count; a patient never imaged after the start is not evaluable.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from livingdrug.clinic.criterion import KEYS, after_start, beside_start, first_that_holds, looked, one_query
from livingdrug.clinic.every_visit import judged_at_every_visit


@dataclass(frozen=True)
class Limits:
    """Limits of the assessment.

    Attributes
    ----------
    partial, progressive
        Sum of diameters relative to the start at most, and relative to the smallest at least.
    progressive_cm
        Growth from the smallest at least [cm].
    """

    partial: float = 0.7
    progressive: float = 1.2
    progressive_cm: float = 0.5


RECIST = Limits()


@one_query
def status_at_visits(visits: pl.DataFrame, limits: Limits = RECIST) -> pl.DataFrame:
    """What each imaging after the start showed.

    Parameters
    ----------
    visits
        The visits frame with ``sum_of_diameters_cm``.

    Returns
    -------
    One row per imaging that took place, with the columns of `STATUS_SCHEMA`; residual disease is not looked for. Sorted.
    """
    size = pl.col("size")
    scans = looked(visits, "sum_of_diameters_cm").select(
        *KEYS, "day", "start", pl.col("below_limit").alias("invisible"),
        pl.when("below_limit").then(0.0).otherwise("value").alias("size"),
    )  # fmt: skip
    scans = beside_start(scans, "size")
    scans = scans.with_columns(size.cum_min().shift(1).over(KEYS).alias("smallest"))
    grown = (size >= limits.progressive * pl.col("smallest")) & (size - pl.col("smallest") >= limits.progressive_cm)
    status = first_that_holds(
        {"PD": grown, "CR": pl.col("invisible"), "PR": size <= limits.partial * pl.col("start_size")}, otherwise="SD"
    )
    return after_start(scans, status)


CRITERION = judged_at_every_visit(
    title="Response by diameters (RECIST 1.1)",
    responses={"CR": "complete response", "PR": "partial response"},
    complete=("CR",),
    or_better={"CR": "CR", "PR": "objective response"},
    at_a_visit={"CR": "no lesion seen", "PR": "sum of diameters smaller by 30 % or more than at the start"},
    progression_at_a_visit="sum of diameters grown by a fifth and by 5 mm or more from the smallest",
    lead="Response is read from the sum of diameters: complete when no lesion is seen, partial when the sum has fallen by 30 %. It is not confirmed by a second scan.",
    look="The scan",
    status_at_visits=status_at_visits,
    reads=("sum_of_diameters_cm",),
)
