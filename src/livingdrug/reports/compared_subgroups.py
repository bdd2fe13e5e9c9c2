"""Subgroups of a comparison in words and figures: every endpoint in all patients and in each class, for terminal and page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from livingdrug.reports.charts.forest import Pair, draw_forest, pairs_frame
from livingdrug.reports.page import Figure, Section, Table
from livingdrug.reports.words import DASH, four_figures
from livingdrug.trial.subgroups import ALL

if TYPE_CHECKING:
    from livingdrug.trial.compare import Comparison

LEAD = (
    "Classes of what was known at enrolment. Nothing is tested: the more classes one looks at, the more differ by chance alone, and an interval "
    "that leaves out no difference in one class and not in another does not show that the classes differ.{strata}"
)
STRATA = " Only the rows of all patients are compared within the strata of the design."
INDENT = "\u2003"
AXES = {"ratio": (0.1, 10.0, 1.0), "points": (-100.0, 100.0, 0.0)}


def lines(found: Comparison, policy: str) -> list[tuple[str, str, str, str]]:
    """Endpoint (all patients) or class below it, measure, estimate with its interval, patients and events: one line a row of `Comparison.subgroups`."""
    return [
        (
            row["title"] if row["subgroup"] == ALL else f"{INDENT}{row['subgroup']}",
            row["statistic"],
            number(row),
            _counted(row),
        )
        for row in _rows(found, policy)
    ]


def section(found: Comparison) -> Section | None:
    """Forests of ratios and of shares, and everything as a table; None where no subgroups were asked for."""
    if found.subgroups is None or found.subgroups.is_empty():
        return None
    parts: list[Figure | Table] = []
    for policy in found.policies[1:]:
        title = f"{policy} against {found.policies[0]}"
        parts += [one for how in AXES if (one := _forest(_rows(found, policy), how, title)) is not None]
        columns = (title, "measure", "estimate, 95 % interval", "patients" if found.independent else "pairs")
        parts.append(Table(columns, tuple(lines(found, policy)), words=(0, 1, 2), roomy=True))
    strata = found.randomised and bool(found.sides[0][1].trial.planned_design.strata)
    return Section("subgroups", "In subgroups", LEAD.format(strata=STRATA if strata else ""), tuple(parts))


def number(row: dict[str, Any]) -> str:
    """Estimate and interval: a ratio, points with their sign, or an amount with its unit; a dash where there is none."""
    if row["estimate"] is None:
        return DASH
    ratio = _how(row) == "ratio"
    told = [f"{value:.2f}" if ratio else f"{value:+.1f}" if row["unit"] == "points" else _signed(value)
            for value in (row["estimate"], row["ci_low"], row["ci_high"]) if value is not None]  # fmt: skip
    unit = f" {row['unit']}" if row["unit"] else ""
    interval = f" ({told[1]} to {told[2]})" if len(told) == 3 else ""
    return f"{told[0]}{unit}{interval}".replace("-", "−")


def _rows(found: Comparison, policy: str) -> list[dict[str, Any]]:
    import polars as pl

    return [] if found.subgroups is None else found.subgroups.filter(pl.col("policy") == policy).to_dicts()


def _how(row: dict[str, Any]) -> str:
    return "ratio" if "ratio" in row["statistic"] else "points" if row["unit"] == "points" else ""


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}{four_figures(abs(value))}"


def _counted(row: dict[str, Any]) -> str:
    if row["n"] is None:
        return DASH
    return f"{row['n']:,}" if row["n_events"] is None else f"{row['n']:,} ({row['n_events']:,} events)"


def _forest(rows: list[dict[str, Any]], how: str, title: str) -> Figure | None:
    low, high, null = AXES[how]
    pairs = list(_pairs(rows, how, low, high))
    if not pairs:
        return None
    words = "Ratio" if how == "ratio" else "Difference"
    draw = partial(
        draw_forest, pairs, title=f"{words}, {title}", low=low, high=high, log=how == "ratio",
        unit="" if how == "ratio" else " points", null=null,
    )  # fmt: skip
    return Figure(
        f"{'Ratios' if how == 'ratio' else 'Differences in percentage points'} in subgroups: {title}", draw,
        "The dashed line is no difference; bars end at the axis.", data=pairs_frame(pairs), id=f"subgroups-{how}-{title}",
    )  # fmt: skip


def _pairs(rows: list[dict[str, Any]], how: str, low: float, high: float) -> Iterator[Pair]:
    for row in rows:
        three = [row[key] for key in ("estimate", "ci_low", "ci_high")]
        if _how(row) != how or None in three or (how == "ratio" and min(three) <= 0):
            continue
        middle, least, most = (min(max(value, low), high) for value in three)
        tip = f"{row['title']}, {row['subgroup']}: {number(row)}"
        label = row["subgroup"].capitalize() if row["subgroup"] == ALL else row["subgroup"]
        yield Pair(label, row["title"], (math.nan, None, None), (middle, least, most), None, tip)
