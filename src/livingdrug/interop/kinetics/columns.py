"""Which column of a user's table holds what: names of NONMEM, Monolix, CDISC and plain tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingdrug.fitting.flags import FLAG_NAMES
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.interop.user_tables.people import IN_STUDY, UNIQUE

NAMES_OF_PATIENTS = (*UNIQUE, *(name for rank in IN_STUDY for name in rank))
"""In the stated order that every table of users has; see `people`."""
SINCE_LAST_DOSE = ("tad", "arrlt", "nrrlt")
"""Times that begin again with each dose."""
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": NAMES_OF_PATIENTS,
    "time": ("time", "afrlt", "nfrlt", "day", "days", "time_day", "days_from_infusion", "day_from_infusion",
             "days_since_infusion", "day_since_infusion", "days_post_infusion", "day_post_infusion", "days_after_infusion",
             "study_day", "ady", "pcdy", "lbdy", "hour", "hours", *SINCE_LAST_DOSE),
    "value": ("dv", "aval", "value", "conc", "concentration", "result", "y", "level", "pcstresn", "cp", "transgene", "avalc", "pcstresc"),
    "text": ("avalc", "pcstresc", "dvc", "result_text"),
    "amount": ("amt", "dose", "amount", "dosea"),
    "evid": ("evid",),
    "mdv": ("mdv", "missed"),
    "compartment": ("cmt", "adm"),
    "censored": FLAG_NAMES,
    "limit": ("lloq", "limit", "alloq", "pclloq", "loq", "lod"),
    "rate": ("rate",),
    "duration": ("dur", "duration", "tinf"),
    "additional": ("addl",),
    "interval": ("ii",),
    "steady": ("ss",),
    "output": ("dvid", "paramcd", "param", "ytype", "quantity", "analyte", "assay", "pctestcd", "lbtestcd", "pctest", "lbtest", "testcd", "test", "biomarker",
               "marker", "cytokine", "parameter", "analyte_name", "dvname", "dvtype"),
    "unit": ("avalu", "unit", "units", "dvunit", "pcstresu"),
    "time_unit": ("rrltu", "frltu", "afrltu", "arrltu", "nfrltu", "nrrltu", "timeu", "time_unit"),
    "occasion": ("occ", "occasion"),
}  # fmt: skip
"""What is known -> names, the better one first. Of several present, the first counts."""

IGNORED = (
    "c",
    "comment",
    "comments",
    "studyid",
    "domain",
    "atpt",
    "atptn",
    "visit",
    "visitnum",
    "pcorres",
    "pcorresu",
    "pcstat",
    "anl01fl",
    "dtype",
    "lloqu",
    "alloqu",
    "pclloqu",
    "lloq_unit",
    "lloq_units",
    "arm",
    "trta",
)
"""Columns that are neither data nor covariates."""

_BRACKETED = re.compile(r"^\s*(.*?)\s*[\[(]\s*(.*?)\s*[\])]\s*$")
_SUFFIX = re.compile(r"^(time|dv|amt|dose|value|conc|day|aval|lloq)_(.+)$")
_NO_UNITS = frozenset({
    "flag", "fl", "yn", "ind", "indicator", "status", "level", "date", "text", "code", "type", "no", "nr", "number", "name", "group",
    "unit", "units", "method", "comment", "assay", "cohort", "arm", "num", "seq", "label", "id",
})  # fmt: skip
"""What may follow such a word without being its unit: DOSE_LEVEL holds no doses."""
_TIME_UNITS = {
    "d": "day", "day": "day", "days": "day", "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour",
    "min": "minute", "minute": "minute", "minutes": "minute", "week": "week", "weeks": "week", "wk": "week",
    "month": "month", "months": "month", "year": "year", "years": "year",
}  # fmt: skip
STUDY_DAYS = ("study_day", "ady", "pcdy", "lbdy")
"""CDISC study days: the day of infusion is 1, and there is no day 0."""
_ITSELF = {"day": "day", "days": "day", "hour": "hour", "hours": "hour", "afrlt": "hour", "arrlt": "hour", "nfrlt": "hour",
           "nrrlt": "hour", **dict.fromkeys(STUDY_DAYS, "day"),
           **{word: "day" for word in SYNONYMS["time"] if word.endswith("_infusion")}}  # fmt: skip
"""Headings that say their own unit, by name or by the standard's usage."""


