"""Section 6: cytokine release syndrome and neurotoxicity, day by day, and how they were managed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.scales import linear, thinned
from livingdrug.reports.charts.stacked import draw_grades
from livingdrug.reports.columns import middle, numbers, share
from livingdrug.reports.estimates import single
from livingdrug.reports.page import Figure, Section, Table, missing
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval, spread

if TYPE_CHECKING:
    import polars as pl

SCALES = (
    ("crs_penn", "Cytokine release syndrome, Penn grade"),
    ("crs_lee", "Cytokine release syndrome, Lee grade"),
    ("crs_astct", "Cytokine release syndrome, ASTCT grade"),
    ("neurotoxicity_ctcae", "Neurotoxicity, CTCAE grade"),
    ("icans_astct", "Neurotoxicity (ICANS), ASTCT grade"),
)
LEAD = (
    "Grades are read from signs: fever, blood pressure and vasopressors, oxygen, organs, orientation, tremor. The same patients are graded "
    "on several scales: Penn counts treatment in hospital, Lee also organ injury, ASTCT vasopressors and oxygen alone; CTCAE counts more "
    "neurological signs than ICANS."
)
DAYS = range(31)
STEROIDS = ("methylprednisolone", "dexamethasone", "prednisolone", "hydrocortisone")
SHARES = (
    ("crs_any", "CRS, any grade"), ("crs_severe", "CRS, grade 3 or higher"),
    ("crs_any_lee", "CRS by Lee, any grade"), ("crs_severe_lee", "CRS by Lee, grade 3 or higher"),
    ("crs_any_astct", "CRS by ASTCT, any grade"), ("crs_severe_astct", "CRS by ASTCT, grade 3 or higher"),
    ("neurotoxicity_any", "Neurotoxicity by CTCAE, any grade"),
    ("neurotoxicity_severe", "Neurotoxicity by CTCAE, grade 3 or higher"),
    ("icans_any", "ICANS, any grade"), ("icans_severe", "ICANS, grade 3 or higher"),
    ("neurological_events_any", "Neurological events of any kind, any grade"),
    ("neurological_events_severe", "Neurological events of any kind, grade 3 or higher"),
    ("delayed_neurotoxicity", "Movement and neurocognitive events, any grade"),
    ("delayed_neurotoxicity_severe", "Movement and neurocognitive events, grade 3 or higher"),
    ("tocilizumab_use", "Tocilizumab given"), ("steroid_use", "Steroids given for toxicity"), ("icu", "Intensive care"),
)  # fmt: skip
TIMES = (
    ("crs_onset_day", "Onset of CRS, day: median (range)", "crs_onset"),
    ("crs_duration_days", "Duration of CRS, days: median (range)", "crs_duration"),
    ("neurotoxicity_onset_day", "Onset of neurotoxicity by CTCAE, day: median (range)", "neurotoxicity_onset"),
    (
        "neurotoxicity_duration_days",
        "Duration of neurotoxicity by CTCAE, days: median (range)",
        "neurotoxicity_duration",
    ),
    ("icans_onset_day", "Onset of ICANS, day: median (range)", "icans_onset"),
    ("icans_duration_days", "Duration of ICANS, days: median (range)", "icans_duration"),
    (
        "mnt_onset_day",
        "Onset of movement and neurocognitive events, day: median (range)",
        "delayed_neurotoxicity_onset",
    ),
)
FLAGS = (("vasopressor", "Vasopressor"), ("ventilation", "Mechanical ventilation"))


def build(source: Source) -> Section:
    """Stacked grades by day for each scale and arm, then a table of numbers."""
    figures = [*_figures(source), *_drugs(source)]
    table = _table(source)
    if not figures and not table.rows:
        return missing("toxicity", "Toxicity", "This run has no grades and no toxicity endpoints.")
    return Section(
        "toxicity", "Cytokine release and neurotoxicity", LEAD, tuple([*figures, table] if table.rows else figures)
    )


def _figures(source: Source) -> list[Figure]:
    tables = [
        (arm, title, data)
        for scale, title in SCALES
        for arm in source.arms
        if (data := _by_day(source, arm, scale)) is not None
    ]
    grades = [f"grade_{grade}" for grade in range(1, 5)]
    peak = max((float(data.select(grades).to_numpy().sum(axis=1).max()) for _, _, data in tables), default=0.0)
    top = min(100.0, 10.0 * (int(peak / 10) + 1))
    figures = []
    for arm, title, data in tables:
        shares = [data[f"grade_{grade}"].to_list() for grade in range(1, 5)]
        name = title + (f": {arm}" if len(source.arms) > 1 else "")
        draw = partial(draw_grades, data["day"].to_list(), shares, title="% of patients in follow-up", top_share=top)
        legend = tuple((f"box g{grade}", f"grade {grade}") for grade in range(1, 5))
        figures.append(Figure(name, draw, legend=legend, data=data, half=True))
    return figures


def _drugs(source: Source) -> list[Figure]:
    """Share of infused patients who had received a drug by each day of the first month."""
    import polars as pl

    log = source.frame("log")
    if log.height == 0 or not source.arms:
        return []
    rows, lines = [], []
    for i, arm in enumerate(source.arms):
        n = max(source.patients(arm).height, 1)
        for j, (drug, names) in enumerate((("tocilizumab", ("tocilizumab",)), ("steroids", STEROIDS))):
            chosen = log.filter(
                (pl.col("arm") == arm) & pl.col("drug").is_in(names) & pl.col("day").is_between(0, DAYS[-1])
            )
            first = chosen.group_by("patient").agg(pl.col("day").min())["day"].sort().to_list()
            points = [
                (0.0, 0.0),
                *((day, 100.0 * (k + 1) / n) for k, day in enumerate(first)),
                (float(DAYS[-1]), 100.0 * len(first) / n),
            ]
            name = drug if len(source.arms) == 1 else f"{arm}, {drug}"
            lines.append((points, f"s{(2 * i + j) % 4}", name))
            rows += [(arm, drug, *point) for point in points]
    data = pl.DataFrame(rows, schema=["arm", "drug", "day", "percent_of_infused"], orient="row")
    legend = tuple((f"line {role}", name) for _, role, name in lines)
    return [Figure("First dose given", partial(_draw_drugs, lines), legend=legend, data=data, half=True)]


def _draw_drugs(lines: list[tuple[list[tuple[float, float]], str, str]], width: float) -> str:
    top = max(points[-1][1] for points, _, _ in lines)
    panel = Panel(
        linear(-0.6, DAYS[-1] + 0.6, 46, width - 10, n=6), linear(0, 10 * (int(top / 10) + 1), 220, 30, n=4, unit=" %")
    )
    panel.y_axis("% of infused patients")
    for points, role, _ in lines:
        keep = thinned(points, 200)
        panel.steps([points[k] for k in keep], role)
    panel.x_axis("days from infusion")
    return panel.picture(width, 260, "Share of patients given tocilizumab and steroids by day")


def _by_day(source: Source, arm: str, scale: str) -> pl.DataFrame | None:
    """Per cent of patients in each grade on each day of the first month."""
    import polars as pl

    frame = source.frame("grades")
    if frame.height == 0:
        return None
    rows = frame.filter((pl.col("arm") == arm) & (pl.col("scale") == scale) & pl.col("day").is_between(0, DAYS[-1]))
    if rows.height == 0:
        return None
    shares = [(100.0 * (pl.col("grade") == grade).mean()).alias(f"grade_{grade}") for grade in range(1, 4)]
    shares.append((100.0 * (pl.col("grade") >= 4).mean()).alias("grade_4"))
    return rows.group_by("day").agg(pl.len().alias("patients"), *shares).sort("day")


def _table(source: Source) -> Table:
    columns = ("", *source.arms, "published")
    rows: list[tuple[str, ...]] = []
    for id, words in SHARES:
        cells = []
        for arm in source.arms:
            found = single(source, id, arm)
            cells.append(f"{percent(found.value)} ({percent_interval(found.low, found.high)})" if found else DASH)
        if any(cell != DASH for cell in cells):
            rows.append((words, *cells, _published(source.published(id), "percent")))
    for column, words, id in TIMES:
        cells = [_median(source.patients(arm), column) for arm in source.arms]
        if any(cell != DASH for cell in cells):
            rows.append((words, *cells, _published(source.published(id), "day")))
    for column, words in FLAGS:
        cells = [percent(share(source.patients(arm), column)) for arm in source.arms]
        if any(cell != DASH for cell in cells):
            rows.append((words, *cells, DASH))
    rows += _doses(source)
    note = "Shares of infused patients with exact 95 % intervals; CRS on the Penn scale where no other is named."
    return Table(columns, tuple(rows), title="Toxicity and its management", note=note)


def _doses(source: Source) -> list[tuple[str, ...]]:
    """How many doses of tocilizumab those treated received."""
    if not source.has("patients") or "n_tocilizumab" not in source.frame("patients").columns:
        return []
    cells = []
    for arm in source.arms:
        doses = numbers(source.patients(arm), "n_tocilizumab")
        given = doses[doses > 0]
        cells.append(f"{percent(float((given > 1).mean()))} of those treated" if given.size else DASH)
    return [("More than one dose of tocilizumab", *cells, DASH)]


def _median(patients: pl.DataFrame, column: str) -> str:
    values = numbers(patients, column)
    return spread(*middle(values), 2) if values.size else DASH


def _published(rows: list[Any], unit: str) -> str:
    for row in rows:
        if row.unit == "percent" == unit:
            interval = percent_interval(*(None if v is None else v / 100 for v in (row.ci_low, row.ci_high)))
            return f"{row.value:.0f} %{f' ({interval})' if interval else ''}"
        if row.unit == unit:
            return spread(row.value, row.spread_low, row.spread_high, 2)
    return DASH
