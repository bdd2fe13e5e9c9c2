"""A sensitivity analysis told: bars, strongest first, one block a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.reports.charts.bars import Bar, Block, draw_bars
from livingdrug.reports.page import Figure

if TYPE_CHECKING:
    import polars as pl

SHOWN = 20
TITLES = {
    "tornado": "What moves it: each number turned by itself",
    "prcc": "What goes with it: all numbers at once, by partial rank correlation",
    "sobol": "What explains its spread: all numbers at once, by Sobol's indices",
}
AXES = {"tornado": "the target", "prcc": "partial rank correlation", "sobol": "share of the variance"}
LEGENDS = {
    "tornado": (("box fill s0", "at the low end"), ("box fill s1", "at the high end")),
    "prcc": (("box fill s0", "lowers it"), ("box fill s1", "raises it")),
    "sobol": (("box fill s0", "alone (first order)"), ("box fill s1", "with all it acts through (total)")),
}


def sensitivity_figure(table: pl.DataFrame, method: str, *, trial: str = "", standing: str = "") -> Figure:
    """The bars of a `livingdrug.design.sensitivity.Sensitivity`.

    Parameters
    ----------
    table, method
        Of the analysis.
    trial, standing
        Which trial; what the numbers rest on, where it is a scenario.
    """
    targets = [(str(target), rows.to_dicts()) for (target,), rows in table.group_by("target", maintain_order=True)]
    blocks = [_block(target, rows, method) for target, rows in targets]
    cut = any(len(rows) > SHOWN for _, rows in targets)

    def draw(width: float) -> str:
        return draw_bars(blocks, width, title=TITLES[method], axis=AXES[method], below_each_other=method == "sobol")

    said = [trial, f"the {SHOWN} strongest of each target" if cut else ""]
    caption = "; ".join(part for part in said if part)
    return Figure(TITLES[method], draw, f"{caption}." if caption else "", LEGENDS[method], table, standing=standing)


def _block(target: str, rows: list[dict[str, Any]], method: str) -> Block:
    middle = rows[0]["as_it_is"] if method == "tornado" else 0.0
    return Block(target, tuple(_bar(row, method) for row in rows[:SHOWN]), middle)


def _bar(row: dict[str, Any], method: str) -> Bar:
    def number(name: str) -> float:
        return np.nan if row[name] is None else float(row[name])

    name = str(row["factor"])
    if method == "tornado":
        parts = ((number("as_it_is"), number("at_low"), "s0"), (number("as_it_is"), number("at_high"), "s1"))
        tip = f"{name}: {number('at_low'):.3g} at the low end, {number('at_high'):.3g} at the high end"
    elif method == "prcc":
        value = number("correlation")
        parts, tip = ((0.0, value, "s0" if value < 0 else "s1"),), f"{name}: {value:.2f}"
    else:
        parts = ((0.0, number("first"), "s0"), (0.0, number("total"), "s1"))
        tip = f"{name}: alone {number('first'):.2f}, in all {number('total'):.2f}"
    return Bar(name, parts, tip)
