"""What a comparison of policies counts besides endpoints: days of toxicity, doses of each drug, measured peaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from livingdrug.catalog.records.endpoint import Record as Endpoint

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.trial.result import Result

OWN = "own: a measure of the comparison, not an endpoint of a protocol"
PEAKS = {"il6_pg_per_ml": "interleukin 6", "crp_mg_per_l": "C-reactive protein", "ferritin_ng_per_ml": "ferritin"}
PEAK_DAYS = 28.0
GRADE = 2


def with_measures(result: Result, arm: str, drugs: Sequence[str]) -> pl.DataFrame:
    """One arm's patients with a column for every measure; null for those not infused.

    Parameters
    ----------
    result
        A finished run.
    arm
        One of its arms.
    drugs
        Drugs counted, given in this arm or not.

    Returns
    -------
    The patients frame with ``doses_<drug>``, ``days_<scale>_grade_2``, ``peak_<quantity>``.
    """
    import polars as pl

    here = pl.col("arm") == arm
    frame = result.patients.filter(here)
    log, grades, visits = (part.filter(here) for part in (result.log, result.grades, result.visits))
    for drug in drugs:
        counted = log.filter(pl.col("drug") == drug).group_by("patient").len(f"doses_{drug}")
        frame = frame.join(counted, on="patient", how="left", maintain_order="left")
    for scale in result.trial.scales:
        bad = grades.filter((pl.col("scale") == scale) & (pl.col("grade") >= GRADE))
        counted = bad.group_by("patient").agg(pl.col("day").n_unique().alias(f"days_{scale}_grade_{GRADE}"))
        frame = frame.join(counted, on="patient", how="left", maintain_order="left")
    counts = [f"doses_{drug}" for drug in drugs] + [f"days_{scale}_grade_{GRADE}" for scale in result.trial.scales]
    infused = pl.col("status") == "infused"
    frame = frame.with_columns(
        pl.when(infused).then(pl.col(name).cast(pl.Float64).fill_null(0.0)).alias(name) for name in counts
    )
    for quantity in PEAKS:
        early = visits.filter((pl.col("quantity") == quantity) & pl.col("day").is_between(0, PEAK_DAYS))
        highest = early.group_by("patient").agg(pl.col("value").max().alias(f"peak_{quantity}"))
        frame = frame.join(highest, on="patient", how="left", maintain_order="left")
    return frame


def measures(scales: Sequence[str], drugs: Sequence[str]) -> list[Endpoint]:
    """The measures as endpoint records, in the order in which a reader wants them."""
    found = [
        _mean(f"days_{scale}_grade_{GRADE}", f"Days with {scale} of grade {GRADE} or more", "day") for scale in scales
    ]
    found += [
        _share("death_toxicity", "Death from toxicity", "death_cause_toxicity"),
        _share("death_infection", "Death from infection", "death_cause_infection"),
        _mean("n_infections_8wk", "Infections within 8 weeks", ""),
        _mean("n_severe_infections_8wk", "Severe infections within 8 weeks", ""),
        _mean("igg_nadir_g_per_l", "Lowest immunoglobulin G measured", "g/L"),
    ]
    for quantity, words in PEAKS.items():
        unit = {"il6_pg_per_ml": "pg/mL", "crp_mg_per_l": "mg/L", "ferritin_ng_per_ml": "ng/mL"}[quantity]
        found.append(_mean(f"peak_{quantity}", f"Highest {words} measured to day {PEAK_DAYS:g}", unit, ratio=True))
    for drug in drugs:
        found.append(_share(f"{drug}_given", f"Given {drug}", f"doses_{drug} >= 1"))
        found.append(_mean(f"doses_{drug}", f"Doses of {drug}", ""))
    return found


def _share(name: str, title: str, success: str) -> Endpoint:
    return _measure(id=name, title=title, kind="proportion", success=success)


def _mean(column: str, title: str, unit: str, *, ratio: bool = False) -> Endpoint:
    summary = "geometric_mean" if ratio else "mean"
    return _measure(id=column, title=title, kind="quantity", value=column, unit=unit, summary=summary)


def _measure(title: str, **keys: str) -> Endpoint:
    return Endpoint.model_validate({"title": title, "definition": f"{title}, among infused.", "source": OWN, **keys})
