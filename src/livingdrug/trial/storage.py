"""Files that are either whole or absent: written under a passing name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

LARGEST_JSON = 16 * 2**20
"""Of the tables beside a run's frames, which have a few kilobytes."""
_STEPS = {
    errno.ENOSPC: ("the disk is full", "Free some space, then go on with resume (--resume); finished chunks are kept."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, then go on with resume (--resume); finished chunks are kept."),
    errno.EACCES: ("permission denied", "Choose a folder you may write to."),
    errno.EROFS: ("the file system is read-only", "Choose a folder you may write to."),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "Choose another folder."),
    errno.EISDIR: ("it is a folder", "Name a file."),
}  # fmt: skip


def cannot_write(path: Path, problem: OSError) -> BadInput:
    """The error to raise when writing `path` went wrong: what, where, and the next step."""
    what, step = _STEPS.get(problem.errno or 0, (problem.strerror or str(problem), "Choose another folder."))
    return BadInput(f"cannot write {path}: {what}.\n  {step}")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or nothing.

    Raises
    ------
    BadInput
        Disk full, no permission, a folder in the way ...; nothing half-written is left behind.
    """
    passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with passing.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    except BaseException as problem:
        with contextlib.suppress(OSError):
            passing.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise cannot_write(path, problem) from None
        raise


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write sorted, indented JSON: the same content gives the same bytes."""
    write_bytes(path, (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON table.

    Raises
    ------
    BadInput
        The file is absent or damaged.
    """
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ValueError(f"larger than {LARGEST_JSON / 2**20:g} MiB")
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BadInput(f"{path} is not there.\n  Give the folder that a run was written to.") from None
    except (OSError, ValueError, RecursionError) as problem:
        raise BadInput(
            f"cannot read {path}: {str(problem)[:200]}.\n  The run folder is damaged; run the trial again."
        ) from None
    if not isinstance(content, dict):
        raise BadInput(
            f"cannot read {path}: expected a table, found {type(content).__name__}.\n"
            "  The run folder is damaged; run the trial again."
        )
    return content


def write_frame(path: Path, frame: pl.DataFrame, *, about: Mapping[str, str] | None = None) -> None:
    """Write a frame as Parquet; the same frame gives the same bytes (no times, no machine names inside).

    Parameters
    ----------
    path, frame
        Where, and what.
    about
        Words kept inside the file beside the frame; see `read_about`.
    """
    memory = io.BytesIO()
    # Chunk boundaries left by concatenation would show in the bytes.
    frame.rechunk().write_parquet(
        memory, compression="zstd", row_group_size=200_000, metadata=dict(about or {}) or None
    )
    write_bytes(path, memory.getvalue())


def read_frame(path: Path, *, columns: Collection[str] | None = None) -> pl.DataFrame:
    """Read a Parquet frame; of it some columns, as far as they are there, or all.

    Raises
    ------
    BadInput
        The file is absent or damaged.
    """
    import polars as pl

    try:
        if columns is None:
            return pl.read_parquet(path)
        return pl.read_parquet(path, columns=[one for one in pl.read_parquet_schema(path) if one in columns])
    except FileNotFoundError:
        raise BadInput(f"{path} is not there.\n  The run may be unfinished: go on with resume (--resume).") from None
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise BadInput(f"cannot read {path}: {problem}.\n  The run folder is damaged; run the trial again.") from None


def read_about(path: Path) -> dict[str, str]:
    """The words kept inside a Parquet file; none where it cannot be read."""
    import polars as pl

    try:
        return pl.read_parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return {}


def make_folder(path: Path) -> Path:
    """The folder, made if need be, and proven writable.

    Raises
    ------
    BadInput
        It is a file, or cannot be made or written.
    """
    if path.exists() and not path.is_dir():
        raise BadInput(f"{path} is a file; results need a folder.\n  Choose another place with out=… (-o …).")
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise cannot_write(path, problem) from None
    return path
