"""A run folder is held by one process at a time; the operating system lets go when that process dies, however it dies.

take ──► another one holds it: refused, with who      left by a dead one: taken over      free: taken
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livingdrug.foundation.errors import BadInput
from livingdrug.trial.storage import cannot_write

LOCK = ".lock"
_LOG = logging.getLogger("livingdrug.trial")
_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else runs a trial in `folder` meanwhile; the file that says so is gone afterwards.

    Parameters
    ----------
    folder
        A folder that exists.

    Raises
    ------
    BadInput
        Another process holds it, with its number, computer and since when; or the folder cannot be written.
    """
    path = folder / LOCK
    descriptor = _take(path)
    try:
        yield
    finally:
        _release(path, descriptor)


def _take(path: Path) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as problem:
            raise cannot_write(path, problem) from None
        try:
            _lock(descriptor)
        except OSError as problem:
            os.close(descriptor)
            if problem.errno in _TAKEN:
                raise _in_use(path) from None
            raise cannot_write(path, problem) from None
        if _is_still_there(path, descriptor):
            break
        os.close(descriptor)  # its holder finished, and removed the file, between our two steps
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(_me()).encode())
    except OSError as problem:
        _release(path, descriptor)
        raise cannot_write(path, problem) from None
    return descriptor


def _release(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock an open file at once or raise OSError with one of `_TAKEN`."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # far behind the text, which others may then read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno in _TAKEN:
                raise
            _LOG.warning("this file system knows no locks: do not run two trials in one folder (%s)", problem)


def _is_still_there(path: Path, descriptor: int) -> bool:
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _me() -> dict[str, object]:
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return {"process": os.getpid(), "computer": platform.node(), "since": since}


def _in_use(path: Path) -> BadInput:
    try:
        who = json.loads(path.read_bytes())
        told = f"process {who['process']} on {who['computer']}, since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        told = "another process"
    return BadInput(
        f"{path.parent} is in use: {told} runs a trial in it.\n  Wait until it is done, stop it, or choose another folder."
    )
