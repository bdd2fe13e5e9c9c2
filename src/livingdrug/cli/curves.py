"""A course drawn with letters, for a terminal: small multiples over one axis of days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

# What a person first asks about; each is drawn when the course has it.
SHOWN = (
    ("car_t", "CAR T cells", True),
    ("leukaemia", "Leukaemia cells", True),
    ("temperature", "Temperature [°C]", False),
    ("il6", "IL-6 [pg/mL]", True),
)
_BLOCKS = " ▁▂▃▄▅▆▇█"


def draw_course(courses: Any, arm: str, patient: int, *, width: int = 72) -> Iterator[str]:
    """Pictures of one patient's course, first the days around infusion, then the whole follow-up.

    Parameters
    ----------
    courses
        The run's `courses` frame: arm, patient, day and one column per model output.
    width
        Letters across.
    """
    rows = courses.filter((courses["arm"] == arm) & (courses["patient"] == patient)).sort("day")
    if rows.is_empty():
        yield "No course was kept for this patient (never infused)."
        return
    days = rows["day"].to_list()
    last = days[-1]
    windows = [(max(days[0], -7.0), min(35.0, last))] + ([(days[0], last)] if last > 60 else [])
    for begin, end in windows:
        yield f"Day {begin:.0f} to {end:.0f} from infusion"
        for column, title, logarithmic in SHOWN:
            if column in rows.columns:
                yield curve(days, rows[column].to_list(), title, begin, end, logarithmic=logarithmic, width=width)


def curve(
    days: Sequence[float],
    values: Sequence[float | None],
    title: str,
    begin: float,
    end: float,
    *,
    logarithmic: bool,
    width: int = 72,
    height: int = 4,
) -> str:
    """One quantity as a block picture; each column is the largest value of its days.

    Examples
    --------
    >>> print(curve([0, 1, 2, 3], [1.0, 2.0, 3.0, 4.0], "x", 0, 3, logarithmic=False, width=4, height=1))
    x: 1 to 4
      ▁▃▆█
    """
    columns: list[float | None] = [None] * width
    for day, value in zip(days, values, strict=True):
        if value is None or not math.isfinite(value) or not begin <= day <= end:
            continue
        place = min(int((day - begin) / max(end - begin, 1e-9) * width), width - 1)
        here = columns[place]
        columns[place] = value if here is None else max(here, value)
    seen = [value for value in columns if value is not None]
    if not seen:
        return f"{title}: nothing recorded"
    low, high = min(seen), max(seen)
    floor = max(low, high * 1e-8)  # a log axis shows eight decades

    def share(value: float) -> float:
        if high <= (floor if logarithmic else low):
            return 0.5
        if logarithmic:
            return math.log(max(value, floor) / floor) / math.log(high / floor)
        return (value - low) / (high - low)

    steps = len(_BLOCKS) - 1
    # 1 … height*8 eighths, so that the lowest value is still a line and a gap is a gap
    filled = [0 if value is None else 1 + round(share(value) * (height * steps - 1)) for value in columns]
    lines = [
        "  " + "".join(_BLOCKS[min(max(eighths - row * steps, 0), steps)] for eighths in filled).rstrip()
        for row in reversed(range(height))
    ]
    return "\n".join([f"{title}: {low:.3g} to {high:.3g}{' (log scale)' if logarithmic else ''}", *lines])
