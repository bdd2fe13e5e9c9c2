"""Plain data as TOML text, for the trial file that travels with its results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def to_toml(table: Mapping[str, Any]) -> str:
    """A table of text, numbers, yes/no, lists and tables as TOML; empty values (None) are left out.

    Examples
    --------
    >>> print(to_toml({"title": "A", "arm": [{"name": "x", "days": [1, 2.5]}]}))
    title = "A"
    <BLANKLINE>
    [[arm]]
    name = "x"
    days = [1, 2.5]
    <BLANKLINE>
    """
    lines: list[str] = []
    _table(table, (), lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], place: tuple[str, ...], lines: list[str]) -> None:
    inner = {key: value for key, value in table.items() if _is_tables(value) or isinstance(value, Mapping)}
    for key, value in table.items():
        if value is not None and key not in inner:
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in inner.items():
        name = ".".join(_key(part) for part in (*place, key))
        for part in value if _is_tables(value) else [value]:
            lines += ["", f"[[{name}]]" if _is_tables(value) else f"[{name}]"]
            _table(part, (*place, key), lines)


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _key(key: str) -> str:
    return key if key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key) else _text(key)


def _text(text: str) -> str:
    # TOML's basic strings escape like JSON's, but know no surrogate pairs.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    raise TypeError(f"TOML has no form for {type(value).__name__}")
