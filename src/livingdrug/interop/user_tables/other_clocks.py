"""Whether another column of time says something else than the days of a table: weeks whose days begin again, dates that go on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livingdrug.interop.kinetics.clocks import Times, clocks, may_be_a_clock
from livingdrug.interop.user_tables.files import UserTable
from livingdrug.interop.user_tables.people import People


def against_days(table: UserTable, who: People, day: NDArray[np.float64] | None, heading: str) -> str:
    """What another column says against the days, in words with its row; ``""`` where nothing does.

    Parameters
    ----------
    day, heading
        Days from infusion (rows,) and the heading that they were read from.
    """
    if day is None:
        return ""
    taken = {heading, *who.headings}
    others = {one: table.frame[one] for one in table.frame.columns if one not in taken and may_be_a_clock(one)}
    found = clocks(Times(heading, "day", "day", day, who.codes, table.lines, others))
    if not found:
        return ""
    row = f" (row {found[0].rows[0]})" if found[0].rows else ""
    return f"{found[0].what}{row}"
