"""Where pages and figures may be written."""

from __future__ import annotations

from pathlib import Path

from livingdrug.foundation.errors import BadInput


def refuse_place(target: Path) -> None:
    """Say at once, before any work, that a page cannot be written there."""
    if target.is_dir():
        raise BadInput(
            f'cannot write the report to "{target}": it is a folder.\n  Name a file, e.g. "{target / "report.html"}".'
        )
    if not target.parent.is_dir():
        raise BadInput(
            f'cannot write the report to "{target}": the folder "{target.parent}" is not there.\n  Create it first.'
        )
