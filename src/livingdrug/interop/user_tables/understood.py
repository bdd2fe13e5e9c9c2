"""What was understood of a table, told on every use: file, patients, days, columns and their units, what was not read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.interop.user_tables.columns import Match
from livingdrug.interop.user_tables.files import UserTable

SHOWN_HEADINGS = 12


@dataclass(frozen=True)
class Understood:
    """Sentences for a person, in the order of reading.

    Attributes
    ----------
    lines
        One thing each, without full stops.
    """

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def understood(
    table: UserTable,
    matches: Mapping[str, Match],
    *,
    decimal_mark: str,
    people: str = "",
    day: NDArray[np.float64] | None = None,
    day_from: str = "",
    other_headings: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> Understood:
    """What is told of a table that was read.

    Parameters
    ----------
    people
        How patients were told apart; ``""`` where it does not matter.
    day, day_from
        Days from infusion (rows,) and how they were found.
    other_headings
        Headings used for patients and places.
    notes
        What else a user should know.
    """
    passed = (
        f"; {table.n_comments} comment line{'s' if table.n_comments > 1 else ''} passed over"
        if table.n_comments
        else ""
    )
    rows = f"{table.frame.height} row{'s' if table.frame.height > 1 else ''}"
    lines = [
        f"{table.source}: {rows}, {table.encoding}, {table.delimiter} between cells, decimal {decimal_mark}{passed}"
    ]
    if people:
        lines.append(people)
    if day is not None:
        seen = day[~np.isnan(day)]
        lines.append(f"days: {seen.min():g} to {seen.max():g}, {day_from}" if seen.size else f"days: none, {day_from}")
    read = [f"{name} from {match.told}" for name, match in matches.items() if name not in ("day", "study_day")]
    if read:
        lines.append(f"read: {', '.join(read)}")
    used = (
        {match.heading for match in matches.values()}
        | {match.unit_from for match in matches.values()}
        | set(other_headings)
    )
    idle = [heading for heading in table.frame.columns if heading not in used]
    if idle:
        more = f" and {len(idle) - SHOWN_HEADINGS} more" if len(idle) > SHOWN_HEADINGS else ""
        told = ", ".join(f'"{heading}"' for heading in idle[:SHOWN_HEADINGS])
        lines.append(f"not read: {told}{more}")
    lines += [f"note: {note}" for note in notes]
    return Understood(tuple(lines))
