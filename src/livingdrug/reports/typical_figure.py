"""States of one typical patient over time as a figure: lines of one unit, logarithmic where they span more than a hundredfold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.reports.band_figure import round_up
from livingdrug.reports.charts.bands import Band, draw_bands
from livingdrug.reports.page import Figure, legend_of

if TYPE_CHECKING:
    from livingdrug.design.typical import Typical

DECADES = 6
"""Most that a logarithmic axis shows below its greatest value."""
SPAN = 100.0
MOST_LINES = 4


def typical_figure(patient: Typical, outputs: Sequence[str]) -> Figure:
    """See `livingdrug.plot.typical`."""
    frame, names = patient.course, list(dict.fromkeys([outputs] if isinstance(outputs, str) else outputs))
    for name in names:
        if name not in frame.columns or name == "day":
            raise UnknownName("output of this course", name, [one for one in frame.columns if one != "day"])
    units = list(dict.fromkeys(patient.units.get(name, "") for name in names))
    if len(units) > 1:
        raise BadInput(
            f"outputs: {', '.join(names)} have the units {', '.join(units)}.\n  Draw those of one unit in a figure."
        )
    if not 1 <= len(names) <= MOST_LINES:
        raise BadInput(f"outputs: got {len(names)}, expected one to {MOST_LINES}.\n  Draw several figures.")
    seen = frame.filter(frame["day"] >= 0).sort("day")
    day, values = seen["day"].to_numpy(), np.array([seen[name].to_numpy() for name in names], dtype=float)
    most = float(np.nanmax(values))
    positive = values[values > 0]
    log = bool(positive.size) and float(values.min()) >= 0 and most > SPAN * float(positive.min())
    if log:
        high = 10.0 ** math.ceil(math.log10(most))
        low = max(10.0 ** math.floor(math.log10(float(positive.min()))), high / 10.0**DECADES)
        values = np.maximum(values, low)
    else:
        low, high = min(0.0, float(np.nanmin(values))), round_up(max(most, 1e-9))
    lines = [
        Band(name, day.tolist(), [row.tolist()] * 5, [1] * day.size, [0.0] * day.size)
        for name, row in zip(names, values, strict=True)
    ]
    title = "A typical patient"
    draw = partial(
        draw_bands,
        lines,
        title=title,
        axis=units[0] or "",
        unit=units[0],
        low=low,
        high=high,
        log=log,
        last_day=float(day[-1]),
    )
    caption = (
        f"Levels below {low:g} lie on the axis." if log and float(seen.select(names).to_numpy().min()) < low else ""
    )
    return Figure(title, draw, caption, legend_of(names), seen.select("day", *names), id="typical")
