"""Memory that is used again: never while somebody still holds it."""

import gc

import numpy as np
import pytest

from livingdrug.engine import room
from livingdrug.engine.ensemble import compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.room import room_for
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import EventModel
from livingdrug.foundation.errors import BadInput


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


def test_outputs_beyond_all_memory_are_refused_before_they_are_made() -> None:
    """By hand: 10 million patients at 100 times, 8 bytes each, are 8 GB."""
    decay = Odes(("x",), (), (), (), ("-x",), ("1.0",))
    times, many = np.linspace(0.0, 1.0, 100), np.empty((10_000_000, 0))
    with pytest.raises(
        BadInput, match=r"10,000,000 patients at 100 times with 1 outputs each would take about 8\.0 GB"
    ):
        run_with_events(EventModel(decay, ()), many, times)
    with pytest.raises(BadInput, match=r"about 8\.0 GB"):
        compile_model(decay, log_scales={}, linear_scales={"x": 1e-3}, outputs=("x",)).run(many, times, np.zeros(100))
