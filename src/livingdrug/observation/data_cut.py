"""What had been seen when the data were cut: nobody who enrolled later, nothing that happened later.

calendar day of the cut ─► each patient's own day of it ─► rows up to that day; who was not treated by then is waiting
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from livingdrug.manufacturing.lots import BEGUN, WAITING, Lots

if TYPE_CHECKING:
    import polars as pl

ENTRY_DAY, CUT_DAY = "entry_day", "cut_day"
"""Columns of ``who``: calendar day of enrolment, and the patient's own day (from infusion) on which the data were cut."""
_KNOWN_BEFORE = ("patients", "status", "enrolment_day", "waiting_end_day", "fitness", "graft_shares", "graft_wear")
_OF_THE_LOT = (*(one.name for one in fields(Lots) if one.name not in _KNOWN_BEFORE), "lot_cells", "lot_cells_per_kg")


def with_entry_days(who: pl.DataFrame, entry: pl.DataFrame) -> pl.DataFrame:
    """Everyone enrolled with the calendar day of it.

    Parameters
    ----------
    who
        The frame of that name.
    entry
        Columns ``patient`` and ``entry_day`` [day].
    """
    return who.drop(ENTRY_DAY, strict=False).join(entry, on="patient", how="left", maintain_order="left")


def cut(
    frames: Mapping[str, pl.DataFrame], calendar: pl.DataFrame, begins: Mapping[str, float]
) -> dict[str, pl.DataFrame]:
    """The frames of a run as they stood on the day of a data cut.

    Parameters
    ----------
    frames
        By name (`livingdrug.observation.frames`), with a column ``arm``; ``who`` with ``entry_day``.
    calendar
        Columns ``patient`` and ``cut``: the calendar day of the cut, which may differ between trials simulated together.
    begins
        Arm -> the day, from infusion, on which a patient counts as treated: of the infusion, or of the first drug.

    Returns
    -------
    The same frames: nobody enrolled after the cut; whose treatment had not begun, and whose loss was not known yet, waits;
    rows up to the cut; contact that ends at the cut; deaths and therapies known by then. ``truth`` is left as it is but for
    who is in it.
    """
    import polars as pl

    who = (
        frames["who"]
        .join(calendar, on="patient", how="left", maintain_order="left")
        .filter(pl.col("cut") >= pl.col(ENTRY_DAY))
    )
    start = pl.col("arm").replace_strict(dict(begins), default=0.0, return_dtype=pl.Float64)
    known = pl.when(pl.col("status").is_in(BEGUN)).then(start).otherwise(pl.col("waiting_end_day"))
    who = who.with_columns(**{CUT_DAY: pl.col("cut") - pl.col(ENTRY_DAY) + pl.col("enrolment_day")}).drop("cut")
    waits = known > pl.col(CUT_DAY)
    hidden = [
        pl.when(waits).then(None).otherwise(pl.col(name)).alias(name) for name in _OF_THE_LOT if name in who.columns
    ]
    who = who.with_columns(
        *hidden,
        status=pl.when(waits).then(pl.lit(WAITING)).otherwise(pl.col("status")),
        waiting_end_day=pl.min_horizontal("waiting_end_day", CUT_DAY),
    )
    ends = who.filter(pl.col("status").is_in(BEGUN)).select("arm", "patient", CUT_DAY)
    found = {name: _rows(name, frame, ends) for name, frame in frames.items() if name != "who"}
    return {"who": who, **found}


def _rows(name: str, frame: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    if frame.width == 0:
        return frame
    keys = ["arm", "patient"]
    if name in ("truth", "courses", "failed"):
        return frame.join(ends.select(keys), on=keys, how="semi", maintain_order="left")
    rows = frame.join(ends, on=keys, how="inner", maintain_order="left")
    if name == "exits":
        return _exits(rows).select(frame.columns)
    return rows.filter(pl.col("day") <= pl.col(CUT_DAY)).select(frame.columns)


def _exits(rows: pl.DataFrame) -> pl.DataFrame:
    """How follow-up stood at the cut: alive and in contact, or as it had ended before."""
    import polars as pl

    later = {name: pl.col(name) > pl.col(CUT_DAY) for name in ("death_day", "subsequent_therapy_day")}
    survived = later["death_day"].fill_null(False)
    hidden = [pl.when(seen_later).then(None).otherwise(pl.col(name)).alias(name) for name, seen_later in later.items()]
    return rows.with_columns(
        *hidden,
        death_cause=pl.when(survived).then(None).otherwise(pl.col("death_cause")),
        course_status=pl.when(survived & (pl.col("course_status") == "died"))
        .then(pl.lit("finished"))
        .otherwise(pl.col("course_status")),
        last_contact_day=pl.min_horizontal("last_contact_day", CUT_DAY),
    )
