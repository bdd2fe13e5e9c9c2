"""SBML that has passed every check, kept on disk: libantimony and libSBML take seconds for a large model, and say the same again.

It is found by all that went into it: the joined text with its units and places, the libraries' versions, and the code of this room. What did
not pass is never kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from livingdrug.foundation.cache_folder import default_cache_dir, usable_folder
from livingdrug.foundation.sealed import read_sealed, write_sealed

_WHAT = "a checked model"
_CHECKS = ("model/*.py", "foundation/*unit*.py")  # code that decides what passes, in the package


def kept_sbml(given: object, convert: Callable[[], str]) -> str:
    """The SBML of what is given: as it was kept, or converted and checked now.

    Parameters
    ----------
    given
        All that `convert` depends on, as plain values.
    convert
        Makes the SBML, or raises.
    """
    checks = _checks()
    folder = usable_folder(default_cache_dir()) if checks else None
    key = hashlib.sha256(f"{checks}\n{given!r}".encode()).hexdigest()[:32]
    path = folder / f"{key}.xml" if folder else None
    kept = read_sealed(path, _WHAT) if path else None
    if kept is not None:
        return kept.decode()
    sbml = convert()
    if path:
        write_sealed(path, sbml.encode(), _WHAT)
    return sbml


@cache
def _checks() -> str:
    """Digest of the code and the libraries that decide what passes; empty where the code cannot be read, and nothing is kept."""
    package = Path(__file__).parents[1]
    files = [file for pattern in _CHECKS for file in sorted(package.glob(pattern))]
    if not files:
        return ""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    for library in ("antimony", "python-libsbml", "pint"):
        digest.update(version(library).encode())
    return digest.hexdigest()
