"""What stands more than once in a list, however long the list: one look at each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def repeated(values: Iterable[T]) -> list[T]:
    """Values that stand there more than once, each once, in order of first mention.

    Examples
    --------
    >>> repeated(["b", "a", "b", "a", "c"])
    ['b', 'a']
    """
    return [value for value, times in Counter(values).items() if times > 1]


def places(values: Iterable[T]) -> dict[T, int]:
    """Where each value stands for the first time.

    Examples
    --------
    >>> places("abba")
    {'a': 0, 'b': 1}
    """
    found: dict[T, int] = {}
    for place, value in enumerate(values):
        found.setdefault(value, place)
    return found
