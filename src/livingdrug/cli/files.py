"""Files a command writes: refused before any work when they cannot be written, and whole or absent after."""

from __future__ import annotations

from pathlib import Path

from livingdrug.foundation.errors import BadInput


def refuse_folder(path: Path) -> None:
    """Say at once, before any work, that a folder cannot be the file to write."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name the file to write, for example {path / 'my_file'}")
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent}; make it first, or write somewhere else with -o")


def refuse_file(path: Path | None, endings: tuple[str, ...]) -> None:
    """Say at once, before any work, that a name does not end in one of these, or that the file cannot be written there."""
    if path is None:
        return
    if path.suffix not in endings:
        told = " or ".join(part for part in (", ".join(endings[:-1]), endings[-1]) if part)
        raise BadInput(
            f'--out "{path}": expected a name that ends in {told}.\n'
            f"  Write for example -o {path.stem or 'my_file'}{endings[0]}."
        )
    refuse_folder(path)


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
