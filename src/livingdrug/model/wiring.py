"""The wiring picture: mechanisms on a circle, a curve from each owner of a name to each mechanism that reads it."""

from __future__ import annotations

import math
from html import escape

from livingdrug.model.assemble import Model

_WIDTH, _HEIGHT, _RADIUS = 860.0, 580.0, 240.0


def readings(model: Model) -> dict[tuple[str, str], tuple[str, ...]]:
    """(owner, reader) -> the names read, for every pair of mechanisms that share some."""
    owner = {name: part.id for part in model.mechanisms.values() for name in part.provides}
    found: dict[tuple[str, str], list[str]] = {}
    for part in model.mechanisms.values():
        for name in sorted(part.sheet.reads):
            if name in owner:
                found.setdefault((owner[name], part.id), []).append(name)
    return {pair: tuple(names) for pair, names in found.items()}


def wiring_svg(model: Model) -> str:
    """The picture as one ``<svg>`` element; hovering a curve names what flows along it."""
    ids = list(model.mechanisms)
    angle = {name: 2 * math.pi * i / len(ids) - math.pi / 2 for i, name in enumerate(ids)}
    hue = _hues(model)
    curves = [
        _curve(angle[source], angle[reader], hue[source], source, reader, names)
        for (source, reader), names in readings(model).items()
    ]
    nodes = [_node(name, angle[name], hue[name], model.mechanisms[name].sheet.title) for name in ids]
    label = "Who reads what from whom: " + "; ".join(f"{reader} from {source}" for source, reader in readings(model))
    return (
        f'<svg class="wiring" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="group" aria-label="{escape(label)}">'
        f"{_ARROW}{''.join(curves)}{''.join(nodes)}</svg>"
    )


def wiring_style(model: Model) -> str:
    """The colours of the picture as a style sheet: a page's policy allows no style in an attribute."""
    return "".join(f"svg .h{hue} {{ --hue: {hue}; }}\n" for hue in _hues(model).values())


def _hues(model: Model) -> dict[str, int]:
    """Mechanism -> its hue [degree]."""
    ids = list(model.mechanisms)
    return {name: round(360 * i / len(ids)) for i, name in enumerate(ids)}


_ARROW = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.8 L8 4 L0 7.2 z" fill="context-stroke"/></marker></defs>'
)


def _point(angle: float, radius: float) -> tuple[float, float]:
    # wider than high, so that labels left and right have room and neighbours above and below do not touch
    return _WIDTH / 2 + 1.12 * radius * math.cos(angle), _HEIGHT / 2 + radius * math.sin(angle)


def _curve(start: float, end: float, hue: int, source: str, reader: str, names: tuple[str, ...]) -> str:
    # both directions of a pair bend apart: leave a little clockwise of the node, arrive a little counter-clockwise
    x0, y0 = _point(start + 0.03, _RADIUS - 9)
    x1, y1 = _point(end - 0.03, _RADIUS - 9)
    middle = (_WIDTH / 2, _HEIGHT / 2)
    pull = 0.62
    cx = (x0 + x1) / 2 * (1 - pull) + middle[0] * pull
    cy = (y0 + y1) / 2 * (1 - pull) + middle[1] * pull
    width = 1.0 + 0.45 * min(len(names), 6)
    return (
        f'<path d="M{x0:.1f} {y0:.1f} Q{cx:.1f} {cy:.1f} {x1:.1f} {y1:.1f}" class="wire h{hue}" '
        f'stroke-width="{width:.2f}" marker-end="url(#tip)">'
        f"<title>{escape(reader)} reads from {escape(source)}: {escape(', '.join(names))}</title></path>"
    )


def _node(name: str, angle: float, hue: int, title: str) -> str:
    x, y = _point(angle, _RADIUS)
    tx, ty = _point(angle, _RADIUS + 18)
    side = math.cos(angle)
    anchor = "middle" if abs(side) < 0.12 else "start" if side > 0 else "end"
    shift = 5 + 9 * math.sin(angle) if anchor == "middle" else 5
    return (
        f'<a href="#{escape(name)}"><circle cx="{x:.1f}" cy="{y:.1f}" r="8" class="node h{hue}">'
        f"<title>{escape(title)}</title></circle>"
        f'<text x="{tx:.1f}" y="{ty + shift:.1f}" text-anchor="{anchor}">{escape(name.replace("_", " "))}</text></a>'
    )
