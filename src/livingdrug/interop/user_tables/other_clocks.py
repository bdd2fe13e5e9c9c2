"""Whether another column of time says something else than the days of a table: weeks whose days begin again, dates that go on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.interop.kinetics.clocks import clocks, may_be_a_clock
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
    others = [one for one in table.frame.columns if one != heading and one not in who.headings and may_be_a_clock(one)]
    if day is None or not others:
        return ""
    columns = [table.frame[one].to_list() for one in others]
    cells = (dict(zip((_WHO, _DAY, *others), row, strict=True)) for row in zip(map(str, who.codes.tolist()), map(repr, day.tolist()), *columns, strict=True))  # fmt: skip
    text = Table(table.source, (_WHO, _DAY, *others), tuple(zip(table.lines.tolist(), cells, strict=True)))
    found = clocks(text, {"id": Meaning(_WHO, "id"), "time": Meaning(_DAY, "day")}, "day")
    if not found:
        return ""
    row = f" (row {found[0].rows[0]})" if found[0].rows else ""
    return f"{found[0].what}{row}".replace(_DAY, heading)
