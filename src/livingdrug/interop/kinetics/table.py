"""A table of kinetics as text: nothing is read from its cells yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One dictionary of cells per row, with the row's number in a spreadsheet.

    Attributes
    ----------
    source
        Where it came from, for messages.
    headings
        In the order of the file.
    rows
        Number and heading -> cell of each.
    delimiter
        What stands between cells, in words; ``""`` for a frame.
    """

    source: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    delimiter: str = ""
