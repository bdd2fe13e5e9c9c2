"""What differs between the arms: tests of independent groups in a randomised trial, paired differences otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports.page import Section, Table
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH

if TYPE_CHECKING:
    from livingdrug.outcome.endpoint_result import EndpointResult

ORDER = 15
RANDOMISED = (
    "Each person is in one arm, so the arms are independent groups and a test may be asked. It tells how surprising the "
    "difference would be by chance alone in a trial of this size; it does not hold the uncertainty of the model."
)
PAIRED = (
    "Every arm holds the same virtual people: differences are within persons, and a test for independent groups has no "
    "meaning here. Intervals tell how far the number of patients simulated blurs the difference."
)


def section(source: Source) -> Section | None:
    """One row an endpoint; nothing for a trial with one arm."""
    if len(source.arms) < 2:
        return None
    randomised = source.trial.planned_design.kind == "randomised"
    rows = []
    for use in source.trial.endpoints:
        found = source.endpoint(use.id)
        if found is None:
            continue
        rows += [_tested(found)] if randomised else _paired(found)
    if not rows:
        return None
    columns = (
        ("", *source.arms, "test", "p")
        if randomised
        else ("", "against", "arm", "difference", "95 % interval", "pairs")
    )
    return Section("between", "Between the arms", RANDOMISED if randomised else PAIRED, (Table(columns, tuple(rows)),))


def _tested(found: EndpointResult) -> tuple[str, ...]:
    heads = [found.headline(arm) for arm in found.arms]
    try:
        test = found.compare()
    except LivingDrugError:
        return (found.title, *heads, "not tested", "")
    return (found.title, *heads, str(test["test"]), _p(test["p_value"]))


def _paired(found: EndpointResult) -> list[tuple[str, ...]]:
    try:
        frame = found.paired()
    except LivingDrugError:
        return []
    rows = []
    for one in frame.iter_rows(named=True):
        when = f", {one['time']:g} {one['time_unit']}" if one["time"] is not None else ""
        how = one["shown_as"]
        apart, low, high = (_number(one[name], how) for name in ("difference", "ci_low", "ci_high"))
        tail = {"share": " points", "ratio": " times"}.get(how, f" {one['unit']}").rstrip()
        interval = f"{low} to {high}" if DASH not in (low, high) else DASH
        rows.append(
            (f"{found.title}{when}", one["reference"], one["arm"], f"{apart}{tail}", interval, str(one["n_pairs"]))
        )
    return rows


def _number(value: Any, how: str) -> str:
    if value is None:
        return DASH
    return f"{100 * value:+.1f}" if how == "share" else f"{value:.3g}" if how == "ratio" else f"{value:+.3g}"


def _p(value: Any) -> str:
    return DASH if value is None else "below 0.001" if value < 0.001 else f"{value:.3f}"
