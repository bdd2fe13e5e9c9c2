"""Endpoints as rows of a table: the name, a cell for each arm, and the published value beside them.

One loop for every table: what is told, under which name and in which order stands in the endpoint's file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from livingdrug.foundation.units import factor
from livingdrug.reports.estimates import Estimate, at_day, single
from livingdrug.reports.everyone import estimate_of, whom
from livingdrug.reports.page import Table
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, percent, percent_interval, plain, spread, unit
from livingdrug.trial.published import days_of

if TYPE_CHECKING:
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.catalog.records.evidence import Published
    from livingdrug.outcome.endpoint_result import EndpointResult

CELLS = "manufacturing"
"""Group of the endpoints of getting the cells: an arm without cells has none."""
SAME_TIME = 5.0  # a published time within so many days is the same time


def endpoint_table(source: Source, *groups: str, title: str = "", note: str = "") -> Table | None:
    """Every endpoint of some groups, one a row; None when there is none."""
    return table_of(source, source.endpoints(*groups), title=title, note=note)


def table_of(source: Source, found: Iterable[EndpointResult], *, title: str = "", note: str = "") -> Table | None:
    """Endpoints as a table; those without a number in any arm are left out, and None stands for an empty table."""
    rows = []
    for one in found:
        cells = [cell(source, one, arm) for arm in source.arms]
        if any(value != DASH for value in cells):
            rows.append(
                (label(one, whom(source, one)), *cells, *([published_cell(source, one)] if source.evidence else []))
            )
    columns = ("", *source.arms, *(["published"] if source.evidence else []))
    return Table(columns, tuple(rows), title=title, note=note) if rows else None


def estimate(source: Source, record: Endpoint, arm: str) -> Estimate | None:
    """The one number of an endpoint in an arm; of a time to event, at the time it is told at."""
    if record.group == CELLS and not source.has_cells(arm):
        return None  # nothing is made there, so nothing can fail
    time = record.time_shown
    if time is None:
        return single(source, record.id, arm)
    return at_day(source, record.id, arm, time * factor(record.at_unit, "day"))


def name_with_time(record: Endpoint, name: str) -> str:
    """``"OS at 12 months"``; the name alone for what has no time.

    Examples
    --------
    >>> from livingdrug.catalog.load import Catalog
    >>> name_with_time(Catalog().load("endpoint", "os"), "OS, enrolled")
    'OS at 12 months, enrolled'
    """
    time = record.time_shown
    if time is None:
        return name
    what, comma, whom = name.partition(", ")
    return f"{what} at {time:g} {record.at_unit}{'' if time == 1 else 's'}{comma}{whom}"


def label(found: EndpointResult, whom: str = "") -> str:
    """The title with its time and with whom it counts, and below it what is told of an amount."""
    record, asked = found.record, found.asked
    if found.shares:
        return name_with_time(record, record.title) + whom
    how, one = asked.estimator.beside(asked), asked.estimator.unit(asked)
    told = one and not record.title.startswith("Day")  # "Day of the highest level" needs no unit
    return f"{record.title}{whom}, {unit(one)}\n{how}" if told else f"{record.title}{whom}\n{how}"


def cell(source: Source, found: EndpointResult, arm: str) -> str:
    """A share with its interval and count, or an amount with what its estimator sets beside it."""
    if not found.shares:
        return amount(found, arm) if found.record.group != CELLS or source.has_cells(arm) else DASH
    one = estimate(source, found.record, arm) if source.endpoint(found.id) is found else estimate_of(found, arm)
    if one is None:
        return DASH
    counts = f"\n{one.n_events:,} of {one.n:,}" if one.n_events is not None and one.share else ""
    return estimate_words(one) + counts


def estimate_words(one: Estimate) -> str:
    """A share in per cent, or a number with its unit; with the interval of either.

    Examples
    --------
    >>> estimate_words(Estimate(0.48, 0.41, 0.55, 219, 105, "", True)), estimate_words(Estimate(17.5, 16, 19, 99, 40, "month", False))
    ('48 % (41–55)', '17.5 (16–19) month')
    """
    if one.share:
        interval = percent_interval(one.low, one.high)
        return percent(one.value) + (f" ({interval})" if interval else "")
    return f"{spread(one.value, one.low, one.high)} {one.unit}".strip()


def amount(found: EndpointResult, arm: str) -> str:
    """``30,900 (74 %)`` or ``11 (3–23)``; a dash without any."""
    one = found.cell(arm) if arm in found.arms else None
    if one is None:
        return DASH
    if one.cv_percent == one.cv_percent:
        return f"{plain(one.value)} ({one.cv_percent:.0f} %)"
    return spread(one.value, one.low, one.high)


def published_row(source: Source, found: EndpointResult) -> Published | None:
    """The published row that stands beside the one number of an endpoint: of the same time and sort, the preferred one."""
    record, own = found.record, source.endpoint(found.id)
    if own is None or own.record.among != record.among:
        return None  # what is published under this id counts others
    day = None if record.time_shown is None else record.time_shown * factor(record.at_unit, "day")
    for row in source.published(record.id):
        here = day is None or abs((days_of(row.at) or -99.0) - day) < SAME_TIME
        if here and (row.unit == "percent") == bool(found.shares):
            return row
    return None


def published_cell(source: Source, found: EndpointResult) -> str:
    """The published value as the simulated one is told; a dash when none is in the catalogue."""
    row = published_row(source, found)
    return DASH if row is None else published_words(row)


def published_words(row: Published, *, short: bool = False) -> str:
    """``"81 % (71–89)"`` and below it the count; or a quantity with its spread and what it is."""
    if row.unit == "percent":
        interval = percent_interval(*(None if v is None else v / 100 for v in (row.ci_low, row.ci_high)))
        counts = f"\n{row.numerator} of {row.n}" if row.numerator is not None and row.n and not short else ""
        return f"{row.value:.0f} %" + (f" ({interval})" if interval else "") + counts
    if row.cv_percent:
        return f"{plain(row.value)} ({row.cv_percent:.0f} %)"
    return spread(row.value, row.spread_low, row.spread_high) + (" IQR" if row.spread == "iqr" else "")
