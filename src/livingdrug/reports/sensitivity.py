"""The picture of a sensitivity analysis: bars, strongest first, one panel a target; colours stand in the file, which needs nothing else."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.trial.storage import write_bytes

if TYPE_CHECKING:
    import polars as pl

SHOWN = 20
LOW, HIGH, INK, FAINT = (
    "#0072b2",
    "#e69f00",
    "#1a1a1a",
    "#888888",
)  # blue and orange, apart for colour-blind eyes and in grey
_LEFT, _WIDTH, _RIGHT, _ROW, _HEAD = 230, 420, 90, 20, 46


def write_picture(table: pl.DataFrame, method: str, path: Path) -> Path:
    """Write the bars of a `livingdrug.design.sensitivity.Sensitivity` as SVG.

    Parameters
    ----------
    table, method
        Of the analysis.
    path
        Where to.
    """
    parts, top = [], 10
    for (target,), rows in table.group_by("target", maintain_order=True):
        panel, height = _panel(str(target), rows.head(SHOWN).to_dicts(), method, top)
        parts += panel
        top += height
    size = f'width="{_LEFT + _WIDTH + _RIGHT}" height="{top + 20}" viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {top + 20}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" role="img"><rect width="100%" height="100%" fill="#ffffff"/>'
    note = f'<text x="10" y="{top + 8}" fill="{FAINT}" font-size="10">Simulation; not for patient care.</text>'
    write_bytes(path, "\n".join([head, *parts, note, "</svg>\n"]).encode())
    return path


def _panel(target: str, rows: list[dict[str, Any]], method: str, top: int) -> tuple[list[str], int]:
    bars = [_bar(row, method) for row in rows]
    ends = [end for one in bars for bar in one for end in bar[:2] if np.isfinite(end)]
    centre = rows[0]["as_it_is"] if method == "tornado" else 0.0
    low, high = min([*ends, centre or 0.0], default=0.0), max([*ends, centre or 0.0], default=1.0)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    words = {
        "tornado": "at the low end (blue) and the high end (orange)",
        "prcc": "partial rank correlation",
        "sobol": "first-order (blue) and total index (orange)",
    }

    def x(value: float) -> float:
        return _LEFT + _WIDTH * (value - low) / (high - low)

    parts = [f'<text x="10" y="{top + 16}" fill="{INK}" font-weight="bold">{escape(target)}</text>',
             f'<text x="10" y="{top + 32}" fill="{FAINT}">{words[method]}</text>']  # fmt: skip
    for place, (row, mine) in enumerate(zip(rows, bars, strict=True)):
        y = top + _HEAD + place * _ROW
        name = str(row["factor"])
        shown = name if len(name) <= 32 else name[:31] + "…"
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 11}" text-anchor="end" fill="{INK}"><title>{escape(name)}</title>{escape(shown)}</text>'
        )
        for number, (begin, end, colour) in enumerate(mine):
            if np.isfinite(begin) and np.isfinite(end):
                thick = 7 if method == "sobol" else 14
                left, right = sorted((x(begin), x(end)))
                parts.append(
                    f'<rect x="{left:.1f}" y="{y + number * thick * (method == "sobol"):.1f}" width="{max(right - left, 1.0):.1f}" height="{thick}" fill="{colour}"/>'
                )
    bottom = top + _HEAD + len(rows) * _ROW
    if centre is not None:
        parts.append(
            f'<line x1="{x(centre):.1f}" x2="{x(centre):.1f}" y1="{top + _HEAD - 4}" y2="{bottom}" stroke="{INK}"/>'
        )
    for value, anchor in ((low, "start"), (high, "end")):
        parts.append(
            f'<text x="{x(value):.1f}" y="{bottom + 14}" text-anchor="{anchor}" fill="{INK}">{value:.3g}</text>'
        )
    return parts, _HEAD + len(rows) * _ROW + 30


def _bar(row: dict[str, Any], method: str) -> list[tuple[float, float, str]]:
    """Begin, end and colour of a factor's bars; NaN where a number does not exist."""

    def number(name: str) -> float:
        return np.nan if row[name] is None else float(row[name])

    if method == "tornado":
        return [(number("as_it_is"), number("at_low"), LOW), (number("as_it_is"), number("at_high"), HIGH)]
    if method == "prcc":
        value = number("correlation")
        return [(0.0, value, LOW if value < 0 else HIGH)]
    return [(0.0, number("first"), LOW), (0.0, number("total"), HIGH)]
