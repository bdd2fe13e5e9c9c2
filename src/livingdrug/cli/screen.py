"""How the terminal looks: one console, small tables, and the line that stands on every screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from livingdrug.cli import NOTICE
from livingdrug.reports.words import four_figures as number

SHOWN_ROWS = 25
"""Rows of a user's table shown on the screen."""


def console(*, to_stderr: bool = False) -> Any:
    """A rich console that leaves numbers and names uncoloured and wraps at the window."""
    from rich.console import Console

    screen = Console(stderr=to_stderr, highlight=False)
    if not screen.is_terminal:
        # In a pipe or a log file, width is the reader's business: never cut a name in two.
        screen = Console(stderr=to_stderr, highlight=False, width=160, soft_wrap=True)
    return screen


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", right: Sequence[str] = ()
) -> Any:
    """A rich table of plain cells; columns named in `right` are right-aligned; no names, no heading. In a narrow window see `livingdrug.reports.narrow`."""
    from rich import box
    from rich.text import Text

    from livingdrug.reports.narrow import Sheet

    sheet = Sheet(
        title=Text(title) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_header=any(columns),
    )
    for column in columns:
        sheet.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        sheet.add_row(*(Text(number(cell)) for cell in row))
    return sheet


def notice(screen: Any) -> None:
    """The line that every screen ends with."""
    screen.print(NOTICE, style="dim")
