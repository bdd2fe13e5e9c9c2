"""An experiment at the bench or in mice, told: a table, and a page of its own with a curve for each group beside what was measured."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from livingdrug.trial.storage import write_bytes

if TYPE_CHECKING:
    from livingdrug.catalog.records.experiment import Experiment
    from livingdrug.trial.bench import Bench, Row

INK, FAINT, BAND, LINE, SEEN = "#1a1a1a", "#666666", "#cfe3f1", "#0072b2", "#d55e00"
_WIDE, _HIGH, _LEFT, _TOP, _FOOT = 330, 190, 54, 26, 34
VERDICTS = {"inside": "inside", "off": "more than twofold off", "outside": "outside"}


def told_rows(found: Bench) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows of the table: group, day, measured, simulated, verdict."""
    experiment = found.experiment
    unit = experiment.readout.unit.replace("^3", "³") or experiment.readout.called
    heads = ("group", "day", f"measured [{unit}]", f"simulated, 95 % of {experiment.subjects}", "verdict")
    rows = []
    for row in found.rows:
        one = row.measured
        limits = "" if one.low is None or one.high is None else f" ({_short(one.low)} to {_short(one.high)})"
        n = f", n = {one.n}" if one.n else ""
        verdict = "set to it" if one.use == "calibration" else VERDICTS[row.verdict]
        rows.append(
            (
                experiment.condition[one.condition].called,
                f"{one.day:.3g}",
                f"{_short(one.value)}{limits}{n}",
                f"{_short(row.median)} ({_short(row.low)} to {_short(row.high)})",
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


def write_bench(found: Bench, path: Path) -> Path:
    """Write the report as one page that needs nothing else.

    Parameters
    ----------
    found
        An experiment that was run.
    path
        Where to.
    """
    experiment = found.experiment
    heads, rows = told_rows(found)
    body = [
        f"<h1>{escape(experiment.title)}</h1>",
        f"<p class='standing'>{escape(experiment.standing)}. Simulation; not for patient care.</p>",
        f"<p>{escape(' '.join(experiment.summary.split()))}</p>",
        f"<p>{found.n} {escape(experiment.subjects)} a group, seed {found.seed}: <b>{escape(found.headline())}</b>.</p>",
        f"<h2>{escape(experiment.readout.called.capitalize())} of each group</h2>",
        f"<p class='faint'>Line and band: middle and 95 % of the simulated {escape(experiment.subjects)}. Points and whiskers: measured mean, least and greatest.</p>",
        "<div class='panels'>",
        *(_panel(found, name) for name in experiment.condition),
        "</div>",
        "<h2>Measured and simulated</h2>",
        _table(heads, rows),
        *(f"<p>{escape(words)}</p>" for words in found.explanations()),
        f"<p class='faint'>Measured: {escape(experiment.source)}; {escape(experiment.where)}. Terms: {escape(experiment.licence)}.</p>",
        "<h2>Assumptions</h2><ul>",
        *(f"<li>{escape(words)}</li>" for words in experiment.assumptions),
        "</ul><h2>Numbers of its own</h2>",
        "<p>Everything else is the patients': recognition, killing, division, wear and memory, and the spread between donors.</p>",
        _table(("parameter", "value", "meaning", "kind", "source"), _numbers(experiment)),
    ]
    style = (
        f"body{{font:15px/1.5 sans-serif;color:{INK};max-width:1050px;margin:2em auto;padding:0 1em}}.standing{{font-weight:bold}}.faint{{color:{FAINT}}}"
        "table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}td,th{text-align:left;padding:3px 10px 3px 0;border-bottom:1px solid #ddd;vertical-align:top}"
        ".panels{display:flex;flex-wrap:wrap;gap:10px}"
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(experiment.title)}</title>'
        f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )
    write_bytes(path, page.encode())
    return path


def _numbers(experiment: Experiment) -> list[tuple[str, ...]]:
    return [
        (name, f"{one.value:g} {one.unit}".strip(), one.meaning, one.kind, one.source)
        for name, one in experiment.parameter.items()
    ]


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{escape(word)}</th>" for word in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(word)}</td>" for word in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{lines}</table>"


def _panel(found: Bench, name: str) -> str:
    """One group as a picture, on a logarithmic axis that all groups share."""
    experiment, curve = found.experiment, found.curves.filter(pl.col("condition") == name)
    seen = [row for row in found.rows if row.measured.condition == name]
    low, high = _decades(found)
    floor = experiment.readout.floor

    def x(day: float) -> float:
        return _LEFT + _WIDE * day / experiment.until

    def y(value: float) -> float:
        share = (math.log10(max(value, floor)) - low) / (high - low)
        return _TOP + _HIGH * (1 - share)

    def points(column: str) -> list[str]:
        return [f"{x(day):.1f},{y(value):.1f}" for day, value in curve.select("day", column).iter_rows()]

    called = experiment.condition[name].called
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDE + 14}" height="{_TOP + _HIGH + _FOOT}" font-family="sans-serif" font-size="11" role="img"'
        f' aria-label="{escape(called, quote=True)}: {escape(_said(seen), quote=True)}"><text x="{_LEFT}" y="15" font-size="12" fill="{INK}">{escape(called)}</text>',
        *(
            f'<line x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y(10.0**k):.1f}" y2="{y(10.0**k):.1f}" stroke="#e5e5e5"/>'
            f'<text x="{_LEFT - 6}" y="{y(10.0**k) + 4:.1f}" text-anchor="end" fill="{FAINT}">{_short(10.0**k)}</text>'
            for k in range(math.ceil(low), high + 1, max(1, (high - math.ceil(low)) // 5))
        ),
        f'<polygon points="{" ".join(points("high") + points("low")[::-1])}" fill="{BAND}"/>',
        f'<polyline points="{" ".join(points("median"))}" fill="none" stroke="{LINE}" stroke-width="2"/>',
    ]
    for row in seen:
        one = row.measured
        ends = (one.value if one.low is None else one.low, one.value if one.high is None else one.high)
        parts.append(
            f'<line x1="{x(one.day):.1f}" x2="{x(one.day):.1f}" y1="{y(ends[0]):.1f}" y2="{y(ends[1]):.1f}" stroke="{SEEN}"/>'
            f'<circle cx="{x(one.day):.1f}" cy="{y(one.value):.1f}" r="3.5" fill="{SEEN}"/>'
        )
    parts.append(
        f'<text x="{_LEFT}" y="{_TOP + _HIGH + 16}" fill="{FAINT}">0</text><text x="{_LEFT + _WIDE}" y="{_TOP + _HIGH + 16}" text-anchor="end" fill="{FAINT}">'
        f'{experiment.until:g} days</text><text x="{_LEFT}" y="{_TOP + _HIGH + 30}" font-size="9" fill="{FAINT}">{escape(experiment.standing.split(" (")[0])}; simulation</text></svg>'
    )
    return "".join(parts)


def _said(seen: list[Row]) -> str:
    if not seen:
        return "nothing measured"
    inside = sum(row.verdict == "inside" for row in seen)
    return f"{inside} of {len(seen)} measured means inside"


def _decades(found: Bench) -> tuple[float, int]:
    """Where the axis begins, at the floor of the readout, and the decade in which it ends."""
    low = math.log10(found.experiment.readout.floor)
    most = [*found.curves["high"].to_list(), *(row.measured.high or row.measured.value for row in found.rows)]
    return low, max(math.ceil(math.log10(max(most))), math.floor(low) + 1)


def _short(value: float) -> str:
    return (
        f"{value:.2g}"
        if 0.01 <= abs(value) < 10 or value == 0
        else f"{value:.3g}"
        if abs(value) < 1e5
        else f"{value:.1e}".replace(".0e", "e").replace("e+", "e")
    )
