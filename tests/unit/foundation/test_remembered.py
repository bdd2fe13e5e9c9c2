"""Memories that cannot grow without end; expected by hand."""

from __future__ import annotations

import gc

from livingdrug.foundation.remembered import ByObject, Latest


class Thing:
    """Equal to every other thing."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_what_is_found_about_an_object_is_its_own_and_goes_with_it() -> None:
    kept: ByObject[int] = ByObject()
    one, other = Thing(), Thing()
    assert (kept.of(one, lambda: 1), kept.of(other, lambda: 2), kept.of(one, lambda: 3)) == (1, 2, 1)
    del one
    gc.collect()
    assert len(kept) == 1
    assert kept.of(other, lambda: 4) == 2


def test_the_entry_not_used_for_longest_is_dropped() -> None:
    kept: Latest[int] = Latest(3)
    asked = []

    def find(key: int) -> int:
        asked.append(key)
        return -key

    assert [kept.of(key, lambda key=key: find(key)) for key in (1, 2, 3, 1, 4, 1, 2)] == [-1, -2, -3, -1, -4, -1, -2]
    assert asked == [1, 2, 3, 4, 2]
