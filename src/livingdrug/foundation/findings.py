"""What a checked record found wrong, in plain words: for every finding of pydantic, what was expected in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SHAPES = (
    (r"(int|int_from_float|int_parsing_size)", "a whole number"),
    (r"(float|decimal|fraction|complex|complex_str)", "a number"),
    (r"finite_number", "a finite number"),
    (r"decimal_\w+", "a number of fewer digits"),
    (r"bool", "true or false"),
    (r"string_(sub_type|unicode|not_ascii)|string|bytes\w*", "a text in quotes"),
    (r"tuple|list|set|frozen_set|deque|iterable|iteration_error|set_item_not_hashable|counter", "a list in brackets, [ … ]"),
    (r"dict|\w+_dict|mapping|model|model_attributes|dataclass|dataclass_exact|named_tuple|arguments", "a table of keys"),
    (r"none_required", "nothing"),
    (r"date_past|datetime_past", "a day in the past"),
    (r"date_future|datetime_future", "a day to come"),
    (r"date|date_\w+|datetime\w*|timezone\w*", "a date such as 2024-05-31"),
    (r"time", "a time of day such as 08:30"),
    (r"time_delta", 'a duration such as "5 day"'),
    (r"url\w*", "a web address"),
    (r"uuid\w*", "an identifier of 32 hexadecimal digits"),
    (r"json\w*", "a text in JSON"),
)  # fmt: skip
"""Kinds of findings (without ``_type`` or ``_parsing``) and what they expect, the first that matches."""
_LIMITS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "multiple_of": "a multiple of {multiple_of}",
    "too_short": "a list with at least {min_length} item(s), it has {actual_length}",
    "too_long": "a list with at most {max_length} item(s), it has {actual_length}",
    "string_too_short": "a text of {min_length} letters or more",
    "string_too_long": "a text of {max_length} letters or fewer",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
    "union_tag_invalid": "one of {expected_tags}",
}
OTHERWISE = "another kind of value"


def expected(kind: str, context: Mapping[str, Any]) -> str:
    """What a finding expected, in words that name no type of a programming language.

    Parameters
    ----------
    kind, context
        A finding's ``type`` and ``ctx``, as pydantic gives them.

    Examples
    --------
    >>> expected("tuple_type", {}), expected("greater_than_equal", {"ge": 0}), expected("int_from_float", {})
    ('a list in brackets, [ … ]', '0 or more', 'a whole number')
    """
    if kind in _LIMITS:
        try:
            return _LIMITS[kind].format(**context)
        except KeyError:
            return OTHERWISE
    short = re.sub(r"_(type|parsing)$", "", kind)
    return next((words for pattern, words in _SHAPES if re.fullmatch(pattern, short)), OTHERWISE)


def sentence(finding: Any) -> str:
    """A finding in a phrase: what is missing or unknown, our own words, or what was got and what was expected."""
    match finding["type"]:
        case "missing":
            return "missing"
        case "extra_forbidden":
            return "this key is unknown here; is it misspelt?"
        case "value_error" | "assertion_error":
            return str(finding["ctx"]["error"])
        case kind:
            return f"got {shown(finding['input'])}, expected {expected(kind, finding.get('ctx', {}))}"


def shown(value: Any) -> str:
    """A value as a file writes it, shortened."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nothing"}[value]
    if isinstance(value, Mapping):
        return f"a table with {', '.join(map(str, value)) or 'nothing in it'}"[:80]
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def telling(findings: list[Any]) -> list[Any]:
    """Findings without those that only follow from another: a list is not too short when a part of it was refused."""
    places = [one["loc"] for one in findings]

    def follows(one: Any) -> bool:
        loc = one["loc"]
        return one["type"] == "too_short" and any(len(p) > len(loc) and p[: len(loc)] == loc for p in places)

    return [one for one in findings if not follows(one)]
