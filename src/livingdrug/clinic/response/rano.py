"""Response of glioma from the area of the tumour on imaging, as the criteria of Response Assessment in Neuro-Oncology (RANO) have it.

    at one imaging visit, the first that holds
    PD  area grown by a quarter or more from the smallest seen, and tumour visible
    CR  nothing seen
    PR  area halved or less from the start
    SD  otherwise

Area is the product of two perpendicular diameters; several lesions are added. The limits are those of RANO for high-grade glioma as recalled; nobody has read them here. Steroid
doses, clinical status, a confirming scan four weeks later and new lesions are not asked for: what is called a response here may be unconfirmed. Swelling by inflammation does not count as growth, because the
area is that of cells, living and dead; pseudoprogression by oedema is not simulated. The imaging planned for day 0 is the start and shows no response.

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
        Area relative to the start at most, and relative to the smallest at least.
    visible_cm2
        Areas below this count as this when growth is judged [cm^2].
    """

    partial: float = 0.5
    progressive: float = 1.25
    visible_cm2: float = 1.0


RANO = Limits()


@one_query
def status_at_visits(visits: pl.DataFrame, limits: Limits = RANO) -> pl.DataFrame:
    """What each imaging after the start showed.

    Parameters
    ----------
    visits
        The visits frame with ``tumour_area_cm2``.

    Returns
    -------
    One row per imaging that took place, with the columns of `STATUS_SCHEMA`; residual disease is not looked for. Sorted.
    """
    area = pl.col("area")
    scans = looked(visits, "tumour_area_cm2").select(
        *KEYS, "day", "start", pl.col("value").alias("area"), pl.col("below_limit").alias("invisible")
    )
    scans = beside_start(scans, "area")
    seen = pl.max_horizontal("area", pl.lit(limits.visible_cm2))
    scans = scans.with_columns(seen.cum_min().shift(1).over(KEYS).alias("smallest"), seen.alias("seen"))
    grown = pl.col("seen") >= limits.progressive * pl.col("smallest")
    status = first_that_holds(
        {
            "PD": grown & ~pl.col("invisible"),
            "CR": pl.col("invisible"),
            "PR": area <= limits.partial * pl.col("start_area"),
        },
        otherwise="SD",
    )
    return after_start(scans, status)


CRITERION = judged_at_every_visit(
    title="Response by area on imaging (RANO)",
    responses={"CR": "complete response", "PR": "partial response"},
    complete=("CR",),
    or_better={"CR": "CR", "PR": "objective response"},
    at_a_visit={"CR": "nothing seen", "PR": "area halved or less from the start"},
    progression_at_a_visit="visible, and area grown by a quarter or more from the smallest",
    lead="Response is read from the area of the tumour: complete when nothing is seen, partial when the area has halved. It is not confirmed by a second scan.",
    look="The scan",
    status_at_visits=status_at_visits,
    reads=("tumour_area_cm2",),
)
