"""Machine code made by another process has the bits of what is made here; where no process can be had, it is made here."""

import sys
import threading

import numpy as np
import pytest

from livingdrug.engine.compiler import emission, sparse
from livingdrug.engine.ensemble import Beginning, LateCode, compile_model
from livingdrug.engine.odes import Odes

DECAY = Odes(("y",), ("k",), (0.5,), (), ("-k * y",), ("8",))


def _course(everything, arguments, parameters, folder):
    model = compile_model(everything, **arguments, cache_dir=folder)
    got = model.run(parameters, [0.0, 1.0, 2.5, 6.0], [1, 1, 1, 1])
    assert not model._code.made.from_cache
    return got


@pytest.fixture
def asked(monkeypatch):
    """What other processes answered, in order."""
    answers, real = [], emission.subprocess.run
    monkeypatch.setattr(
        emission.subprocess, "run", lambda *given, **words: answers.append(real(*given, **words)) or answers[-1]
    )
    return answers


def test_another_process_makes_code_of_the_same_bits(everything, arguments, parameters, tmp_path, monkeypatch, asked):
    # expected: bitwise equality with code made in this process
    here = _course(everything, arguments, parameters, tmp_path / "here")
    monkeypatch.setattr(emission, "_LONG", 0)
    apart = _course(everything, arguments, parameters, tmp_path / "apart")
    assert [done.returncode for done in asked] == [0]
    np.testing.assert_array_equal(apart.outputs, here.outputs)
    np.testing.assert_array_equal(apart.steps, here.steps)


def test_a_long_models_code_in_two_modules_has_the_same_bits(
    everything, arguments, parameters, tmp_path, monkeypatch, asked
):
    # expected: bitwise equality with code of one module; both are kept, and what one lacks is made alone
    here = _course(everything, arguments, parameters, tmp_path / "here")
    monkeypatch.setattr(sparse, "MOST_ENTRIES", 0)
    two = _course(everything, arguments, parameters, tmp_path / "two")
    kept = sorted((tmp_path / "two").iterdir())
    assert [done.returncode for done in asked] == [0, 0]
    assert len(kept) == 2
    kept[0].unlink()
    again = _course(everything, arguments, parameters, tmp_path / "two")
    assert len(asked) == 3
    assert sorted((tmp_path / "two").iterdir()) == kept
    for got in (two, again):
        np.testing.assert_array_equal(got.outputs, here.outputs)
        np.testing.assert_array_equal(got.steps, here.steps)


@pytest.mark.parametrize("program", ["", "/somewhere/an_app", "/somewhere/python", "broken/python"])
def test_without_another_process_it_is_made_here(program, everything, arguments, parameters, tmp_path, monkeypatch):
    # expected: bitwise equality; no Python to start, none at the place told, and one that ends without a word
    here = _course(everything, arguments, parameters, tmp_path / "here")
    broken = tmp_path / "broken" / "python"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o700)
    monkeypatch.setattr(emission, "_LONG", 0)
    monkeypatch.setattr(sys, "executable", str(tmp_path / program) if program.startswith("broken") else program)
    got = _course(everything, arguments, parameters, tmp_path / "there")
    np.testing.assert_array_equal(got.outputs, here.outputs)


def test_codes_are_made_side_by_side_and_failures_told_to_who_runs():
    # expected: two makers meet, which they cannot if one waits for the other; a failing one raises where it is asked for
    met = threading.Barrier(2, timeout=60)

    class Holder:
        def __init__(self, make):
            self._code = LateCode(make, ())

    def failing():
        raise RuntimeError("no code")

    one, other, bad = Holder(met.wait), Holder(met.wait), Holder(failing)
    beginning = Beginning(2)
    beginning.of([bad, one])  # one by one, as arms are found sound, is as good as all at once
    beginning.of([other, one])
    assert {one._code.made, other._code.made} == {0, 1}
    with pytest.raises(RuntimeError, match="no code"):
        _ = bad._code.made


def test_no_more_than_asked_for_are_made_at_a_time_and_each_once():
    # expected: three of one maker's codes one after another, each made once, though begun twice
    busy, made = threading.Semaphore(1), []

    class Holder:
        def __init__(self, name):
            def make():
                assert busy.acquire(blocking=False), "two at a time"
                made.append(name)
                busy.release()
                return name

            self._code = LateCode(make, ())

    several = [Holder(name) for name in "abc"]
    beginning = Beginning(1)
    for some in (several[:2], several, several):
        beginning.of(some)
    assert [holder._code.made for holder in several] == ["a", "b", "c"]
    assert sorted(made) == ["a", "b", "c"]


def test_nothing_to_begin_is_nothing():
    Beginning(4).of([])
