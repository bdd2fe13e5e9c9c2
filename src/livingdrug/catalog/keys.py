"""Every key of every kind of catalogue file, told from the records themselves: ``python -m livingdrug.catalog.keys docs/files.md``.

A record's fields, types and defaults come from its class, meanings from the attributes of its docstring, examples from the
package's own files; a test holds the page to what this writes, and every key to a meaning.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema

from livingdrug.catalog.load import Catalog, class_name
from livingdrug.foundation.priors import Prior
from livingdrug.foundation.quantities import Quantity

FIRST = ("trial", "product", "disease", "population", "outcome", "endpoint", "scale", "guideline", "making")
"""Kinds that people write; the others follow."""
USUAL = {
    "title": "One line for lists and headings.",
    "summary": "A few sentences, shown by `livingdrug show`.",
    "note": "Anything else a reader should know.",
    "source": "The publication, label or register itself: a citation or DOI, never an address alone; for our own choices the reason.",
    "where": "Table, figure or section of the source.",
    "seen_at": "Where the source was seen, when that was a copy: a mirror, a summary, an index.",
    "name": "What it is called.",
    "row": "The rows, in the file's order.",
    "status": '"read": seen in the source; "unverified": recalled only; "own": our own choice.',
}
"""Keys that mean the same in every file."""
_SIMPLE = {str: "text", float: "number", int: "whole number", bool: "true or false", Any: "any value"}
_LONGEST_EXAMPLE = 90
_HEAD = """# Every key of every file

