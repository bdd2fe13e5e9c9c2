"""Response of myeloma from M-protein and marrow: the criteria of the International Myeloma Working Group, as far as these show it.

    at one visit, the first that holds
    PD    M-protein risen by a quarter or more, and by 5 g/L or more, from the lowest seen
    sCR   as CR, and no clonal plasma cells seen in that marrow
    CR    immunofixation negative, and fewer than 5 % plasma cells in a marrow taken by then
    VGPR  M-protein down by 90 % or more, or seen by immunofixation only (below what electrophoresis measures)
    PR    M-protein down by half or more
    SD    otherwise

The first M-protein planned for day 0 is the start, also where it took place some days later; it shows no response. The limits are
those of the criteria of 2016 as our science note recalls them (it has read the limits of progression).

Not simulated, and therefore not asked for: free light chains (stringent response rests on the marrow alone), urine, plasmacytomas and
bone lesions, confirmation by a second sample; minimal response counts as stable disease.

Assumed: an M-protein assay's lower limit is that of immunofixation; a marrow counts for a visit up to two weeks before it was taken; without
any marrow the best is VGPR; a start that was missed leaves PR and VGPR unknown (SD) unless only immunofixation is positive; what comes
after progression or another therapy does not count; a patient without a visit after the start is not evaluable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from livingdrug.clinic.criterion import KEYS, STATUS_SCHEMA, looked
from livingdrug.clinic.every_visit import judged_at_every_visit
from livingdrug.clinic.looks import (
    first_of,
    first_of_patient,
    latest_by,
    lowest_before,
    numbered,
    numbers,
    word_of,
)


@dataclass(frozen=True)
class Limits:
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
    """

    complete_marrow_percent: float = 5.0
    very_good_share: float = 0.1
    partial_share: float = 0.5
    electrophoresis_g_per_l: float = 0.5
    progressive_rise: float = 1.25
    progressive_g_per_l: float = 5.0
    residual_percent: float = 0.0
    marrow_window: float = 14.0


IMWG = Limits()


def status_at_visits(visits: pl.DataFrame, limits: Limits = IMWG) -> pl.DataFrame:
    """What each M-protein after the start showed, and each look for residual disease.

    Parameters
    ----------
    visits
        The visits frame with ``m_protein_g_per_l``, ``marrow_plasma_percent`` and, where it was looked for, ``mrd_fraction``.

    Returns
    -------
    One row per M-protein and per look for residual disease (status null), with the columns of `STATUS_SCHEMA`. Sorted.
    """
    rows = looked(visits, "m_protein_g_per_l").sort(*KEYS, "day")
    marrow = looked(visits, "marrow_plasma_percent").filter(~pl.col("start"))
    n, (patient, of_marrow) = numbered(rows, marrow)
    value, negative = numbers(rows, "value"), numbers(rows, "below_limit") > 0
    # the last marrow that counts for a visit
    taken = latest_by(of_marrow, numbers(marrow, "day"), patient, numbers(rows, "day") + limits.marrow_window)
    percent = np.append(numbers(marrow, "value"), np.nan)
    none = (np.append(numbers(marrow, "below_limit"), 0.0) > 0) | (percent <= limits.residual_percent)
    started = first_of_patient(patient, n, rows["start"].to_numpy(), value)
    lowest = lowest_before(patient, value)
    # what is not known is NaN, and fulfils no condition
    risen = (value >= limits.progressive_rise * lowest) & (value - lowest >= limits.progressive_g_per_l)
    complete = negative & (percent[taken] < limits.complete_marrow_percent)
    very_good = (value <= limits.very_good_share * started) | (value < limits.electrophoresis_g_per_l)
    holds = first_of(risen, complete & none[taken], complete, very_good, value <= limits.partial_share * started)
    judged = rows.with_columns(
        status=word_of(("PD", "sCR", "CR", "VGPR", "PR", "SD"), holds), residual=pl.lit(None, dtype=pl.Boolean)
    )
    residual = looked(visits, "mrd_fraction").with_columns(
        pl.lit(None, dtype=pl.String).alias("status"), (~pl.col("below_limit")).alias("residual")
    )
    parts = [part.filter(~pl.col("start")).select(*STATUS_SCHEMA) for part in (judged, residual)]
    return pl.concat(parts).sort(*KEYS, "day", maintain_order=True)


CRITERION = judged_at_every_visit(
    title="Response by M-protein and marrow (IMWG)",
    responses={
        "sCR": "stringent complete response",
        "CR": "complete response",
        "VGPR": "very good partial response",
        "PR": "partial response",
    },
    complete=("sCR", "CR"),
    or_better={"sCR": "sCR", "CR": "≥ CR", "VGPR": "≥ VGPR", "PR": "overall response"},
    at_a_visit={
        "sCR": "as CR, and no clonal plasma cells seen in that marrow",
        "CR": "immunofixation negative, and fewer than 5 % plasma cells in the marrow",
        "VGPR": "M-protein down by 90 % or more, or seen by immunofixation only",
        "PR": "M-protein down by half or more",
    },
    progression_at_a_visit="M-protein risen by a quarter or more, and by 5 g/L or more, from the lowest",
    lead="Response is read from M-protein and marrow: complete when M-protein is gone, partial when it has halved.",
    status_at_visits=status_at_visits,
    reads=("m_protein_g_per_l", "marrow_plasma_percent", "mrd_fraction"),
)
