"""Figures as files: SVG with its looks inside; PNG and PDF where their optional renderers are installed.

figure ─► sheet (title, legend, drawing) ─► SVG ─► PNG (resvg) or PDF (Typst), in one typeface: the same bytes everywhere
"""

from __future__ import annotations

import xml.etree.ElementTree as xml
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput
from livingdrug.reports.lettering import FAMILY, font_folder, in_our_face, raise_powers
from livingdrug.reports.styles import as_text, inlined

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.reports.page import Figure

ENDINGS = (".svg", ".png", ".pdf")
_POINTS = 0.75
"""Of a pixel, in a PDF."""
_SHARPNESS = 2
"""Pixels of a PNG for each of the drawing."""


def save_figure(
    figure: Figure, path: Path, *, width: float | None = None, data: bool = True, replace: bool = True
) -> tuple[Path, ...]:
    """Write a figure as SVG, PNG or PDF, by the ending of its name, with what is drawn beside it as CSV.

    Parameters
    ----------
    figure
        A figure of a report or of `livingdrug.plot`.
    path
        Ends in .svg, .png or .pdf (or .csv for the data alone).
    width
        Of the drawing [pixel].
    data
        Whether to write the CSV too.

    Returns
    -------
    The files written.

    Raises
    ------
    BadInput
        Another ending, no renderer for it, no data to write, or a place that cannot be written.
    """
    from livingdrug.reports.places import refuse_place
    from livingdrug.trial.storage import write_bytes

    ending = path.suffix.lower()
    if ending not in (*ENDINGS, ".csv"):
        raise BadInput(
            f'{path}: got the ending "{path.suffix}", expected one of {", ".join((*ENDINGS, ".csv"))}.\n  Name it for example {path.with_suffix(".svg")}.'
        )
    refuse_place(path)
    written: dict[Path, bytes] = {}
    if ending != ".csv":
        written[path] = content_of(figure, ending, width)
    elif figure.data is None:
        raise BadInput(f'the figure "{figure.title}" has no table behind it.\n  Write it as SVG, PNG or PDF.')
    if figure.data is not None and (data or ending == ".csv"):
        written[path.with_suffix(".csv")] = csv_of(figure.data)
    for place, content in written.items():
        write_bytes(place, content)
    return tuple(written)


def content_of(figure: Figure, ending: str, width: float | None = None) -> bytes:
    """The bytes of a figure's file; `ending` is .svg, .png or .pdf."""
    from livingdrug.reports.sheet import sheet

    root = sheet(figure, width or figure.own_width)
    if ending == ".svg":
        return ('<?xml version="1.0" encoding="UTF-8"?>\n' + as_text(root) + "\n").encode("utf-8")
    return (_png if ending == ".png" else _pdf)(root)


def csv_of(data: pl.DataFrame) -> bytes:
    """A figure's data: a heading line, commas, full stops, UTF-8."""
    return data.write_csv().encode("utf-8")


def as_svg(drawing: str) -> str:
    """A drawing of a report as a file of its own, its looks written into it."""
    return as_text(inlined(drawing))


def as_png(drawing: str) -> bytes:
    """A drawing of a report as a PNG on white, twice its size.

    Raises
    ------
    BadInput
        The renderer is not installed.
    """
    return _png(inlined(drawing))


def can_png() -> bool:
    """Whether PNG figures can be made here."""
    return _renderer("resvg_py") is not None


def can_pdf() -> bool:
    """Whether PDF figures can be made here."""
    return _renderer("typst") is not None


def _png(root: xml.Element) -> bytes:
    renderer = _renderer("resvg_py")
    if renderer is None:
        raise BadInput(
            'PNG figures need the package resvg-py.\n  Install it with pip install "livingdrug[figures]"; SVG figures need nothing.'
        )
    _letter(root)
    folder = font_folder()
    family = FAMILY if folder else "DejaVu Sans"
    wide = round(_SHARPNESS * float(root.get("width", "860")))
    found = renderer.svg_to_bytes(
        svg_string=as_text(root), width=wide, background="#ffffff", font_family=family, sans_serif_family=family,
        font_files=[str(file) for file in sorted(folder.glob("*.ttf"))] if folder else None, skip_system_fonts=folder is not None,
    )  # fmt: skip
    return bytes(found)


def _pdf(root: xml.Element) -> bytes:
    _letter(root)
    wide = _POINTS * float(root.get("width", "860"))
    page = f'#set page(width: auto, height: auto, margin: 0pt)\n#set document(date: none)\n#image("figure.svg", width: {wide:.2f}pt)\n'
    return typeset({"main": page.encode(), "figure.svg": as_text(root).encode("utf-8")})


def typeset(files: dict[str, bytes]) -> bytes:
    """A Typst document, `main`, with the files it names, as PDF; the same files give the same bytes.

    Raises
    ------
    BadInput
        The typesetter is not installed.
    """
    typst, folder = _renderer("typst"), font_folder()
    if typst is None:
        raise BadInput(
            'PDF needs the package typst.\n  Install it with pip install "livingdrug[figures]"; SVG figures and HTML reports need nothing.'
        )
    fonts: dict[str, Any] = {"font_paths": [str(folder)], "ignore_system_fonts": True} if folder else {}
    return bytes(typst.compile(files, format="pdf", **fonts))


def _letter(root: xml.Element) -> None:
    raise_powers(root)
    if font_folder() is not None:
        in_our_face(root)


@cache
def _renderer(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
