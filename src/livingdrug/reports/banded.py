"""Assays that a section of the report draws by itself, as their files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.reports.band_figure import band_figure
from livingdrug.reports.charts.bands import Limit

if TYPE_CHECKING:
    from livingdrug.catalog.records.assay import Assay
    from livingdrug.reports.page import Figure
    from livingdrug.reports.source import Source


def banded(source: Source, section: str = "") -> list[Assay]:
    """The assays of a section in its order; of every section without one."""
    from livingdrug.catalog.load import default_catalog

    catalog = source.catalog or default_catalog()
    found = [catalog.load("assay", name) for name in catalog.names("assay")]
    mine = [one for one in found if one.band is not None and one.band.section in (section or one.band.section,)]
    return sorted(mine, key=lambda one: (one.band.order if one.band else 0, one.id))


def band_of(source: Source, assay: Assay, *, last_day: float | None = None) -> Figure | None:
    """The figure of one of them; None when the run has no such visits."""
    band = assay.band
    if band is None:
        return None
    limits = tuple(Limit(value, words) for words, value in band.lines.items())
    return band_figure(
        source, assay.quantity, band.title, band.axis, log=band.logarithmic, limits=limits, last_day=last_day
    )
