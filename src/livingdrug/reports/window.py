"""The therapeutic window as a picture: affinity by dose, benefit and harm of each point; colours stand in the file, which needs nothing else."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.trial.storage import write_bytes

if TYPE_CHECKING:
    import polars as pl

BENEFIT, HARM, INK, FAINT = "#0072b2", "#d55e00", "#1a1a1a", "#666666"
_CELL, _LEFT, _TOP, _FOOT = 74, 110, 74, 96


def write_window(
    table: pl.DataFrame, path: Path, *, title: str, benefit: str, harm: str, inside: str, standing: str = ""
) -> Path:
    """Write the points of a `livingdrug.design.window.Window` as SVG, or as a page when the name ends in .html.

    Parameters
    ----------
    table
        Columns affinity, dose, benefit, harm, inside, in this order.
    path
        Where to.
    title, benefit, harm
        Words.
    inside
        What a frame means.
    standing
        What the numbers rest on.
    """
    svg = _svg(table, title, benefit, harm, inside, standing)
    if path.suffix == ".html":
        svg = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head><body style="margin:2em">{svg}</body></html>\n'
    write_bytes(path, svg.encode())
    return path


def _svg(table: pl.DataFrame, title: str, benefit: str, harm: str, inside: str, standing: str) -> str:
    of_dose = table.columns[1]
    affinities = sorted(table["affinity"].unique().to_list(), reverse=True)
    doses = sorted(table[of_dose].unique().to_list())
    width, height = max(_LEFT + _CELL * len(doses) + 30, 560), _TOP + _CELL * len(affinities) + _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label="{escape(title, quote=True)}"><rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15" fill="{INK}">{escape(title)}</text>',
        f'<text x="10" y="40" fill="{FAINT}">{escape(standing)}</text>',
        f'<text x="{_LEFT}" y="{_TOP - 8}" fill="{FAINT}">dose, relative to the planned one</text>',
        f'<text x="10" y="{_TOP - 8}" fill="{FAINT}">affinity</text>',
    ]
    for row, affinity in enumerate(affinities):
        y = _TOP + row * _CELL
        parts.append(
            f'<text x="{_LEFT - 12}" y="{y + _CELL / 2 + 4}" text-anchor="end" fill="{INK}">× {affinity:g}</text>'
        )
        for column, dose in enumerate(doses):
            found = table.filter((table["affinity"] == affinity) & (table[of_dose] == dose)).row(0, named=True)
            parts += _cell(_LEFT + column * _CELL, y, found)
    below = _TOP + _CELL * len(affinities)
    for column, dose in enumerate(doses):
        parts.append(
            f'<text x="{_LEFT + (column + 0.5) * _CELL}" y="{below + 16}" text-anchor="middle" fill="{INK}">× {dose:g}</text>'
        )
    for line, (colour, words) in enumerate(((BENEFIT, benefit), (HARM, harm), (INK, inside))):
        y = below + 36 + 17 * line
        shape = f'fill="{colour}"' if line < 2 else f'fill="none" stroke="{colour}" stroke-width="3"'
        parts.append(
            f'<rect x="12" y="{y - 10}" width="12" height="12" {shape}/><text x="32" y="{y}" fill="{INK}">{escape(words)}</text>'
        )
    parts.append(
        f'<text x="10" y="{height - 8}" fill="{FAINT}" font-size="10">Simulation; not for patient care.</text></svg>\n'
    )
    return "\n".join(parts)


def _cell(x: float, y: float, found: dict) -> list[str]:
    """One point: benefit above the diagonal, harm below it, each as deep as its share."""
    size, inner = _CELL - 6, 3
    left, top = x + inner, y + inner
    corners = {
        "benefit": (BENEFIT, f"{left},{top} {left + size},{top} {left},{top + size}", left + 6, top + 18, "start"),
        "harm": (
            HARM,
            f"{left + size},{top} {left + size},{top + size} {left},{top + size}",
            left + size - 6,
            top + size - 8,
            "end",
        ),
    }
    parts = []
    for name, (colour, points, tx, ty, anchor) in corners.items():
        share = found[name]
        opacity = 0.0 if share is None else 0.08 + 0.72 * share
        words = "–" if share is None else f"{100 * share:.0f} %"
        dark = opacity > 0.5
        parts.append(f'<polygon points="{points}" fill="{colour}" fill-opacity="{opacity:.2f}"/>')
        parts.append(
            f'<text x="{tx}" y="{ty}" text-anchor="{anchor}" fill="{"#ffffff" if dark else INK}">{words}</text>'
        )
    frame = f'stroke="{INK}" stroke-width="3"' if found["inside"] else f'stroke="{FAINT}" stroke-width="0.5"'
    parts.append(f'<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" {frame}/>')
    return parts
