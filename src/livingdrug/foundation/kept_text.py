"""Text that takes long to make, kept on disk and found by all that it was made of; what could not be made is never kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from livingdrug.foundation.cache_folder import default_cache_dir, usable_folder
from livingdrug.foundation.sealed import read_sealed, write_sealed


def kept_text(given: object, make: Callable[[], str], *, code: str, what: str, ending: str) -> str:
    """The text that `make` gives: as it was kept, or made now.

    Parameters
    ----------
    given
        All that `make` depends on beside its code, as plain values.
    make
        Makes the text, or raises.
    code
        Digest of that code (`digest_of_code`); nothing is kept where it is empty.
    what
        What is kept, for warnings: ``"a checked model"``.
    ending
        Of the file's name.
    """
    folder = usable_folder(default_cache_dir()) if code else None
    key = hashlib.sha256(f"{code}\n{given!r}".encode()).hexdigest()[:32]
    path = folder / f"{key}{ending}" if folder else None
    kept = read_sealed(path, what) if path else None
    if kept is not None:
        return kept.decode()
    text = make()
    if path:
        write_sealed(path, text.encode(), what)
    return text


@cache
def digest_of_code(patterns: tuple[str, ...], libraries: tuple[str, ...]) -> str:
    """Digest of files of the package and of the versions of libraries; empty where the files cannot be read."""
    package = Path(__file__).parents[1]
    files = [file for pattern in patterns for file in sorted(package.glob(pattern))]
    if not files:
        return ""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    for library in libraries:
        digest.update(version(library).encode())
    return digest.hexdigest()
