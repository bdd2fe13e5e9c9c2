"""How wide words are, and the typeface of pictures: the same on every machine."""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from functools import cache
from importlib import import_module
from pathlib import Path

FAMILY = "Source Sans Pro"
"""Of PNG and PDF, where its package is installed; an SVG is set in what its reader has."""
_WIDTHS = {
    **dict.fromkeys("iIl.,:;'|!jft()[]/\\ ", 0.36),
    **dict.fromkeys("mwMW@%—…", 0.93),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ≥≤±÷×→✓✕", 0.72),
    "\u200b": 0.0,
}
"""In parts of the size: the widest among the usual faces of screens, so that words never come out longer than thought."""
SMALL = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789", strict=True))
POWER = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def width_of(words: str, size: float) -> float:
    """About how wide a line of text is, rather too wide than too narrow.

    Examples
    --------
    >>> width_of("ill", 10) < width_of("ace", 10) < width_of("WWW", 10)
    True
    """
    return size * sum(_WIDTHS.get(letter, 0.6) for letter in words)


def lines_of(words: str, size: float, room: float) -> list[str]:
    """Words in lines of at most so many pixels."""
    lines: list[str] = []
    for word in words.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def raise_powers(root: xml.Element) -> None:
    """Superscript letters, which few faces have all of (10⁻² would lose its minus), as small raised figures."""
    for element in [one for one in root.iter() if one.tag == "text"]:
        words = (element.text or "").replace("✕", "×")
        element.text = words
        found = POWER.search(words)
        if found is None or ("⁻" not in found[0] and "⁰" not in found[0] and len(element)):
            continue
        size = float(element.get("font-size", "12"))
        element.text = words[: found.start()]
        up = xml.SubElement(element, "tspan", {"dy": f"{-0.36 * size:.1f}", "font-size": f"{0.72 * size:.1f}"})
        up.text = "".join(SMALL[letter] for letter in found[0])
        rest = words[found.end() :]
        if rest:
            down = xml.SubElement(element, "tspan", {"dy": f"{0.36 * size:.1f}"})
            down.text = rest


def in_our_face(root: xml.Element) -> None:
    """Every line of text in the typeface of pictures."""
    for element in root.iter():
        if "font-family" in element.attrib:
            element.set("font-family", FAMILY)


@cache
def font_folder() -> Path | None:
    """Where the typeface lies; None without its package."""
    try:
        return Path(import_module("font_source_sans_pro").font_directory)
    except (ImportError, AttributeError):
        return None
