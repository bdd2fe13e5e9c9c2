"""A comparison as a page: what differs in the plan, what it did, and both sides in the same figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.foundation.errors import LivingDrugError
from livingdrug.reports import compared_subgroups
from livingdrug.reports.band_figure import drawn_bands
from livingdrug.reports.charts.forest import Pair, draw_forest, pairs_frame
from livingdrug.reports.charts.survival import draw_survival
from livingdrug.reports.compared_rows import apart, chance, counted, headline_rows, named, value, when
from livingdrug.reports.estimates import curves_of
from livingdrug.reports.html import open_source, page, write_page
from livingdrug.reports.measured import measured
from livingdrug.reports.page import Card, Cards, Figure, Note, Section, Table, legend_of
from livingdrug.reports.quantile_bands import bands, limit_of
from livingdrug.reports.words import listed

if TYPE_CHECKING:
    from livingdrug.catalog.records.endpoint import Endpoint
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.reports.charts.bands import Band
    from livingdrug.reports.source import Source
    from livingdrug.trial.compare import Comparison

SAME_PLAN = "The plans do not differ: the sides differ by their people, or by nothing."
RATIOS = (0.25, 4.0)
"""Least that the axis of ratios shows."""
WIDEST = (0.1, 10.0)
"""Most that it shows: bars go on beyond its ends."""
MOST_CARDS = 5


def write_comparison(found: Comparison, path: str | Path, *, title: str = "", question: str = "") -> Path:
    """Write the page of a comparison: one HTML file that asks no host for anything.

    Parameters
    ----------
    found
        A `livingdrug.trial.compare.Comparison`.
    path
        The file to write; replaced if it is there.
    title, question
        Of a planned comparison; the sides' names and what kind of comparison it is when omitted.

    Raises
    ------
    BadInput
        The path cannot be written.
    """
    return write_page(Path(path), render_comparison(found, title=title, question=question))


def render_comparison(found: Comparison, *, title: str = "", question: str = "") -> str:
    """The page as HTML text; see `write_comparison`."""
    sources = [open_source(result, published=False) for _, result, _ in found.sides]
    sections = [
        _plan(found),
        *_differences(found, sources[0]),
        *_effects(found, sources[0]),
        compared_subgroups.section(found),
        _curves(found),
        _measured(found, sources),
    ]
    how = (
        "randomised arms"
        if found.randomised
        else "different people"
        if found.independent
        else f"{found.n_pairs} pairs of the same people"
    )
    trials = list(dict.fromkeys(result.trial.title for _, result, _ in found.sides))
    standing = found.standing
    return page(
        " · ".join(["A comparison", *standing]), title or " against ".join(reversed(found.policies)),
        question or f"{listed(trials)}. {found.note}", [how, f"seed {found.seed}"], [one for one in sections if one is not None],
        cards=_cards(found, sources[0]), version=found.sides[0][1].manifest.get("livingdrug"),
    )  # fmt: skip


def _plan(found: Comparison) -> Section:
    """Line by line what the plans say otherwise."""
    tables = [
        Table(
            ("", found.policies[0], name),
            tuple((one.where, one.first, one.second) for one in lines),
            title=name if len(found.policies) > 2 else "",
            words=(1, 2),
        )
        for name, lines in found.plans.items()
        if lines
    ]
    lead = "Every line of the plan, and of what the runs were made with, that is not the same."
    return Section("plan", "What differs in the plan", lead, tuple(tables) or (Note(SAME_PLAN),))


def _differences(found: Comparison, source: Source) -> Iterator[Section]:
    """For each side but the reference: shares and ratios as forests, and everything as a table."""
    many = len(found.policies) > 2
    for number, name in enumerate(found.policies[1:], 1):
        rows = _placed(headline_rows(found, name), source)
        if not rows:
            continue
        parts = [part for part in (_forest(rows, name, "share", source), _forest(rows, name, "ratio", source)) if part]
        yield Section(
            f"did-{number}" if many else "did",
            f"What it did: {name}" if many else "What it did",
            found.note,
            (*parts, _table(found, name, rows, source)),
        )


def _group(row: dict[str, Any], source: Source) -> tuple[tuple[int, int, str], str]:
    """Where a row stands, and its heading."""
    record: Endpoint | None = source.record("endpoint", row["measure"])
    if record is None:
        return (len(GROUPS), 0, ""), "Toxicity, drugs and measurements besides"
    return record.place, GROUPS[record.group]


def _placed(rows: list[dict[str, Any]], source: Source) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: _group(row, source)[0])


def _table(found: Comparison, name: str, rows: list[dict[str, Any]], source: Source) -> Table:
    tested = found.randomised
    counts = "patients" if found.independent else "pairs"
    columns = ("", found.policies[0], name, "difference", counts, *(("p",) if tested else ()))
    lines: list[tuple[str, ...]] = []
    marks, heading = [], ""
    for row in rows:
        if (group := _group(row, source)[1]) != heading:
            heading = group
            marks.append((len(lines), "group"))
            lines.append((group, *[""] * (len(columns) - 1)))
        time = when(row)
        label = f"{named(row)}{f' at {time}' if time else ''}" + (f"\namong {row['among']}" if tested else "")
        more = (f"{chance(row)}\n{row['test'] or ''}",) if tested else ()
        lines.append(
            (
                label,
                value(row, "reference_value"),
                value(row, "policy_value"),
                "\n".join(apart(row)),
                counted(row),
                *more,
            )
        )
    return Table(columns, tuple(lines), marks=tuple(marks), roomy=True)


def _forest(rows: list[dict[str, Any]], name: str, how: str, source: Source) -> Figure | None:
    """Differences of shares in points, or ratios, with their intervals; None where there are none."""
    shown = [
        row for row in rows if row["shown_as"] == how and row["difference"] is not None and row["ci_low"] is not None
    ]
    if not shown:
        return None
    scale = 100.0 if how == "share" else 1.0
    pairs = []
    for row in shown:
        told = tuple(None if row[key] is None else scale * row[key] for key in ("difference", "ci_low", "ci_high"))
        time = when(row)
        label = f"{named(row)}{f' at {time}' if time else ''}"
        tip = f"{label}: {' '.join(part for part in apart(row) if part)}"
        nothing = (math.nan, None, None)
        pairs.append(Pair(label, _group(row, source)[1], nothing, (float(told[0] or 0.0), told[1], told[2]), None, tip))
    ends = [end for one in pairs for end in one.simulated if end is not None and math.isfinite(end)]
    if how == "ratio":
        least = min([*(end for end in ends if end > 0), RATIOS[0]])
        low, high, title = max(least, WIDEST[0]), min(max([*ends, RATIOS[1]]), WIDEST[1]), "Ratio"
    else:
        most = min(max([abs(end) for end in ends] + [10.0]), 100.0)
        low, high, title = -most, most, "Difference"
    drawn = [
        replace(one, simulated=tuple(None if end is None else min(max(end, low), high) for end in one.simulated))
        for one in pairs
    ]
    draw = partial(draw_forest, drawn, title=f"{title}, {name} against the reference", low=low, high=high, log=how == "ratio",
                   unit="" if how == "ratio" else " points", null=1.0 if how == "ratio" else 0.0)  # fmt: skip
    words = "Differences in percentage points" if how == "share" else "Ratios of geometric means"
    return Figure(words, draw, "The dashed line is no difference.", data=pairs_frame(pairs), id=f"{how}s-{name}")


def _effects(found: Comparison, source: Source) -> Iterator[Section | None]:
    """Of randomised arms what the report tells, too: hazard ratios, restricted means, differences, subgroups."""
    if found.randomised:
        from livingdrug.reports.sections import how_much

        yield how_much.section(source)


def _curves(found: Comparison) -> Section | None:
    """Every time to event with the curve of each side."""
    figures = []
    for id in found.table["measure"].unique(maintain_order=True).to_list():
        sides = [
            (name, one) for name, result, arm in found.sides if (one := _curve_of(found, result, id, arm)) is not None
        ]
        if len(sides) < 2:
            continue
        import polars as pl

        frame = pl.concat([one.curve().with_columns(pl.lit(name).alias("arm")) for name, one in sides])
        curves = curves_of(frame, [name for name, _ in sides])
        if not curves:
            continue
        first, title = sides[0][1], found.table.filter(pl.col("measure") == id)["title"][0]
        last = max(float(result.trial.follow_up_days or 365.0) for _, result, _ in found.sides)
        draw = partial(draw_survival, curves, title=title, last_day=last, published=[], height=290)
        caption = first.record.definition.strip().replace("\n", " ")
        figures.append(Figure(title, draw, caption, legend_of([one.name for one in curves]), frame, id=id))
    return (
        Section(
            "curves",
            "Over time",
            "One curve for each side, with its 95 % band and the numbers at risk.",
            tuple(figures),
        )
        if figures
        else None
    )


def _curve_of(found: Comparison, result: Any, id: str, arm: str) -> EndpointResult | None:
    try:
        one = result.endpoint(id)
    except LivingDrugError:
        return None
    one = one.told_first() if found.randomised else one
    if not one.over_time or arm not in one.arms or arm in one.not_measured:
        return None
    import polars as pl

    mine = replace(one, arms=(arm,), patients=one.patients.filter(pl.col("arm") == arm))
    return mine if mine.patients.height else None


def _measured(found: Comparison, sources: list[Source]) -> Section | None:
    """Every quantity that assays measured on two sides or more, as bands."""
    figures = []
    for one in measured(sources[0]):
        limit = limit_of(sources[0], one.quantity)
        drawn = [
            band for k in range(len(sources)) if (band := _band(found, sources, k, one.quantity, limit)) is not None
        ]
        if len(drawn) > 1:
            last = max(source.last_day for source in sources)
            figures.append(
                drawn_bands(
                    drawn, one.quantity, one.title, one.unit_words, log=limit is not None, limit=limit, last_day=last
                )
            )
    lead = "Median, middle half and middle nine tenths of the patients at each planned visit."
    return Section("measured", "What was measured", lead, tuple(figures)) if figures else None


def _band(found: Comparison, sources: list[Source], side: int, quantity: str, limit: float | None) -> Band | None:
    name, _, arm = found.sides[side]
    shown = bands(sources[side], quantity, floor=limit / 2 if limit else None)
    return next((replace(band, name=name) for band in shown if band.name == arm), None)


def _cards(found: Comparison, source: Source) -> Cards | None:
    """The differences that the endpoints' files put on a card; chosen before any number is known, so none is there for its size."""
    rows = _placed(headline_rows(found, found.policies[1]), source)
    shown = [
        row
        for row in rows
        if (one := source.record("endpoint", row["measure"])) is not None and one.card and row["difference"] is not None
    ]
    return Cards(tuple(_card(row, found.policies[1]) for row in shown[:MOST_CARDS])) if shown else None


def _card(row: dict[str, Any], name: str) -> Card:
    time = when(row)
    sides = f"{value(row, 'policy_value')} after {value(row, 'reference_value')}"
    return Card(f"{row['title']}{f' at {time}' if time else ''}", apart(row)[0], f"{apart(row)[1]}\n{sides} · {name}")
