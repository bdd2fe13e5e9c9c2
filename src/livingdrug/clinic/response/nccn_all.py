"""Response of acute lymphoblastic leukaemia in the words of the NCCN guidelines, as trials in adults use them: partial recovery of counts apart.

    marrow blasts   neutrophils  platelets   at this visit
    below 5 %       > 1.0e9/L    > 100e9/L   CR   complete remission
    below 5 %       > 0.5e9/L    > 50e9/L    CRh  with partial recovery of counts
    below 5 %       otherwise or unknown     CRi  with incomplete recovery of counts
    5 % or more     any                      NR before a remission, relapse after one

The limits are recalled and not read (guidelines for acute lymphoblastic leukaemia, version not known to the writer; CRh as in the label of blinatumomab). A
remission counts when it was kept for 28 days, as in `all_marrow`. Extramedullary disease and blasts in spinal fluid are not simulated.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from livingdrug.clinic.criterion import STATUS_SCHEMA, Words
from livingdrug.clinic.response import all_marrow
from livingdrug.clinic.response.all_marrow import Limits, kept_remission

PARTIAL = Limits(neutrophils=0.5, platelets=50.0)
"""Counts of a partial recovery; blasts and residual disease as usual."""


def status_at_visits(visits: pl.DataFrame) -> pl.DataFrame:
    """What each marrow assessment after the start showed.

    Parameters
    ----------
    visits
        The visits frame; marrow blasts, and at the same planned day counts and MRD when measured.

    Returns
    -------
    One row per assessment that took place, with the columns of `STATUS_SCHEMA`. Sorted.
    """
    looks = all_marrow.status_and_recovery(visits, {"partial": PARTIAL})
    between = (pl.col("status") == "CRi") & pl.col("partial")
    status = pl.when(between).then(pl.lit("CRh")).otherwise("status").alias("status")
    return looks.with_columns(status).select(*STATUS_SCHEMA)


_BASE = all_marrow.CRITERION
CRITERION = replace(
    _BASE,
    order=("CR", "CRh", "CRi", "NR"),
    responses=("CR", "CRh", "CRi"),
    status_at_visits=status_at_visits,
    record=kept_remission,
    words=Words(
        title="Remission by marrow and blood counts (NCCN)",
        status={
            "CR": "complete remission",
            "CRh": "remission with partial recovery of blood counts",
            "CRi": "remission with incomplete blood counts",
            "NR": "no remission",
        },
        or_better={"CR": "CR", "CRh": "CR or CRh", "CRi": "CR, CRh or CRi"},
        at_a_visit={
            "CR": "fewer than 5 % blasts, neutrophils above 1.0 and platelets above 100 ×10⁹/L",
            "CRh": "fewer than 5 % blasts, neutrophils above 0.5 and platelets above 50 ×10⁹/L",
            "CRi": "fewer than 5 % blasts, counts lower or not known",
            "NR": "5 % blasts or more",
        },
        counted="by 3 months, kept for at least 28 days",
        lead="Remission needs fewer than 5 % blasts in the marrow; its name tells how far neutrophils and platelets have recovered.",
        look="The marrow",
        responding="in remission",
        lost="relapse",
        failed="no remission",
    ),
)
