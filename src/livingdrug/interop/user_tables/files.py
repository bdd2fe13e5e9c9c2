"""A table's file as cells of text: encoding, delimiter and comment lines found and told, rows that do not fit refused."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.repeated import repeated

LARGEST_FILE, MOST_COLUMNS, ROWS_AT_ONCE = 100 * 2**20, 2000, 50_000
"""A file of so many bytes is four million rows or so; reading takes sixteen bytes of memory for each of it, measured on 2 million rows."""
PLAIN_FROM, BYTES_AT_ONCE = 2**20, 2**23
SHOWN_ERRORS = 20
BARE = "\0column "
"""How a column without a heading is called while the table is read, where there are several."""
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MARKS = [(codecs.BOM_UTF8, "utf-8-sig", "UTF-8"), (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"), (codecs.BOM_UTF16_BE, "utf-16", "UTF-16")]  # fmt: skip
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class UserTable:
    """A file as text.

    Attributes
    ----------
    source
        The path as given.
    frame
        One text column per heading, in the file's order.
    lines
        The rows' numbers in a spreadsheet (rows,); the heading is row 1 when nothing stands before it.
    encoding, delimiter
        As found, in words.
    n_comments
        Lines that begin with # and were passed over.
    """

    source: str
    frame: pl.DataFrame
    lines: NDArray[np.int64]
    encoding: str = "UTF-8"
    delimiter: str = "comma"
    n_comments: int = 0


def read_table(path: Path | str) -> UserTable:
    """Read a text table (comma, semicolon, tab or bar) without interpreting its cells.

    UTF-8, UTF-16 with its mark, and Windows-1252 (Latin-1) are told apart by their bytes. A first line ``sep=;`` and
    lines that begin with # are no part of the table.

    Raises
    ------
    BadInput
        No such file, too large, not text, no rows, a heading twice, or a row with too many or too few cells.
    """
    path = Path(path)
    text, encoding = _decoded(path)
    lines = _Lines(text)
    head = lines.head(60)
    if not head:
        passed = f" ({lines.n_comments} lines begin with # and are comments)" if lines.n_comments else ""
        raise BadInput(
            f"{path}: the table is empty{passed}.\n  It needs a line of headings and a row of values for each moment."
        )
    delimiter, skip = _delimiter(head)
    if len(text) >= PLAIN_FROM and not skip:
        plain = _plain_frame(path, text, delimiter)
        if plain is not None:
            lines_of = np.arange(2, plain.height + 2, dtype=np.int64)
            return UserTable(str(path), plain, lines_of, encoding, DELIMITERS[delimiter])
    lines = _Lines(text)
    reader = csv.reader(islice(lines, skip, None), delimiter=delimiter, strict=True)
    try:
        frame, numbers = _frame(path, reader, lines)
    except csv.Error as problem:
        raise BadInput(
            f"{path}, row {lines.number}: not a CSV table ({problem}).\n  Look for an unclosed quotation mark."
        ) from None
    _refuse_rows_as_comments(path, lines, delimiter, frame.width)
    frame = _without_empty_columns(path, frame)
    return UserTable(str(path), frame, numbers, encoding, DELIMITERS[delimiter], lines.n_comments)


def _refuse_rows_as_comments(path: Path, lines: _Lines, delimiter: str, width: int) -> None:
    """A line such as #12,3,38.4 may be a comment, or a row of patient #12: headings, too, are written #ID,TIME,DV."""
    rows = [number for number, line in lines.joined if line.count(delimiter) == width - 1]
    if not rows or width < 2:
        return
    told = ", ".join(map(str, rows[:6])) + (", …" if len(rows) > 6 else "")
    begin = f"row {told} begins with # and has" if len(rows) == 1 else f"rows {told} begin with # and have"
    raise BadInput(
        f"{path}: {begin} as many cells as the headings: a comment, or a row of the table?\n"
        "  Write a blank after the # of a comment; take the # away, or put the cell in quotation marks, where it is a row."
    )


