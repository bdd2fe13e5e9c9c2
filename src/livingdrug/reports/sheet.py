"""A figure as a sheet of its own: title, legend, drawing, caption and the notice, in one SVG with all its looks inside."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from collections.abc import Sequence
from typing import TYPE_CHECKING

from livingdrug.reports.charts.svg import text
from livingdrug.reports.lettering import lines_of, width_of
from livingdrug.reports.samples import WIDTH as SAMPLE
from livingdrug.reports.samples import sample
from livingdrug.reports.styles import as_text, inlined, plain

if TYPE_CHECKING:
    from livingdrug.reports.page import Figure

EDGE, TITLE, SMALL, GAP = 18.0, 16.0, 12.0, 18.0
NOTICE = "Simulation; not for patient care. livingdrug"
FAMILY = plain("var(--sans)")


def sheet(figure: Figure, width: float) -> xml.Element:
    """The whole figure as a tree that carries its looks.

    Parameters
    ----------
    figure
        A figure of a report.
    width
        Of the drawing [pixel]; the sheet adds its edges, and whatever words would stick out.
    """
    drawing = inlined(figure.draw(width))
    left, right = extent(drawing)
    room = right - left
    body: list[xml.Element] = []
    y = EDGE + TITLE
    for line in lines_of(figure.title, TITLE, room):
        body.append(_words(EDGE, y, line, TITLE, "#1d2329", weight="600"))
        y += 1.3 * TITLE
    y = _legend(body, figure.legend, y - 4, room)
    drawing.set("x", f"{EDGE - left:.1f}")
    drawing.set("y", f"{y:.1f}")
    drawing.set("overflow", "visible")
    body.append(drawing)
    y += float(drawing.get("height", "0")) + SMALL + 4
    for line in lines_of(figure.caption, SMALL, room) if figure.caption else ():
        body.append(_words(EDGE, y, line, SMALL, "#5b6670"))
        y += 1.4 * SMALL
    for line in lines_of(f"{figure.standing[:1].upper()}{figure.standing[1:]}.", 10.5, room) if figure.standing else ():
        body.append(_words(EDGE, y + 4, line, 10.5, "#1d2329"))
        y += 1.4 * 10.5
    body.append(_words(EDGE, y + 4, NOTICE, 10.5, "#66707a"))
    wide, tall = room + 2 * EDGE, y + 4 + EDGE
    root = xml.Element("svg", {
        "viewBox": f"0 0 {wide:.0f} {tall:.0f}", "width": f"{wide:.0f}", "height": f"{tall:.0f}", "role": "img",
        "aria-label": figure.title,
    })  # fmt: skip
    xml.SubElement(root, "title").text = figure.title
    xml.SubElement(root, "rect", {"width": f"{wide:.0f}", "height": f"{tall:.0f}", "fill": "#ffffff"})
    root.extend(body)
    return root


def sheet_text(figure: Figure, width: float) -> str:
    """The sheet as the text of an SVG file."""
    return as_text(sheet(figure, width))


def extent(drawing: xml.Element) -> tuple[float, float]:
    """The leftmost and rightmost place that the drawing needs, its words included [pixel]."""
    low, high = 0.0, float(drawing.get("width", "0"))
    for one in drawing.iter("text"):
        long = width_of("".join(one.itertext()), float(one.get("font-size", "12.5")))
        x = float(one.get("x", "0"))
        start = {"middle": x - long / 2, "end": x - long}.get(one.get("text-anchor", ""), x)
        low, high = min(low, start), max(high, start + long)
    return low, high


def _legend(body: list[xml.Element], items: Sequence[tuple[str, str]], y: float, room: float) -> float:
    """Samples and labels in rows from left to right; returns where the drawing begins."""
    if not items:
        return y
    x = EDGE
    for what, label in items:
        long = SAMPLE + 6 + width_of(label, SMALL)
        if x > EDGE and x + long > EDGE + room:
            x, y = EDGE, y + 20
        picture = inlined(sample(what))
        picture.set("x", f"{x:.1f}")
        picture.set("y", f"{y:.1f}")
        picture.attrib.pop("aria-hidden", None)
        body += [picture, _words(x + SAMPLE + 6, y + 11, label, SMALL, "#5b6670")]
        x += long + GAP
    return y + 28


def _words(x: float, y: float, words: str, size: float, colour: str, *, weight: str | None = None) -> xml.Element:
    return xml.fromstring(text(x, y, words, fill=colour, font_size=f"{size:g}", font_family=FAMILY, font_weight=weight))
