"""Which heading holds which quantity, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from livingdrug.foundation.amounts import expectation
from livingdrug.foundation.errors import BadInput, UnitError, did_you_mean
from livingdrug.foundation.numerals import plain_spaces
from livingdrug.foundation.units import convert_laboratory, unit_told
from livingdrug.foundation.yes_no import with_usual_spellings
from livingdrug.interop.user_tables.files import UserTable, listed

NEAR = 0.86
"""How alike a heading and a known name must be before the heading counts as misspelt (difflib's ratio, our choice)."""


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    Attributes
    ----------
    name
        The quantity's own name.
    unit
        Canonical unit; ``""`` for a plain number.
    meaning
        One phrase, for messages and templates.
    low, high
        Plausible range in `unit`; outside it is an error.
    whole
        Whole numbers only.
    synonyms
        Other headings that mean this quantity.
    words
        Words that stand for numbers, such as yes and no.
    molar_mass
        g/mol, where amounts of substance are written as masses or the other way round; 0 for never.
    needs_unit
        The heading must state the unit; without it nothing is assumed.
    high_without_unit
        Where the unit is assumed, a value above this is another unit more often than a patient; 0 for `high`.
    """

    name: str
    unit: str
    meaning: str
    low: float
    high: float
    whole: bool = False
    synonyms: tuple[str, ...] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    molar_mass: float = 0.0
    needs_unit: bool = False
    high_without_unit: float = 0.0

    @property
    def expectation(self) -> str:
        """What a cell has to be, in words."""
        return expectation(self.low, self.high, self.unit, whole=self.whole, words=self.words)

    @property
    def spellings(self) -> dict[str, float]:
        """Lower-case word -> number."""
        return {word.lower(): value for word, value in with_usual_spellings(self.words).items()}


@dataclass(frozen=True)
class Match:
    """A heading that holds a quantity.

    Attributes
    ----------
    heading
        As it stands in the file.
    unit
        Of its cells; the quantity's own where the heading states none.
    stated
        Whether the table states it.
    unit_from
        The column that states it beside the values; ``""`` where the heading does, or nothing.
    """

    heading: str
    unit: str
    stated: bool
    unit_from: str = ""

    @property
    def told(self) -> str:
        """Heading and unit as they were understood."""
        unit = unit_told(self.unit)
        how = f', from "{self.unit_from}"' if self.unit_from else "" if self.stated else ", assumed"
        return f'"{self.heading}"' + (f" [{unit}{how}]" if unit else "")


def plain(heading: str) -> str:
    """A heading as a name: lower case, words joined by _.

    Examples
    --------
    >>> plain(" Mean arterial pressure")
    'mean_arterial_pressure'
    """
    return re.sub(r"[\s\-./]+", "_", plain_spaces(heading).lower()).strip("_")


def key(heading: str) -> str:
    """What is compared: ``Patient ID``, ``patient_id`` and ``PatientID`` are one."""
    return plain(heading).replace("_", "")


def name_and_unit(heading: str) -> tuple[str, str | None]:
    """A heading's name, and the unit in its last brackets.

    Examples
    --------
    >>> name_and_unit("LDH [[IU]/L]"), name_and_unit("ANC (10*3/uL)"), name_and_unit("day")
    (('LDH', '[IU]/L'), ('ANC', '10*3/uL'), ('day', None))
    """
    text = plain_spaces(heading)
    if not text or text[-1] not in "])":
        return text, None
    opens, depth = {"]": "[", ")": "("}, 0
    close = text[-1]
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == close) - (text[place] == opens[close])
        if depth == 0:
            unit = text[place + 1 : -1].strip()
            return text[:place].strip(), unit or None
    return text, None


def match_columns(table: UserTable, columns: Iterable[Column], *, known: Iterable[str] = ()) -> dict[str, Match]:
    """Which heading holds which quantity.

    Parameters
    ----------
    known
        Other names that headings may have, as `key` writes them.

    Raises
    ------
    BadInput
        Two headings for one quantity, an unknown or missing unit, or a heading that looks like a misspelt quantity.
    """
    by_name = {column.name: column for column in columns}
    names = {key(other): column.name for column in by_name.values() for other in (column.name, *column.synonyms)}
    spelled = {key(other): plain(other) for column in by_name.values() for other in (column.name, *column.synonyms)}
    others = set(known)
    found: dict[str, Match] = {}
    beside = unit_columns(table.frame.columns, names)
    for heading in table.frame.columns:
        text, unit = name_and_unit(heading)
        word = key(text)
        if word not in names:
            if word not in others and heading not in beside.values():
                guess = did_you_mean(word, [*names, *others], cutoff=NEAR, shown=spelled)
                if guess:
                    raise BadInput(
                        f'{table.source}, column "{heading}": not a known name.{guess}\n'
                        "  Correct the heading, or rename the column if it is something else."
                    )
            continue
        column = by_name[names[word]]
        if column.name in found:
            raise BadInput(
                f'{table.source}: columns "{found[column.name].heading}" and "{heading}" both hold {column.name}.\n'
                "  Take one of them out."
            )
        found[column.name] = _with_unit(table, heading, unit, column, beside.get(word, ""))
    found = _with_the_lone_unit(table, found, by_name)
    unstated = [
        (one.heading, by_name[name]) for name, one in found.items() if not one.stated and by_name[name].needs_unit
    ]
    if unstated:
        told = [f'column "{heading}": write for example "{heading} [{column.unit}]"' for heading, column in unstated]
        raise BadInput(listed(f"{table.source}: headings state no unit, and none is guessed for these", told))
    return found


def unit_columns(headings: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Name of a quantity, as `key` writes it -> the heading that holds its units: ANC_unit, ANC units, unit_ANC.

    >>> unit_columns(["ANC", "ANC_unit", "Units (PLT)", "unit"], ["anc", "plt"])
    {'anc': 'ANC_unit', 'plt': 'Units (PLT)'}
    """
    names = tuple(names)
    words = {
        re.sub(r"[()\[\]]", "", key(heading)): heading
        for heading in headings
        if key(name_and_unit(heading)[0]) not in names
    }
    return {
        name: words[word]
        for name in names
        for word in (f"{name}unit", f"{name}units", f"unit{name}", f"units{name}")
        if word in words
    }


def _with_unit(table: UserTable, heading: str, unit: str | None, column: Column, beside: str = "") -> Match:
    """A heading with its unit: of its brackets, of the column `beside` it, or the quantity's own."""
    stated = "" if unit is None else unit
    if beside and column.unit:
        held = _only_unit(table, heading, beside, column)
        if unit is not None and held and not _same(held, unit, column):
            raise BadInput(
                f'{table.source}: the heading "{heading}" says {unit}, and "{beside}" says {held}.\n  Correct one of them.'
            )
        stated = stated or held
    if not stated:
        return Match(heading, column.unit, False)
    if _factor(stated, column) is None:
        place = f'column "{beside}": the unit' if unit is None else f'column "{heading}": the unit'
        raise BadInput(
            f'{table.source}, {place} "{stated[:80]}" does not convert to '
            f'"{column.unit or "a plain number"}", expected for {column.name}.\n'
            f"  {_why(stated)}\n  Correct the unit{'' if unit is None else ' in the heading'}."
        )
    return Match(heading, stated, True, beside if unit is None else "")


def _with_the_lone_unit(table: UserTable, found: dict[str, Match], columns: Mapping[str, Column]) -> dict[str, Match]:
    """The matches with what one column "unit" says of them: it holds for one quantity, and of several it is not clear."""
    lone = next((heading for heading in table.frame.columns if key(heading) in ("unit", "units")), "")
    open_ones = [name for name, one in found.items() if columns[name].unit and not one.stated and name not in _DAYS]
    if not lone or not open_ones or table.frame[lone].str.strip_chars().eq("").all():
        return found
    if len(open_ones) > 1:
        told = ", ".join(f'"{found[name].heading}"' for name in open_ones)
        raise BadInput(
            f'{table.source}: column "{lone}" may be the unit of {told}.\n'
            "  State each unit in the heading of its quantity, and take the column out."
        )
    name = open_ones[0]
    return {**found, name: _with_unit(table, found[name].heading, None, columns[name], lone)}


_DAYS = ("day", "study_day")


def _only_unit(table: UserTable, heading: str, beside: str, column: Column) -> str:
    """The unit that a column states of every value in another one; ``""`` where it is blank throughout."""
    given = table.frame.select(value=pl.col(heading).str.strip_chars(), unit=pl.col(beside).str.strip_chars())
    units = given.filter((pl.col("value") != "") & (pl.col("unit") != ""))["unit"].unique(maintain_order=True).to_list()
    if not units:
        return ""
    if any(not _same(one, units[0], column) for one in units[1:]):
        raise BadInput(
            f'{table.source}: column "{beside}" holds several units of "{heading}": {", ".join(units[:5])}.\n'
            "  Bring the values to one unit, or give each unit a table of its own."
        )
    return str(units[0])


def _same(one: str, other: str, column: Column) -> bool:
    """Whether two spellings are one unit of this quantity, or one text."""
    if one == other:
        return True
    first, second = _factor(one, column), _factor(other, column)
    return first is not None and second is not None and first == second


def _factor(unit: str, column: Column) -> tuple[float, float] | None:
    """What 1 and 2 of a unit are in the quantity's own (two, for scales of temperature); None where it does not convert."""
    try:
        one, two = (float(convert_laboratory(x, unit, column.unit, molar_mass=column.molar_mass)) for x in (1.0, 2.0))
    except UnitError:
        return None
    return round(one, 12), round(two, 12)


def _why(unit: str) -> str:
    """Why a unit is not taken."""
    try:
        return f'It was read as "{unit_told(unit)}".'
    except UnitError as problem:
        return f"It cannot be read: {problem}."
