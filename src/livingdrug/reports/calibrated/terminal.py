"""A calibration as tables for a terminal: what matters most stands last, where a terminal stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livingdrug.fitting.joint.averaged import IN_THE_MIDDLE
from livingdrug.fitting.joint.fit import compared, learned, shares, strong_correlations, worst
from livingdrug.fitting.joint.leave_out import scores
from livingdrug.fitting.joint.rows import about_in_words
from livingdrug.reports.words import DASH

if TYPE_CHECKING:
    from rich.console import Group

    from livingdrug.fitting.joint.calibrated import Calibrated
    from livingdrug.fitting.joint.search import Found
    from livingdrug.fitting.joint.told import Told

MOST_CORRELATIONS = 8


def summary(told: Told) -> Group:
    """Numbers before and after, correlations, worst rows, and the rows inside their 90 % interval by class and trial."""
    from rich.console import Group
    from rich.text import Text

    calibrated = told.calibrated
    rows = compared(calibrated)
    fitted = [one for one in rows if one.seen]
    parts: list[Any] = [_numbers(calibrated)]
    pairs = strong_correlations(calibrated)[:MOST_CORRELATIONS]
    if pairs:
        parts.append(_table("Known only together", ("", "", "correlation"), [(a, b, f"{r:+.2f}") for a, b, r in pairs]))
    parts.append(
        _table(
            "Farthest off", ("", "", "published", "simulated", "z"),
            [(one.row.trial, one.row.label, _shown(one.row.shown(one.row.number)), _shown(one.shown),
              f"{one.z_sampling:+.1f}") for one in worst(rows)],
        )
    )  # fmt: skip
    for by, title in (("trial", "By trial"), ("about", "By class")):
        columns = ("", "rows", "inside 90 %", "with differences between trials", "and open numbers")
        parts.append(_table(f"Rows fitted to. {title}", columns, [
            (about_in_words(one.heading), one.n, *(f"{100 * inside / one.n:.0f} %" for inside in (one.inside_sampling, one.inside, one.inside_all)))
            for one in shares(fitted, by=by)
        ]))  # fmt: skip
    if told.left_out:
        parts.append(_table("Families left out", ("", "rows read", "inside 90 %", "width", "interval score"), [
            (one.heading.replace("_", " "), one.n, f"{100 * one.coverage:.0f} %", f"{one.width:.1f}", f"{one.score:.1f}")
            for one in scores(told.left_out)
        ]))  # fmt: skip
        parts.append(Text("Width and score in widths of pure sampling: the median, and the mean."))
    read = [one for one in fitted if one.row.read and not one.row.within]
    inside = shares(read, by="trial")[-1] if read else None
    if inside:
        parts.append(Text(f"Of {inside.n} rows read, {inside.inside_sampling} lie inside the 90 % interval of sampling alone, "
                          f"{inside.inside} inside that with differences between trials, "
                          f"{inside.inside_all} where what the free numbers leave open counts, too."))  # fmt: skip
    within = [one for one in fitted if one.row.within]
    if within:
        told_inside = shares(within, by="about")[-1]
        parts.append(Text(f"Of {told_inside.n} associations within cohorts, {told_inside.inside} lie inside it."))
    rest = "came to rest" if calibrated.found.at_rest else "had not come to rest: more Jacobians may improve it"
    parts.append(Text(f"Objective {calibrated.found.objective:.1f}; the search {rest}.{_through(calibrated.found)}"))
    return Group(*parts)


def _numbers(calibrated: Calibrated) -> Any:
    rows = [
        (one.name, one.level, _interval(one.before) + (" assumed" if one.prior_assumed else ""), _interval(one.after),
         one.unit, f"{100 * one.shrinkage:.0f} %" + ("" if one.identified else " not identified") + (" at its bound" if one.at_bound else ""))
        for one in learned(calibrated)
    ]  # fmt: skip
    return _table("Free numbers", ("", "level", "prior (90 %)", "posterior (90 %)", "unit", "learned"), rows)


def _interval(three: tuple[float, float, float]) -> str:
    return f"{_shown(three[1])} ({_shown(three[0])}–{_shown(three[2])})"


def _shown(value: float) -> str:
    return DASH if value != value else f"{value:.3g}"


def _table(title: str, columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> Any:
    from rich import box
    from rich.text import Text

    from livingdrug.reports.narrow import Sheet

    sheet = Sheet(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        sheet.add_column(column, overflow="fold")
    for row in rows:
        sheet.add_row(*(Text(str(cell)) for cell in row))
    return sheet


def _through(found: Found) -> str:
    """What the draws at the end of a search came to."""
    if found.averaged is None:
        return " Slopes are those at the point, one number at a time."
    moved = found.path[-1][0] == IN_THE_MIDDLE
    where = "their middle fits better and is the point" if moved else "their middle fits no better than the point"
    return f" Slopes are drawn through {found.averaged.draws} draws; {where}."
