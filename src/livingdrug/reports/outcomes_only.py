"""The page of a trial of which outcomes alone were kept: every number of every endpoint, in one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.reports.words import interval
from livingdrug.trial.storage import write_bytes

if TYPE_CHECKING:
    import polars as pl

_STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.25em .6em;text-align:right;border-bottom:1px solid #ddd}"
    "th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}.faint{color:#666}"
)
_HEADINGS = ("endpoint", "arm", "measure", "at", "estimate", "95 %", "patients", "events")


def write_page(
    numbers: pl.DataFrame, path: Path, *, title: str, patients: int, seed: int, titles: Mapping[str, str], standing: Sequence[str]
) -> Path:  # fmt: skip
    """Write the page.

    Parameters
    ----------
    numbers
        Of every endpoint (`EndpointResult.table`).
    path
        Where to.
    title, patients, seed
        Of the trial and the run.
    titles
        Endpoint -> its name in words.
    standing
        What a reader has to know first: what is not calibrated.
    """
    rows = ["".join(f"<th>{escape(one)}</th>" for one in _HEADINGS)]
    for row in numbers.iter_rows(named=True):
        rows.append("".join(f"<td>{escape(cell)}</td>" for cell in _cells(row, titles)))
    lines = "\n".join(f"<tr>{row}</tr>" for row in rows)
    first = "".join(f"<p><b>{escape(one)}</b></p>" for one in standing)
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1>{first}<p>{patients:,} virtual patients enrolled, seed {seed}. Of each, outcomes were kept and nothing else."
        f' <span class="faint">Simulation; not for patient care.</span></p>\n<table>\n{lines}\n</table></body></html>\n'
    )
    write_bytes(path, page.encode())
    return path


def _cells(row: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, ...]:
    share = row["unit"] == "" and row["measure"] in ("proportion", "probability")
    times, unit = (100.0, " %") if share else (1.0, f" {row['unit']}" if row["unit"] else "")

    def number(name: str) -> str:
        return "–" if row[name] is None else f"{times * row[name]:.4g}"

    when = "" if row["time"] is None else f"{row['time']:g} {row['time_unit']}"
    counts = ("" if row[name] is None else f"{row[name]:,}" for name in ("n", "n_events"))
    low, high = (None if row[name] is None else times * row[name] for name in ("ci_low", "ci_high"))
    return (
        titles.get(row["endpoint"], row["endpoint"]), row["arm"], row["measure"] or "", when,
        number("estimate") + (unit if row["estimate"] is not None else ""), interval(low, high, "{:.4g}".format), *counts,
    )  # fmt: skip
