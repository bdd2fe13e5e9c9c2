"""Where a freeze is made from: a commit without changes that a tag points at."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from livingdrug.foundation.errors import BadInput


@dataclass(frozen=True)
class Commit:
    """Where a freeze was made from.

    Attributes
    ----------
    revision, tag
        The commit and the tag that points at it.
    """

    revision: str
    tag: str


def clean_and_tagged(folder: Path) -> Commit:
    """The commit that a folder of version control stands at.

    Raises
    ------
    BadInput
        No version control, changes that are not committed, or no tag at this commit.
    """
    if _git(folder, "rev-parse", "--show-toplevel") is None:
        raise BadInput(f"{folder} is not under version control.\n  Run the freeze in a clone of the repository.")
    changed = _git(folder, "status", "--porcelain") or ""
    if changed.strip():
        first = changed.strip().splitlines()[0].strip()
        raise BadInput(
            f"the working tree is not clean ({first}, …): nobody could tell what was frozen.\n  Commit or remove the changes."
        )
    tag = _git(folder, "describe", "--tags", "--exact-match", "HEAD")
    if not tag:
        raise BadInput("no tag points at this commit.\n  Tag it first: git tag predictions-1")
    return Commit((_git(folder, "rev-parse", "HEAD") or "").strip(), tag.strip())


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
