"""Where machine code and checked models are kept on disk, and whether they can be kept there."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from livingdrug.foundation.trust import is_ours

_LOG = logging.getLogger("livingdrug.engine")
_warned: set[str] = set()


def default_cache_dir() -> Path:
    """Where machine code and checked models are kept: $LIVINGDRUG_CACHE, else the user's cache directory."""
    if chosen := os.environ.get("LIVINGDRUG_CACHE"):
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache")
    return Path(home) / "livingdrug" / "kernels"


def usable_folder(folder: Path) -> Path | None:
    """The folder, or one for this user alone where others could write to it or nobody can, or None."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    places = (folder, folder / f"user-{user}", Path(tempfile.gettempdir()) / f"livingdrug-kernels-{user}")
    found = next((place for place in places if _writable(place) and is_ours(place)), None)
    if found != folder and str(folder) not in _warned:
        _warned.add(str(folder))
        why = "others can write to" if folder.exists() and not is_ours(folder) else "cannot write compiled kernels to"
        _LOG.warning(
            "%s %s; using %s. Set LIVINGDRUG_CACHE to a writable folder of your own to keep them.",
            why, folder, found or "memory only",
        )  # fmt: skip
    return found


def folder_without_ado(folder: Path) -> Path | None:
    """The folder where it can be written and nobody else could have, else None: for what may as well not be kept, and needs no words."""
    return folder if _writable(folder) and is_ours(folder) else None


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
