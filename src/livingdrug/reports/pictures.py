"""Figures as files: SVG with its looks inside, and PNG where the optional renderer is installed."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from livingdrug.foundation.errors import BadInput

_STYLE = Path(__file__).parent / "templates" / "report.css"
_WIDE = 1720
"""Pixels of a PNG: twice the width at which figures are drawn."""
_FONTS = "DejaVu Sans"
"""Of a PNG, where the page's own are not installed."""


def as_svg(drawing: str) -> str:
    """A figure of a report as a file of its own."""
    head, body = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).split(">", 1)
    return f"{head}><style>{_style()}</style>{body}"


def as_png(drawing: str) -> bytes:
    """A figure of a report as a PNG on white, 1720 pixels wide.

    Raises
    ------
    BadInput
        The renderer is not installed.
    """
    renderer = _renderer()
    if renderer is None:
        raise BadInput(
            'PNG figures need the package resvg-py.\n  Install it with pip install "livingdrug[png]"; SVG figures need nothing.'
        )
    head, body = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).split(">", 1)
    text = f"{head}><style>{_plain_style()}</style>{_plain(body)}"
    found = renderer.svg_to_bytes(
        svg_string=text, width=_WIDE, background="#ffffff", font_family=_FONTS, sans_serif_family=_FONTS
    )
    return bytes(found)


def can_png() -> bool:
    """Whether PNG figures can be made here."""
    return _renderer() is not None


@cache
def _renderer() -> Any:
    try:
        return import_module("resvg_py")
    except ImportError:
        return None


@cache
def _style() -> str:
    return _STYLE.read_text(encoding="utf-8")


@cache
def _colours() -> dict[str, str]:
    """The names of the light page's colours and fonts -> what they are."""
    light = re.search(r":root\s*\{(.*?)\}", _style(), re.S)
    assert light is not None
    return {name: value.strip() for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", light[1])}


def _plain(text: str) -> str:
    """The text with every var(--name) written out, for renderers that know no variables."""
    return re.sub(r"var\(--([\w-]+)\)", lambda found: _colours().get(found[1], "inherit"), text)


@cache
def _plain_style() -> str:
    """The light looks alone, written out."""
    rules = []
    for selector, body in re.findall(r"([^{}@]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", _style(), flags=re.S)):
        if ":root" not in selector and "::" not in selector:
            rules.append(f"{selector.strip()} {{{_plain(body)}}}")
    return "\n".join(rules)
