"""A calibration as a page: how it fits, what it predicts of trials left out, what it learned and what it did not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livingdrug.fitting.joint.between import scale_of
from livingdrug.fitting.joint.fit import Z90, Compared, Share, compared, learned, shares, strong_correlations, worst
from livingdrug.fitting.joint.leave_out import Family, Predicted, scores
from livingdrug.fitting.joint.profiles import EXPECTED_RISE
from livingdrug.fitting.joint.rows import RECALLED, about_in_words
from livingdrug.fitting.joint.told import Told
from livingdrug.reports.charts.agreement import Agreement, draw_agreement
from livingdrug.reports.charts.forest import Pair, draw_forest
from livingdrug.reports.html import page, write_page
from livingdrug.reports.page import Card, Cards, Figure, Note, Section, Table
from livingdrug.reports.words import DASH, plain

LEAD = (
    "All calibration trials fitted at once. Agreement with rows that were fitted to is a fit, not a prediction; trials left out say how "
    "well a trial is predicted by the others."
)
FAR_OFF = 3.0
SCALES = {"share": "shares", "amount": "amounts, times", "spread": "spread between patients"}
DECADES = 0.05


def write_calibration(told: Told, path: str | Path, *, asked: Mapping[str, Any]) -> Path:
    """Write a calibration as one self-contained HTML page.

    Parameters
    ----------
    told
        The calibration and what was asked of it.
    path
        The file to write.
    asked
        What the calibration was, as in its folder.
    """
    rows = compared(told.calibrated)
    sections = [_fit(rows), _left_out(told), _numbers(told), _between(told), _profiles(told)]
    facts = [f"{len(told.calibrated.problem.bench.trials)} trials", f"{asked['patients']} patients each", f"seed {asked['seed']}",
             f"{len(told.calibrated.free)} free numbers"]  # fmt: skip
    text = page(
        "Calibration", "All trials at once", LEAD, facts, [one for one in sections if one], cards=_cards(told, rows),
        version=asked.get("livingdrug"),
    )  # fmt: skip
    return write_page(Path(path), text)


def _cards(told: Told, rows: Sequence[Compared]) -> Cards:
    read = [one for one in rows if one.seen and one.row.read and not one.row.within]
    inside = shares(read, by="trial")[-1]
    cards = [
        Card("Rows read, inside 90 %", _percent(inside.inside_all, inside.n),
             f"{inside.n} rows; at the point itself {_percent(inside.inside, inside.n)}, by sampling alone {_percent(inside.inside_sampling, inside.n)}"),
        Card("Free numbers", str(len(told.calibrated.free)), f"{sum(not one.identified for one in learned(told.calibrated))} not identified"),
    ]  # fmt: skip
    if told.left_out:
        whole = scores(told.left_out)[-1]
        cards.append(
            Card(
                "Left out, inside 90 %",
                f"{100 * whole.coverage:.0f} %",
                f"median width {whole.width:.1f} × pure sampling",
            )
        )
        cards.append(Card("Interval score", f"{whole.score:.1f}", "in widths of pure sampling; 1 would be the truth"))
    return Cards(tuple(cards))


def _fit(rows: Sequence[Compared]) -> Section:
    seen = [one for one in rows if one.seen]
    tables = [_share_table(shares(seen, by=by), title) for by, title in (("about", "By class"), ("trial", "By trial"))]
    far = worst(seen, 15)
    table = Table(
        ("", "trial", "published", "simulated", "z, sampling", "z, trials differ", "z, all"),
        tuple((one.row.label, one.row.trial, _told(one.row.shown(one.row.number)), _told(one.shown),
               f"{one.z_sampling:+.1f}", f"{one.z:+.1f}", f"{one.z_all:+.1f}") for one in far),
        title="Farthest off", roomy=True, marks=tuple((i, "misfit") for i, one in enumerate(far) if abs(one.z_all) > FAR_OFF),
    )  # fmt: skip
    lead = (
        "Sampling: the error of the published number and of the patients simulated. And trials: with the difference between trials. "
        "And numbers (z, all): with what the free numbers leave open, too, as any trial is told. "
        f"A row recalled, not read, weighs {1 / RECALLED**2:g}."
    )
    points = [
        (one.row, Agreement(one.row.shown(one.row.number), one.shown,
                            one.row.shown(one.expected - Z90 * one.sd),
                            one.row.shown(one.expected + Z90 * one.sd), abs(one.z_all) <= Z90, _tip(one.row, one.shown)))
        for one in seen if one.answered
    ]  # fmt: skip
    return Section("fit", "The fit", lead, (*tables, *_agreements(points, "simulated"), table))


def _left_out(told: Told) -> Section | None:
    if not told.left_out:
        return None
    points = [
        (one.row, _agreement(one))
        for family in told.left_out
        for one in family.rows
        if one.row.published.use == "calibration"
    ]
    table = Table(
        ("family left out", "rows read", "inside 90 %", "width", "interval score"),
        tuple((one.heading.replace("_", " "), str(one.n), f"{100 * one.coverage:.0f} %", f"{one.width:.1f}", f"{one.score:.1f}")
              for one in scores(told.left_out)),
        note="Width and score in widths of pure sampling: the median, and the mean.",
    )  # fmt: skip
    parts: list[Any] = [table, *_agreements(points, "predicted")]
    parts += [_refit_table(family, told.left_out) for family in told.refitted]
    lead = (
        "Each trial, with its family, predicted by a fit that never saw it: intervals hold the parameters, the difference between "
        "trials, between patients, and the sampling of both. A trial's own product falls back to its prior."
    )
    return Section("left-out", "Trials left out", lead, tuple(parts))


def _refit_table(family: Family, one_step: Sequence[Family]) -> Table:
    quick = {
        (one.row.trial, one.row.label): one for other in one_step if other.name == family.name for one in other.rows
    }
    rows = []
    for one in family.rows:
        other = quick.get((one.row.trial, one.row.label))
        if other is not None and one.row.published.use == "calibration":
            rows.append((one.row.label, _told(one.row.shown(one.row.number)), _told(one.row.shown(other.expected)),
                         _told(one.row.shown(one.expected)), f"{abs(other.expected - one.expected) / one.sd:.2f}"))  # fmt: skip
    return Table(("", "published", "one step", "whole search", "apart, in sd"), tuple(rows),
                 title=f"One step against a whole search: {family.name.replace('_', ' ')}", roomy=True)  # fmt: skip


def _numbers(told: Told) -> Section:
    found = learned(told.calibrated)
    law = told.calibrated.posterior()
    pairs = []
    for one, free, mean, sd in zip(found, told.calibrated.free, law.mean, law.sd, strict=True):
        middle, half = (mean - free.centre) / free.width, 1.645 * sd / free.width
        tip = f"{one.name}: {_three(one.before)} before, {_three(one.after)} after {one.unit}"
        pairs.append(Pair(one.name, one.level, (0.0, -1.645, 1.645), (middle, middle - half, middle + half), None, tip))
    pairs.sort(key=lambda pair: pair.group)
    figure = Figure(
        "Prior and posterior", lambda width: draw_forest(pairs, width, title="standard deviations of the prior", low=-3, high=3, log=False),
        caption="90 % intervals, in standard deviations of the prior.", legend=(("published", "prior"), ("simulated", "posterior")),
    )  # fmt: skip
    table = Table(
        ("", "level", "prior (90 %)", "posterior (90 %)", "unit", "learned"),
        tuple((one.name, one.level, _three(one.before), _three(one.after), one.unit or DASH,
               f"{100 * one.shrinkage:.0f} %" + ("" if one.identified else ", not identified") + (", at its bound" if one.at_bound else ""))
              for one in found),
        title="Numbers", note="Learned: 1 less the posterior variance over the prior's." + (
            " Where the file gives no prior, a factor of 1.6 either way was assumed." if any(one.prior_assumed for one in found) else ""),
    )  # fmt: skip
    strong = strong_correlations(told.calibrated, 0.6)[:20]
    parts: list[Any] = [figure, table]
    if strong:
        parts.append(
            Table(
                ("", "", "correlation"), tuple((a, b, f"{r:+.2f}") for a, b, r in strong), title="Known only together"
            )
        )
    return Section(
        "numbers",
        "What was learned",
        "What the rows say of each free number beyond what was believed before.",
        tuple(parts),
    )


def _between(told: Told) -> Section:
    problem = told.calibrated.problem
    rows = []
    for place, (tau, between) in enumerate(zip(told.calibrated.tau, told.calibrated.between, strict=True)):
        mine = [row for row, kind in zip(problem.rows, problem.kind, strict=True) if kind == place]
        taught = sum(bool(fitted) for fitted, kind in zip(problem.fitted, problem.kind, strict=True) if kind == place)
        scale = scale_of(mine[0].measure)
        points = (
            f"± {100 * math.sin(min(2 * between, math.pi / 2)) / 2:.1f} points at 50 %"
            if scale == "share"
            else f"× {math.exp(between):.2f}"
        )
        rows.append((about_in_words(mine[0].about), SCALES[scale], str(taught), f"{tau:.3f}", f"{between:.3f}", points))
    table = Table(
        ("class of rows", "what", "rows fitted to", "most likely", "standard deviation", "which is"), tuple(rows)
    )
    lead = (
        "What sets trials apart beyond sampling and beyond what the parameters explain: the spread that a new trial has around its prediction. "
        "One standard deviation for each class and scale, the parameters integrated out: the most likely one, which the search weighed rows with, and "
        "the one that is told, which holds how little a class of few rows says of it."
    )
    return Section("between-trials", "Between trials", lead, (table,))


def _profiles(told: Told) -> Section | None:
    if not told.profiles:
        return None
    table = Table(
        ("", "low end", "best", "high end", "rise at the low end", "at the high end"),
        tuple((one.name, *(_told(value) for value in one.values), *(f"{rise:.1f}" for rise in one.rises)) for one in told.profiles),
    )  # fmt: skip
    lead = (
        f"Each number at both ends of its 90 % interval, the others where they then belong, simulated. Where the biology is straight the "
        f"objective rises by {EXPECTED_RISE:.2f}; more means that the number is known better than its interval says, less that it is known worse."
    )
    return Section(
        "profiles",
        "Profiles",
        lead,
        (table, Note("Shares of few patients move in steps, so a rise is known to about half.")),
    )


def _agreements(points: Sequence[tuple[Any, Agreement]], word: str) -> list[Figure]:
    """Shares on a plain scale, amounts on a logarithmic one."""
    kinds = (("Shares of patients", "percent", True), ("Amounts and times", "in the published unit", False))
    figures = []
    for title, unit, share in kinds:
        mine = [point for row, point in points if (row.measure == "share") == share and row.measure != "spread"]
        if mine:
            figures.append(Figure(
                f"{title}: published and {word}",
                lambda width, mine=mine, unit=unit, share=share: draw_agreement(
                    mine, width, title=f"published against {word}", x_title=f"published, {unit}", y_title=f"{word}, {unit}", log=not share),
                caption="Bars are 90 % intervals of what a trial of this size would publish; ✕ outside.", half=True,
            ))  # fmt: skip
    return figures


def _agreement(one: Predicted) -> Agreement:
    row = one.row
    return Agreement(row.shown(row.number), row.shown(one.expected), row.shown(one.low), row.shown(one.high), one.inside, _tip(row, row.shown(one.expected)))  # fmt: skip


def _tip(row: Any, value: float) -> str:
    return f"{row.trial}: {row.label}: published {_told(row.shown(row.number))}, {_told(value)}"


def _share_table(found: Sequence[Share], title: str) -> Table:
    return Table(
        (title, "rows", "inside 90 %: sampling", "and trials", "and numbers"),
        tuple((about_in_words(one.heading), str(one.n), *(_percent(inside, one.n) for inside in (one.inside_sampling, one.inside, one.inside_all)))
              for one in found),
    )  # fmt: skip


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else DASH


def _three(values: tuple[float, float, float]) -> str:
    return f"{_told(values[1])} ({_told(values[0])}–{_told(values[2])})"


def _told(value: float) -> str:
    return DASH if value != value else plain(value, 3)
