"""The signs there are, by kind: one vocabulary for scales, guidelines, wards, tables and stories, read from `catalog/sign/`."""

from __future__ import annotations

from livingdrug.catalog.load import HERE, read_record
from livingdrug.catalog.records.sign import Sign

READABLE: dict[str, Sign] = {
    sign.id: sign
    for sign in sorted(
        (read_record(path, Sign) for path in (HERE / "sign").glob("*.toml")), key=lambda sign: sign.order
    )
}
"""Every sign by name, in order: all that a scale may read."""


def _of_kind(kind: str) -> dict[str, Sign]:
    return {name: sign for name, sign in READABLE.items() if sign.kind == kind}


SIGNS = _of_kind("moment")
"""What a check can see. The model's outputs carry these names."""
FLAGS = _of_kind("flag")
"""What the ward knows besides the signs; 0 when nobody says otherwise."""
REPORTED = _of_kind("reported")
"""What only a person at the bedside can report; 0 when nobody does, and for the rules at a simulated check."""
COURSE_SIGNS = _of_kind("course")
"""Summaries of a whole course, for scales that grade duration and not a moment."""
COMPLAINTS = tuple(name for name, sign in READABLE.items() if sign.complaint)
"""Signs that a table may lack: then nobody looked, and a grade is told with the highest it might be."""
UNSEEN = tuple(name for name, sign in READABLE.items() if sign.unseen_is_zero)
"""What a scale may read that no output of a simulated course has: it stands at 0."""