def _without_empty_columns(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without columns that have neither heading nor cells, as spreadsheets leave at the right."""
    bare = [name for name in frame.columns if not name or name.startswith(BARE)]
    empty = [name for name in bare if frame[name].str.strip_chars().eq("").all()]
    left = [name for name in bare if name not in empty]
    if len(left) > 1:
        raise BadInput(
            f"{path}: {len(left)} columns have cells but no heading.\n"
            "  Give each a name; where lines stand before the headings (a title, a date), take them out or begin them with #."
        )
    return frame.drop(empty).rename(dict.fromkeys(left, ""))


def as_csv(frame: pl.DataFrame) -> str:
    """The frame as CSV text, with nothing between the commas where a cell is blank."""
    return frame.with_columns(pl.col(pl.String).replace("", None)).write_csv()


def listed(heading: str, told: Sequence[str], n: int | None = None) -> str:
    """Problems under a heading, the first twenty of `n`."""
    n = len(told) if n is None else n
    more = [f"- … and {n - SHOWN_ERRORS} more"] if n > SHOWN_ERRORS else []
    return "\n".join([f"{heading}:", *(f"- {text}" for text in told[:SHOWN_ERRORS]), *more])


class _Lines:
    """The lines of a text without comments, keeping count."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self.number, self.n_comments, self._quoted = 0, 0, False
        self.joined: list[tuple[int, str]] = []
        """Comments whose text follows # without a blank, as in #12,3,38.4: number of the line and text."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while True:
            line = next(self._lines)
            self.number += 1
            if not self._quoted and line.startswith("#"):
                self.n_comments += 1
                if line[1:2].strip("# \t\r\n"):
                    self.joined.append((self.number, line))
                continue
            if '"' in line and line.count('"') % 2:
                self._quoted = not self._quoted
            return line

    def head(self, n: int) -> list[str]:
        return [line for line in islice(self, n) if line.strip()]


def _decoded(path: Path) -> tuple[str, str]:
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file.\n  Give a CSV table.")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise BadInput(
            f"{path}: {size / 2**20:,.0f} MiB, expected at most {LARGEST_FILE / 2**20:g} MiB.\n  Divide the table by patients."
        )
    data = path.read_bytes()
    if data.startswith(_WORKBOOKS):
        raise BadInput(f"{path}: a workbook, expected a text table.\n  Save it as CSV (UTF-8).")
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _decode(path, data, codec, name), name
    if b"\0" in data[:4096]:
        raise BadInput(
            f"{path}: not text (byte {data.index(0)} is zero), expected a table in UTF-8.\n  Save it as CSV (UTF-8)."
        )
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _decode(path, data, "cp1252", "UTF-8 or Windows-1252"), "Windows-1252 (Latin-1)"


def _decode(path: Path, data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as problem:
        raise BadInput(
            f"{path}: byte {problem.start} is not text in {name}.\n  Save the table as CSV (UTF-8), not as a workbook."
        ) from None


def _delimiter(head: list[str]) -> tuple[str, int]:
    """The delimiter and how many lines stand before the headings."""
    first = head[0].strip().strip('"')
    if first.lower().startswith("sep=") and len(first) == 5 and first[4] in DELIMITERS:
        return first[4], 1
    best = max(DELIMITERS, key=lambda one: _fit(head, one))
    return best, 0


def _fit(head: list[str], delimiter: str) -> tuple[float, int]:
    """How many rows have as many cells as the heading, and how many cells that is."""
    try:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter)]
    except csv.Error:
        return (0.0, 0)
    if widths[0] == 1:
        return (0.0, 1)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


def _frame(path: Path, reader: Iterator[list[str]], lines: _Lines) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    headings: list[str] = []
    for row in reader:
        if any(cell.strip() for cell in row):
            headings = [cell.strip() for cell in row]
            break
    if not headings:
        raise BadInput(f"{path}: the table is empty.\n  It needs a line of headings and rows of values.")
    _check_headings(path, headings)
    parts, numbers, ragged, n_ragged = [], [], [], 0
    rows: list[list[str]] = []
    for row in reader:
        if len(row) != len(headings):
            if len(row) < 2 and not (row and row[0].strip()):
                continue  # an empty line means nothing
            n_ragged += 1
            if len(ragged) < SHOWN_ERRORS:
                cells = f"{len(row)} cell{'s' if len(row) > 1 else ''}"
                ragged.append(f"row {lines.number}: {cells}, expected {len(headings)} as in the heading")
            continue
        if len(row) == 1 and not row[0].strip():
            continue
        rows.append(row)
        numbers.append(lines.number)
        if len(rows) == ROWS_AT_ONCE:
            parts.append(_part(headings, rows))
            rows = []
    if ragged:
        raise BadInput(listed(f"{path}: {n_ragged} rows do not fit the heading", ragged, n_ragged))
    if rows:
        parts.append(_part(headings, rows))
    if not parts:
        comments = f" ({lines.n_comments} lines begin with # and are comments)" if lines.n_comments else ""
        raise BadInput(
            f"{path}: there are headings but no rows{comments}.\n  Add a row of values for each moment or patient."
        )
    return pl.concat(parts, rechunk=True), np.asarray(numbers, dtype=np.int64)


def _plain_frame(path: Path, text: str, delimiter: str) -> pl.DataFrame | None:
    """A large table without quotes, comments, empty or ragged lines, by the fast way; None for any other.

    The slow way gives the same frame (a test compares), and says which row does not fit.
    """
    if '"' in text or "#" in text:
        return None
    data = text.encode("utf-8").replace(b"\r\n", b"\n")
    if b"\r" in data:
        return None
    first, _, _ = text.partition("\n")
    headings = [cell.strip() for cell in first.strip("\r").split(delimiter)]
    if len(headings) < 2 or not all(headings) or not _even(data, ord(delimiter), len(headings) - 1):
        return None
    _check_headings(path, headings)
    frame = pl.read_csv(data, separator=delimiter, quote_char=None, infer_schema=False)
    frame = frame.fill_null("").rename(dict(zip(frame.columns, headings, strict=True)))
    return frame if frame.height else None


def _even(data: bytes, delimiter: int, expected: int) -> bool:
    """Whether every line has as many delimiters as expected."""
    begin = 0
    while begin < len(data):
        end = len(data) if begin + BYTES_AT_ONCE >= len(data) else data.rfind(b"\n", begin, begin + BYTES_AT_ONCE) + 1
        if end <= begin:
            return False  # a line longer than a block
        block = np.frombuffer(data, dtype=np.uint8, count=end - begin, offset=begin)
        starts = np.concatenate([[0], np.flatnonzero(block == 10) + 1])
        starts = starts[starts < block.size]
        if (np.add.reduceat(block == delimiter, starts, dtype=np.int32) != expected).any():
            return False
        begin = end
    return True


def _part(headings: list[str], rows: list[list[str]]) -> pl.DataFrame:
    names = [heading or (f"{BARE}{i}" if headings.count("") > 1 else "") for i, heading in enumerate(headings)]
    return pl.DataFrame(
        [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(names, zip(*rows, strict=True), strict=True)]
    )


def _check_headings(path: Path, headings: list[str]) -> None:
    if len(headings) > MOST_COLUMNS:
        raise BadInput(
            f"{path}: {len(headings)} columns, expected at most {MOST_COLUMNS}.\n  Take out what is not read."
        )
    twice = sorted(heading for heading in repeated(headings) if heading)
    if twice:
        raise BadInput(f'{path}: the heading "{twice[0]}" stands {headings.count(twice[0])} times, expected once.')
