"""What differs between the arms: tests of independent groups in a randomised trial, paired differences otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.outcome.everyone import why_untested
from livingdrug.reports.endpoint_rows import CELLS, estimate_words, name_with_time
from livingdrug.reports.estimates import Estimate
from livingdrug.reports.page import Section, Table
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, listed, unit

if TYPE_CHECKING:
    from livingdrug.catalog.records.trial import Stratum
    from livingdrug.outcome.endpoint_result import EndpointResult

ORDER = 15
RANDOMISED = (
    "Each person is in one arm, so the arms are independent groups and a test may be asked. It tells how surprising the "
    "difference would be by chance alone in a trial of this size; it does not hold the uncertainty of the model. Everyone "
    "randomised is counted, in the arm they were randomised to and whether treated or not: numbers differ from those told "
    "elsewhere among the treated."
)
STRATIFIED = " Tests compare within the strata of the design ({})."
NOT_TESTED = (
    'In Python, result.endpoint(…).compare(among="own") tests those whom an endpoint counts; arms may then differ by who '
    "was lost before."
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
    marks, group, untested = [], "", []
    cells = all(source.has_cells(arm) for arm in source.arms)
    for found in source.endpoints():
        if found.record.group == CELLS and not cells:
            continue  # getting the cells is no difference to an arm that has none
        if (asked and found.id not in asked) or (randomised and found.record.from_enrolment in asked):
            continue  # what the trial itself asks from enrolment is told once
        if randomised and (reason := _why_not(found)):
            untested.append((found.title, reason))
            continue
        told = [_tested(found)] if randomised else _paired(found)
        if told and found.record.group != group:
            group = found.record.group
            marks.append((len(rows), "group"))
            rows.append((GROUPS[group], *[""] * (len(told[0]) - 1)))
        rows += told
    if not rows and not untested:
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
    tables = [Table(columns, tuple(rows), title=title, marks=tuple(marks))] if rows else []
    if untested:
        tables.append(Table(("", "why"), _gathered(untested), title="Not tested", note=NOT_TESTED, words=(1,)))
    lead = RANDOMISED + _strata(source) if randomised else PAIRED
    return Section("between", "Between the arms", lead, tuple(tables))


def _strata(source: Source) -> str:
    told = [strata_words(one, source) for one in source.trial.planned_design.strata]
    return STRATIFIED.format("; ".join(told)) if told else ""


def strata_words(one: Stratum, source: Source) -> str:
    """A stratum of the design in words: what it is, and the limits of its classes."""
    population = source.record("population", source.trial.population)
    covariate = population.covariate.get(one.covariate) if population is not None else None
    name = covariate.meaning if covariate is not None else one.covariate
    return f"{name}, above {listed([f'{limit:g}' for limit in one.above])}"


def _gathered(untested: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Titles of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for title, reason in untested:
        by_reason.setdefault(reason, []).append(title)
    return tuple(("; ".join(titles), reason) for reason, titles in by_reason.items())


def _why_not(found: EndpointResult) -> str:
    """Why an endpoint is not tested, in a sentence; empty when it is."""
    if found.by_everyone() is None:
        return f"{why_untested(found.record)}."
    try:
        found.compare()
    except LivingDrugError as problem:
        return str(problem).splitlines()[0]
    return ""


def _tested(found: EndpointResult) -> tuple[str, ...]:
    whole, test = found.by_everyone() or found, found.compare()
    name = name_with_time(whole.record, whole.title) if whole.over_time else whole.title
    return (name, *(_one(whole, arm) for arm in found.arms), str(test["test"]), _p(test["p_value"]))


def _one(found: EndpointResult, arm: str) -> str:
    """The number of an arm with its interval, and below it how many were counted."""
    row = found.shown().rows(arm)[0]
    if not row.known:
        return row.absent
    share = row.measure in found.shares
    low, high = (float("nan") if side is None else side for side in (row.ci_low, row.ci_high))
    told = Estimate(float(row.estimate or 0.0), low, high, row.n, row.n_events, unit(row.unit), share)
    return f"{estimate_words(told)}\nof {row.n:,}"


def _paired(found: EndpointResult) -> list[tuple[str, ...]]:
    try:
        frame = found.shown().paired()  # a curve is told at the time of its single number
    except LivingDrugError:
        return []
    rows = []
    for one in frame.iter_rows(named=True):
        if one["difference"] is None or not one["n_pairs"]:
            continue  # nobody has a value in both arms
        when = f" at {one['time']:g} {one['time_unit']}s" if one["time"] is not None else ""
        how = one["shown_as"]
        apart, low, high = (_number(one[name], how) for name in ("difference", "ci_low", "ci_high"))
        tail = {"share": " points", "ratio": " times"}.get(how, f" {unit(one['unit'])}").rstrip()
        interval = f"{low} to {high}" if DASH not in (low, high) else DASH
        of = "" if how == "share" else f", {one['statistic'].removeprefix('ratio of ').removesuffix('s')}"
        rows.append(
            (f"{found.title}{of}{when}", one["reference"], one["arm"], f"{apart}{tail}", interval, str(one["n_pairs"]))
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
