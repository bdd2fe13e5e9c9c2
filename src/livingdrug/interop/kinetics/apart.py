"""Columns that tell results apart which are no one course: specimens, methods, compartments, derived records, a second column of results, logarithms.

Nothing is chosen in silence: each is asked about, with what to say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from livingdrug.fitting.data import Finding
from livingdrug.foundation.amounts import LONGEST, NotAnAmount, read_amount
from livingdrug.interop.kinetics.cells import BLANK, another_number, read_number
from livingdrug.interop.kinetics.columns import SYNONYMS, Meaning, is_logarithm, meaning_of, plain
from livingdrug.interop.kinetics.labels import same_unit
from livingdrug.interop.kinetics.table import Table

_SPECIMEN = re.compile(
    r"(^|_)(spec|specimen|matrix|tissue|sample_type|sampletype|sample_source|sample_site|material|method|fluid)(_|$)"
    r"|^(pc|lb|is|mb|pp)(spec|method|loc)$"
)
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]$")
_NAMES_LOGARITHMS = re.compile(r"log[a-z0-9]", re.I)


def apart(text: Table, known: Mapping[str, Meaning], unit: str) -> list[Finding]:
    """Everything that has to be said first, one finding per column.

    Parameters
    ----------
    unit
        Of the results; ``""`` where the table does not say.
    """
    used = {meaning.heading for meaning in known.values()}
    others = [heading for heading in text.headings if heading not in used and heading.strip()]
    found = [_compartments(text, known), _logarithms(text, known), _another_unit(text, known, unit)]
    for heading in others:
        word = plain(heading)
        if _SPECIMEN.search(word):
            found.append(_specimens(text, known, heading))
        elif word == "dtype":
            found.append(_derived(text, heading))
        elif meaning_of(heading).word in SYNONYMS["value"]:
            found.append(_second_result(text, known, heading))
    return [one for one in found if one]


def told_apart_by(
    rows: Iterable[tuple[tuple[str, float, str], dict[str, str], int]], headings: Iterable[str]
) -> list[Finding]:
    """Columns of words with two words in one patient at one time, of one output.

    Parameters
    ----------
    rows
        Of each result: patient, time and output; cells; number of its row.
    headings
        Columns that change within patients.
    """
    rows, found = list(rows), []
    for heading in headings:
        seen: dict[tuple[str, float, str], str] = {}
        twice = []
        for key, cells, line in rows:
            word = cells[heading].strip()
            if word.lower() not in BLANK and read_number(word) is None and seen.setdefault(key, word) != word:
                twice.append(line)
        if twice:
            found.append(
                Finding("error", f'"{heading}" tells results of one patient at one time apart', tuple(twice),
                        f"If it names what was measured, {_as_output(heading)}; if they are one sample, keep one of them.")
            )  # fmt: skip
    return found


def _as_output(heading: str) -> str:
    return f"say columns={{'DVID': '{heading}'}} (--column DVID={heading}) and output=… (--output)"


def _results(text: Table, known: Mapping[str, Meaning]) -> list[tuple[int, dict[str, str]]]:
    """Rows that hold a result."""
    evid = known["evid"].heading if "evid" in known else ""
    return [
        (line, cells)
        for line, cells in text.rows
        if cells[known["value"].heading].strip().lower() not in BLANK
        and (not evid or not (read_number(cells[evid]) or 0.0) > 0)
    ]


def _output(cells: dict[str, str], known: Mapping[str, Meaning]) -> str:
    return cells[known["output"].heading].strip() if "output" in known else ""


def _specimens(text: Table, known: Mapping[str, Meaning], heading: str) -> Finding | None:
    words: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for line, cells in _results(text, known):
        if (word := cells[heading].strip()).lower() not in BLANK:
            words[_output(cells, known)][word.lower()].append(line)
    for by_word in words.values():
        if len(by_word) > 1:
            fewest = min(by_word, key=lambda word: len(by_word[word]))
            return Finding(
                "error", f'"{heading}" tells results apart that are no one course: {", ".join(list(by_word)[:5])}; {fewest}', tuple(by_word[fewest]),
                f"Keep the rows of one; or {_as_output(heading)}.",
            )  # fmt: skip
    return None


def _derived(text: Table, heading: str) -> Finding | None:
    """ADaM: a record with a DTYPE was made from others (an average, half a limit, the last one carried forward)."""
    rows = tuple(line for line, cells in text.rows if cells[heading].strip().lower() not in BLANK)
    if not rows:
        return None
    return Finding("error", f'"{heading}" marks results that were derived from others or imputed', rows, "Take these rows out, or the column where they are to count.")  # fmt: skip


def _second_result(text: Table, known: Mapping[str, Meaning], heading: str) -> Finding | None:
    """A second column that may hold the results, with other numbers."""
    value = known["value"].heading
    if "text" in known and known["text"].heading == heading:
        return None
    rows = []
    for line, cells in _results(text, known):
        one, other = read_number(cells[value]), read_number(cells[heading])
        if one is not None and other is not None and another_number(one, other):
            rows.append(line)
    if not rows:
        return None
    return Finding("error", f'"{value}" and "{heading}" may both hold the results, and differ', tuple(rows), f"Say which: columns={{'DV': '{value}'}} (--column DV={value}), and take the other out.")  # fmt: skip


def _compartments(text: Table, known: Mapping[str, Meaning]) -> Finding | None:
    """Results of several compartments without a column that says what was measured: NONMEM's CMT does."""
    if "compartment" not in known or "output" in known:
        return None
    heading = known["compartment"].heading
    words: dict[str, list[int]] = defaultdict(list)
    for line, cells in _results(text, known):
        if (word := cells[heading].strip().removesuffix(".0")).lower() not in BLANK:
            words[word].append(line)
    if len(words) < 2:
        return None
    fewest = min(words, key=lambda word: len(words[word]))
    return Finding("error", f'results come from several compartments ("{heading}" {", ".join(list(words)[:5])}); {fewest}', tuple(words[fewest]), f"Where they are different measurements, {_as_output(heading)}; if not, take the column out.")  # fmt: skip


