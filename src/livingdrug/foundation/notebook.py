"""How results show themselves in notebooks: a sentence, tables with a word above each, and the notice."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

NOTICE = "Simulation; not for patient care."
ROWS = 60
"""Of a table that are shown; how many more there are is said."""


def as_html(sentence: str, *tables: Any, notes: Sequence[str] = (), titles: Sequence[str] = ()) -> str:
    """A result as a piece of HTML.

    Parameters
    ----------
    sentence
        Told first, in bold.
    tables
        Polars frames.
    notes
        What a reader has to know, one sentence each.
    titles
        Of the tables, in their order.

    Examples
    --------
    >>> import polars as pl
    >>> shown = as_html("81% < 90%", pl.DataFrame({"a": [1.23456, None]}))
    >>> "81% &lt; 90%" in shown, "1.235" in shown, "<td></td>" in shown
    (True, True, True)
    """
    parts = [f"<p><b>{escape(sentence)}</b></p>", *(f"<p>{escape(note)}</p>" for note in notes)]
    for place, table in enumerate(tables):
        if place < len(titles) and titles[place]:
            parts.append(f"<p>{escape(titles[place])}</p>")
        parts.append(_table(table))
    return "".join([*parts, f"<p><small>{NOTICE}</small></p>"])


def _table(frame: Any) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    rows = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in frame.head(ROWS).iter_rows())
    more = f"<p><small>… and {frame.height - ROWS:,} more rows.</small></p>" if frame.height > ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "<td></td>"
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, int | float):
        return (
            f'<td style="text-align:right">{value + 0.0:,.4g}</td>'
            if isinstance(value, float)
            else f'<td style="text-align:right">{value}</td>'
        )
    return f'<td style="text-align:left">{escape(str(value))}</td>'
