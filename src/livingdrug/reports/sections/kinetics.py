"""Cellular kinetics: the cells in blood, by every assay that measured them."""

from __future__ import annotations

import math
from functools import partial

from livingdrug.reports.band_figure import band_figure
from livingdrug.reports.charts.arms import has_band, role_of
from livingdrug.reports.charts.bands import Limit, draw_bands
from livingdrug.reports.endpoint_rows import endpoint_table
from livingdrug.reports.measured import Measured, measured
from livingdrug.reports.not_kept import not_kept
from livingdrug.reports.page import Figure, Section, missing
from livingdrug.reports.quantile_bands import as_frame, bands, limit_of
from livingdrug.reports.source import Source

ORDER = 30
SCHEDULE = "kinetics"
"""The visits at which the cells themselves are measured."""
LEAD = (
    "After infusion the cells leave the blood for the tissues, multiply where they find their antigen, contract, and persist as a small "
    "memory pool, as far as the planned visits show it."
)
BANDS = " The band holds nine in ten patients, its darker part every second one."


def section(source: Source) -> Section | None:
    """Bands of the cells in blood, the assay of the trial's own endpoints first and large, and the endpoints of exposure; None without cells."""
    if source.arms and not any(source.has_cells(arm) for arm in source.arms):
        return None
    units = [one.record.unit for one in source.endpoints("kinetics")]
    found = [one for one in measured(source) if one.schedule == SCHEDULE]
    found.sort(key=lambda one: -sum(unit.startswith(one.unit) for unit in units))
    figures = [_large(source, one) for one in found[:1]]
    figures += [band_figure(source, one.quantity, one.title, one.unit_words, log=True) for one in found[1:]]
    table = endpoint_table(source, "kinetics", title="Exposure")
    parts = [part for part in (*figures, *not_kept(source, "Courses of the cells in blood"), table) if part]
    if not parts:
        return missing("kinetics", "Cellular kinetics", "This run has no visits at which the cells were measured.")
    return Section("kinetics", "Cellular kinetics", LEAD + BANDS * any(figures), tuple(parts))


def _large(source: Source, one: Measured) -> Figure | None:
    limit = limit_of(source, one.quantity)
    found = bands(source, one.quantity, floor=limit / 2 if limit else None)
    if not found:
        return None
    lowest = max(min(limit / 2 if limit else 10, *(min(band.quantiles[0]) for band in found)), 1e-9)
    highest = max(*(max(band.quantiles[4]) for band in found), 10 * lowest)
    # Half a decade of room below the limit, so that the "below" region can be seen.
    low, high = 10 ** (math.floor(2 * math.log10(lowest)) / 2), 10 ** math.ceil(math.log10(highest))
    draw = partial(
        draw_bands, found, title=one.title, axis=one.unit_words, unit=one.unit_words, low=low, high=high, log=True,
        limits=(Limit(limit, f"limit of quantification, {limit:g} {one.unit_words}"),) if limit else (),
        last_day=source.last_day, height=320, strip="Patients below the limit of quantification",
    )  # fmt: skip
    legend = [(f"line {role_of(i)}", f"{b.name}: median") for i, b in enumerate(found)]
    legend += [
        (f"band {role_of(i)} inner", "middle 50 %" + source.of_arm(b.name))
        for i, b in enumerate(found)
        if has_band(i, len(found))
    ]
    legend += [
        ("line s0 under", "most below the limit"),
        ("band s0 outer", "middle 90 %" + source.of_arm(found[0].name)),
    ]
    caption = "What the assay would have reported, with its error; values below the limit count as below."
    return Figure(one.title, draw, legend=tuple(legend), data=as_frame(found), caption=caption, id=one.quantity)
