"""Yes and no as people and programs write them."""

from __future__ import annotations

from collections.abc import Mapping

YES_NO: dict[str, float] = {"no": 0.0, "yes": 1.0}
_SPELLINGS = {"yes": ("y", "true", "t"), "no": ("n", "false", "f")}


def with_usual_spellings(words: Mapping[str, float]) -> dict[str, float]:
    """Words that stand for numbers; where yes and no are among them, their usual spellings as well.

    >>> with_usual_spellings({"yes": 1.0})
    {'yes': 1.0, 'y': 1.0, 'true': 1.0, 't': 1.0}
    """
    more = {other: value for word, value in words.items() for other in _SPELLINGS.get(word.lower(), ())}
    return {**words, **{other: value for other, value in more.items() if other not in words}}
