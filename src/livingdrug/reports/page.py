"""The parts of a page: figures that can be drawn at two widths, tables, notes and cards, gathered in sections."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.reports.charts.arms import role_of
from livingdrug.reports.charts.scales import thinned

if TYPE_CHECKING:
    import polars as pl

WIDE, HALF, NARROW = 860.0, 416.0, 342.0
ALONE = 560.0
"""Of a half-width figure that stands by itself."""
PREVIEW_ROWS = 12
MOST_ROWS = 3000
"""Of a figure's data in the page; more are thinned, or a page of many patients would be too large to open."""
_QUOTED = re.compile(rb"[^A-Za-z0-9_.~,:/ -]")


@dataclass(frozen=True, repr=False)
class Figure:
    """A figure that is drawn once for a page and once for a phone.

    Attributes
    ----------
    draw
        Width in pixels -> SVG text.
    legend
        (sample, label): the sample is a kind of mark and its role, e.g. ``"line s0"``.
    data
        What is drawn, offered as a table and as CSV.
    half
        Stands beside another half figure where there is room.
    id
        Its name on command lines, where the title's own will not do.
    standing
        What the numbers rest on where not all is calibrated: a figure that stands alone says it.

    Examples
    --------
    >>> import livingdrug as ld
    >>> ld.plot.km(result, "pfs").save("pfs.svg")                                   # doctest: +SKIP
    """

    title: str
    draw: Callable[[float], str]
    caption: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    data: pl.DataFrame | None = None
    half: bool = False
    kind: str = "figure"
    id: str = ""
    standing: str = ""

    @property
    def name(self) -> str:
        """What it is called on command lines: small letters, digits and hyphens."""
        return self.id or "-".join(re.findall(r"[a-z0-9]+", self.title.lower()))

    @property
    def own_width(self) -> float:
        """Width of the drawing when it stands alone [pixel]."""
        return ALONE if self.half else WIDE

    def save(self, path: str | Path, *, width: float | None = None, data: bool = True) -> tuple[Path, ...]:
        """Write it as SVG, PNG or PDF, by the ending of the name, and what is drawn beside it as CSV.

        Parameters
        ----------
        path
            E.g. ``"pfs.svg"``; replaced if it is there.
        width
            Of the drawing [pixel]; words keep their size.
        data
            False: no CSV.

        Returns
        -------
        The files written.

        Raises
        ------
        BadInput
            Another ending, a renderer that is not installed, or a place that cannot be written.
        """
        from livingdrug.reports.pictures import save_figure

        return save_figure(self, Path(path), width=width, data=data)

    def _repr_svg_(self) -> str:
        """For notebooks."""
        from livingdrug.reports.sheet import sheet_text

        return sheet_text(self, self.own_width)

    def __repr__(self) -> str:
        rows = f"{self.data.height} rows of data" if self.data is not None else "no table behind it"
        return f'figure "{self.title}" ({rows}); .save("{self.name}.svg"), .data'

    @property
    def wide(self) -> str:
        """The drawing for a page."""
        return self.draw(HALF if self.half else WIDE)

    @property
    def narrow(self) -> str:
        """The drawing for a phone."""
        return self.draw(NARROW)

    @property
    def csv(self) -> str:
        """The data as a link that needs no host."""
        assert self.data is not None
        shown = self.data if self.whole else self.data[self._rows]
        return "data:text/csv;charset=utf-8," + _quoted(shown.write_csv(float_precision=4))

    @property
    def whole(self) -> bool:
        """Whether the page's file has all rows of the data."""
        return self.data is None or self.data.height <= MOST_ROWS

    @property
    def _rows(self) -> list[int]:
        """Rows of the data that the page's file has: all, or of very many an even choice."""
        assert self.data is not None
        return thinned(range(self.data.height), MOST_ROWS)

    @property
    def preview(self) -> Table:
        """The first rows of the data."""
        assert self.data is not None
        head = self.data.head(PREVIEW_ROWS)
        rows = tuple(tuple(_cell(value) for value in row) for row in head.iter_rows())
        more = self.data.height - head.height
        words = f"… and {more:,} more rows in the CSV file." if more > 0 else ""
        if not self.whole:
            words = f"The CSV file has {MOST_ROWS:,} of {self.data.height:,} rows, evenly chosen; the run's frames and endpoints have all."
        return Table(tuple(head.columns), rows, note=words)

    @property
    def slug(self) -> str:
        """A file name for the data."""
        return f"{self.name}.csv"


def _quoted(words: str) -> str:
    """As a link writes them: every byte but letters, digits and a few signs as %XX."""
    return _QUOTED.sub(lambda found: b"%%%02X" % ord(found[0]), words.encode("utf-8")).decode("ascii")


@dataclass(frozen=True)
class Table:
    """A small table: the first column names the row, the others are numbers or words.

    Attributes
    ----------
    marks
        Row number -> role of the whole row, e.g. ``{3: "misfit"}`` or ``{0: "group"}``.
    words
        Columns that hold sentences and may wrap.
    roomy
        The first column takes what the others leave.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    note: str = ""
    marks: tuple[tuple[int, str], ...] = ()
    words: tuple[int, ...] = ()
    roomy: bool = False
    kind: str = "table"

    @property
    def roles(self) -> dict[int, str]:
        """Row number -> role."""
        return dict(self.marks)


@dataclass(frozen=True)
class Note:
    """A paragraph; `role` is "" for text, "missing" for something the run does not have."""

    words: str
    role: str = ""
    kind: str = "note"


@dataclass(frozen=True)
class More:
    """Something for the few who want it: a line to open."""

    summary: str
    words: str
    kind: str = "more"


@dataclass(frozen=True)
class Card:
    """One key number."""

    name: str
    value: str
    detail: str
    published: str = ""


@dataclass(frozen=True)
class Cards:
    """Key numbers side by side."""

    cards: tuple[Card, ...]
    kind: str = "cards"


@dataclass(frozen=True)
class Section:
    """A part of the report: a title, one or two sentences on how to read it, and its figures and tables."""

    id: str
    title: str
    lead: str
    parts: tuple[Figure | Table | Note | More | Cards, ...] = ()


def missing(id: str, title: str, what: str) -> Section:
    """The section of something this run does not have: it says so instead of vanishing."""
    return Section(id, title, "", (Note(what, "missing"),))


def legend_of(names: Sequence[str], quiet: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """A line sample for each arm, thin ones for second denominators."""
    items = [(f"line {role_of(i)}", name) for i, name in enumerate(names)]
    return tuple(items + [(f"line {role_of(len(names) + i)} quiet", name) for i, name in enumerate(quiet)])


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return str(value)
