"""The result of a run as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.reports.comparison import compare
from livingdrug.reports.endpoint_rows import (
    CELLS,
    estimate,
    estimate_words,
    name_with_time,
    published_row,
    published_words,
)
from livingdrug.reports.everyone import MARKED, NOTE, TREATED, among_word, estimate_of, is_randomised
from livingdrug.reports.head import one_line
from livingdrug.reports.randomised import safely
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, plain, unit

LONG = 24
"""Rows; the usual terminal shows as many."""

if TYPE_CHECKING:
    from rich.console import Group

    from livingdrug.catalog.load import Catalog
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.trial.result import Result


def summary(result: Result, *, published: bool = True, catalog: Catalog | None = None) -> Group:
    """The endpoints that a run's trial asks for, one a line, arm by arm, with the published values beside them.

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
    Something `rich.console.Console.print` prints. What matters most stands last, where a terminal stops.
    """
    from rich.console import Group
    from rich.text import Text

    from livingdrug.reports.html import open_source

    source = open_source(result, published=published, catalog=catalog)
    parts: list[Any] = [_table(source), *_whom(source), *_between(source), Text(""), Text(one_line(source))]
    judged = [c for c in compare(source)[0] if c.inside is not None]
    if judged:
        met = sum(bool(c.inside) for c in judged)
        parts.append(Text(f"Inside the published 95 % interval: {met} of {len(judged)} results."))
    failed = source.frame("failed").height
    if failed:
        words = f"{failed} courses did not finish; they are in failed.parquet and in no endpoint."
        parts.append(Text(words, style="bold"))
    parts += [Text(f"{line[:1].upper()}{line[1:]}.", style="bold") for line in source.standing]
    return Group(*parts, Text("Simulation; not for patient care.", style="dim"))


def _whom(source: Source) -> list[Any]:
    """Whom the table of a randomised trial counts."""
    from rich.text import Text

    if not is_randomised(source):
        return []
    some = any(among_word(one) == TREATED for one in _told(source))
    return [Text(f"{NOTE}{f'; {MARKED}' if some else ''}.", style="dim")]


def _told(source: Source) -> list[EndpointResult]:
    """The endpoints of the table; of a randomised trial as everyone randomised answers them, each once."""
    asked = {use.id for use in source.trial.endpoints}
    found: dict[tuple[str, str], EndpointResult] = {}
    for one in source.endpoints():
        first = one.told_first()
        if (not asked or one.id in asked) and any(_cell(source, first, arm) != DASH for arm in source.arms):
            found.setdefault((first.id, first.record.among), first)
    return list(found.values())


def _between(source: Source) -> list[Any]:
    """How much the arms of a randomised trial differ, one line an endpoint and measure; nothing for another trial."""
    from rich.text import Text

    from livingdrug.reports.narrow import Sheet

    found = safely(source)
    if not found:
        return []
    several = len({(one.arm, one.reference) for one in found}) > 1
    table = Sheet(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(f"{found[0].arm} against {found[0].reference}" if not several else "", overflow="fold")
    table.add_column("", overflow="fold")
    table.add_column("estimate (95 %)", justify="right", overflow="fold")
    for one in found:
        name = f"{one.arm}: " if several else ""
        table.add_row(Text(name + one.endpoint.record.name), Text(one.what), Text(one.number))
    return [Text(""), table]


def _table(source: Source) -> Any:
    """One line an endpoint under the heading of its group."""
    from rich.text import Text

    from livingdrug.reports.narrow import Sheet

    with_published = source.evidence is not None
    table = Sheet(box=None, padding=(0, 2, 0, 0), header_style="bold", footer_style="bold")
    table.add_column("", overflow="fold")
    for arm in source.arms:
        table.add_column(arm, footer=arm, justify="right", overflow="fold")
    if with_published:
        table.add_column("published", footer="published", justify="right", style="dim", overflow="fold")
    group = ""
    for one in _told(source):
        cells = [_cell(source, one, arm) for arm in source.arms]
        if one.record.group != group:
            group = one.record.group
            table.add_row(Text(GROUPS[group], style="bold"))
        row = published_row(source, one)
        beside = [published_words(row, short=True) if row is not None else DASH] if with_published else []
        table.add_row(_name(source, one), *cells, *beside)
    table.show_footer = (
        table.row_count > LONG
    )  # where the headings have left the screen, the foot says whose numbers these are
    return table


def _name(source: Source, one: EndpointResult) -> str:
    of = one.asked.estimator.unit(one.asked)
    whom = f", {TREATED}" if is_randomised(source) and among_word(one) == TREATED else ""
    return name_with_time(one.record, one.record.name) + (f", {unit(of)}" if of else "") + whom


def _cell(source: Source, one: EndpointResult, arm: str) -> str:
    if one.record.group == CELLS and not source.has_cells(arm):
        return DASH  # nothing is made there, so nothing can fail
    found = estimate_of(one, arm) if is_randomised(source) else estimate(source, one.record, arm)
    if found is None:
        return DASH
    if found.share:
        return estimate_words(found)
    return (
        f"{plain(found.value)} {'' if one.record.unit else found.unit}".strip()
    )  # a unit of the record's stands with the name
