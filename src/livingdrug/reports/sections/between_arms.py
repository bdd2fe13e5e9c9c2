"""What differs between the arms: tests of independent groups in a randomised trial, paired differences otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.page import Section, Table
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, unit

if TYPE_CHECKING:
    from livingdrug.outcome.endpoint_result import EndpointResult

ORDER = 15
RANDOMISED = (
    "Each person is in one arm, so the arms are independent groups and a test may be asked. It tells how surprising the "
    "difference would be by chance alone in a trial of this size; it does not hold the uncertainty of the model. Rows counted among the "
    "treated leave out who was lost before treatment began, which may differ between arms: only rows from enrolment (with every "
    "patient randomised in n) compare what randomisation made alike."
)
PAIRED = (
    "Every arm holds the same virtual people: differences are within persons, and a test for independent groups has no "
    "meaning here. Intervals tell how far the number of patients simulated blurs the difference."
)


def section(source: Source) -> Section | None:
    """One row an endpoint under the heading of its group; nothing for a trial with one arm."""
    if len(source.arms) < 2:
        return None
    randomised = source.trial.planned_design.kind == "randomised"
    asked = {use.id for use in source.trial.endpoints}
    rows: list[tuple[str, ...]] = []
    marks, group = [], ""
    for found in source.endpoints():
        told = [] if asked and found.id not in asked else [_tested(found)] if randomised else _paired(found)
        if told and found.record.group != group:
            group = found.record.group
            marks.append((len(rows), "group"))
            rows.append((GROUPS[group], *[""] * (len(told[0]) - 1)))
        rows += told
    if not rows:
        return None
    pair = len(source.arms) == 2
    if randomised:
        columns, title = ("", *source.arms, "test", "p"), ""
    elif pair:  # whom against whom needs no columns
        columns = ("", "difference", "95 % interval", "pairs")
        title = f"{source.arms[1]}, against {source.arms[0]}"
        rows = [(row[0], *row[3:]) for row in rows]
    else:
        columns, title = ("", "against", "arm", "difference", "95 % interval", "pairs"), ""
    table = Table(columns, tuple(rows), title=title, marks=tuple(marks))
    return Section("between", "Between the arms", RANDOMISED if randomised else PAIRED, (table,))


def _tested(found: EndpointResult) -> tuple[str, ...]:
    heads = [found.headline(arm) for arm in found.arms]
    try:
        test = found.compare()
    except LivingDrugError:
        return (found.title, *heads, "–", "")
    return (found.title, *heads, str(test["test"]), _p(test["p_value"]))


def _paired(found: EndpointResult) -> list[tuple[str, ...]]:
    try:
        frame = found.paired()
    except LivingDrugError:
        return []
    rows = []
    shown = found.record.time_shown
    times = [time for time in frame["time"].unique() if time is not None]
    nearest = min(times, key=lambda time: abs(time - shown)) if times and shown is not None else None
    for one in frame.iter_rows(named=True):
        if nearest is not None and one["time"] != nearest:
            continue  # a curve is told at the time of its single number
        when = f" at {one['time']:g} {one['time_unit']}s" if one["time"] is not None else ""
        how = one["shown_as"]
        apart, low, high = (_number(one[name], how) for name in ("difference", "ci_low", "ci_high"))
        tail = {"share": " points", "ratio": " times"}.get(how, f" {unit(one['unit'])}").rstrip()
        interval = f"{low} to {high}" if DASH not in (low, high) else DASH
        rows.append(
            (f"{found.title}{when}", one["reference"], one["arm"], f"{apart}{tail}", interval, str(one["n_pairs"]))
        )
    return rows


def _number(value: Any, how: str) -> str:
    if value is None:
        return DASH
    match how:
        case "share":
            told = f"{100 * value:+.1f}"
        case "ratio":
            told = f"{value:.3g}"
        case _:
            told = f"{value:+.3g}"
    return told.replace("-", "−") if float(told) else "0"


def _p(value: Any) -> str:
    return DASH if value is None else "below 0.001" if value < 0.001 else f"{value:.3f}"
