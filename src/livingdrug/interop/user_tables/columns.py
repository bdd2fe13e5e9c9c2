"""Which heading holds which quantity, and in which unit."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from livingdrug.foundation.amounts import expectation
from livingdrug.foundation.errors import BadInput, UnitError
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
        Whether the heading states it.
    """

    heading: str
    unit: str
    stated: bool

    @property
    def told(self) -> str:
        """Heading and unit as they were understood."""
        unit = unit_told(self.unit)
        return f'"{self.heading}"' + (f" [{unit}{'' if self.stated else ', assumed'}]" if unit else "")


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
    unstated: list[tuple[str, Column]] = []
    for heading in table.frame.columns:
        text, unit = name_and_unit(heading)
        word = key(text)
        if word not in names:
            near = difflib.get_close_matches(word, [*names, *others], n=1, cutoff=NEAR) if word not in others else []
            if near:
                raise BadInput(
                    f'{table.source}, column "{heading}": not a known name. Did you mean "{spelled.get(near[0], near[0])}"?\n'
                    "  Correct the heading, or rename the column if it is something else."
                )
            continue
        column = by_name[names[word]]
        if column.name in found:
            raise BadInput(
                f'{table.source}: columns "{found[column.name].heading}" and "{heading}" both hold {column.name}.\n'
                "  Take one of them out."
            )
        if unit is None and column.needs_unit:
            unstated.append((heading, column))
        found[column.name] = _with_unit(table, heading, unit, column)
    if unstated:
        told = [f'column "{heading}": write for example "{heading} [{column.unit}]"' for heading, column in unstated]
        raise BadInput(listed(f"{table.source}: headings state no unit, and none is guessed for these", told))
    return found


def _with_unit(table: UserTable, heading: str, unit: str | None, column: Column) -> Match:
    if unit is None:
        return Match(heading, column.unit, False)
    try:
        convert_laboratory(1.0, unit, column.unit, molar_mass=column.molar_mass)
    except UnitError as problem:
        raise BadInput(
            f'{table.source}, column "{heading}": the unit "{unit[:80]}" does not convert to '
            f'"{column.unit or "a plain number"}", expected for {column.name}.\n'
            f"  {_why(unit) or str(problem)}\n  Correct the unit in the heading."
        ) from None
    return Match(heading, unit, True)


def _why(unit: str) -> str:
    try:
        return f'It was read as "{unit_told(unit)}".'
    except UnitError as problem:
        return f"It cannot be read: {problem}."
