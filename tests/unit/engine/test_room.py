"""Memory that is used again: never while somebody still holds it."""

import gc

import numpy as np

from livingdrug.engine import room
from livingdrug.engine.room import room_for


def _address(values: np.ndarray) -> int:
    return values.__array_interface__["data"][0]


def test_memory_is_used_again_only_when_nothing_looks_at_it_any_more(monkeypatch):
    monkeypatch.setattr(room, "_free", kept := [])
    monkeypatch.setattr(room._Lent.__del__, "__defaults__", (kept,))
    first = room_for(5, 3, 4)
    assert first.shape == (5, 3, 4)
    assert first.transpose(0, 2, 1).flags.c_contiguous
    assert first.flags.writeable
    place, view = _address(first), first[2:, :, 1]
    view[:] = 7.0
    del first
    gc.collect()
    second = room_for(5, 3, 4)  # the view is still there
    assert _address(second) != place
    assert (view == 7.0).all()
    del view
    gc.collect()
    assert _address(room_for(4, 3, 4)) == place  # somewhat smaller fits
    gc.collect()
    assert _address(room_for(1, 3, 4)) != place  # a small one does not take a large place


def test_no_more_is_kept_than_stated(monkeypatch):
    monkeypatch.setattr(room, "_free", kept := [])
    monkeypatch.setattr(room._Lent.__del__, "__defaults__", (kept,))
    monkeypatch.setattr(room, "LARGEST", 100)
    rooms = [room_for(2, 3, 4) for _ in range(room.MOST_KEPT + 3)]
    rooms.append(room_for(2, 30, 4))
    del rooms
    gc.collect()
    assert [one.size for one in kept] == [24] * room.MOST_KEPT
    assert room_for(0, 3, 4).shape == (0, 3, 4)
