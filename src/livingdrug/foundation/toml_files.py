"""A TOML file as a dictionary, for every room: its size, nesting, numbers and names are bounded, each fault has its place."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import platform
import tomllib
from pathlib import Path
from typing import Any

from livingdrug.foundation.errors import BadInput, CatalogError
from livingdrug.foundation.kept_answers import KeptAnswers

LARGEST_FILE = 4 * 2**20
DEEPEST, LONGEST_KEY, LONGEST_TEXT, LARGEST_INTEGER, MOST_VALUES = 16, 200, 100_000, 2**53, 200_000
"""The package's own files stay far below: 43 kB, 5 deep, texts of 600 letters."""
PACKAGE = Path(__file__).parents[1]
_WITHIN = f"{PACKAGE}{os.sep}"
TABLES = KeptAnswers("tables", ("foundation/toml_files.py", "foundation/kept_answers.py"), ())
"""Files of the package as tables, by their content: to read four hundred of them takes a fifth of a second of most commands."""


def read_toml_file(path: Path, *, called: str = "") -> dict[str, Any]:
    """The table in a TOML file; UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    called
        The file as people refer to it, for messages; the path when omitted.

    Raises
    ------
    CatalogError
        Not readable, not text, too large, not TOML, or a value beyond the bounds: says file, place and remedy.
    """
    name = called or str(path)
    try:
        refuse_large(path, name, "a TOML file", CatalogError)
        data = path.read_bytes()
        own = str(path).startswith(_WITHIN)
    except OSError as problem:
        raise CatalogError(
            f"{name}: cannot be read ({problem.strerror}).\n  Check the name and the file's permissions."
        ) from None
    return _kept_table(data, name) if own else parse_toml(data, name)


def own_table(text: str, name: str) -> dict[str, Any]:
    """The table in the text of a file of the package called `name`; errors as in `read_toml_file`."""
    return _kept_table(text.encode("utf-8"), name)


def _kept_table(data: bytes, name: str) -> dict[str, Any]:
    """The table of a file of the package: as it was read before, or read now."""
    what = f"Python {platform.python_version()}, {hashlib.sha256(data).hexdigest()}"
    told = TABLES.of(what, lambda: _told(parse_toml(data, name)))
    return json.loads(told) if told else parse_toml(data, name)


def _told(table: dict[str, Any]) -> str:
    """A table as JSON; empty where that would not give the same one back (dates)."""
    try:
        told = json.dumps(table)
    except (TypeError, ValueError):
        return ""
    return told if json.loads(told) == table else ""


def refuse_large(path: Path, name: str, expected: str, error: type[BadInput], most: int | None = None) -> None:
    """Raise `error` where a file called `name` is larger than `most` bytes, by default any file of the catalogue; OSError where there is none."""
    size, most = path.stat().st_size, LARGEST_FILE if most is None else most
    if size > most:
        raise error(
            f"{name}: {size / 2**20:.0f} MiB, expected {expected} of at most {most / 2**20:g} MiB.\n  Give the right file."
        )


def parse_toml(data: bytes, name: str) -> dict[str, Any]:
    """The table in the bytes of a TOML file called `name`; errors as in `read_toml_file`."""
    text = _text(data, name)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        end = f"(at the end of the file, line {text.count(chr(10)) + 1})"
        told = str(problem).replace("(at end of document)", end)
        raise CatalogError(
            f"{name}: not valid TOML: {told}.\n  Correct that place; text goes in quotes, lists in [ ]."
        ) from None
    except RecursionError:
        raise CatalogError(
            f"{name}: brackets stand inside brackets too deep to read, expected at most {DEEPEST}.\n  Take some out."
        ) from None
    except ValueError as problem:  # a number of thousands of digits, a date that is none
        raise CatalogError(
            f"{name}: a value cannot be read ({_first_sentence(problem)}).\n  Shorten or correct that number or date."
        ) from None
    _bounded(table, name)
    return table


def _text(data: bytes, name: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "UTF-16, expected UTF-8"
        raise CatalogError(f"{name}: text in {encoding}.\n  Save it as plain text in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise CatalogError(
            f"{name}: byte {problem.start} is not text (UTF-8), expected a TOML file.\n"
            "  Save it as plain text in UTF-8, or give the right file."
        ) from None


def _bounded(table: dict[str, Any], name: str) -> None:
    """Refuse what no file of this kind holds, before anything is made of it."""
    waiting: list[tuple[str, Any, int]] = [("", table, 0)]
    n_values = 0
    while waiting:
        place, value, depth = waiting.pop()
        n_values += 1
        problem = ""
        if n_values > MOST_VALUES:
            place, problem = "", f"more than {MOST_VALUES} values"
        elif depth > DEEPEST:
            problem = f"tables and lists inside one another deeper than {DEEPEST}"
        elif isinstance(value, dict):
            for key, part in value.items():
                if len(key) > LONGEST_KEY:
                    problem = f'a key of {len(key)} letters ("{key[:20]}…"), expected at most {LONGEST_KEY}'
                waiting.append((f"{place}.{key}" if place else key, part, depth + 1))
        elif isinstance(value, list):
            waiting += [(f"{place}[{i + 1}]", part, depth + 1) for i, part in enumerate(value)]
        elif isinstance(value, str) and len(value) > LONGEST_TEXT:
            problem = f"a text of {len(value)} letters, expected at most {LONGEST_TEXT}"
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_INTEGER:
            problem = "a whole number of more than 15 digits"
        if problem:
            where = f', "{place if len(place) <= 80 else place[:77] + "…"}"' if place else ""
            raise CatalogError(f"{name}{where}: {problem}.\n  Shorten it.")


def _first_sentence(problem: ValueError) -> str:
    return str(problem).split(";")[0].split(":")[0]
