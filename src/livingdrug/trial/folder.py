"""What a run folder may hold, and how it changes from one state to the next in single renames that a kill cannot split.

    empty ──► chunks/ ────────────► chunks/ + .ready/ ────────────► finished
              (plan.json and        (every file of the finished     (frames, manifest.json, checksums.json)
               finished chunks)      run, whole)

Frames of an earlier run stay as they are until the new ones stand whole in ``.ready``; from then on whoever opens the
folder carries the change through. What a kill leaves is hidden, named so that it can be told from anybody's files, and
removed by the next process that holds the folder.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from livingdrug.foundation.errors import BadInput
from livingdrug.observation.frames import FRAMES
from livingdrug.trial import storage
from livingdrug.trial.checksums import CHECKSUMS, verify, write_checksums

CHUNKS, PLAN, READY = "chunks", "plan.json", ".ready"
MANIFEST, TRIAL, TIMING = "manifest.json", "trial.toml", "timing.json"
TABLES = (*(f"{name}.parquet" for name in FRAMES), "patients.parquet")
DERIVED = ("report.html", "compare.json", "compare.parquet")
"""Told from the frames; of no use beside those of another run."""
_LEFT = re.compile(
    r"\.(chunks\.(new|done)(\.[0-9a-f]{8})?|ready\.[0-9a-f]{8}|probe\.[0-9a-f]{8}|.+\.[0-9a-f]{8}\.part)"
)


def is_unfinished(place: Path) -> bool:
    """Whether a run was begun here and not carried to its end."""
    return (place / CHUNKS).exists() or (place / READY).exists()


def is_finished(place: Path) -> bool:
    """Whether a whole run is here, and nothing is being changed about it."""
    return (place / MANIFEST).exists() and not is_unfinished(place)


def tidy_up(place: Path) -> None:
    """Carry through what a kill interrupted and remove what it left; only for whoever holds the folder."""
    if (place / READY).is_dir():
        _carry_through(place)
    for path in place.iterdir():
        if _LEFT.fullmatch(path.name):
            _remove(path)


def refuse_chunks_without_plan(place: Path) -> None:
    """Nobody can say which run chunks without a plan belong to, nor whether they are a run's at all.

    Raises
    ------
    BadInput
        The folder has such chunks.
    """
    if (place / CHUNKS).exists() and not (place / CHUNKS / PLAN).is_file():
        raise BadInput(
            f"{place / CHUNKS / PLAN} is not there, so nobody can say what run {place / CHUNKS} belongs to.\n"
            f"  Remove {place / CHUNKS} and run the trial again, or choose another folder."
        )


def refuse_to_replace(place: Path) -> None:
    """Stop where a run would be overwritten.

    Raises
    ------
    BadInput
        The folder holds a finished run, an unfinished one, or files with the names of a run's.
    """
    if is_unfinished(place):
        raise BadInput(
            f"{place} holds an unfinished run.\n"
            "  Go on with it by resume=True (--resume), replace it by force=True (--force), or choose another folder."
        )
    if is_finished(place):
        raise BadInput(
            f"{place} holds a finished run, which is not overwritten.\n"
            "  Choose another folder with out=… (-o …), replace the run by force=True (--force), or, if it is the same"
            " run, take it as it is by resume=True (--resume)."
        )
    ours = [name for name in (*TABLES, TRIAL, CHECKSUMS) if (place / name).exists()]
    if ours:
        raise BadInput(
            f"{place} holds {', '.join(ours[:3])}{', …' if len(ours) > 3 else ''} but no {MANIFEST}: a damaged run, or"
            " files of your own.\n  Choose another folder, or replace them by force=True (--force)."
        )


def is_whole(place: Path) -> bool:
    """Whether every file of the finished run in this folder is as it was written."""
    try:
        verify(place, [*TABLES, TRIAL, MANIFEST], "")
    except BadInput:
        return False
    return True


def begin(place: Path, plan: dict[str, object]) -> Path:
    """The folder for chunks of a new run, with its plan; appears whole, in one rename."""
    passing = place / f".chunks.new.{secrets.token_hex(4)}"
    try:
        passing.mkdir()
        storage.write_json(passing / PLAN, plan)
        passing.replace(place / CHUNKS)
    except OSError as problem:
        _remove(passing)
        raise storage.cannot_write(place / CHUNKS, problem) from None
    except BaseException:
        _remove(passing)
        raise
    return place / CHUNKS


def drop_chunks(place: Path) -> None:
    """Remove the chunks of a run: gone in one rename, then deleted."""
    if (place / CHUNKS).exists():
        done = place / f".chunks.done.{secrets.token_hex(4)}"
        (place / CHUNKS).replace(done)
        _remove(done)


def publish(place: Path, write: Callable[[Path], None]) -> None:
    """Put the files of a finished run into its folder, all of them or none.

    Parameters
    ----------
    place
        The run folder, held by the caller.
    write
        Writes trial.toml, frames, timing and manifest into the folder that it is given.

    Raises
    ------
    BadInput
        Disk full, or not writable; what was there before is then as it was.
    """
    passing = place / f"{READY}.{secrets.token_hex(4)}"
    try:
        passing.mkdir()
        write(passing)
        write_checksums(passing, [*TABLES, TRIAL, MANIFEST])
        _sync(passing)
        passing.replace(place / READY)
        _sync(place)
    except OSError as problem:
        _remove(passing)
        raise storage.cannot_write(place, problem) from None
    except BaseException:
        _remove(passing)
        raise
    _carry_through(place)


def _carry_through(place: Path) -> None:
    """Move what is ready to its place. Each step may have been done already by a process that was killed then."""
    ready = place / READY
    try:
        for name in DERIVED:
            (place / name).unlink(missing_ok=True)
        for name in (TRIAL, *TABLES, TIMING, MANIFEST, CHECKSUMS):
            with contextlib.suppress(FileNotFoundError):  # moved before the kill
                (ready / name).replace(place / name)
        _sync(place)
        drop_chunks(place)
        ready.rmdir()
    except OSError as problem:
        raise storage.cannot_write(place, problem) from None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Renames in a folder are on the disk, where the system can promise that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
