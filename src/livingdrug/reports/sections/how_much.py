"""How much the arms of a randomised trial differ: hazard ratios, restricted means and differences, and a forest of subgroups."""

from __future__ import annotations

import math
from functools import partial

from livingdrug.outcome.effect_between import Effect
from livingdrug.reports.charts.forest import Pair, draw_forest, pairs_frame
from livingdrug.reports.page import Figure, Section, Table
from livingdrug.reports.randomised import by_subgroup, main_curve, pairs, told
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH

ORDER = 16
LEAD = (
    "Everybody randomised is counted in the arm they were randomised to. Hazard ratios are Cox's{strata}; below 1 "
    "the event comes later or less often with {arm}. Restricted means run up to the last time at which both arms are watched. Intervals of "
    "95 % hold the chance of the patients drawn, not the uncertainty of the model; subgroups are told without a test."
)
NOTE = "{strata}One with fewer than four events tells no ratio."


def section(source: Source) -> Section | None:
    """Effects of every endpoint, and the main curve in subgroups; nothing for a trial that was not randomised."""
    found = list(told(source))
    if not found:
        return None
    rows = tuple(
        (f"{one.endpoint.title}\n{one.arm} against {one.reference}", one.what, one.number, f"{one.effect.n:,}")
        for one in found
    )
    parts: list[Table | Figure] = [Table(("", "measure", "estimate, 95 % interval", "patients"), rows, words=(1, 2))]
    strata = bool(source.trial.planned_design.strata)
    lead = LEAD.format(arm=found[0].arm, strata=", within the strata of the design" if strata else "")
    curve = main_curve(source)
    if curve is None:
        return Section("how-much", "How much the arms differ", lead, tuple(parts))
    for arm, reference in pairs(source):
        groups = by_subgroup(source, curve, arm, reference)
        known = {name: one for name, one in groups.items() if one is not None}
        if known:
            parts += [_forest(f"{curve.title}: {arm} against {reference}", known, strata), _table(groups)]
    return Section("how-much", "How much the arms differ", lead, tuple(parts))


def _forest(title: str, groups: dict[str, Effect], strata: bool) -> Figure:
    note = NOTE.format(strata="Subgroups are not stratified. " if strata else "")
    ratio = next(iter(groups.values())).measure == "hazard ratio"
    low, high = (0.1, 10.0) if ratio else (-100.0, 100.0)
    inside = partial(_held, low=low, high=high)
    pairs_ = [
        Pair(
            name, "All and subgroups", (math.nan, None, None), (inside(one.estimate), inside(one.low), inside(one.high)), None, _words(one)
        )
        for name, one in groups.items()
    ]  # fmt: skip
    draw = partial(
        draw_forest,
        pairs_,
        title="hazard ratio" if ratio else "difference, points",
        low=low,
        high=high,
        log=ratio,
        null=1.0 if ratio else 0.0,
    )
    return Figure(
        title, draw, legend=(("simulated", "estimate, 95 % interval"),), caption=note, data=pairs_frame(pairs_)
    )


def _held(value: float, low: float, high: float) -> float:
    """The value, held to the ends of the axis."""
    return min(max(value, low), high)


def _table(groups: dict[str, Effect | None]) -> Table:
    rows = tuple(
        (name, _words(one) if one else DASH, f"{one.events:,} of {one.n:,}" if one else DASH)
        for name, one in groups.items()
    )
    return Table(("", "estimate, 95 % interval", "events of patients"), rows)


def _words(one: Effect) -> str:
    if one.measure == "hazard ratio":
        return f"{one.estimate:.2f} ({one.low:.2f} to {one.high:.2f})"
    return f"{one.estimate:+.1f} points ({one.low:+.1f} to {one.high:+.1f})".replace("-", "−")