What may stand in a trial file and in the other files of a catalogue, kind by kind. A file's name is its id. Any other key is
refused with the nearest known one; `livingdrug check FILE` says what is wrong and where. Quantities are texts with a number
and a unit (`"5 year"`, `"30 mg/m^2"`; [units_and_tables.md](units_and_tables.md)) or a [number with its origin](#a-number-with-its-origin).
"required" means that there is no default. An example is a value of one of the package's own files.

This page is written by `python -m livingdrug.catalog.keys docs/files.md`; a test holds it to the program.
"""


@dataclass(frozen=True)
class Key:
    """One key of a table.

    Attributes
    ----------
    name
        As it stands in the file.
    kind
        What may stand there, in words.
    default
        ``"required"``, or the value that counts when it is left out.
    meaning
        From the record's docstring.
    example
        From a file of the package; ``""`` where none has it.
    """

    name: str
    kind: str
    default: str
    meaning: str
    example: str = ""


def written(record: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields that stand in a file: not its name, nor what the catalogue fills in when it is loaded."""
    return {
        name: field
        for name, field in record.model_fields.items()
        if name != "id" and not any(isinstance(mark, SkipJsonSchema) for mark in field.metadata)  # pyright: ignore[reportArgumentType]
    }


def record_class(kind: str) -> type[BaseModel]:
    """The record of a kind of catalogue file."""
    return getattr(importlib.import_module(f"livingdrug.catalog.records.{kind}"), class_name(kind))


def kinds() -> tuple[str, ...]:
    """All kinds of files, those that people write first."""
    return (*FIRST, *(kind for kind in Catalog().kinds() if kind not in FIRST))


def parts_of(record: type[BaseModel]) -> tuple[type[BaseModel], ...]:
    """The tables inside a record, itself first, each once; a number with its origin is told elsewhere."""
    found: list[type[BaseModel]] = []
    waiting = [record]
    while waiting:
        here = waiting.pop(0)
        if here in found or here in (Quantity, Prior):
            continue
        found.append(here)
        waiting += [inner for field in written(here).values() for inner in _models_in(field.annotation)]
    return tuple(found)


def keys_of(record: type[BaseModel], examples: dict[tuple[str, str], Any] | None = None) -> tuple[Key, ...]:
    """The keys of one table; `id` is the file's name and none of them."""
    meanings = meanings_of(record)
    return tuple(
        Key(
            field.alias or name,
            in_words(field.annotation),
            _default(field),
            meanings.get(field.alias or name) or meanings.get(name) or USUAL.get(field.alias or name, ""),
            _example((examples or {}).get((record.__name__, field.alias or name))),
        )
        for name, field in written(record).items()
    )


def meanings_of(record: type) -> dict[str, str]:
    """Attribute -> sentence, from the docstrings of a class and of those it is made of."""
    found: dict[str, str] = {}
    for one in reversed(record.__mro__):
        text = inspect.cleandoc(one.__dict__.get("__doc__") or "")
        _, _, after = text.partition("Attributes\n----------\n")
        after = re.split(r"\n\n?[A-Z][a-z]+\n-{4,}", after)[0]
        for names, words in re.findall(r"^(\w[\w, ]*)\n((?:(?:[ ]{4}.*)?\n?)+)", after, re.M):
            for name in names.split(","):
                found[name.strip()] = " ".join(words.split())
    return found


def in_words(annotation: Any) -> str:
    """A type as people read it."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return in_words(inner[0])
    if origin is Literal:
        return " or ".join(json.dumps(value) for value in inner)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(dict.fromkeys(in_words(one) for one in inner if one is not type(None)))
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return f"list of {_plural(in_words(inner[0]))}"
        return f"list of {len(inner)}: {', '.join(in_words(one) for one in inner)}"
    if origin in (list, frozenset, set):
        return f"list of {_plural(in_words(inner[0]))}"
    if origin is dict:
        return f"table of name = {in_words(inner[1])}"
    if annotation is Quantity:
        return "[number with its origin](#a-number-with-its-origin)"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return f"table [{annotation.__name__}]"
    return str(getattr(annotation, "__name__", annotation))


def page() -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    for kind in kinds():
        record = record_class(kind)
        examples = _examples(kind, record)
        for table in parts_of(record):
            own = table is record
            title = f"## {kind}" if own else f"### {kind}: {_spoken(table.__name__)}"
            lines += [title, "", _first_paragraph(table), "", *_table(keys_of(table, examples), kind), ""]
    lines += ["## A number with its origin", "", _first_paragraph(Quantity), "", *_table(keys_of(Quantity), ""), ""]
    lines += ["## A prior", "", _first_paragraph(Prior), "", *_table(keys_of(Prior), "")]
    return "\n".join(lines).rstrip() + "\n"


def _table(keys: tuple[Key, ...], kind: str) -> list[str]:
    rows = ["| key | what | default | meaning | example |", "|---|---|---|---|---|"]
    for key in keys:
        what = re.sub(
            r"table \[(\w+)\]", lambda found: f"table [{_spoken(found[1])}](#{_anchor(kind, found[1])})", key.kind
        )
        cells = (f"`{key.name}`", what, key.default, key.meaning, f"`{key.example}`" if key.example else "")
        rows.append("| " + " | ".join(cell.replace("``", "`").replace("|", "\\|") for cell in cells) + " |")
    return rows


def _anchor(kind: str, name: str) -> str:
    if not kind:  # a table inside a number with its origin
        return f"a-{_spoken(name)}".replace(" ", "-")
    return re.sub(r"[^\w-]", "", f"{kind}: {_spoken(name)}".lower().replace(" ", "-"))


def _spoken(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _first_paragraph(record: type) -> str:
    text = inspect.cleandoc(record.__doc__ or "").partition("Attributes\n----------")[0]
    return " ".join(text.split("\n\n")[0].split())


def _plural(words: str) -> str:
    first, space, rest = words.partition(" ")
    if first in ("text", "number", "table"):
        return f"{first}s{space}{rest}"
    return words.replace("whole number", "whole numbers") if first == "whole" else words


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and not get_args(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        if not isinstance(inner, str):
            yield from _models_in(inner)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}, [], frozenset()):
        return "none"
    if isinstance(value, BaseModel):
        return "its own defaults"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"


def _example(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_EXAMPLE and "`" not in text else ""


def _examples(kind: str, record: type[BaseModel]) -> dict[tuple[str, str], Any]:
    """(table's class, key) -> the shortest value that stands there in the package's own files, the first of equals."""
    from livingdrug.catalog.load import read_toml

    found: dict[tuple[str, str], Any] = {}
    catalog = Catalog()
    for name in catalog.names(kind):
        _collect(read_toml(catalog.path(kind, name)), record, found)
    return found


def _collect(value: Any, annotation: Any, found: dict[tuple[str, str], Any]) -> None:
    """Go through a file's table beside the types of its record."""
    if inspect.isclass(annotation) and not get_args(annotation) and issubclass(annotation, BaseModel):
        if not isinstance(value, dict):
            return
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        for key, inner in value.items():
            if key not in fields:
                continue
            place = (annotation.__name__, key)
            if place not in found or len(json.dumps(inner, default=str)) < len(json.dumps(found[place], default=str)):
                found[place] = json.loads(json.dumps(inner, default=str))
            _collect(inner, fields[key].annotation, found)
        return
    for inner in get_args(annotation):
        if isinstance(inner, str):
            continue
        if isinstance(value, list):
            for one in value:
                _collect(one, inner, found)
        elif isinstance(value, dict) and get_origin(annotation) is dict:
            for one in value.values():
                _collect(one, inner, found)
        else:
            _collect(value, inner, found)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
