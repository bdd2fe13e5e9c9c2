"""Response of acute myeloid leukaemia from what was seen at visits, in the words of the European LeukemiaNet.

    marrow blasts   neutrophils        platelets   at this visit
    below 5 %       >= 1.0e9/L         >= 100e9/L  CR    complete remission
    below 5 %       >= 0.5e9/L         >= 50e9/L   CRh   with partial recovery of counts
    below 5 %       one of the two limits of CR    CRi   with incomplete recovery of counts
    below 5 %       neither, or unknown            MLFS  morphological leukaemia-free state
    5 % or more     any                            NR before a remission, relapse after one

The limits are recalled and not read (recommendations of 2022, doi:10.1182/blood.2022016867). A remission counts when it was kept for 28 days, as
in `all_marrow`. Partial remission, extramedullary disease and blasts in blood are not told apart.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from livingdrug.clinic.criterion import STATUS_SCHEMA, Words
from livingdrug.clinic.response import all_marrow
from livingdrug.clinic.response.all_marrow import Limits, kept_remission

COMPLETE = Limits(counts_at_limit=True)
"""Here a count at its limit has recovered."""
PARTIAL = replace(COMPLETE, neutrophils=0.5, platelets=50.0)
NEUTROPHILS, PLATELETS = replace(COMPLETE, platelets=-1.0), replace(COMPLETE, neutrophils=-1.0)
"""Counts of a partial recovery; one count recovered, whatever the other is."""


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
    limits = {"partial": PARTIAL, "neutrophils_back": NEUTROPHILS, "platelets_back": PLATELETS}
    looks = all_marrow.status_and_recovery(visits, limits, COMPLETE)
    short = pl.col("status") == "CRi"
    neither = ~(pl.col("neutrophils_back") | pl.col("platelets_back"))
    told = pl.when(short & pl.col("partial")).then(pl.lit("CRh")).when(short & neither).then(pl.lit("MLFS"))
    return looks.with_columns(told.otherwise("status").alias("status")).select(*STATUS_SCHEMA)


_BASE = all_marrow.CRITERION
CRITERION = replace(
    _BASE,
    order=("CR", "CRh", "CRi", "MLFS", "NR"),
    responses=("CR", "CRh", "CRi", "MLFS"),
    status_at_visits=status_at_visits,
    record=kept_remission,
    words=Words(
        title="Remission by marrow and blood counts (ELN)",
        status={
            "CR": "complete remission",
            "CRh": "remission with partial recovery of blood counts",
            "CRi": "remission with incomplete blood counts",
            "MLFS": "morphological leukaemia-free state",
            "NR": "no remission",
        },
        or_better={"CR": "CR", "CRh": "CR or CRh", "CRi": "CR, CRh or CRi", "MLFS": "MLFS or better"},
        at_a_visit={
            "CR": "fewer than 5 % blasts, neutrophils at least 1.0 and platelets at least 100 ×10⁹/L",
            "CRh": "fewer than 5 % blasts, neutrophils at least 0.5 and platelets at least 50 ×10⁹/L",
            "CRi": "fewer than 5 % blasts, one of the two counts recovered",
            "MLFS": "fewer than 5 % blasts, neither count recovered or counts not known",
            "NR": "5 % blasts or more",
        },
        counted="by 3 months, kept for at least 28 days",
        lead="Fewer than 5 % blasts in the marrow is the start of every response; its name tells how far neutrophils and platelets have recovered.",
        look="The marrow",
        responding="in remission",
        lost="relapse",
        failed="no remission",
    ),
)
