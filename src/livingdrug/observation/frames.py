"""The frames of a run: their names, the columns every one of them has, and their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

FRAMES = ("who", "visits", "ward", "grades", "events", "log", "exits", "truth", "courses", "failed")
"""``who`` is everyone enrolled; the next six are what was seen (`livingdrug.observation.seen.Seen`); ``truth`` and
``courses`` are what only the model knows; ``failed`` lists courses that did not finish."""

FOLLOWED_UNTIL = "last_contact_day"
"""Column of ``exits`` that every finished course fills."""

# Type letters: s text, i whole number, f number, b yes/no. Frames may have further columns: covariates, signs, states.
_COLUMNS = {
    "who": "status:s",
    "visits": "quantity:s day_planned:f day:f value:f lower_limit:f below_limit:b missed:b unit:s",
    "ward": "day:i",
    "grades": "day:i scale:s grade:i",
    "events": "day:f event:s detail:s grade:i",
    "log": "day:f rule:s drug:s amount:f unit:s reason:s",
    "exits": "last_contact_day:f death_day:f death_cause:s subsequent_therapy_day:f course_status:s",
    "truth": "truth_cured:b",
    "courses": "day:f",
    "failed": "course_status:s",
}
_LETTERS = {
    frame: {"arm": "s", "patient": "i", **dict(column.split(":") for column in text.split())}
    for frame, text in _COLUMNS.items()
}


def schema(frame: str) -> dict[str, pl.DataType]:
    """The promised columns of a frame and their polars types."""
    import polars as pl

    types = {"s": pl.String(), "i": pl.Int64(), "f": pl.Float64(), "b": pl.Boolean()}
    return {name: types[letter] for name, letter in _LETTERS[frame].items()}


def columns_of(frame: str) -> tuple[str, ...]:
    """The promised columns of a frame, without the arm.

    >>> columns_of("exits")[:3]
    ('patient', 'last_contact_day', 'death_day')
    """
    return tuple(name for name in _LETTERS[frame] if name != "arm")


def by_patient_and_day(frame: pl.DataFrame, *, nulls_last: bool = False) -> pl.DataFrame:
    """The rows by patient and, where there is one, by day; of one moment in the order in which they came.

    A frame that is so already is returned as it is.
    """
    import numpy as np

    names = ["patient", *(["day"] if "day" in frame.columns else [])]
    if any(frame[name].null_count() for name in names) or not frame.height:
        return frame.sort(names, nulls_last=nulls_last, maintain_order=True)
    patient, day = (frame[name].to_numpy() for name in (names[0], names[-1]))
    if np.isnan(day).any():
        return frame.sort(names, nulls_last=nulls_last, maintain_order=True)
    same = patient[1:] == patient[:-1]
    if ((patient[1:] > patient[:-1]) | (same & (day[1:] >= day[:-1]))).all():
        return frame
    return frame[np.lexsort((day, patient))]


def tidy(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame with every promised column in its promised type and place; further columns follow as they came."""
    import polars as pl

    promised = schema(name)
    if all(frame.schema.get(column) == kind for column, kind in promised.items()):
        others = [name for name in frame.columns if name not in promised]
        return (
            frame
            if frame.columns == [*promised, *others]
            else pl.DataFrame([frame[name] for name in (*promised, *others)])
        )
    columns = [
        (pl.col(column).cast(kind) if column in frame.columns else pl.lit(None, dtype=kind).alias(column))
        for column, kind in promised.items()
    ]
    if frame.width == 0:
        return pl.DataFrame(schema=promised)
    return frame.select(*columns, pl.exclude(*promised))
