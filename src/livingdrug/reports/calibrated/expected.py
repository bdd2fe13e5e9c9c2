"""What is expected of a trial with all uncertainty, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from livingdrug.reports.words import plain

if TYPE_CHECKING:
    from livingdrug.fitting.joint.predict import Expected


def table(found: Sequence[Expected], draws: int) -> Any:
    """One line a number: the middle of the ensemble, and the interval that holds 90 % of its trials."""
    from rich import box
    from rich.text import Text

    from livingdrug.reports.narrow import Sheet

    several = len({one.arm for one in found}) > 1
    title = f"Expected of a trial of this size: 90 % of {draws} trials under draws of the parameters"
    sheet = Sheet(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("", *(("arm",) if several else ()), "at", "middle", "90 %", "unit"):
        sheet.add_column(column, overflow="fold")
    for one in found:
        unit = "%" if one.question.share else one.question.endpoint.unit
        cells = [one.question.endpoint.title, *((one.arm,) if several else ()), one.question.at, plain(one.middle),
                 f"{plain(one.low)}–{plain(one.high)}", unit]  # fmt: skip
        sheet.add_row(*(Text(cell) for cell in cells))
    return sheet