STANDARD_HOURS = ("afrlt", "arrlt", "nfrlt", "nrrlt")
"""Of them, those whose unit is the standard's usage and no part of the word."""
_LOGARITHM = re.compile(r"(?<![^\W_])(10|2)?(log|ln|lg)(10|2|e|_|\b|[ (\[]|arithm)", re.I)


@dataclass(frozen=True)
class Meaning:
    """One column that was understood: its heading, and the unit that the heading states."""

    heading: str
    word: str
    unit: str = ""


def plain(heading: str) -> str:
    """A heading as a word.

    Examples
    --------
    >>> plain(" Time after dose")
    'time_after_dose'
    """
    return re.sub(r"[\s\-./#]+", "_", heading.strip().lower()).strip("_")


def time_unit(text: str) -> str:
    """A time unit by its full name; empty when it is none."""
    return _TIME_UNITS.get(text.strip().lower(), "")


def recognise(headings: Sequence[str], mapped: Mapping[str, str] | None = None) -> dict[str, Meaning]:
    """What is known -> the column that holds it.

    Parameters
    ----------
    headings
        Of the table.
    mapped
        The user's own words: what is known (or its usual name, such as DV) -> heading.

    Raises
    ------
    UnknownName
        The user names a column that is not there, or something that no fit reads.
    """
    parts = {heading: _split(heading) for heading in headings}
    found: dict[str, Meaning] = {}
    for key, heading in (mapped or {}).items():
        known = next((name for name, words in SYNONYMS.items() if plain(key) == name or plain(key) in words), None)
        if known is None:
            raise UnknownName("kind of column", key, SYNONYMS, "Say it as KIND=HEADING, for example DV=conc.")
        if heading not in parts:
            raise UnknownName("column", heading, headings, f"It was to be {key}.")
        found[known] = Meaning(heading, *parts[heading])
    taken = {meaning.heading for meaning in found.values()}
    for known, words in SYNONYMS.items():
        if known in found:
            continue
        for word in words:
            here = [h for h, (name, _) in parts.items() if name == word and h not in taken]
            if len(here) > 1:
                raise BadInput(f'columns "{here[0]}" and "{here[1]}" both hold {known}; take one of them out.')
            if here:
                found[known] = Meaning(here[0], *parts[here[0]])
                taken.add(here[0])
                break
    return found


def meaning_of(heading: str) -> Meaning:
    """A heading by itself, as word and unit."""
    return Meaning(heading, *_split(heading))


def _split(heading: str) -> tuple[str, str]:
    """A heading as word and unit: ``TIME [h]``, ``DV_copies_per_ug``."""
    bracketed = _BRACKETED.match(heading)
    if bracketed:
        return plain(bracketed[1]), bracketed[2]
    word = plain(heading)
    suffixed = _SUFFIX.match(word)
    known = {name for words in SYNONYMS.values() for name in words}
    if suffixed and word not in known and suffixed[2] not in _NO_UNITS:
        unit = suffixed[2].replace("_per_", "/").replace("copies", "copy").replace("cells", "cell").replace("_", " ")
        return suffixed[1], unit
    return word, ""


def stated_time_unit(meaning: Meaning) -> str:
    """The unit of a time column, from its heading; empty when it does not say."""
    return (
        time_unit(meaning.unit)
        or _ITSELF.get(meaning.word, "")
        or _TIME_UNITS.get(meaning.word.removeprefix("time_"), "")
    )


def is_logarithm(unit: str) -> bool:
    """Whether a unit or word says that logarithms stand below it.

    >>> [is_logarithm(unit) for unit in ("log₁₀ copy/ug", "ln", "copies/ug (log)", "¹⁰log", "copy/ug", "lng", "blog")]
    [True, True, True, True, False, False, False]
    """
    return bool(_LOGARITHM.search(unicodedata.normalize("NFKC", unit)))
