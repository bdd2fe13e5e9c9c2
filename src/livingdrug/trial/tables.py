"""The frames of a run as files for other programs: CSV or Parquet, with their data dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.observation.frames import FRAMES
from livingdrug.trial import storage
from livingdrug.trial.dictionary import dictionary
from livingdrug.trial.standing import standing_of

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.trial.result import Result

FORMATS = ("csv", "parquet")
STANDING = "not_calibrated.txt"
"""Beside tables of a run of which something was never calibrated: what."""


def write_tables(
    result: Result, folder: str | Path, *, formats: Sequence[str] = FORMATS, frames: Sequence[str] | None = None
) -> tuple[Path, ...]:
    """Write frames, the table of endpoints and the dictionary; the same run gives the same bytes.

    Where something of the trial was never calibrated, `not_calibrated.txt` beside them says what.

    Parameters
    ----------
    result
        A run.
    folder
        Made if need be; files of these names are replaced.
    formats
        Some of csv, parquet.
    frames
        By name; all, ``patients`` and ``endpoints`` among them, when omitted.

    Returns
    -------
    The files written, the dictionary last.

    Raises
    ------
    UnknownName, BadInput
        No such frame or format, or a folder that cannot be written.
    """
    wrong = [word for word in formats if word not in FORMATS]
    if wrong or not formats:
        raise BadInput(f"got the format {wrong[0] if wrong else 'none'}, expected some of {', '.join(FORMATS)}.")
    known = (*FRAMES, "patients", "endpoints")
    chosen = list(known if frames is None else dict.fromkeys(frames))
    for name in chosen:
        if name not in known:
            raise UnknownName("frame of a run", name, known)
    told = dictionary(result)
    place = storage.make_folder(Path(folder))
    written = []
    for name in chosen:
        frame = table_of(result, name)
        for ending in formats:
            written.append(place / f"{name}.{ending}")
            _write(written[-1], frame)
    if lines := standing_of(result.trial, result.catalog, result.arms):
        written.append(place / STANDING)
        text = "\n".join([*(f"{line[:1].upper()}{line[1:]}." for line in lines), "Simulation; not for patient care."])
        storage.write_bytes(written[-1], f"{text}\n".encode())
    for ending in formats:
        written.append(place / f"dictionary.{ending}")
        _write(written[-1], told)
    return tuple(written)


def table_of(result: Result, name: str) -> pl.DataFrame:
    """A frame by name; events with the days of outcomes, endpoints as one long table."""
    if name == "patients":
        return result.patients
    if name == "endpoints":
        return result.table()
    return result.events if name == "events" else result.frames[name]


def _write(path: Path, frame: pl.DataFrame) -> None:
    """CSV in UTF-8 with full stops and every digit, empty for unknown; or Parquet."""
    if path.suffix == ".csv":
        storage.write_bytes(path, frame.write_csv().encode("utf-8"))
    else:
        storage.write_frame(path, frame)
