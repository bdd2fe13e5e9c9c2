"""SVG elements as text. Colours live in the style sheet: a mark names its role (class), not its colour."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

Point = tuple[float, float]


def escape(text: object) -> str:
    """Text made safe inside SVG and HTML, in elements and in attributes."""
    return (
        str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )  # fmt: skip


def number(value: float) -> str:
    """A coordinate with at most one decimal: a tenth of a pixel is enough and keeps the file small."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, content: str = "", **attributes: object) -> str:
    """One element; ``class_`` becomes ``class``, ``data_tip`` becomes ``data-tip``, None is left out.

    Examples
    --------
    >>> element("line", x1=0, x2=12.04, class_="grid")
    '<line x1="0" x2="12" class="grid"/>'
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        parts.append(f'{_label(key)}="{number(value) if isinstance(value, (int, float)) else escape(value)}"')
    opening = " ".join(parts)
    return f"<{opening}>{content}</{name}>" if content else f"<{opening}/>"


@cache
def _label(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def text(x: float, y: float, words: object, role: str = "", *, anchor: str = "start", **attributes: object) -> str:
    """A line of text whose baseline is at `y`."""
    return element(
        "text", escape(words), x=x, y=y, class_=role or None,
        text_anchor=None if anchor == "start" else anchor, **attributes,
    )  # fmt: skip


def wrapped(words: str, at_most: int) -> list[str]:
    """Words in lines of at most so many letters; a longer word keeps its line.

    Examples
    --------
    >>> wrapped("no product could be made", 12)
    ['no product', 'could be', 'made']
    """
    lines, line = [], ""
    for word in words.split():
        if len(line) + len(word) + 1 > at_most and line:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def trace(points: Iterable[Point]) -> str:
    """Path data through points; a point that is not finite lifts the pen."""
    steps, pen_down = [], False
    for x, y in points:
        if not (math.isfinite(x) and math.isfinite(y)):
            pen_down = False
            continue
        steps.append(f"L{x:.1f} {y:.1f}" if pen_down else f"M{x:.1f} {y:.1f}")
        pen_down = True
    return _short("".join(steps))


def _short(path: str) -> str:
    """Path data of coordinates with one decimal, without those that are 0, as `number` writes them."""
    return path.replace(".0", "")


def stairs(points: Sequence[Point]) -> str:
    """Path data of a step function: level until the next point, then down."""
    if not points:
        return ""
    before = f"{points[0][1]:.1f}"
    steps = [f"M{points[0][0]:.1f} {before}"]
    for x, y in points[1:]:
        now = f"{y:.1f}"
        steps.append(f"H{x:.1f}V{now}" if now != before else f"H{x:.1f}")
        before = now
    return _short("".join(steps))


def ribbon(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """Path data of the area between two lines over the same abscissae."""
    return f"{trace(upper)}L{trace(reversed(lower))[1:]}Z" if upper else ""


def picture(width: float, height: float, body: Iterable[str], label: str) -> str:
    """A whole SVG with a name for readers who cannot see it."""
    return element(
        "svg", "".join(body), viewBox=f"0 0 {number(width)} {number(height)}", width=width, height=height,
        role="img", aria_label=label,
    )  # fmt: skip
