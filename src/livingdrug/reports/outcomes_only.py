"""The page of a trial of which outcomes alone were kept: every number of every endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from livingdrug.reports.html import page
from livingdrug.reports.page import Note, Section, Table
from livingdrug.reports.words import SHARES, interval, when_and_unit

if TYPE_CHECKING:
    import polars as pl

HEADINGS = ("endpoint", "at", "estimate", "95 %", "patients", "events")


def outcomes_page(
    numbers: pl.DataFrame, *, title: str, patients: int, seed: int, titles: Mapping[str, str], standing: Sequence[str]
) -> str:
    """The page as HTML text.

    Parameters
    ----------
    numbers
        Of every endpoint (`EndpointResult.table`).
    title, patients, seed
        Of the trial and the run.
    titles
        Endpoint -> its name in words.
    standing
        What a reader has to know first: what is not calibrated.
    """
    arms = numbers["arm"].unique(maintain_order=True).to_list()
    tables = [
        Section(
            f"arm-{place + 1}" if place else "numbers",
            arm,
            "Every number of every endpoint, with its 95 % interval.",
            (
                *(Note(f"{one}.") for one in standing),
                Table(
                    HEADINGS,
                    tuple(_cells(row, titles) for row in numbers.filter(arm=arm).iter_rows(named=True)),
                    roomy=True,
                ),
            ),
        )
        for place, arm in enumerate(arms)
    ]
    return page(
        "A large virtual trial" + "".join(f" · {one}" for one in standing[:1]),
        title,
        f"{patients:,} virtual patients enrolled. Of each, outcomes were kept and nothing else.",
        [f"seed {seed}"],
        tables,
    )


def _cells(row: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, ...]:
    when, times, unit = when_and_unit(row)

    def number(name: str) -> str:
        return "–" if row[name] is None else f"{times * row[name]:.4g}"

    what = titles.get(row["endpoint"], row["endpoint"])
    measure = row["measure"] or ""
    counts = ("" if row[name] is None else f"{row[name]:,}" for name in ("n", "n_events"))
    low, high = (None if row[name] is None else times * row[name] for name in ("ci_low", "ci_high"))
    return (
        what if measure in ("", *SHARES) else f"{what}, {measure}", when, number("estimate") + (unit if row["estimate"] is not None else ""),
        interval(low, high, "{:.4g}".format), *counts,
    )  # fmt: skip
