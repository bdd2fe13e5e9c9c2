"""What is read back from a run folder has to be what a run writes there: manifest, timing and frames are checked at the door."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.foundation.errors import BadInput
from livingdrug.manufacturing.lots import BEGUN
from livingdrug.observation.frames import FOLLOWED_UNTIL, FRAMES, schema
from livingdrug.outcome.outcomes import FINISHED
from livingdrug.trial import storage
from livingdrug.trial.stored_frames import StoredFrames, part_of

if TYPE_CHECKING:
    import polars as pl

KEYS = ("arm", "patient")
ONCE = ("who", "exits", "truth", "failed")
"""Frames with one row a patient."""
NEVER_BLANK = {
    "who": ("status",),
    "exits": ("course_status",),
    "grades": ("day", "grade", "scale"),
    "ward": ("day",),
    "events": ("day", "event"),
    "log": ("day", "drug"),
}
"""Columns in which every row of a run has something."""
DAMAGED = "Run the trial again into this folder with force=True (--force), or take the files from a copy."


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises
    ------
    BadInput
        Absent, damaged, or without what every run writes into it.
    """
    found = storage.read_json(path)
    arms, patients = found.get("arms"), found.get("patients")
    wrong = (
        "arms" if not isinstance(arms, list) or not arms or not all(isinstance(one, str) for one in arms)
        else "patients" if isinstance(patients, bool) or not isinstance(patients, int) or patients < 1
        else "trial" if not isinstance(found.get("trial"), str)
        else ""
    )  # fmt: skip
    if wrong:
        raise BadInput(f'{path}, "{wrong}": got {found.get(wrong)!r}, which no run writes.\n  {DAMAGED}')
    return found


def read_timing(path: Path) -> dict[str, Any]:
    """How long a run took; nothing where it is not told.

    Raises
    ------
    BadInput
        Damaged.
    """
    if not path.is_file():
        return {}
    found = storage.read_json(path)
    seconds = found.get("seconds", 0.0)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise BadInput(
            f'{path}, "seconds": got {seconds!r}, expected a number.\n  Remove the file: nothing depends on it.'
        )
    return found


def refuse_foreign(frames: Mapping[str, pl.DataFrame], manifest: Mapping[str, Any], place: Path) -> None:
    """Stop at a frame that no run of this manifest writes.

    Raises
    ------
    BadInput
        Names the file and what is wrong: a promised column is missing or of another type, a number is none, rows of arms
        or patients that the run does not have, somebody enrolled twice, somebody treated who is not followed.
    """
    import polars as pl

    who: pl.DataFrame | None = None
    for name in FRAMES:  # who was enrolled comes first
        path, once = place / f"{name}.parquet", []
        for piece in frames.pieces(name) if isinstance(frames, StoredFrames) else (frames[name],):
            _refuse_columns(piece, name, path)
            _refuse_strangers(piece.select(KEYS).unique(), who, manifest, path)
            once += [piece.select(KEYS)] if name in ONCE else []
        if once and pl.concat(once).is_duplicated().any():
            raise BadInput(f"{path} has somebody twice, and one row a patient is written.\n  {DAMAGED}")
        who = part_of(frames, "who", columns=KEYS) if who is None else who
    _refuse_lost(frames, place)


def _refuse_columns(frame: pl.DataFrame, name: str, path: Path) -> None:
    """Stop at a promised column that is missing or of another type, at a blank where none is written, at a number that is none."""
    import polars as pl

    for column, kind in schema(name).items():
        if column not in frame.columns:
            raise BadInput(f'{path} has no column "{column}", which every run writes.\n  {DAMAGED}')
        if frame.schema[column] != kind:
            raise BadInput(f'{path}, column "{column}": got {frame.schema[column]}, expected {kind}.\n  {DAMAGED}')
    for column in NEVER_BLANK.get(name, ()):
        if frame[column].null_count():
            raise BadInput(f'{path}, column "{column}": blank in a row, which no run writes.\n  {DAMAGED}')
    no_number = frame.select(pl.col(pl.Float64).is_finite().not_().any())
    for column in no_number.columns:
        if no_number[column].item():
            raise BadInput(f'{path}, column "{column}": nan or infinite, which no run writes.\n  {DAMAGED}')


def _refuse_strangers(rows: pl.DataFrame, who: pl.DataFrame | None, manifest: Mapping[str, Any], path: Path) -> None:
    """Stop at an arm that the run does not have, and at somebody who is not enrolled: among `who`, or, of these themselves, by number."""
    import polars as pl

    strange = rows.filter(~pl.col("arm").is_in(manifest["arms"]).fill_null(False))
    if strange.height:
        raise BadInput(f"{path} has rows of arm {strange['arm'][0]!r}, which the run does not have.\n  {DAMAGED}")
    numbered = pl.col("patient").is_between(1, manifest["patients"]).fill_null(False)
    nobody = rows.filter(~numbered) if who is None else rows.join(who, on=KEYS, how="anti")
    if nobody.height:
        raise BadInput(f"{path} has rows of patient {nobody['patient'][0]}, who is not enrolled.\n  {DAMAGED}")


def _refuse_lost(frames: Mapping[str, pl.DataFrame], place: Path) -> None:
    """Whoever was treated, and nobody else, has an end of follow-up, with its day where the course finished."""
    import polars as pl

    exits = part_of(frames, "exits", columns=(*KEYS, "course_status", FOLLOWED_UNTIL))
    treated = part_of(frames, "who", pl.col("status").is_in(BEGUN), KEYS)
    for name in ("exits", "truth"):
        path, followed = place / f"{name}.parquet", part_of(frames, name, columns=KEYS)
        lost = treated.join(followed, on=KEYS, how="anti")
        if lost.height:
            raise BadInput(f"{path} has no row of patient {lost['patient'][0]}, who was treated.\n  {DAMAGED}")
        strange = followed.join(treated, on=KEYS, how="anti")
        if strange.height:
            raise BadInput(f"{path} has a row of patient {strange['patient'][0]}, who was not treated.\n  {DAMAGED}")
    undated = exits.filter(pl.col("course_status").is_in(FINISHED) & pl.col(FOLLOWED_UNTIL).is_null())
    if undated.height:
        raise BadInput(
            f'{place / "exits.parquet"}, column "{FOLLOWED_UNTIL}": blank for patient {undated["patient"][0]}, whose course'
            f" finished.\n  {DAMAGED}"
        )
