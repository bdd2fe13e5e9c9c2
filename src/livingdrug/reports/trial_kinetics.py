"""The report of a trial simulated from a fit: expected numbers, and the courses as visits would show them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from livingdrug.fitting.trial_kinetics import PERCENT, TrialKinetics
from livingdrug.reports.charts.scatter import draw_scatter
from livingdrug.reports.html import page, write_page
from livingdrug.reports.page import Figure, Note, Section, Table
from livingdrug.reports.words import DASH, interval, plain

if TYPE_CHECKING:
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.fitting.result import Fit


def write_trial_kinetics(found: TrialKinetics, trial: Trial, fit: Fit, path: Path | str, *, seed: int) -> Path:
    """Write the report as one HTML file that asks no host for anything."""
    lead = (
        f"Kinetics of {found.kinetics.height} patients at the visits of {trial.id}, by a fit of {fit.name} to "
        f"{fit.data.source or 'data'}; intervals hold {PERCENT:g} % of {found.draws} trials of this size, each under population "
        "values drawn from the uncertainty of the fit."
    )
    meta = [trial.id, f"fit {fit.name}", f"seed {seed}"]
    return write_page(
        Path(path), page("A trial from a fit", trial.title, lead, meta, [_expected(found), *_courses(found)])
    )


def _expected(found: TrialKinetics) -> Section:
    rows = tuple(
        (
            row["arm"],
            row["what"],
            _told(row["value"]),
            _told(row["middle"]),
            interval(row["low"], row["high"], _told, missing=DASH),
            row["unit"],
        )
        for row in found.expected.iter_rows(named=True)
    )
    table = Table(("arm", "what", "this trial", "middle", f"{PERCENT:g} % of trials", "unit"), rows, words=(0, 1, 5))
    return Section("expected", "What to expect", "", (table, *(Note(words) for words in found.notes)))


def _told(value: float | None) -> str:
    return "–" if value is None else plain(value)


def _courses(found: TrialKinetics) -> list[Section]:
    figures = []
    for (arm,), part in found.visits.group_by("arm", maintain_order=True):
        seen = part.filter(~pl.col("missed") & (pl.col("value") > 0))
        points = list(seen.select("day", "value").iter_rows())
        middle = seen.group_by("day_planned", maintain_order=True).agg(pl.col("value").median()).sort("day_planned")
        draw = partial(
            draw_scatter, points, title=str(arm), x_title="day", y_title=f"{part['quantity'][0]} [{part['unit'][0]}]", log_y=True,
            time_unit="day", hollow=seen["below_limit"].to_list(), line=list(middle.iter_rows()),
        )  # fmt: skip
        figures.append(Figure(f"Results in {arm}", draw, data=part))
    return [Section("courses", "Results by day", "Rings lie below the limit; the line joins medians.", tuple(figures))]