def _logarithms(text: Table, known: Mapping[str, Meaning]) -> Finding | None:
    """A name of what is measured that says it is a logarithm: PARAM "Log10 CAR (copies/ug)", PARAMCD LOGCAR."""
    for heading in text.headings:
        if plain(heading) not in SYNONYMS["output"]:
            continue
        rows = tuple(line for line, cells in _results(text, known) if _is_logarithm(cells[heading]))
        if rows:
            return Finding("error", f'"{heading}" says that results are logarithms', rows, "Give the values themselves: 10^x for a base of 10, exp(x) for natural logarithms.")  # fmt: skip
    return None


def _another_unit(text: Table, known: Mapping[str, Meaning], unit: str) -> Finding | None:
    """A name of what is measured that states another unit than the results have: PARAM "CAR (copies/mL)" beside copies/ug."""
    for heading in text.headings if unit else ():
        if plain(heading) not in SYNONYMS["output"]:
            continue
        stated = {cells[heading].strip() for _, cells in _results(text, known)}
        other = {name for name in stated if (said := _unit_in(name)) and not same_unit(said, unit)}
        rows = tuple(line for line, cells in _results(text, known) if cells[heading].strip() in other)
        if rows:
            return Finding("error", f'the results are in {unit}, and "{heading}" says "{min(other)}"', rows, "Correct one of them.")  # fmt: skip
    return None


def _unit_in(name: str) -> str:
    """The unit that ends the name of what is measured, in brackets; ``""`` where there is none.

    >>> _unit_in("CAR transgene (copies/mL)"), _unit_in("CAR transgene (blood)"), _unit_in("CAR")
    ('copies/mL', '', '')
    """
    found = _IN_BRACKETS.search(name.strip())
    if not found:
        return ""
    try:
        read_amount(f"1 {found[1].strip()}"[:LONGEST])
    except NotAnAmount:
        return ""
    return found[1].strip()


def _is_logarithm(word: str) -> bool:
    return is_logarithm(word) or bool(_NAMES_LOGARITHMS.match(word.strip()))
