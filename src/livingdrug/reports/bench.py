"""An experiment at the bench or in mice, told: a table, and a page of its own with a curve for each group beside what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from livingdrug.reports.charts import scales
from livingdrug.reports.charts.panel import Panel
from livingdrug.reports.charts.svg import element
from livingdrug.reports.html import page
from livingdrug.reports.page import Figure, Note, Section, Table
from livingdrug.reports.words import interval, plain

if TYPE_CHECKING:
    from livingdrug.catalog.records.experiment import Experiment
    from livingdrug.trial.bench import Bench, Row

LEFT, RIGHT, TOP, HEIGHT = 52, 14, 30, 230
VERDICTS = {"inside": "inside", "off": "more than twofold off", "outside": "outside"}


def told_rows(found: Bench) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows of the table: group, day, measured, simulated, verdict."""
    experiment = found.experiment
    unit = experiment.readout.unit.replace("^3", "³") or experiment.readout.called
    heads = ("group", "day", f"measured [{unit}]", f"simulated, 95 % of {experiment.subjects}", "verdict")
    rows = []
    for row in found.rows:
        one = row.measured
        limits = _bracketed(one.low, one.high)
        n = f", n = {one.n}" if one.n else ""
        verdict = "set to it" if one.use == "calibration" else VERDICTS[row.verdict]
        rows.append(
            (
                experiment.condition[one.condition].called,
                f"{one.day:.3g}",
                f"{plain(one.value)}{limits}{n}",
                f"{plain(row.median)}{_bracketed(row.low, row.high)}",
                verdict,
            )
        )
    return heads, rows


def as_told(found: Bench) -> dict[str, Any]:
    """The same for a program."""
    experiment = found.experiment
    return {
        "experiment": experiment.id,
        "title": experiment.title,
        "standing": experiment.standing,
        "simulation": "not for patient care",
        "n": found.n,
        "seed": found.seed,
        "readout": experiment.readout.called,
        "unit": experiment.readout.unit,
        "headline": found.headline(),
        "rows": [
            {
                **row.measured.model_dump(exclude_none=True),
                "median": row.median,
                "simulated_low": row.low,
                "simulated_high": row.high,
                "verdict": row.verdict,
                "explained": row.explained,
            }
            for row in found.rows
        ],
        "curves": found.curves.to_dicts(),
    }


def bench_page(found: Bench) -> str:
    """The report as one page (HTML) with the report's looks.

    Parameters
    ----------
    found
        An experiment that was run.
    """
    experiment = found.experiment
    short, _, more = experiment.standing.partition(" (")
    heads, rows = told_rows(found)
    source = f"Measured: {experiment.source}{f'; {experiment.where}' if experiment.where else ''}. Terms: {experiment.licence}."
    missed = tuple(Note(words) for words in found.explanations())
    groups = Section(
        "groups",
        f"{_capital(experiment.readout.called)} of each group",
        f"Line and band: middle and 95 % of the simulated {experiment.subjects}. Circles: measured mean, with least and greatest.",
        bench_figures(found),
    )
    beside = Section(
        "measured", "Measured and simulated", f"{_capital(found.headline())}.",
        (Table(heads, tuple(rows), note=source, words=(len(heads) - 1,)), *missed),
    )  # fmt: skip
    assumed = Section(
        "assumptions", "What differs from the experiment", "", tuple(Note(words) for words in experiment.assumptions)
    )
    own = Section(
        "numbers", "Numbers of its own",
        "Everything else is the patients': recognition, killing, division, wear and memory, and the spread between donors.",
        (Table(("parameter", "value", "kind", "meaning", "source"), tuple(_numbers(experiment)), words=(3, 4)),),
    )  # fmt: skip
    facts = [f"{found.n} {experiment.subjects} a group", f"seed {found.seed}"]
    return page(
        f"An experiment in a {experiment.place} · {short}", experiment.title, " ".join(experiment.summary.split()),
        [*facts, *([more.rstrip(")")] if more else [])], [groups, beside, *([assumed] if experiment.assumptions else []), own],
    )  # fmt: skip


def bench_figures(found: Bench) -> tuple[Figure, ...]:
    """One figure a group, all on one logarithmic axis; what was measured stands beside the simulation."""
    experiment = found.experiment
    unit = f" [{experiment.readout.unit.replace('^3', '³')}]" if experiment.readout.unit else ""
    low, high = _decades(found)
    standing = experiment.standing.split(" (")[0]

    def figure(name: str) -> Figure:
        curve = found.curves.filter(pl.col("condition") == name).drop("condition")
        seen = [row for row in found.rows if row.measured.condition == name]
        return Figure(
            experiment.condition[name].called,
            lambda width: _drawn(found, curve, seen, width, experiment.readout.called + unit, (low, high)),
            f"{_capital(_said(seen))}.",
            (("line s0", "simulated"), ("published", "measured")) + ((("seen", "set to it"),) if _set_to(seen) else ()),
            curve,
            half=True,
            id=name,
            standing=standing,
        )

    return tuple(figure(name) for name in experiment.condition)


def _drawn(
    found: Bench, curve: pl.DataFrame, seen: list[Row], width: float, axis: str, ends: tuple[float, float]
) -> str:
    experiment = found.experiment
    floor, bottom = experiment.readout.floor, TOP + HEIGHT
    x = scales.linear(0, experiment.until, LEFT, width - RIGHT)
    panel = Panel(x, scales.logarithmic(*ends, bottom, TOP))
    panel.y_axis(axis)
    day, middle, least, most = (curve[column].to_list() for column in ("day", "median", "low", "high"))
    panel.band(day, least, most, "s0 inner")
    panel.line(list(zip(day, middle, strict=True)), "s0")
    for row in seen:
        one = row.measured
        tip = f"day {one.day:.3g}: measured {plain(one.value)}, simulated {plain(row.median)}{_bracketed(row.low, row.high)}"
        value = max(one.value, floor)
        low, high = (None if end is None else max(end, floor) for end in (one.low, one.high))
        if one.use == "calibration":
            panel.add(_dot(x(one.day), panel.y(value), tip))
        else:
            panel.published(one.day, value, low, high, tip)
    panel.x_axis("days")
    return panel.picture(width, bottom + 44, axis)


def _dot(x: float, y: float, tip: str) -> str:
    return element("circle", cx=x, cy=y, r=4, class_="seen", data_tip=tip)


def _numbers(experiment: Experiment) -> list[tuple[str, ...]]:
    return [
        (name, f"{one.value:g} {one.unit}".strip(), one.kind, one.meaning, one.source)
        for name, one in experiment.parameter.items()
    ]


def _set_to(seen: list[Row]) -> bool:
    return any(row.measured.use == "calibration" for row in seen)


def _said(seen: list[Row]) -> str:
    compared = [row for row in seen if row.measured.use == "comparison"]
    if not compared:
        return "set to it" if seen else "nothing measured"
    inside = sum(row.verdict == "inside" for row in compared)
    return f"{inside} of {len(compared)} measured means inside"


def _bracketed(low: float | None, high: float | None) -> str:
    both = interval(low, high, plain)
    return f" ({both})" if both else ""


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _decades(found: Bench) -> tuple[float, float]:
    """Where the axis begins, at the floor of the readout, and the power of ten at which it ends."""
    floor = found.experiment.readout.floor
    most = [*found.curves["high"].to_list(), *(row.measured.high or row.measured.value for row in found.rows)]
    return floor, 10.0 ** max(math.ceil(math.log10(max(most))), math.floor(math.log10(floor)) + 1)
