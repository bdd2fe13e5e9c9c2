"""What is kept on disk to save work: each file begins with its own SHA-256, and is read only if nobody else could have written it."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path

from livingdrug.foundation.trust import is_ours

_LOG = logging.getLogger("livingdrug.engine")
_DIGEST = 32  # bytes


def read_sealed(path: Path, what: str) -> bytes | None:
    """What a file holds; None if it is absent, damaged, or such as another user could have written.

    Parameters
    ----------
    path
        The file.
    what
        What it should hold, for the warning: ``"compiled kernels"``.
    """
    if not path.exists():
        return None
    try:
        content = path.read_bytes() if is_ours(path) else b""
    except OSError:
        return None
    digest, held = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(held).digest() == digest:
        return held
    _LOG.warning("%s kept in %s cannot be used (damaged, or not yours); making them again", what, path)
    return None


def write_sealed(path: Path, content: bytes, what: str) -> None:
    """Keep something for `read_sealed`; whoever reads meanwhile finds all of it or nothing. Where it cannot be written, a warning says so."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(temporary, path)
    except OSError as problem:
        _LOG.warning("could not keep %s in %s (%s)", what, path.parent, problem)
