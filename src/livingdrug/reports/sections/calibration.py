"""Published against simulated; a miss is shown as plainly as a hit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from livingdrug.reports.charts.forest import Pair, draw_forest, pairs_frame
from livingdrug.reports.comparison import Compared, compare
from livingdrug.reports.page import Figure, More, Note, Section, Table, missing
from livingdrug.reports.references import reference_numbers
from livingdrug.reports.source import Source
from livingdrug.reports.words import DASH, known, plain, plain_range, unit

ORDER = 100
ROWS_ON_A_PAGE = 26
CAPTION = (
    "Bars are 95 % intervals. Where a paper gives only a count, its exact interval is ours. * used for calibration."
)
LEAD = (
    "Each published number beside the simulated one. Rows marked “calibration” were used to set a few parameters, so agreement there "
    "is a fit, not a prediction; rows marked “comparison” were not. A number recalled without its source at hand is marked “unverified”."
)


def section(source: Source) -> Section | None:
    """A verdict in words, two forest plots (per cent; ratios), and the table; nothing without published results."""
    if source.evidence is None:
        return None  # a trial of one's own has nothing to be held against
    compared, unanswered = compare(source)
    if not compared:
        return missing("calibration", "Published against simulated", "This run answers none of the published results.")
    figures = [*percentages(compared), *ratios(compared)]
    judgement = verdict(compared) + (f" Compared with arm {compared[0].arm}." if len(source.arms) > 1 else "")
    parts = [Note(judgement), *figures, comparison_table(compared, reference_numbers(source))]
    if unanswered:
        names = sorted({row.endpoint.replace("_", " ") for row in unanswered})
        parts.append(
            More(
                f"{len(unanswered)} published numbers have no counterpart among this run's endpoints",
                f"{', '.join(names)}.",
            )
        )
    return Section("calibration", "Published against simulated", LEAD, tuple(parts))


def verdict(compared: list[Compared]) -> str:
    """How many simulated values lie inside the published intervals, and which do not."""
    parts = []
    for use, words in (("calibration", "used for calibration"), ("comparison", "for comparison only")):
        judged = [c for c in compared if c.row.use == use and c.inside is not None]
        if judged:
            parts.append(f"{sum(bool(c.inside) for c in judged)} of {len(judged)} {words}")
    judged = [c for c in compared if c.inside is not None]
    if not judged:
        return "None of the published numbers has an interval to judge by."
    words = f"The simulated value lies inside the published 95 % interval for {' and '.join(parts)}."
    outside = sorted((c for c in judged if not c.inside), key=lambda c: -abs(c.z) if known(c.z) else 0.0)
    if outside:
        named = "; ".join(
            dict.fromkeys(
                f"{c.label} ({_value(c, c.simulated[0])} against {_value(c, c.published[0])})" for c in outside[:6]
            )
        )
        words += f" Outside: {named}{' and others, see the table' if len(outside) > 6 else ''}."
    return words


def _once(compared: list[Compared]) -> list[Compared]:
    """One row per endpoint and time for the figure: calibration first."""
    chosen: dict[tuple[str, str], Compared] = {}
    for c in sorted(compared, key=lambda c: (c.row.use != "calibration", c.row.status != "read")):
        chosen.setdefault((c.row.endpoint, c.label), c)
    kept = {id(c) for c in chosen.values()}
    return [c for c in compared if id(c) in kept]


def percentages(compared: list[Compared]) -> list[Figure]:
    """Shares of patients side by side; none without any."""
    rows = _once([c for c in compared if c.percent])
    draw = partial(draw_forest, title="% of patients", low=0.0, high=100.0, log=False, unit=" %")
    return _figures("Shares of patients", [_pair(c, 1.0) for c in rows], draw, CAPTION)


def ratios(compared: list[Compared]) -> list[Figure]:
    """Quantities over their published values; none without any."""
    rows = [c for c in _once([c for c in compared if not c.percent]) if c.published[0] > 0 and c.simulated[0] > 0]
    pairs = [_pair(c, c.published[0]) for c in rows]
    high = max([2.0, *(2 ** math.ceil(abs(math.log2(p.simulated[0])) + 0.2) for p in pairs)])
    high = min(high, 16.0)
    draw = partial(draw_forest, title="simulated ÷ published", low=1 / high, high=high, log=True)
    caption = "Each line is divided by its published value. * used for calibration."
    return _figures("Quantities, relative to the published value", pairs, draw, caption)


def _figures(title: str, pairs: list[Pair], draw: Callable[..., str], caption: str) -> list[Figure]:
    """Whole groups, as many as fit on a page, in one figure after the other."""
    pages: list[list[Pair]] = []
    for group in dict.fromkeys(pair.group for pair in pairs):
        mine = [pair for pair in pairs if pair.group == group]
        if not pages or len(pages[-1]) + len(mine) > ROWS_ON_A_PAGE:
            pages.append([])
        pages[-1] += mine
    return [
        Figure(
            title + (f" ({k} of {len(pages)})" if len(pages) > 1 else ""),
            partial(draw, page), legend=_legend(), caption=caption if k == len(pages) else "",
            data=pairs_frame(page),
        )
        for k, page in enumerate(pages, 1)
    ]  # fmt: skip


def _pair(c: Compared, by: float) -> Pair:
    def part(v: tuple[float, float, float]) -> tuple[float, float | None, float | None]:
        known_limits = known(v[1]) and known(v[2])
        return (v[0] / by, v[1] / by if known_limits else None, v[2] / by if known_limits else None)

    tip = f"{c.label}: published {_value(c, c.published[0])}, simulated {_value(c, c.simulated[0])}; {c.row.use}, {c.row.status}"
    return Pair(
        c.short + (" *" if c.row.use == "calibration" else ""),
        c.group,
        part(c.published),
        part(c.simulated),
        c.inside,
        tip,
    )


def _legend() -> tuple[tuple[str, str], ...]:
    return (
        ("published", "published"),
        ("simulated", "simulated"),
        ("verdict fit", "inside the published interval"),
        ("verdict misfit", "outside"),
    )


def comparison_table(compared: list[Compared], numbers: Mapping[str, int], title: str = "All comparisons") -> Table:
    """Every number, group by group.

    Parameters
    ----------
    numbers
        Source -> its number in the list of sources.
    """
    columns = ("", "published", "simulated", "difference", "z", "inside?", "source")
    rows: list[tuple[str, ...]] = []
    marks: list[tuple[int, str]] = []
    group = ""
    for c in compared:
        if c.group != group:
            group = c.group
            marks.append((len(rows), "group"))
            rows.append((group, *[""] * 6))
        if c.inside is False:
            marks.append((len(rows), "misfit"))
        rows.append(_row(c, numbers))
    note = (
        "z: difference divided by the published standard error (on the log scale for quantities). "
        "Inside: the simulated value lies within the published 95 % interval. Sources are numbered in the list of sources at the end."
    )
    return Table(columns, tuple(rows), title=title, roomy=True, note=note, marks=tuple(marks))


def _row(c: Compared, numbers: Mapping[str, int]) -> tuple[str, ...]:
    if c.percent:
        points = round(c.simulated[0] - c.published[0])
        difference = f"{points:+d} point{'' if abs(points) == 1 else 's'}".replace("-", "−") if points else "0"
    else:
        difference = f"× {c.simulated[0] / c.published[0]:.2f}" if c.published[0] else DASH
    verdict = DASH if c.inside is None else "✓" if c.inside else "✕"
    use = c.row.use + ("" if c.row.status == "read" else ", unverified")
    label = c.label + (f", {unit(c.unit)}" if not c.percent and c.unit not in ("", "day") else "")
    return (
        f"{label}\n{use}; {c.row.population_note}", _limits(c, c.published), _limits(c, c.simulated), difference,
        f"{c.z:+.1f}".replace("-", "−") if known(c.z) else DASH, verdict, f"[{numbers[c.row.source.strip()]}]",
    )  # fmt: skip


def _limits(c: Compared, value: tuple[float, float, float]) -> str:
    words = f"{value[0]:.0f} %" if c.percent else plain(value[0])
    if known(value[1]) and known(value[2]):
        words += f"\n{value[1]:.0f}–{value[2]:.0f}" if c.percent else f"\n{plain_range(value[1], value[2])}"
    return words


def _value(c: Compared, value: float) -> str:
    return f"{value:.0f} %" if c.percent else f"{plain(value)} {unit(c.unit)}".strip()
