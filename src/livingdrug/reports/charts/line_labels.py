"""Where the words of a horizontal line stand: at its right or left end, above or below it, where they cover least of the curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from livingdrug.reports.charts.svg import Point, text

LETTER, TALL, GAP = 6.2, 12.0, 5.0
"""Width and height of a letter of a hint, and its distance from the line [px]."""
Box = tuple[float, float, float, float]


def line_label(
    words: str, at: float, left: float, right: float, *, bottom: float, curves: Sequence[Sequence[Point]],
    lines: Iterable[float] = (), taken: Sequence[Box] = (),
) -> tuple[str, Box]:  # fmt: skip
    """The words of a line, and the box that they fill: left, top, right, bottom [px].

    Parameters
    ----------
    at, left, right
        Height and ends of the line [px].
    bottom
        Of the plot [px]; words stay above it.
    curves
        Points of each curve [px], in order.
    lines
        Heights of other lines [px].
    taken
        Boxes of other words.
    """
    wide = LETTER * len(words)
    ends = (("end", right - 4.0, right - 4.0 - wide), ("start", left + 4.0, left + 4.0))
    places = []
    for base in (at - GAP, at + GAP + TALL - 2.0):
        for rank, (anchor, x, begin) in enumerate(ends):
            box = (begin, base - TALL + 2.0, begin + wide, base + 2.0)
            if base > at and box[3] > bottom:
                continue
            crossed = sum(_inside(curve, box) for curve in curves)
            crossed += 50 * sum(box[1] < line < box[3] for line in lines) + 50 * sum(
                _overlap(box, one) for one in taken
            )
            places.append((crossed, base > at, rank, anchor, x, base, box))
    _, _, _, anchor, x, base, box = min(places, key=lambda place: place[:3])
    return text(x, base, words, "hint halo", anchor=anchor), box


def _inside(curve: Sequence[Point], box: Box) -> int:
    """How many points of a curve, one in four pixels, lie in a box."""
    n = 0
    for (x, y), (x2, y2) in pairwise(curve):
        if not (min(x, x2) <= box[2] and box[0] <= max(x, x2)):
            continue  # beside it, or no number
        steps = 1 + int(max(abs(x2 - x), abs(y2 - y)) / 4.0) if y == y and y2 == y2 else 0
        along = ((x + (x2 - x) * k / steps, y + (y2 - y) * k / steps) for k in range(steps))
        n += sum(box[0] - 3.0 <= here <= box[2] + 3.0 and box[1] - 3.0 <= up <= box[3] + 3.0 for here, up in along)
    return n


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
