"""Patient flow from apheresis to the end of follow-up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from livingdrug.manufacturing.lots import BEGUN, WAITING
from livingdrug.reports.charts.river import Exit, Stage, draw_river
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.page import Figure, Section, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import plain

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.roles import Roles
    from livingdrug.clinic.criterion import Criterion

ORDER = 10
LEAD = (
    "Enrolment is the day of apheresis, or of the referral in an arm that waits in a network, or in an arm without cells the day treatment begins. The width of the stream is the number of patients; those who leave it branch "
    "off to the right. Both denominators matter: rates among the enrolled include those who never received cells."
)
NOT_INFUSED = (
    ("manufacturing_failure", "no product could be made", "no lot met release"),
    ("non_conforming", "given a product out of specification", "not counted as the trial's treatment"),
    ("died_waiting", "died while waiting", "before infusion"),
    ("withdrawn_waiting", "withdrawn while waiting", "progression or adverse event"),
    ("waiting", "still waiting", "when the data were cut"),
)


def section(source: Source) -> Section:
    """One river per arm, and the endpoints of getting the cells."""
    import polars as pl

    if not source.has("patients"):
        return missing("flow", "Patient flow", "This run has no patients frame, so the flow cannot be drawn.")
    figures = []
    for arm in source.arms:
        cells = source.has_cells(arm)
        event = source.enrolled_by(arm)
        everyone = source.patients(arm, infused=False, columns=columns_read(source.roles))
        stages = _stages(everyone, source.criterion, source.roles, cells, event)
        rows = [(s.name, s.n) for s in stages] + [(e.name, e.n) for s in stages for e in s.exits]
        data = pl.DataFrame(rows, schema=["group", "patients"], orient="row")
        title = f"From {event} to the end of follow-up{source.of_arm(arm)}"
        figures.append(Figure(title, partial(draw_river, stages), data=data, id=source.figure_id("flow", arm)))
    table = endpoint_table(source, "manufacturing", title="Getting the cells")
    return Section("flow", "Patient flow", LEAD, (*figures, *([table] if table else [])))


def columns_read(roles: Roles) -> tuple[str, ...]:
    """Columns of the patients table that this section reads."""
    outcomes = ("first response", "relapse", "death", "antigen-negative relapse", "further therapy")
    return ("status", "vein_to_vein_days", *(roles[role] for role in outcomes))


def _stages(
    patients: pl.DataFrame, criterion: Criterion | None, roles: Roles, cells: bool = True, event: str = "apheresis"
) -> list[Stage]:
    """Enrolled, infused, responded, still in response: a response is the one that the criterion counts."""
    import polars as pl

    infused = patients.filter(pl.col("status").is_in(BEGUN))
    waits = numbers(infused, "vein_to_vein_days")
    wait = f"median {plain(middle(waits)[0])} days from apheresis" if waits.size else ""
    counts = (
        (name, patients.filter(pl.col("status") == code).height, detail, code) for code, name, detail in NOT_INFUSED
    )
    exits = tuple(Exit(name, n, detail) for name, n, detail, code in counts if n or code != WAITING)
    detail = {"apheresis": "cells collected by apheresis", "referral": "referred for cells"}.get(event, "")
    enrolled = Stage("Enrolled", patients.height, detail, exits if cells else ())
    begun = "Infused" if cells else "Treated"
    if criterion is None:
        return [enrolled, Stage(begun, infused.height, wait)]
    words = criterion.words
    first, relapse, death = (pl.col(roles[role]) for role in ("first response", "relapse", "death"))
    negative_relapse, therapy = pl.col(roles["antigen-negative relapse"]), pl.col(roles["further therapy"])
    died = death.is_not_null()
    responded = infused.filter(first.is_not_null())
    others = infused.filter(first.is_null())
    lost = responded.filter(relapse.is_not_null())
    kept = responded.filter(relapse.is_null())
    negative = lost.filter(negative_relapse.fill_null(False)).height
    further = kept.filter(~died & therapy.is_not_null()).height
    return [
        enrolled,
        Stage(begun, infused.height, wait, (
            Exit(words.failed, others.height, f"{others.filter(died).height:,} of them died during follow-up"),
        )),
        Stage(f"Responded: {criterion.heading}", responded.height, words.counted, (
            Exit(words.lost, lost.height, f"{negative:,} antigen-negative; {lost.filter(died).height:,} died later", "relapse"),
            Exit(f"died {words.responding}", kept.filter(died).height, f"without {words.lost}", "death"),
        )),
        Stage(f"{words.responding[0].upper()}{words.responding[1:]} at last contact", kept.filter(~died).height,
              f"{further:,} after further therapy" if further else ""),
    ]  # fmt: skip
