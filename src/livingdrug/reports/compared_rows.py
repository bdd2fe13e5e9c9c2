"""Rows of a comparison in words, for terminal and page: which of them are told, and each value, difference and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livingdrug.reports.words import four_figures, interval

if TYPE_CHECKING:
    from livingdrug.trial.compare import Comparison


def headline_rows(found: Comparison, policy: str) -> list[dict[str, Any]]:
    """One side's rows: of each curve the time it is shown at only (else the middle one), and no drug that neither side gives."""
    import polars as pl

    of_a_drug = pl.col("measure").str.starts_with("doses_") | pl.col("measure").str.ends_with("_given")
    unused = of_a_drug & (pl.col("reference_value") == 0) & (pl.col("policy_value") == 0)
    rows = found.table.filter((pl.col("policy") == policy) & ~unused.fill_null(False)).to_dicts()
    times: dict[str, list[float]] = {}
    for row in rows:
        if row["time"] is not None:
            times.setdefault(row["measure"], []).append(row["time"])
    middle = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
    middle |= {row["measure"]: row["time"] for row in rows if row["shown"] and row["time"] is not None}
    return [row for row in rows if row["time"] is None or row["time"] == middle[row["measure"]]]


def counted(row: dict[str, Any]) -> str:
    """Pairs, or the patients on each side."""
    return str(row["n_pairs"]) if row["n_pairs"] is not None else f"{row['n_only_reference']} / {row['n_only_policy']}"


def named(row: dict[str, Any]) -> str:
    """The title, and of an amount what is compared of it: ``"Days with CRS of grade 2, mean"``."""
    of = "" if row["shown_as"] == "share" else row["statistic"].removeprefix("ratio of ").removesuffix("s")
    return f"{row['title']}, {of}" if of and of.lower() not in row["title"].lower() else row["title"]


def when(row: dict[str, Any]) -> str:
    """The time with its unit; nothing where there is none."""
    return "" if row["time"] is None else f"{row['time']:g} {row['time_unit']}"


def value(row: dict[str, Any], side: str) -> str:
    """A side's value: per cent, or a number with its unit."""
    told = row[side]
    if told is None:
        return ""
    if row["shown_as"] == "share":
        return f"{100 * told:.1f} %"
    return f"{four_figures(told)} {row['unit']}".strip()


def apart(row: dict[str, Any]) -> tuple[str, str]:
    """The difference and its interval: percentage points, the unit of a mean, or a factor; and why there is no interval."""
    told, low, high = row["difference"], row["ci_low"], row["ci_high"]
    if told is None:
        return "", ""
    why = _no_interval(row)
    if row["shown_as"] == "share":
        told, low, high = (None if x is None else round(100 * x, 1) + 0.0 for x in (told, low, high))  # no "-0.0"
        return f"{told:+.1f} points", interval(low, high, "{:+.1f}".format, missing=why)
    if row["shown_as"] == "ratio":
        return f"x {told:.3g}", interval(low, high, "{:.3g}".format, missing=why)
    sign = "+" if told > 0 else ""
    return f"{sign}{four_figures(told)}", interval(low, high, four_figures, missing=why)


def _no_interval(row: dict[str, Any]) -> str:
    """Why a difference has none: too few, or nothing varies."""
    pairs = row["n_pairs"]
    if pairs is None:
        return "too few" if min(row["n_only_reference"] or 0, row["n_only_policy"] or 0) < 2 else "nothing varies"
    if pairs < 2:
        return "one pair alone"
    return (
        "no pair differs" if row["difference"] == (1.0 if row["shown_as"] == "ratio" else 0.0) else "all differ alike"
    )


def chance(row: dict[str, Any]) -> str:
    """The p-value of a row that has a test."""
    if row["p_value"] is None:
        return ""
    return "below 0.001" if row["p_value"] < 0.001 else f"{row['p_value']:.3f}"
