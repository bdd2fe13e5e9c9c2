"""Section 3: cellular kinetics, the transgene in blood."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from livingdrug.reports.charts.bands import Limit, draw_bands
from livingdrug.reports.columns import middle, numbers
from livingdrug.reports.page import Figure, Section, Table, missing
from livingdrug.reports.quantile_bands import as_frame, bands, limit_of
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, plain, spread

if TYPE_CHECKING:
    import polars as pl

QUANTITY = "car_t_copies_per_ug"
LEAD = (
    "After infusion the cells disappear into tissues, then multiply a thousandfold within two weeks where they find their "
    "antigen, contract, and persist as a small memory pool. The band holds nine in ten patients, its darker part every second one."
)
# column, words, summary, endpoint whose published rows stand beside it
NUMBERS = (
    ("cmax_copies_per_ug", "Cmax, copies/µg: geometric mean (CV %)", "geometric", "cmax"),
    ("tmax_day", "Tmax, days: median (range)", "median", "tmax"),
    ("auc_0_28_day_copies_per_ug", "AUC 0–28 d, copies/µg × day: geometric mean (CV %)", "geometric", "auc_0_28"),
    ("last_detectable_day", "Last detectable, days: median (range)", "median", "last_detectable"),
)


def build(source: Source) -> Section:
    """The bands and a table of exposure by response."""
    limit = limit_of(source, QUANTITY)
    found = bands(source, QUANTITY, floor=limit / 2 if limit else None)
    if not found:
        return missing(
            "kinetics", "Cellular kinetics", "This run has no visits with transgene copies (car_t_copies_per_ug)."
        )
    lowest = min(limit / 2 if limit else 10, *(min(band.quantiles[0]) for band in found))
    highest = max(max(band.quantiles[4]) for band in found)
    # Half a decade of room below the limit, so that the "below" region can be seen.
    low, high = 10 ** (math.floor(2 * math.log10(lowest)) / 2), 10 ** math.ceil(math.log10(highest))
    draw = partial(
        draw_bands, found, title="Transgene copies in blood", axis="copies/µg DNA", unit="copies/µg", low=low, high=high, log=True,
        limits=(Limit(limit, f"limit of quantification, {limit:g} copies/µg"),) if limit else (),
        last_day=source.last_day, height=320, strip="Patients below the limit of quantification",
    )  # fmt: skip
    legend = [(f"line s{i}", f"{b.name}: median") for i, b in enumerate(found)]
    legend += [("band s0 inner", "middle 50 % of patients"), ("band s0 outer", "middle 90 %")]
    figure = Figure("Transgene copies in blood over five years", draw, legend=tuple(legend), data=as_frame(found),
                    caption="What the assay would have reported, with its error; values below the limit count as below.")  # fmt: skip
    return Section("kinetics", "Cellular kinetics", LEAD, (figure, _table(source)))


def _table(source: Source) -> Table:
    """Exposure of those with and without remission, by arm, with the published numbers."""
    import polars as pl

    rows: list[tuple[str, ...]] = []
    marks = []
    responded = pl.col("responded_3mo").fill_null(False)
    for title, who, ending in (("Remission", responded, ""), ("No remission", ~responded, "_non_responders")):
        groups = [source.patients(arm).filter(who) for arm in source.arms]
        marks.append((len(rows), "group"))
        rows.append((title, *(f"n = {group.height:,}" for group in groups), "", ""))
        for column, words, summary, endpoint in NUMBERS:
            values = [_number(group, column, summary) for group in groups]
            found = source.published(endpoint + ending)[:1]
            rows.append(
                (words, *values, _published(found[0]) if found else DASH, found[0].population_note if found else "")
            )
    return Table(
        ("", *source.arms, "published", "among"),
        tuple(rows),
        title="Exposure",
        marks=tuple(marks),
        words=(len(source.arms) + 2,),
    )


def _number(frame: pl.DataFrame, column: str, summary: str) -> str:
    from livingdrug.outcome.estimators.geometric_mean import geometric_mean

    values = numbers(frame, column)
    if summary == "median":
        return spread(*middle(values)) if values.size else DASH
    positive = values[values > 0]
    if not positive.size:
        return DASH
    mean = geometric_mean(positive)
    return (
        f"{plain(mean.estimate)} ({mean.cv_percent:.0f} %)" if math.isfinite(mean.cv_percent) else plain(mean.estimate)
    )


def _published(row: Any) -> str:
    if row.spread == "cv_percent" and row.spread_low is not None:
        return f"{plain(row.value)} ({row.spread_low:.0f} %)"
    return spread(row.value, row.spread_low, row.spread_high)
