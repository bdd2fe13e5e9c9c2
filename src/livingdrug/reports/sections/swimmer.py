"""A sample of patients, one lane each."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from livingdrug.reports.charts.swimmer import Lane, draw_swimmer
from livingdrug.reports.diary import cause_of_death
from livingdrug.reports.drugs import MARKS, DrugClass, drug_classes, given
from livingdrug.reports.not_kept import section_not_kept
from livingdrug.reports.page import Figure, Section, missing
from livingdrug.reports.setting import Setting, setting
from livingdrug.reports.source import Source
from livingdrug.reports.toxicity_scales import Graded, graded_scales, looked_for

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.catalog.records.outcome import Role

ORDER = 70
SHOWN = 40
MONTH = 30.0
LEAD = (
    "Each lane is one patient. On the left the first month, coloured by the day's worst grade, with the drugs that were given; "
    "on the right the years: in response, after it, and how it ended."
)
OUTCOMES = (
    ("relapse full", "{}, antigen-positive"), ("relapse hollow", "{}, antigen-negative"),
    ("subsequent", "further therapy"), ("death", "died"), ("ongoing", "followed on"),
)  # fmt: skip


def section(source: Source) -> Section:
    """One figure per arm: an even sample of the infused, longest followed at the top."""
    if absent := section_not_kept(source, "swimmer", "Patient by patient", "Lanes with daily grades and drugs"):
        return absent
    if not source.has("patients") or not any(source.n_patients(arm) for arm in source.arms):
        return missing("swimmer", "Patient by patient", f"This run has no {source.begun} patients to show.")
    scales = (one for one in graded_scales(source) if any(looked_for(source, arm, one) for arm in source.arms))
    scale = next(scales, None)
    classes = [one for one in drug_classes(given(source, last_day=MONTH), source.catalog) if not one.supportive]
    figures = []
    for arm in source.arms:
        lanes = _lanes(source, arm, scale, classes)
        if lanes:
            title = f"{len(lanes)} of {source.n_patients(arm):,} {'infused' if source.has_cells(arm) else 'treated'} patients{source.of_arm(arm)}"
            draw = partial(_draw, lanes, source.last_day, f"First {MONTH:.0f} days: {scale.name}" if scale else "")
            caption = "Patients are taken in order of their number, not chosen."
            figures.append(
                Figure(
                    title, draw, legend=_legend(source, scale, classes), caption=caption, data=_frame(lanes),
                    id=source.figure_id("swimmer", arm),
                )
            )  # fmt: skip
    return Section("swimmer", "Patient by patient", LEAD, tuple(figures))


def _legend(source: Source, scale: Graded | None, classes: list[DrugClass]) -> tuple[tuple[str, str], ...]:
    grades = (
        [(f"box g{grade}", f"{scale.name} grade {grade}" if grade == 1 else f"{grade}") for grade in range(1, 5)]
        if scale
        else []
    )
    drugs = [(f"drug m{place}", name) for place, name in _mark_names(classes).items()]
    words = source.criterion.words if source.criterion is not None else None
    responding, lost = (words.responding, words.lost) if words is not None else ("in response", "relapse")
    lanes = [("box lane remission", responding), ("box lane relapsed", f"after {lost}")]
    ends = [(sample, told.format(lost)) for sample, told in OUTCOMES]
    return (*grades, *drugs, *lanes, *ends)


def _mark_names(classes: list[DrugClass]) -> dict[int, str]:
    """Mark -> the classes it stands for: each class its own, the last mark the rest."""
    names: dict[int, list[str]] = {}
    for place, one in enumerate(classes):
        names.setdefault(min(place, MARKS - 1), []).append(one.name)
    return {place: ", ".join(found) for place, found in names.items()}


def _draw(lanes: list[Lane], last_day: float, heading: str, width: float) -> str:
    return draw_swimmer(lanes, width, last_day=last_day, heading=heading)


def _lanes(source: Source, arm: str, scale: Graded | None, classes: list[DrugClass]) -> list[Lane]:
    import polars as pl

    sample = source.patients(arm).sort("patient").head(SHOWN)
    who = sample["patient"].to_list()
    grades: dict[int, dict[int, int]] = {}
    if scale is not None:
        mine = (pl.col("arm") == arm) & (pl.col("scale") == scale.id) & pl.col("patient").is_in(who)
        for row in source.lazily("grades").filter(mine).collect(engine="streaming").iter_rows(named=True):
            grades.setdefault(row["patient"], {})[row["day"]] = row["grade"]
    drugs = _drug_days(source, arm, who, classes)
    words = setting(source.trial, arm, source.catalog)
    lanes = [
        _lane(row, grades.get(row["patient"], {}), drugs.get(row["patient"], {}), source.last_day, words)
        for row in sample.iter_rows(named=True)
    ]
    return sorted(
        lanes,
        key=lambda lane: (-min(lane.last, source.last_day), lane.relapse if lane.relapse == lane.relapse else math.inf),
    )


def _frame(lanes: list[Lane]) -> pl.DataFrame:
    """Lanes as a table: days from infusion, empty for what did not happen; the worst grade of the first month, and doses."""
    import polars as pl

    days = {
        "day_of_response": "remission", "day_of_loss": "relapse", "day_of_failure": "failure",
        "day_of_further_therapy": "subsequent", "day_of_death": "death", "followed_to_day": "last",
    }  # fmt: skip
    rows = [
        {
            "patient": lane.name, **{name: getattr(lane, day) for name, day in days.items()},
            "antigen_negative": lane.antigen_negative, "followed_on": lane.ongoing,
            "worst_grade": max(lane.grades.values(), default=None),
            "days_with_a_grade": sum(grade > 0 for grade in lane.grades.values()),
            "doses": sum(len(found) for found in lane.drugs.values()),
        }
        for lane in lanes
    ]  # fmt: skip
    return pl.DataFrame(rows).fill_nan(None)


def _drug_days(source: Source, arm: str, who: list[int], classes: list[DrugClass]) -> dict[int, dict[int, list[float]]]:
    """Patient -> mark -> days of doses."""
    import polars as pl

    marks = {drug: min(place, MARKS - 1) for place, one in enumerate(classes) for drug in one.drugs}
    found: dict[int, dict[int, list[float]]] = {}
    log = source.frame("log")
    if log.height:
        mine = (pl.col("arm") == arm) & pl.col("patient").is_in(who) & pl.col("drug").is_in(list(marks))
        for row in log.filter(mine).iter_rows(named=True):
            found.setdefault(row["patient"], {}).setdefault(marks[row["drug"]], []).append(row["day"])
    return found


def _lane(
    row: dict[str, Any], grades: dict[int, int], drugs: dict[int, list[float]], last_day: float, words: Setting
) -> Lane:
    def day(role: Role) -> float:
        return words.day(row, role)

    last = day("last contact")
    last = last_day if math.isnan(last) else last
    return Lane(
        name=str(row["patient"]), remission=day("first response"), relapse=day("relapse"),
        antigen_negative=bool(words.of(row, "antigen-negative relapse")), failure=day("treatment failure"),
        subsequent=day("further therapy"), death=day("death"), last=last, grades=grades, drugs=drugs,
        ongoing=math.isnan(day("death")), tip=_tip(row, words),
    )  # fmt: skip


def _tip(row: dict[str, Any], words: Setting) -> str:
    """One patient in a line, as read under the pointer."""
    age = row.get("age_years")
    lost = words.criterion.words.lost if words.criterion is not None else "relapse"
    parts = [f"patient {row['patient']}" + (f", {age:.0f} years" if age is not None else "")]
    parts.append(str(words.of(row, "best response") or "no response recorded"))
    negative = "antigen-negative" if words.of(row, "antigen-negative relapse") else ""
    told: tuple[tuple[Role, str, str | None], ...] = (
        ("relapse", lost, negative), ("further therapy", "further therapy", ""), ("death", "died", cause_of_death(row, words)),
    )  # fmt: skip
    for role, what, detail in told:
        if not math.isnan(words.day(row, role)):
            parts.append(f"{what} on day {words.day(row, role):.0f}" + (f" ({detail})" if detail else ""))
    return "; ".join(parts)
