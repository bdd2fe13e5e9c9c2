"""Two memories that cannot grow without end: one that lasts as long as what it is about, one of so many entries."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class ByObject(Generic[Value]):
    """Something found out about objects, remembered while they live; equal objects are not the same one.

    Examples
    --------
    >>> class Thing: pass
    >>> one, found = Thing(), ByObject()
    >>> found.of(one, lambda: 7), found.of(one, lambda: 8), len(found)
    (7, 7, 1)
    >>> del one
    >>> len(found)
    0
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref[Any], Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, thing: Any, find: Callable[[], Value]) -> Value:
        """What is remembered of a thing; found now where nothing is."""
        place = id(thing)
        known = self._kept.get(place)
        if known is not None and known[0]() is thing:
            return known[1]
        value = find()
        self._kept[place] = (weakref.ref(thing, lambda _: self._kept.pop(place, None)), value)
        return value


class Latest(Generic[Value]):
    """The entries used last, so many at most.

    Examples
    --------
    >>> kept = Latest(2)
    >>> [kept.of(key, lambda key=key: key * 10) for key in (1, 2, 1, 3)], list(kept.entries)
    ([10, 20, 10, 30], [1, 3])
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.entries: OrderedDict[object, Value] = OrderedDict()

    def of(self, key: object, find: Callable[[], Value]) -> Value:
        """The entry of a key; found now where there is none."""
        if key in self.entries:
            self.entries.move_to_end(key)
            return self.entries[key]
        value = self.entries[key] = find()
        while len(self.entries) > self.most:
            self.entries.popitem(last=False)
        return value
