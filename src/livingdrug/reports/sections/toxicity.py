"""Cytokine release and neurotoxicity, day by day on every graded scale, and how they were managed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from livingdrug.reports.charts.arms import role_of
from livingdrug.reports.charts.multiples import Lines, draw_multiples
from livingdrug.reports.charts.stacked import draw_grades
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.drugs import drug_classes, given, title_of
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.not_kept import not_kept
from livingdrug.reports.page import Figure, Note, Section, Table, legend_of, missing
from livingdrug.reports.source import Source
from livingdrug.reports.toxicity_scales import SEVERE, episodes_by_patient, graded_scales, looked_for
from livingdrug.reports.words import DASH, percent, spread

if TYPE_CHECKING:
    import polars as pl

ORDER = 60
LEAD = (
    "Grades are read from signs: fever, blood pressure and vasopressors, oxygen, organs, orientation, tremor. The same patients are graded "
    "on every scale that the trial names; scales differ in what they count, not in whom they see."
)
MONTH = 30


def section(source: Source) -> Section:
    """Stacked grades by day for each scale and arm, drugs by day, then tables of scales, endpoints and drugs."""
    tables = (
        _scales(source),
        endpoint_table(source, "toxicity", title="Toxicity"),
        endpoint_table(source, "management", title="Management of toxicity"),
        _doses(source),
    )
    absent = not_kept(source, "Grades by day, the scales side by side, and how many received each drug")
    parts = (*_grades(source), *_drugs(source), *absent, *(table for table in tables if table))
    if not parts:
        what = "This run has no grades and no toxicity endpoints."
        if not any(source.has_cells(arm) for arm in source.arms):
            what = "The scales of this trial grade what cells cause, and no arm gives any."
        return missing("toxicity", "Toxicity", what)
    return Section("toxicity", "Cytokine release and neurotoxicity", LEAD, parts)


def _grades(source: Source) -> list[Figure | Note]:
    """A figure for each scale and arm; scales on which nobody had a grade are named instead of drawn empty."""
    by_day = _by_day(source)
    grades = [f"grade_{grade}" for grade in range(1, 5)]
    found, empty = [], []
    for scale in graded_scales(source):
        of_arms = [
            (scale.title + source.of_arm(arm), source.figure_id(f"grades-{scale.id}", arm), data)
            for arm in source.arms
            if looked_for(source, arm, scale) and (data := by_day.get((scale.id, arm))) is not None
        ]
        seen = any(data.select(grades).to_numpy().any() for *_, data in of_arms)
        found += of_arms if seen else []
        empty += [scale.title] if of_arms and not seen else []
    peak = max((float(data.select(grades).to_numpy().sum(axis=1).max()) for *_, data in found), default=0.0)
    top = min(100.0, 10.0 * (int(peak / 10) + 1))
    legend = tuple((f"box g{grade}", f"grade {grade}") for grade in range(1, 5))
    figures: list[Figure | Note] = []
    for title, id, data in found:
        shares = [data[grade].to_list() for grade in grades]
        draw = partial(draw_grades, data["day"].to_list(), shares, title="% of patients in follow-up", top_share=top)
        figures.append(Figure(title, draw, legend=legend, data=data, half=True, id=id))
    return figures + [Note(f"In the first {MONTH} days nobody had a grade by: {'; '.join(empty)}.")] * bool(empty)


def _by_day(source: Source) -> dict[tuple[str, str], pl.DataFrame]:
    """Scale and arm -> per cent of patients in each grade on each day of the first month."""
    import polars as pl

    if source.episodes.is_empty():
        return {}
    shares = [(100.0 * (pl.col("grade") == grade).mean()).alias(f"grade_{grade}") for grade in range(1, 4)]
    shares.append((100.0 * (pl.col("grade") >= 4).mean()).alias("grade_4"))
    rows = source.lazily("grades").filter(pl.col("day").is_between(0, MONTH)).group_by("scale", "arm", "day")
    found = rows.agg(pl.len().alias("patients"), *shares).sort("day").collect(engine="streaming")
    return {
        (str(scale), str(arm)): part.drop("scale", "arm")
        for (scale, arm), part in found.group_by("scale", "arm", maintain_order=True)
    }


def _scales(source: Source) -> Table | None:
    """Every scale side by side: any grade, severe, onset and duration among those with a grade."""
    import polars as pl

    rows = []
    for scale in graded_scales(source):
        for arm in (one for one in source.arms if looked_for(source, one, scale)):
            found = episodes_by_patient(source, arm, scale.id)
            if not found.height:
                continue
            worst, on = pl.col("worst"), found.filter(pl.col("worst") >= 1)
            rows.append((
                scale.name + source.of_arm(arm),
                percent(on.height / found.height),
                percent(found.filter(worst >= SEVERE).height / found.height),
                _median(on, "onset"), _median(on, "duration"),
            ))  # fmt: skip
    if not rows:
        return None
    columns = ("", "any grade", f"grade ≥ {SEVERE}", "onset, day", "duration, days")
    note = f"Of the {source.begun}, in the weeks in which grades were recorded. Onset and duration, first to last day, are medians (range) of those with a grade."
    return Table(columns, tuple(rows), title="The same patients on every scale", note=note)


def _median(frame: pl.DataFrame, column: str) -> str:
    values = numbers(frame, column)
    return spread(*middle(values), 2) if values.size else DASH


def _drugs(source: Source) -> list[Figure]:
    """Share of infused patients who had received a drug, or any of its class, by each day of the first month."""
    import polars as pl

    names = given(source, last_day=MONTH)
    kinds = [(title_of(name, source.catalog), (name,)) for name in names]
    classes = drug_classes(names, source.catalog)
    kinds += [(f"Any {kind.name.lower()}", kind.drugs) for kind in classes if len(kind.drugs) > 1]
    if not kinds:
        return []
    log, rows, panels = source.frame("log"), [], []
    for title, drugs in kinds:
        lines = []
        for i, arm in enumerate(source.arms):
            chosen = log.filter(
                (pl.col("arm") == arm) & pl.col("drug").is_in(drugs) & pl.col("day").is_between(0, MONTH)
            )
            first = chosen.group_by("patient").agg(pl.col("day").min())["day"].sort().to_list()
            n = max(source.n_patients(arm), 1)
            points = [(0.0, 0.0), *((day, 100.0 * (k + 1) / n) for k, day in enumerate(first))]
            points.append((float(MONTH), points[-1][1]))
            lines.append((points, role_of(i)))
            rows += [(arm, title, *point) for point in points]
        panels.append(Lines(title, tuple(lines)))
    data = pl.DataFrame(rows, schema=["arm", "drug", "day", "percent_of_infused"], orient="row")
    draw = partial(
        draw_multiples,
        panels,
        last=float(MONTH),
        axis=f"% of {source.begun}",
        label="Share of patients given each drug by day",
    )
    legend = legend_of(source.arms) if len(source.arms) > 1 else ()
    caption = f"Share of the {source.begun} who had received a first dose by each day. A drug given before any symptom begins on day 0."
    return [Figure("Drugs given in the first month", draw, caption, legend, data, id="drugs")]


def _doses(source: Source) -> Table | None:
    """Every drug that was given: to how many of the infused, from when, and how many doses."""
    import polars as pl

    names = given(source, first_day=float("-inf"))
    if not names:
        return None
    log, rows = source.frame("log"), []
    for name in names:
        for arm in source.arms:
            n = source.n_patients(arm)
            doses = log.filter((pl.col("arm") == arm) & (pl.col("drug") == name)).group_by("patient")
            found = doses.agg(pl.len().alias("doses"), pl.col("day").min().alias("first"))
            share = f"{percent(found.height / n)}\n{found.height:,} of {n:,}" if n else DASH
            rows.append(
                (
                    title_of(name, source.catalog) + source.of_arm(arm),
                    share,
                    _median(found, "first"),
                    _median(found, "doses"),
                )
            )
    columns = ("", f"of the {source.begun}", "first dose, day", "doses of those treated")
    note = "Median (range), over the whole follow-up."
    title = f"Every drug given {'after infusion' if source.begun == 'infused' else 'besides the treatment planned'}"
    return Table(columns, tuple(rows), title=title, note=note)
