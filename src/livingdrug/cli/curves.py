"""A course drawn with letters, for a terminal: small multiples over one axis of days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

_BLOCKS = " ▁▂▃▄▅▆▇█"
EARLY_DAYS = 35.0


def draw_tracks(tracks: Sequence[Any], last_day: float, *, width: int = 72) -> Iterator[str]:
    """Pictures of one patient's course, first the weeks around infusion, then the whole follow-up.

    Parameters
    ----------
    tracks
        Curves of a `reports.story.Story`: title, day, value, log (a logarithmic axis), low (where that begins).
    last_day
        End of follow-up [day].
    width
        Letters across.
    """
    if not tracks:
        yield "There is no course to draw: the cells were never given."
        return
    first = float(tracks[0].day[0])
    for begin, end in [(first, min(EARLY_DAYS, last_day))] + ([(first, last_day)] if last_day > 2 * EARLY_DAYS else []):
        yield f"Day {begin:.0f} to {end:.0f} from infusion\n"
        for track in tracks:
            lowest = track.low if track.log else None
            yield curve(track.day, track.value, track.title, begin, end, log_from=lowest, width=width)
            yield ""


def curve(
    days: Sequence[float],
    values: Sequence[float | None],
    title: str,
    begin: float,
    end: float,
    *,
    log_from: float | None = None,
    width: int = 72,
    height: int = 4,
) -> str:
    """One quantity as a block picture; each column is the largest value of its days, the range in the title that of every value.

    Parameters
    ----------
    log_from
        Lowest value of a logarithmic axis; None for a plain axis.

    Examples
    --------
    >>> print(curve([0, 1, 2, 3], [1.0, 2.0, 3.0, 4.0], "x", 0, 3, width=4, height=1))
    x: 1 to 4
      ▁▃▆█
    """
    columns: list[float | None] = [None] * width
    looked = [False] * width
    seen: list[float] = []
    for day, value in zip(days, values, strict=True):
        if not begin <= day <= end:
            continue
        place = min(int((day - begin) / max(end - begin, 1e-9) * width), width - 1)
        looked[place] = True
        if value is not None and math.isfinite(value):
            seen.append(value)
            here = columns[place]
            columns[place] = value if here is None else max(here, value)
    for place in range(1, width):  # between two checks nothing is known to change; an unknown value stays a gap
        if not looked[place] and any(looked[place:]):
            columns[place] = columns[place - 1]
    if not seen:
        return f"{title}: nothing recorded"
    low, high = min(seen), max(seen)
    floor = max(low, log_from) if log_from else low

    def share(value: float) -> float:
        if high <= floor:
            return 0.5
        if log_from:
            return math.log(max(value, floor) / floor) / math.log(high / floor)
        return (value - low) / (high - low)

    steps = len(_BLOCKS) - 1
    # 1 … height*8 eighths, so that the lowest value is still a line and a gap is a gap
    filled = [0 if value is None else 1 + round(share(value) * (height * steps - 1)) for value in columns]
    lines = [
        "  " + "".join(_BLOCKS[min(max(eighths - row * steps, 0), steps)] for eighths in filled).rstrip()
        for row in reversed(range(height))
    ]
    return "\n".join([f"{title}: {low:.3g} to {high:.3g}{' (log scale)' if log_from else ''}", *lines])
