"""Who each row is about: subject 001 of two sites is two people, and 1 and 01 are not clear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from livingdrug.interop.kinetics.cells import BLANK
from livingdrug.interop.kinetics.columns import Meaning
from livingdrug.interop.kinetics.table import Table
from livingdrug.interop.user_tables.columns import key
from livingdrug.interop.user_tables.people import SITE, STUDY, UNIQUE, alike, filled_places


def with_places(text: Table, who: Meaning) -> tuple[Table, str]:
    """The table with study and site put before names that stand in several of them, and what is unclear about names.

    Parameters
    ----------
    text
        The table.
    who
        Its column of patients.
    """
    headings = [heading for heading in text.headings if key(heading) in _PLACES and heading != who.heading]
    if headings and key(who.word) not in map(key, UNIQUE):
        text, unclear = _with_places_filled(text, who.heading, headings)
        if unclear:
            return text, unclear
        places: dict[str, set[tuple[str, ...]]] = {}
        for _, cells in text.rows:
            places.setdefault(cells[who.heading].strip(), set()).add(_place(cells, headings))
        if any(len(found) > 1 for name, found in places.items() if name.lower() not in BLANK):
            rows = tuple((line, _named(cells, who.heading, headings)) for line, cells in text.rows)
            text = replace(text, rows=rows)
    names = dict.fromkeys(cells[who.heading].strip() for _, cells in text.rows)
    return text, alike(tuple(dict.fromkeys(name.removesuffix(".0") for name in names if name.lower() not in BLANK)))


def _with_places_filled(text: Table, who: str, headings: list[str]) -> tuple[Table, str]:
    """The table with study and site in every row of a patient, and what is unclear about them."""
    names = pl.Series([cells[who].strip() for _, cells in text.rows], dtype=pl.String)
    given = [pl.Series(heading, [cells[heading] for _, cells in text.rows], dtype=pl.String) for heading in headings]
    filled, notes, unclear = filled_places(names, given, np.array([line for line, _ in text.rows], dtype=np.int64))
    if unclear or not notes:
        return text, unclear
    columns = dict(zip(headings, (column.to_list() for column in filled), strict=True))
    rows = tuple(
        (line, {**cells, **{heading: columns[heading][i] for heading in headings}})
        for i, (line, cells) in enumerate(text.rows)
    )
    return replace(text, rows=rows), ""


_PLACES = {key(name) for name in (*STUDY, *SITE)}


def _place(cells: dict[str, str], headings: list[str]) -> tuple[str, ...]:
    return tuple(cells[heading].strip() for heading in headings)


def _named(cells: dict[str, str], who: str, headings: list[str]) -> dict[str, str]:
    name = cells[who].strip()
    if name.lower() in BLANK:
        return cells
    return {**cells, who: "/".join([*(place for place in _place(cells, headings) if place), name])}
