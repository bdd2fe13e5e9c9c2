"""Who each row is about: subject 001 of two sites is two people, and 1 and 01 are not clear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from livingdrug.fitting.data import Finding
from livingdrug.interop.kinetics.cells import BLANK
from livingdrug.interop.kinetics.columns import NAMES_OF_PATIENTS, SYNONYMS, Meaning, meaning_of, plain
from livingdrug.interop.kinetics.table import Table
from livingdrug.interop.user_tables.columns import key
from livingdrug.interop.user_tables.people import ARM, SITE, STUDY, UNIQUE, alike, filled_places, in_several


def with_one_name(
    text: Table, known: Mapping[str, Meaning], mapped: Mapping[str, str] | None
) -> tuple[Table, dict[str, Meaning], list[Finding]]:
    """The table with one column that names patients, by the order that every table of users has.

    A column that numbers the rows, and one that names the same people in other words, are passed over; one that names
    them differently is asked about, unless a name that is unique everywhere (USUBJID) stands beside it.

    Parameters
    ----------
    mapped
        What the user says of columns; where it names the patients, it counts.
    """
    if any(plain(word) in ("id", *SYNONYMS["id"]) for word in mapped or {}):
        return text, dict(known), []
    parts = {heading: meaning_of(heading) for heading in text.headings}
    named = [
        heading for name in NAMES_OF_PATIENTS for heading in text.headings
        if key(parts[heading].word) == key(name) and not parts[heading].unit
    ]  # fmt: skip
    if len(named) < 2:
        return text, {**known, "id": parts[named[0]]} if named else dict(known), []
    labels = {heading: tuple(cells[heading].strip() for _, cells in text.rows) for heading in named}
    unique = [one for one in named if key(parts[one].word) in map(key, UNIQUE)]
    numbered = [one for one in named if len({*labels[one]}) == len(labels[one]) and one not in unique]
    named = [one for one in named if one not in numbered] or named
    chosen, passed = named[0], [one for one in parts if one in numbered and one not in named]
    places = [heading for heading in text.headings if key(heading) in _PLACES]
    for other in named[1:]:
        pairs = {(_place(cells, places), cells[chosen].strip(), cells[other].strip()) for _, cells in text.rows}
        if len({pair[:2] for pair in pairs}) == len(pairs) == len({(pair[0], pair[2]) for pair in pairs}):
            passed.append(other)
        elif chosen not in unique:
            what = f'"{chosen}" and "{other}" may both name patients, and differently'
            remedy = f"Say which: columns={{'ID': '{chosen}'}} (--column ID={chosen}), or take one of them out."
            return text, {**known, "id": parts[chosen]}, [Finding("error", what, (), remedy)]
    notes = [Finding("note", f'patients are told apart by "{chosen}"; {", ".join(passed)} passed over', ())] if passed else []  # fmt: skip
    headings = tuple(heading for heading in text.headings if heading not in passed)
    return replace(text, headings=headings), {**known, "id": parts[chosen]}, notes


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
    named = [cells[who.heading].strip() for _, cells in text.rows]
    names = dict.fromkeys(name.removesuffix(".0") for name in named if name.lower() not in BLANK)
    unique = key(who.word) in map(key, UNIQUE)
    fixed = [one for one in text.headings if one != who.heading and (key(one) in _ARMS or (unique and one in headings))]
    columns = [pl.Series(one, [cells[one] for _, cells in text.rows], dtype=pl.String) for one in fixed]
    return text, alike(tuple(names)) or in_several(pl.Series(named, dtype=pl.String), columns)


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


_ARMS = {key(name) for name in ARM}
_PLACES = {key(name) for name in (*STUDY, *SITE)}


def _place(cells: dict[str, str], headings: list[str]) -> tuple[str, ...]:
    return tuple(cells[heading].strip() for heading in headings)


def _named(cells: dict[str, str], who: str, headings: list[str]) -> dict[str, str]:
    name = cells[who].strip()
    if name.lower() in BLANK:
        return cells
    return {**cells, who: "/".join([*(place for place in _place(cells, headings) if place), name])}
