"""A table that stays readable in a narrow window: columns break between words, and where words do not fit every row is a block of lines.

room for everything      as it is
room for every word      each has its longest word, the rest is shared evenly: short columns get all that they would like, long ones break
no room for the words    one block a row: its name, and below it each heading with its value

No column is ever squeezed to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

LONGEST = 14
"""Letters at which a word may be broken, such as an id."""


class Sheet(Table):
    """A rich table whose cells are plain text; see the first lines of this file."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Any:
        columns = [[_lines(text) for text in (column.header, *column.cells)] for column in self.columns]
        natural = [max((cell_len(line) for lines in column for line in lines), default=0) for column in columns]
        least = [
            wide if column.no_wrap else min(wide, max((_word(line) for lines in texts for line in lines), default=0))
            for column, texts, wide in zip(self.columns, columns, natural, strict=True)
        ]
        _, right, _, left = self.padding
        edges = 2 * bool(self.box and self.show_edge) + (len(columns) - 1) * bool(self.box)
        room = options.max_width - edges - (left + right) * len(columns)
        if sum(least) > room:
            yield from self._blocks()
            return
        for column, wide in zip(self.columns, shared(natural, least, room), strict=True):
            column.width = wide
        yield from super().__rich_console__(console, options)

    def _blocks(self) -> Iterator[Text]:
        """Every row as its first cell, and below it the others with their headings, those that are empty left out."""
        if self.title:
            yield Text(str(self.title), style="italic")
        heads = [_plain(column.header) for column in self.columns]
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            first, *others = map(_plain, cells)
            named = f"{heads[0]}: " if heads[0] and first else ""
            alone = not any(others)  # a heading among the rows
            yield Text(f"{named}{first}" or "–", style="bold" if alone else "")
            for head, cell in zip(heads[1:], others, strict=True):
                if cell:
                    yield Text(f"  {head}: {cell}" if head else f"  {cell}")
        yield Text("")


def shared(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of columns: their least, and an even share of what is left, or as much of it as they would like.

    Parameters
    ----------
    natural, least
        Letters each would like, and cannot do without.
    room
        Letters for all of them, at least the sum of `least`.

    Examples
    --------
    >>> shared([5, 20], [5, 8], 40), shared([5, 20], [5, 8], 17), shared([30, 30], [5, 5], 20)
    ([5, 20], [5, 12], [10, 10])
    """
    found, left = list(least), room - sum(least)
    by_need = sorted(range(len(found)), key=lambda place: natural[place] - least[place])
    for n_waiting, place in zip(range(len(found), 0, -1), by_need, strict=True):
        more = min(natural[place] - least[place], left // n_waiting)
        found[place] += more
        left -= more
    return found


def _plain(text: Any) -> str:
    return " ".join((text.plain if isinstance(text, Text) else str(text)).split())


def _lines(text: Any) -> list[str]:
    return (text.plain if isinstance(text, Text) else str(text)).splitlines()


def _word(line: str) -> int:
    """The longest word of a line, or as much of it as is kept together."""
    return min(max(map(cell_len, line.split()), default=0), LONGEST)
