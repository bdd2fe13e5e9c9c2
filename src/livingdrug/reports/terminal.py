"""The result of a run as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.reports.comparison import compare
from livingdrug.reports.estimates import at_day, single
from livingdrug.reports.sections.header import one_line
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval, plain, unit

if TYPE_CHECKING:
    from rich.console import Group

MONTH = 365.25 / 12
ROWS = (
    ("infused", None, "Infused, of enrolled"), ("cr_cri_3mo", None, "Remission within 3 months"),
    ("lugano_orr", None, "Response of lymphoma"), ("imwg_orr", None, "Response of myeloma"),
    ("efs", 12, "Event-free at 12 months"), ("pfs", 12, "Progression-free at 12 months"), ("os", 12, "Alive at 12 months"), ("rfs", 12, "Relapse-free at 12 months, responders"),
    ("crs_any", None, "Cytokine release, any grade"), ("crs_severe", None, "Cytokine release, grade ≥ 3"),
    ("crs_any_lee", None, "Cytokine release by Lee, any grade"), ("crs_severe_lee", None, "Cytokine release by Lee, grade ≥ 3"),
    ("crs_any_astct", None, "Cytokine release by ASTCT, any grade"), ("neurotoxicity_severe", None, "Neurotoxicity by CTCAE, grade ≥ 3"),
    ("icans_severe", None, "ICANS, grade ≥ 3"), ("delayed_neurotoxicity", None, "Movement and neurocognitive events"), ("tocilizumab_use", None, "Tocilizumab"),
    ("b_cell_aplasia", 6, "B-cell aplasia at 6 months"), ("cmax", None, "Cmax, copies/µg"), ("tmax", None, "Tmax, days"),
)  # fmt: skip


def summary(result: Any, *, published: bool = True, catalog: Any = None) -> Group:
    """The main endpoints of a run, arm by arm, with the published values beside them.

    Parameters
    ----------
    result
        A `livingdrug.trial.result.Result`.
    published
        Whether to show the trial's published values.
    catalog
        Where these are looked up; the result's own or the default one when omitted.

    Returns
    -------
    Something `rich.console.Console.print` prints.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from livingdrug.reports.html import open_source

    source = open_source(result, published=published, catalog=catalog)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for arm in source.arms:
        table.add_column(arm, justify="right")
    if source.evidence is not None:
        table.add_column("published", justify="right", style="dim")
    for id, month, words in ROWS:
        cells = [_cell(source, id, month, arm) for arm in source.arms]
        if any(cell != DASH for cell in cells):
            table.add_row(words, *cells, *([_published(source, id, month)] if source.evidence is not None else []))
    parts: list[Any] = [Text(one_line(source)), Text(""), table]
    judged = [c for c in compare(source)[0] if c.inside is not None]
    if judged:
        met = sum(bool(c.inside) for c in judged)
        parts += [Text(""), Text(f"Inside the published 95 % interval: {met} of {len(judged)} results.")]
    failed = source.frame("failed").height
    if failed:
        parts.append(
            Text(f"{failed} courses did not finish; they are in failed.parquet and in no endpoint.", style="bold")
        )
    return Group(*parts, Text("Simulation; not for patient care.", style="dim"))


def _cell(source: Source, id: str, month: int | None, arm: str) -> str:
    found = single(source, id, arm) if month is None else at_day(source, id, arm, month * MONTH)
    if found is None:
        return DASH
    if found.share:
        interval = percent_interval(found.low, found.high)
        return percent(found.value) + (f" ({interval})" if interval else "")
    return plain(found.value)


def _published(source: Source, id: str, month: int | None) -> str:
    for row in source.published(id):
        if month is not None and row.at != f"{month} month":
            continue
        if row.unit == "percent":
            interval = percent_interval(*(None if v is None else v / 100 for v in (row.ci_low, row.ci_high)))
            return f"{row.value:.0f} %" + (f" ({interval})" if interval else "")
        return plain(row.value) + (f" {unit(row.unit)}" if row.unit not in ("day", "copy/ug") else "")
    return DASH
