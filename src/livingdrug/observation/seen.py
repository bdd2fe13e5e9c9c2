"""Everything a trial's database would hold of the treated patients; nothing that only the model knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Seen:
    """What was seen, as frames; days are counted from infusion, each row names its patient.

    Attributes
    ----------
    visits
        Results of assays: quantity, day_planned, day, value, lower_limit, below_limit, missed, unit.
    ward
        The worst of each sign on each day in care: day, and one column a sign.
    grades
        The worst grade of each day: day, scale, grade.
    events
        Remission, failure, relapse, infections, further therapy, death: day, event, detail, grade.
    log
        Every drug given, as planned or by a rule: day, rule, drug, amount, unit, reason.
    exits
        One row each: last_contact_day, death_day, death_cause, subsequent_therapy_day, course_status.
    """

    visits: pl.DataFrame
    ward: pl.DataFrame
    grades: pl.DataFrame
    events: pl.DataFrame
    log: pl.DataFrame
    exits: pl.DataFrame

    def frames(self) -> Mapping[str, pl.DataFrame]:
        """The frames by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}
