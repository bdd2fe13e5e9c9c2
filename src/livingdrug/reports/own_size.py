"""Trials at their own size: observed numbers beside the interval in which nine of ten simulated trials lie, and how many are inside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from livingdrug.catalog.records.endpoint import GROUPS
from livingdrug.reports.charts.forest import Pair, draw_forest, pairs_frame
from livingdrug.reports.page import Figure, Note, Section, Table
from livingdrug.reports.words import DASH

if TYPE_CHECKING:
    from livingdrug.fitting.board.rows import BoardRow

LEAD = (
    "Each trial was simulated many times at its own size; nine of ten such trials lie in the interval. It holds the chance of the patients "
    "enrolled and, where a calibration was given, the uncertainty of the parameters and the difference between trials. Rows used for "
    "calibration are a fit; rows only compared are of the same trials; rows of families left out are predicted by a fit to the other "
    "families, which never saw them; predictions stand apart."
)
USES = {"calibration": "used for calibration", "comparison": "only compared", "left out": "families left out"}
RECALLED = "recalled"
LEGEND = (
    ("published", "published, 95 % interval"),
    ("simulated", "predicted, nine of ten trials"),
    ("verdict fit", "published value inside"),
    ("verdict misfit", "outside"),
)


def section(rows: Sequence[BoardRow]) -> Section | None:
    """Coverage by class of endpoints, a plot for each class of shares, and the amounts as a table; nothing without rows."""
    if not rows:
        return None
    shares = [row for row in rows if row.observed is not None and row.predicted is not None and _is_share(row)]
    amounts = [row for row in rows if row.observed is not None and row.predicted is not None and not _is_share(row)]
    recalled = sum(row.provenance.startswith(RECALLED) for row in rows if row.use == "calibration")
    n = sum(row.use == "calibration" for row in rows)
    parts: list[Any] = [
        Note(f"{recalled} of {n} rows used for calibration are recalled: nobody has read them in their source."),
        _coverage(rows),
    ]
    parts += [
        _plot(name, [row for row in shares if row.about == name]) for name in sorted({row.about for row in shares})
    ]
    if amounts:
        parts.append(_amounts(amounts))
    return Section("own-size", "At the size of each trial", LEAD, tuple(parts))


def _is_share(row: BoardRow) -> bool:
    values = (row.observed, row.predicted, row.predicted_high)
    return row.unit == "percent" and all(value is None or 0 <= value <= 100 for value in values)


def _coverage(rows: Sequence[BoardRow]) -> Table:
    """Rows inside their interval, by class and use; the median of how much wider it is than the chance of patients alone."""
    told = []
    classes = ["", *sorted({row.about for row in rows})]
    fit = [row for row in rows if row.use == "calibration"]
    read = [row for row in fit if not row.provenance.startswith(RECALLED)]
    groups = [fit, read, *([row for row in rows if row.use == use] for use in USES if use != "calibration")]
    for name in classes:
        cells = [_class(name) if name else "all"]
        for group in groups:
            mine = [row for row in group if row.inside is not None and name in ("", row.about)]
            inside = sum(bool(row.inside) for row in mine)
            cells.append(f"{inside} of {len(mine)} ({100 * inside / len(mine):.0f} %)" if mine else DASH)
        wide = sorted(row.width_over_sampling for row in rows if row.width_over_sampling and name in ("", row.about))
        cells.append(f"{wide[len(wide) // 2]:.1f}" if wide else DASH)
        told.append(tuple(cells))
    return Table(
        ("", USES["calibration"], "of these read", USES["comparison"], USES["left out"], "width beside sampling alone"),
        tuple(told),
        title="Inside the interval of nine in ten trials",
    )


def _class(name: str) -> str:
    return GROUPS.get(name, name.replace("_", " "))


def _plot(name: str, rows: Sequence[BoardRow]) -> Figure:
    pairs = [
        Pair(
            f"{row.endpoint.replace('_', ' ')}{', ' + row.timepoint if row.timepoint else ''}", f"{row.trial} {USES.get(row.use, '')}",
            (row.observed if row.observed is not None else math.nan, row.observed_low, row.observed_high),
            (row.predicted or 0.0, row.predicted_low, row.predicted_high), row.inside, row.provenance,
        )
        for row in rows
    ]  # fmt: skip
    unique: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        unique.setdefault((pair.group, pair.label), pair)
    draw = partial(
        draw_forest, list(unique.values()), title=f"{_class(name)}, %", low=0.0, high=100.0, log=False, unit=" %"
    )
    title = f"{_class(name)[:1].upper()}{_class(name)[1:]}"
    return Figure(title, draw, legend=LEGEND, data=pairs_frame(list(unique.values())))


def _amounts(rows: Sequence[BoardRow]) -> Table:
    cells = tuple(
        (f"{row.trial}: {row.endpoint.replace('_', ' ')}", f"{row.observed:.3g}", f"{row.predicted:.3g}",
         f"{row.predicted_low:.3g} to {row.predicted_high:.3g}", "yes" if row.inside else "no")
        for row in rows
        if row.observed is not None and row.predicted is not None
    )  # fmt: skip
    return Table(("", "observed", "predicted", "nine of ten trials", "inside"), cells, title="Amounts and days")


def frozen_words(one: Mapping[str, Any] | None) -> str:
    """What there is to say of a frozen prediction; empty without one."""
    return f"frozen on {one['frozen_on']} at {one['tag']}: {one['file']}" if one else ""
