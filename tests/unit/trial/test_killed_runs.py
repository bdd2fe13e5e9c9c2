"""Expected values: the bytes of an undisturbed run. Kills come at counted steps of the file system, and nothing cleans up after them.

A kill is an exception from which nothing recovers: from then on every change of a file fails, as it would for a process
that is gone. `tests/surface/test_killed_commands.py` sends real ones.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from livingdrug.foundation.errors import BadInput
from livingdrug.trial.result import Result
from livingdrug.trial.run import run

WORDS = {"patients": 20, "chunk": 10, "sample": 3, "threads": 1}
NOT_COMPARED = "timing.json"
CHANGES = ("replace", "mkdir", "unlink", "rmdir", "fsync", "open", "close")
REAL = {name: getattr(os, name) for name in CHANGES}


class Killed(BaseException):
    """The process is gone."""


class Kill:
    """Counts changes of files and kills before the one numbered `at`; never when None."""

    def __init__(self, at: int | None) -> None:
        self.at, self.done, self.open = at, 0, []

    def step(self, name: str, *words, **options):
        if name == "close":
            if self.is_dead():
                raise Killed
            self.open = [one for one in self.open if one != words[0]]
            return REAL["close"](*words)
        if name != "open" or words[1] & os.O_CREAT:
            self.done += 1
            if self.is_dead():
                raise Killed
        found = REAL[name](*words, **options)
        if name == "open":
            self.open.append(found)
        return found

    def is_dead(self) -> bool:
        return self.at is not None and self.done >= self.at


@contextmanager
def killed(at: int | None) -> Iterator[Kill]:
    """Inside, the file system fails from step `at` on; afterwards what the dead process held is let go."""
    kill = Kill(at)
    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, lambda *words, _name=name, **options: kill.step(_name, *words, **options))
        with contextlib.suppress(Killed):
            yield kill
    for descriptor in kill.open:
        with contextlib.suppress(OSError):
            REAL["close"](descriptor)


def content(folder: Path) -> dict[str, bytes]:
    """Everything in a folder; whoever left a sub-folder is found by its name."""
    return {
        path.name: path.read_bytes() if path.is_file() else b"a folder"
        for path in folder.iterdir()
        if path.name != NOT_COMPARED
    }


def answer(question: Callable[[], Any]) -> Any:
    """What comes back, or the words of the refusal."""
    try:
        return question()
    except BadInput as told:
        return str(told)


def every_step(begin: Callable[[Path, int | None], Kill], tmp_path: Path, part: int) -> Iterator[tuple[int, Path]]:
    """Folders after a kill at each `part`-th step of a run, first and last included."""
    whole = begin(tmp_path / "counted", None)
    assert whole.done > 50
    for at in sorted({*range(1, whole.done + 1, part), whole.done}):
        place = tmp_path / f"killed_{at}"
        assert begin(place, at).is_dead()
        yield at, place


PARTS = [pytest.param(1, marks=pytest.mark.slow), 17]


@pytest.mark.parametrize("part", PARTS)
def test_a_run_killed_at_any_step_resumes_to_the_same_bytes(trial, simulate, tmp_path, part):
    run(trial, seed=3, simulate=simulate, out=tmp_path / "whole", **WORDS)
    wanted = content(tmp_path / "whole")

    def begin(place: Path, at: int | None) -> Kill:
        with killed(at) as kill:
            run(trial, seed=3, simulate=simulate, out=place, **WORDS)
        return kill

    for at, place in every_step(begin, tmp_path, part):
        if place.exists() and not any(place.glob(".*")) and (place / "manifest.json").exists():
            assert Result.load(place).manifest["seed"] == 3
        run(trial, seed=3, simulate=simulate, out=place, resume=True, **WORDS)
        assert content(place) == wanted, f"killed at step {at}"
        assert (place / NOT_COMPARED).is_file()


@pytest.mark.parametrize("part", PARTS)
def test_old_frames_are_old_or_new_but_never_mixed(trial, simulate, tmp_path, part):
    run(trial, seed=4, simulate=simulate, out=tmp_path / "old", **WORDS)
    run(trial, seed=3, simulate=simulate, out=tmp_path / "new", **WORDS)
    old, new = content(tmp_path / "old"), content(tmp_path / "new")

    def begin(place: Path, at: int | None) -> Kill:
        run(trial, seed=4, simulate=simulate, out=place, **WORDS)
        (place / "report.html").write_text("of the old run")
        with killed(at) as kill:
            run(trial, seed=3, simulate=simulate, out=place, force=True, **WORDS)
        return kill

    for at, place in every_step(begin, tmp_path, part):
        told = answer(lambda place=place: Result.load(place).manifest["seed"])
        assert told in (3, 4) or "unfinished" in told
        if told in (3, 4):
            wanted = old if told == 4 else new
            assert {name: one for name, one in content(place).items() if name in wanted} == wanted
        told = answer(lambda place=place: run(trial, seed=3, simulate=simulate, out=place, resume=True, **WORDS))
        if isinstance(told, str):  # the old run is still whole: nothing was begun
            assert "holds another run" in told
            assert {name: one for name, one in content(place).items() if name in old} == old
            run(trial, seed=3, simulate=simulate, out=place, force=True, **WORDS)
        assert content(place) == new, f"killed at step {at}"


@pytest.mark.parametrize("part", PARTS)
def test_a_resumed_run_may_be_killed_again(trial, simulate, tmp_path, part):
    run(trial, seed=3, simulate=simulate, out=tmp_path / "whole", **WORDS)
    wanted = content(tmp_path / "whole")

    def begin(place: Path, at: int | None) -> Kill:
        with killed(60):
            run(trial, seed=3, simulate=simulate, out=place, **WORDS)
        with killed(at) as kill:
            run(trial, seed=3, simulate=simulate, out=place, resume=True, **WORDS)
        return kill

    for at, place in every_step(begin, tmp_path, part):
        run(trial, seed=3, simulate=simulate, out=place, resume=True, **WORDS)
        assert content(place) == wanted, f"killed at step {at}"


def test_what_older_kills_left_is_removed(trial, simulate, tmp_path):
    """Case 13: chunks on their way out, files on their way in; files of anybody else stay."""
    run(trial, seed=3, simulate=simulate, out=tmp_path / "whole", **WORDS)
    place = tmp_path / "stuck"
    run(trial, seed=4, simulate=simulate, out=place, **WORDS)
    (place / ".chunks.done" / "arm00_from00000001").mkdir(parents=True)
    (place / ".who.parquet.0123abcd.part").write_bytes(b"half")
    (place / ".mine.part").write_bytes(b"not the run's")
    run(trial, seed=3, simulate=simulate, out=place, force=True, **WORDS)
    left = content(place)
    assert left.pop(".mine.part") == b"not the run's"
    assert left == content(tmp_path / "whole")
