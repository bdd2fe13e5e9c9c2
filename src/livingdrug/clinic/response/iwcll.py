"""Response of chronic lymphocytic leukaemia from nodes, blood and counts: the guidelines of the iwCLL, as far as these show it.

    at one imaging visit, the first that holds
    PD  nodes grown by half (as size) from the smallest seen and visible; or leukaemic lymphocytes risen by half, to 5 x 10^9/L or more
    CR  nodes of normal size (none of 1.5 cm or more), fewer than 4 x 10^9/L lymphocytes, neutrophils from 1.5, platelets from 100, haemoglobin from 11
    CRi as CR, counts lower or not known
    PR  size halved or normal; lymphocytes halved or below 4 x 10^9/L; and platelets from 100, haemoglobin from 11, or either up by half
    SD  otherwise

Size stands for the sum of the products of diameters: volume to the power 2/3. The limits are those of doi:10.1182/blood-2017-09-806398 (its table of response, read).
Nodes are the second and third place of the tumour where these were measured, the whole volume elsewhere; blood, marrow and spleen are the first. Spleen, liver, marrow
biopsy and symptoms are not judged; partial response with lymphocytosis, which inhibitors cause, is not asked for. The first imaging is the start and shows no response.

Assumed: nodes of normal size together fill `normal_volume_ml`; the third place is one mass, of normal size when shorter than `normal_cm`; blood taken up to two weeks
before or after an image counts for it; without blood the best is SD.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from livingdrug.clinic.criterion import KEYS, STATUS_SCHEMA, first_that_holds, looked, one_query
from livingdrug.clinic.every_visit import judged_at_every_visit
from livingdrug.clinic.places import PLACES, across


@dataclass(frozen=True)
class Limits:
    """Limits of the assessment.

    Attributes
    ----------
    normal_volume_ml
        Volume that nodes of normal size fill together [mL]: some ten of 1.5 cm.
    normal_cm
        Length from which a single mass is abnormal [cm].
    partial_size, progressive_size
        Size relative to the start at most, and relative to the smallest at least.
    size_power
        Size = volume to this power.
    normal_lymphocytes, progressive_lymphocytes
        Leukaemic lymphocytes below which they are no longer too many, and from which a rise is progression [1/uL].
    partial_lymphocytes, progressive_rise
        Lymphocytes relative to the start at most, and relative to the lowest seen at least.
    neutrophils, platelets, haemoglobin
        Counts from which blood has recovered [1e9/L, 1e9/L, g/dL].
    counts_risen
        Platelets or haemoglobin relative to the start at least.
    blood_window
        Blood taken within so many days of an image counts for it [day].
    """

    normal_volume_ml: float = 20.0
    normal_cm: float = 1.5
    partial_size: float = 0.5
    progressive_size: float = 1.5
    size_power: float = 2.0 / 3.0
    normal_lymphocytes: float = 4000.0
    progressive_lymphocytes: float = 5000.0
    partial_lymphocytes: float = 0.5
    progressive_rise: float = 1.5
    neutrophils: float = 1.5
    platelets: float = 100.0
    haemoglobin: float = 11.0
    counts_risen: float = 1.5
    blood_window: float = 14.0


IWCLL = Limits()
NODES = PLACES[1:]  # the last is a single mass
BLOOD = {
    "lymphocytes": "leukaemic_lymphocytes_per_ul",
    "neutrophils": "anc_1e9_per_l",
    "platelets": "platelets_1e9_per_l",
    "haemoglobin": "haemoglobin_g_per_dl",
}


@one_query
def status_at_visits(visits: pl.DataFrame, limits: Limits = IWCLL) -> pl.DataFrame:
    """What each imaging after the start showed, and each look for residual disease.

    Parameters
    ----------
    visits
        The visits frame with ``tumour_volume_ml`` or, beside it, volumes of the places of nodes (`NODES`), and, near it, ``leukaemic_lymphocytes_per_ul``, ``anc_1e9_per_l``, ``platelets_1e9_per_l`` and
        ``haemoglobin_g_per_dl``; and ``mrd_fraction`` where it was looked for.

    Returns
    -------
    One row per imaging and per look for residual disease (status null), with the columns of `STATUS_SCHEMA`. Sorted.
    """
    rows = looked(visits, "tumour_volume_ml").select(*KEYS, "day", "start", pl.col("value").alias("whole"))
    value, of_mass = pl.col("value"), pl.col("quantity") == NODES[-1]
    nodes = looked(visits, *NODES).group_by(*KEYS, "day")
    nodes = nodes.agg(value.sum().alias("nodes"), across(value.filter(of_mass).sum()).alias("mass"))
    rows = rows.join(nodes, on=[*KEYS, "day"], how="left")
    rows = rows.with_columns(
        pl.col("nodes").fill_null(pl.col("whole")).alias("volume"), pl.col("mass").fill_null(0.0).alias("mass")
    )
    for name, quantity in BLOOD.items():
        rows = _beside(rows, looked(visits, quantity), name, limits.blood_window)
    rows = rows.sort(*KEYS, "day").with_columns(
        (pl.max_horizontal("volume", pl.lit(limits.normal_volume_ml)) ** limits.size_power).alias("size")
    )
    first = rows.filter("start").group_by(KEYS, maintain_order=True)
    names = ("size", "lymphocytes", "platelets", "haemoglobin")
    start = first.agg(*(pl.col(name).first().alias(f"{name}_start") for name in names))
    rows = rows.join(start, on=KEYS, how="left", maintain_order="left")
    lowest = (
        pl.col(name).cum_min().shift(1).forward_fill().over(KEYS).alias(f"{name}_least")
        for name in ("size", "lymphocytes")
    )
    status = first_that_holds(_ladder(limits), otherwise="SD")
    judged = rows.with_columns(*lowest).with_columns(status, pl.lit(None, dtype=pl.Boolean).alias("residual"))
    residual = looked(visits, "mrd_fraction").with_columns(
        pl.lit(None, dtype=pl.String).alias("status"), (~pl.col("below_limit")).alias("residual")
    )
    parts = [part.filter(~pl.col("start")).select(*STATUS_SCHEMA) for part in (judged, residual)]
    return pl.concat(parts).sort(*KEYS, "day", maintain_order=True)


def _ladder(limits: Limits) -> dict[str, pl.Expr]:
    """What a visit must show for each status, the first that holds."""
    size, cells = pl.col("size"), pl.col("lymphocytes")
    grown = (size >= limits.progressive_size * pl.col("size_least")).fill_null(False)
    risen = (cells >= limits.progressive_lymphocytes) & (cells >= limits.progressive_rise * pl.col("lymphocytes_least"))
    normal = (pl.col("volume") <= limits.normal_volume_ml) & (pl.col("mass") < limits.normal_cm)
    few = cells < limits.normal_lymphocytes
    recovered = (
        (pl.col("neutrophils") >= limits.neutrophils)
        & (pl.col("platelets") >= limits.platelets)
        & (pl.col("haemoglobin") >= limits.haemoglobin)
    )
    smaller = normal | (size <= limits.partial_size * pl.col("size_start"))
    fewer = few | (cells <= limits.partial_lymphocytes * pl.col("lymphocytes_start"))
    some_blood = pl.any_horizontal(
        (pl.col(name) >= limit) | (pl.col(name) >= limits.counts_risen * pl.col(f"{name}_start"))
        for name, limit in (("platelets", limits.platelets), ("haemoglobin", limits.haemoglobin))
    )
    return {
        "PD": grown | risen.fill_null(False),
        "CR": normal & few & recovered,
        "CRi": normal & few,
        "PR": smaller & fewer & some_blood,
    }


def _beside(rows: pl.DataFrame, blood: pl.DataFrame, name: str, window: float) -> pl.DataFrame:
    """The value nearest in time to each image, as a column; null where none is within the window."""
    values = blood.select(*KEYS, "day", pl.col("value").alias(name)).sort("day")
    return rows.sort("day").join_asof(
        values, on="day", by=list(KEYS), strategy="nearest", tolerance=window, check_sortedness=False
    )


CRITERION = judged_at_every_visit(
    title="Response by nodes, blood and counts (iwCLL)",
    responses={
        "CR": "complete remission",
        "CRi": "complete remission with incomplete blood counts",
        "PR": "partial remission",
    },
    complete=("CR", "CRi"),
    or_better={"CR": "CR", "CRi": "CR or CRi", "PR": "overall response"},
    at_a_visit={
        "CR": "nodes of normal size, fewer than 4 ×10⁹/L leukaemic lymphocytes, counts recovered",
        "CRi": "as CR, counts not recovered or not known",
        "PR": "size normal or down by half or more, lymphocytes fewer than 4 ×10⁹/L or down by half or more, platelets or haemoglobin recovered or up by half",
    },
    progression_at_a_visit="size grown by half from the smallest, or lymphocytes risen by half to 5 ×10⁹/L or more",
    lead="Response is read from nodes, blood and counts: complete when nodes and lymphocytes are normal, partial when both have halved.",
    status_at_visits=status_at_visits,
    reads=("tumour_volume_ml", *NODES, *BLOOD.values(), "mrd_fraction"),
)
