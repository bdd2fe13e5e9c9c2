"""Whether another column of time says something else than the days of a table: weeks whose days begin again, dates that go on."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from livingdrug.interop.kinetics.clocks import ADVANCES, LASTS, TWICE, clocks, may_be_a_clock
from livingdrug.interop.kinetics.columns import Meaning
from livingdrug.interop.kinetics.table import Table
from livingdrug.interop.user_tables.files import UserTable
from livingdrug.interop.user_tables.people import People

_WHO, _DAY = "\0who", "\0day"


def against_days(table: UserTable, who: People, day: NDArray[np.float64] | None, heading: str) -> str:
    """What another column says against the days, in words with its row; ``""`` where nothing does.

    Parameters
    ----------
    day, heading
        Days from infusion (rows,) and the heading that they were read from.
    """
    if day is None:
        return ""
    others = [
        one for one in table.frame.columns
        if one != heading and one not in who.headings and may_be_a_clock(one) and not _plain_dates_agree(who, day, table.frame[one])
    ]  # fmt: skip
    if not others:
        return ""
    columns = [table.frame[one].to_list() for one in others]
    cells = (dict(zip((_WHO, _DAY, *others), row, strict=True)) for row in zip(map(str, who.codes.tolist()), map(repr, day.tolist()), *columns, strict=True))  # fmt: skip
    text = Table(table.source, (_WHO, _DAY, *others), tuple(zip(table.lines.tolist(), cells, strict=True)))
    found = clocks(text, {"id": Meaning(_WHO, "id"), "time": Meaning(_DAY, "day")}, "day")
    if not found:
        return ""
    row = f" (row {found[0].rows[0]})" if found[0].rows else ""
    return f"{found[0].what}{row}".replace(_DAY, heading)


def _plain_dates_agree(who: People, day: NDArray[np.float64], dates: pl.Series) -> bool:
    """Whether a column holds dates such as 2024-03-01 throughout, and none is against the days: the fast way for large tables.

    The slow way asks the same (a test compares), and says which row.
    """
    read = dates.str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).to_physical().cast(pl.Float64)
    if read.null_count() or np.isnan(day).any():
        return False
    frame = pl.DataFrame({"who": who.codes, "day": day, "date": read}).sort("who", "date")
    same = pl.col("who") == pl.col("who").shift()
    stands = same & (pl.col("date").diff() >= ADVANCES) & (pl.col("day").diff() <= 0.0)
    spans = frame.group_by("who").agg(here=pl.max("day") - pl.min("day"), there=pl.max("date") - pl.min("date"))
    ratio = (pl.col("here") + 1.0) / (pl.col("there") + 1.0)
    lasts = pl.max_horizontal("here", "there") >= LASTS
    other = (pl.col("there") > 0) & lasts & ~ratio.is_between(1 / TWICE, TWICE)
    return not frame.select(stands.any()).item() and not spans.select(other.any()).item()
