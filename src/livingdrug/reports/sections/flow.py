"""Section 1: patient flow from apheresis to the end of follow-up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from livingdrug.reports.charts.river import Exit, Stage, draw_river
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.page import Figure, Section, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import plain

if TYPE_CHECKING:
    import polars as pl

LEAD = (
    "Enrolment is the day of apheresis. The width of the stream is the number of patients; those who leave it branch "
    "off to the right. Both denominators matter: rates among the enrolled include those who never received cells."
)
NOT_INFUSED = (
    ("manufacturing_failure", "no product could be made", "no lot met release"),
    ("died_waiting", "died while waiting", "between apheresis and infusion"),
    ("withdrawn_waiting", "withdrawn while waiting", "progression or adverse event"),
)
MET = {
    "all": "CR or CRi, kept for at least 28 days", "lugano": "complete or partial response (Lugano)",
    "imwg": "partial response or better (IMWG)",
}  # fmt: skip
"""What counts as remission, by the disease's way to judge response."""


def build(source: Source) -> Section:
    """One river per arm."""
    import polars as pl

    if not source.has("patients"):
        return missing("flow", "Patient flow", "This run has no patients frame, so the flow cannot be drawn.")
    met = MET.get(source.response_criteria, "by the criteria of the disease")
    figures = []
    for arm in source.arms:
        stages = _stages(source.patients(arm, infused=False), met)
        rows = [(s.name, s.n) for s in stages] + [(e.name, e.n) for s in stages for e in s.exits]
        data = pl.DataFrame(rows, schema=["group", "patients"], orient="row")
        title = "From apheresis to the end of follow-up" + (f": {arm}" if len(source.arms) > 1 else "")
        figures.append(Figure(title, partial(draw_river, stages), data=data))
    return Section("flow", "Patient flow", LEAD, tuple(figures))


def _stages(patients: pl.DataFrame, met: str) -> list[Stage]:
    import polars as pl

    infused = patients.filter(pl.col("status") == "infused")
    responded = infused.filter(pl.col("responded_3mo").fill_null(False))
    others = infused.height - responded.height
    waits = numbers(infused, "vein_to_vein_days")
    wait = f"median {plain(middle(waits)[0])} days from apheresis" if waits.size else ""
    died_without = infused.filter(~pl.col("responded_3mo").fill_null(False) & pl.col("death_day").is_not_null()).height
    relapsed = responded.filter(pl.col("relapse_day").is_not_null())
    relapsed_died = relapsed.filter(pl.col("death_day").is_not_null()).height
    died_in_remission = responded.filter(pl.col("relapse_day").is_null() & pl.col("death_day").is_not_null()).height
    negative = relapsed.filter(pl.col("relapse_antigen_negative").fill_null(False)).height
    kept = responded.height - relapsed.height - died_in_remission
    further = responded.filter(
        pl.col("relapse_day").is_null() & pl.col("death_day").is_null() & pl.col("subsequent_therapy_day").is_not_null()
    ).height
    exits = tuple(
        Exit(name, patients.filter(pl.col("status") == code).height, detail) for code, name, detail in NOT_INFUSED
    )
    return [
        Stage("Enrolled", patients.height, "cells collected by apheresis", exits),
        Stage("Infused", infused.height, wait, (
            Exit("no remission within 3 months", others, f"{died_without:,} of them died during follow-up"),
        )),
        Stage("In remission within 3 months", responded.height, met, (
            Exit("relapsed", relapsed.height, f"{negative:,} antigen-negative; {relapsed_died:,} died later", "relapse"),
            Exit("died in remission", died_in_remission, "without relapse", "death"),
        )),
        Stage("In remission at last contact", kept, f"{further:,} after further therapy" if further else ""),
    ]  # fmt: skip
