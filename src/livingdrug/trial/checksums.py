"""Checksums of what was written together, so that a file cut or changed later is found and named."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from livingdrug.foundation.errors import BadInput
from livingdrug.trial import storage

CHECKSUMS = "checksums.json"


def write_checksums(folder: Path, names: Sequence[str]) -> None:
    """Write the SHA-256 of these files of a folder beside them."""
    storage.write_json(folder / CHECKSUMS, {name: _sha256(folder / name) for name in names})


def verify(folder: Path, names: Sequence[str], remedy: str) -> None:
    """Stop at the first file that is not as it was written.

    Parameters
    ----------
    folder
        A folder with checksums.
    names
        Files that it must hold.
    remedy
        The next step, one sentence.

    Raises
    ------
    BadInput
        Names the file that is absent, cut or changed.
    """
    written = storage.read_json(folder / CHECKSUMS)
    for name in names:
        path = folder / name
        if name not in written:
            raise BadInput(f"{folder / CHECKSUMS} does not list {name}: it has been changed.\n  {remedy}")
        try:
            found = _sha256(path)
        except FileNotFoundError:
            raise BadInput(f"{path} is not there, and the run wrote it.\n  {remedy}") from None
        except OSError as problem:
            raise BadInput(f"cannot read {path}: {problem.strerror or problem}.\n  {remedy}") from None
        if found != written[name]:
            raise BadInput(
                f"{path} is not as the run wrote it, by {CHECKSUMS}: it was cut or changed afterwards.\n  {remedy}"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
