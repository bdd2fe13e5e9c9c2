"""Section 7: a sample of patients, one lane each."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from livingdrug.reports.charts.swimmer import Lane, draw_swimmer
from livingdrug.reports.page import Figure, Section, missing
from livingdrug.reports.sections.toxicity import STEROIDS
from livingdrug.reports.source import Source

if TYPE_CHECKING:
    pass

SHOWN = 40
LEAD = (
    "Each lane is one patient. On the left the first month, coloured by the day's worst grade of cytokine release, with the drugs that were given; "
    "on the right the years: in remission, after relapse, and how it ended."
)
LEGEND = (
    ("box g1", "CRS grade 1"), ("box g2", "2"), ("box g3", "3"), ("box g4", "4"), ("toci", "tocilizumab"), ("steroid", "steroid"),
    ("box lane remission", "in remission"), ("box lane relapsed", "after relapse"), ("relapse full", "relapse, antigen-positive"),
    ("relapse hollow", "relapse, antigen-negative"), ("subsequent", "further therapy"), ("death", "died"), ("ongoing", "followed on"),
)  # fmt: skip


def build(source: Source) -> Section:
    """One figure per arm: an even sample of the infused, longest followed at the top."""
    if not source.has("patients") or not any(source.patients(arm).height for arm in source.arms):
        return missing("swimmer", "Patient by patient", "This run has no infused patients to show.")
    figures = []
    for arm in source.arms:
        lanes = _lanes(source, arm)
        if lanes:
            title = f"{len(lanes)} of {source.patients(arm).height:,} infused patients" + (
                f", {arm}" if len(source.arms) > 1 else ""
            )
            figures.append(Figure(title, partial(_draw, lanes, source.last_day), legend=LEGEND,
                                  caption="Patients are taken in order of their number, not chosen."))  # fmt: skip
    return Section("swimmer", "Patient by patient", LEAD, tuple(figures))


def _draw(lanes: list[Lane], last_day: float, width: float) -> str:
    return draw_swimmer(lanes, width, last_day=last_day)


def _lanes(source: Source, arm: str) -> list[Lane]:
    import polars as pl

    sample = source.patients(arm).sort("patient").head(SHOWN)
    who = sample["patient"].to_list()
    grades: dict[int, dict[int, int]] = {}
    frame = source.frame("grades")
    if frame.height:
        scale = next((s for s in ("crs_penn", "crs_lee", "crs_astct") if s in frame["scale"].unique().to_list()), "")
        chosen = frame.filter((pl.col("arm") == arm) & (pl.col("scale") == scale) & pl.col("patient").is_in(who))
        for row in chosen.iter_rows(named=True):
            grades.setdefault(row["patient"], {})[row["day"]] = row["grade"]
    drugs = _drug_days(source, arm, who)
    lanes = [
        _lane(row, grades.get(row["patient"], {}), drugs.get(row["patient"], {}), source.last_day)
        for row in sample.iter_rows(named=True)
    ]
    return sorted(
        lanes,
        key=lambda lane: (-min(lane.last, source.last_day), lane.relapse if lane.relapse == lane.relapse else math.inf),
    )


def _drug_days(source: Source, arm: str, who: list[int]) -> dict[int, dict[str, list[float]]]:
    import polars as pl

    found: dict[int, dict[str, list[float]]] = {}
    log = source.frame("log")
    if log.height:
        for row in log.filter((pl.col("arm") == arm) & pl.col("patient").is_in(who)).iter_rows(named=True):
            drug = str(row["drug"]).lower()
            kind = "tocilizumab" if drug == "tocilizumab" else "steroid" if drug in STEROIDS else ""
            if kind:
                found.setdefault(row["patient"], {}).setdefault(kind, []).append(row["day"])
    return found


def _lane(row: dict[str, Any], grades: dict[int, int], drugs: dict[str, list[float]], last_day: float) -> Lane:
    def day(name: str) -> float:
        value = row.get(name)
        return math.nan if value is None else float(value)

    last = day("last_contact_day")
    last = last_day if math.isnan(last) else last
    parts = [
        f"patient {row['patient']}, {row['age_years']:.0f} years"
        if row.get("age_years") is not None
        else f"patient {row['patient']}"
    ]
    parts.append(f"{row.get('best_response') or 'no response recorded'}")
    for name, words in (
        ("relapse_day", "relapse"),
        ("subsequent_therapy_day", "further therapy"),
        ("death_day", "died"),
    ):
        if not math.isnan(day(name)):
            detail = " (antigen-negative)" if name == "relapse_day" and row.get("relapse_antigen_negative") else ""
            detail = f" ({row.get('death_cause')})" if name == "death_day" and row.get("death_cause") else detail
            parts.append(f"{words} on day {day(name):.0f}{detail}")
    return Lane(
        name=str(row["patient"]), remission=day("first_response_day"), relapse=day("relapse_day"),
        antigen_negative=bool(row.get("relapse_antigen_negative")), failure=day("treatment_failure_day"),
        subsequent=day("subsequent_therapy_day"), death=day("death_day"), last=last, grades=grades,
        tocilizumab=drugs.get("tocilizumab", []), steroid=drugs.get("steroid", []),
        ongoing=math.isnan(day("death_day")), tip="; ".join(parts),
    )  # fmt: skip
