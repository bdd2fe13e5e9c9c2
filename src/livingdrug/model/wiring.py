"""The wiring picture: a table of mechanisms, each row gives what the columns read, with the number of quantities in the square."""

from __future__ import annotations

from html import escape

from livingdrug.model.assemble import Model

_CELL, _LETTER, _GAP = 24.0, 7.6, 10.0
"""Side of a square, about the width of a letter of a label, and what stands between both, in pixels."""


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
    """The picture as one ``<svg>`` element; a square names what is read under the pointer, and leads to its reader."""
    ids, pairs = list(model.mechanisms), readings(model)
    room = _GAP + _LETTER * max(len(name) for name in ids)
    side = _CELL * len(ids)
    at = {name: room + _CELL * i for i, name in enumerate(ids)}
    label = "Who reads what from whom: " + "; ".join(f"{reader} from {source}" for source, reader in pairs)
    lines = "".join(
        f'<path d="M{room:.1f} {at[name] + _CELL / 2:.1f} h{side:.1f} M{at[name] + _CELL / 2:.1f} {room:.1f} v{side:.1f}" class="line"/>'
        for name in ids
    )
    squares = "".join(
        _square(at[source], at[reader], source, reader, names) for (source, reader), names in pairs.items()
    )
    words = "".join(
        _labels(name, model.mechanisms[name].sheet.title, at[name] + _CELL / 2, room - _GAP) for name in ids
    )
    whole = room + side + _GAP
    return (
        f'<svg class="wiring" viewBox="0 0 {whole:.0f} {whole:.0f}" width="{whole:.0f}" height="{whole:.0f}" role="group" '
        f'aria-label="{escape(label)}">{lines}{words}{squares}</svg>'
    )


def _square(row: float, column: float, source: str, reader: str, names: tuple[str, ...]) -> str:
    """How many names the reader of a column takes from the owner of a row; the more, the darker."""
    shade = "few" if len(names) == 1 else "some" if len(names) < 4 else "many"
    return (
        f'<a href="#{escape(reader)}"><rect x="{column + 2:.1f}" y="{row + 2:.1f}" width="{_CELL - 4:.1f}" height="{_CELL - 4:.1f}" rx="3" class="ground"/>'
        f'<rect x="{column + 2:.1f}" y="{row + 2:.1f}" width="{_CELL - 4:.1f}" height="{_CELL - 4:.1f}" rx="3" class="{shade}">'
        f"<title>{escape(reader)} reads from {escape(source)}: {escape(', '.join(names))}</title></rect>"
        f'<text x="{column + _CELL / 2:.1f}" y="{row + _CELL / 2 + 4.5:.1f}" text-anchor="middle">{len(names)}</text></a>'
    )


def _labels(name: str, title: str, middle: float, end: float) -> str:
    """A mechanism's name before its row and, upright, above its column."""
    words, told = escape(name.replace("_", " ")), f"<title>{escape(title)}</title>"
    link = f'<a href="#{escape(name)}">{told}'
    return (
        f'{link}<text x="{end:.1f}" y="{middle + 4.5:.1f}" text-anchor="end">{words}</text></a>'
        f'{link}<text x="{middle:.1f}" y="{end:.1f}" text-anchor="end" class="upright">{words}</text></a>'
    )
