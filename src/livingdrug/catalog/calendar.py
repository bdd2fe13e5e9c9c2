"""The calendar of a trial: how its patients enrol, and the day on which its data are cut.

Calendar days are counted from the enrolment of the first patient, day 0.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from livingdrug.catalog.arms import duration_days
from livingdrug.catalog.records.base import Part
from livingdrug.foundation.errors import CatalogError
from livingdrug.foundation.units import read

Floats = NDArray[np.float64]
LONGEST_DAYS = 36525.0
"""No trial enrols or is watched for more than 100 years: a slip of the unit."""
ADVICE = '\n  Write enrolment = "18 month", or enrolment = { rate = "8 1/month", ramp_up = "6 month" }.'
CUT_ADVICE = (
    '\n  Write data_cutoff = "24 month" (from the first patient), data_cutoff = { after_last = "12 month" } or'
    ' data_cutoff = { events = 162, endpoint = "…" }.'
)


class Enrolment(Part):
    """How patients come into a trial: a duration or a rate.

    In the file a text is a duration: ``enrolment = "18 month"``.

    Attributes
    ----------
    duration
        From the first patient to the end of enrolment; all patients of the run enrol within it.
    rate
        Patients per time once enrolment runs at full speed: ``"8 1/month"``.
    ramp_up
        Over this time the rate rises from 0 in a straight line, while centres open.
    pattern
        ``"random"``: patients come independently of each other (a Poisson process); ``"even"``: at the expected times.
    """

    duration: str = ""
    rate: str = ""
    ramp_up: str = ""
    pattern: Literal["random", "even"] = "random"

    @model_validator(mode="before")
    @classmethod
    def _text(cls, given: Any) -> Any:
        return {"duration": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _sound(self) -> Enrolment:
        if bool(self.duration) == bool(self.rate):
            raise CatalogError(f'"enrolment": expected either a duration or a rate.{ADVICE}')
        if self.duration:
            _within("enrolment.duration", self.duration, self.duration_days, ADVICE)
        elif not 0.0 < self.rate_per_day <= 1e6:
            raise CatalogError(f'"enrolment.rate": got "{self.rate}", expected more than 0 patients a day.{ADVICE}')
        if self.ramp_up:
            _within("enrolment.ramp_up", self.ramp_up, self.ramp_up_days, ADVICE)
            if self.duration and self.ramp_up_days > self.duration_days:
                raise CatalogError(
                    f'"enrolment.ramp_up": got "{self.ramp_up}", longer than the enrolment, "{self.duration}".{ADVICE}'
                )
        return self

    @property
    def duration_days(self) -> float:
        """Duration [day]; 0 where a rate is given."""
        return duration_days(self.duration, "enrolment.duration") if self.duration else 0.0

    @property
    def rate_per_day(self) -> float:
        """Rate at full speed [1/day]; 0 where a duration is given."""
        return read(self.rate, "1/day", where='"enrolment.rate"') if self.rate else 0.0

    @property
    def ramp_up_days(self) -> float:
        """Time until full speed [day]."""
        return duration_days(self.ramp_up, "enrolment.ramp_up") if self.ramp_up else 0.0

    def entry_days(self, gaps: Floats) -> Floats:
        """The calendar day of each patient's enrolment, rising, the first on day 0; shaped (n,).

        Parameters
        ----------
        gaps
            Exponential numbers of mean 1 (n,), one for each patient in order of enrolment; not used by an even pattern.

        Notes
        -----
        Patients come as a Poisson process of the given intensity after the first of them; with a duration, the others lie in it
        like independent draws (ordered), as a Poisson process does given its number.

        Examples
        --------
        >>> Enrolment(rate="1 1/day", pattern="even").entry_days(np.ones(3)).tolist()
        [0.0, 1.0, 2.0]
        """
        n = gaps.size
        steps = np.ones(n) if self.pattern == "even" else np.array(gaps, dtype=np.float64)
        arrived = np.concatenate([[0.0], np.cumsum(steps[1:])])
        if self.rate:
            return self._day_of(arrived / self.rate_per_day)
        if n == 1:
            return arrived
        # the gap after the last patient makes the others ordered uniform draws over the duration
        whole = arrived[-1] if self.pattern == "even" else arrived[-1] + gaps[0]
        speedy = self.duration_days - 0.5 * self.ramp_up_days  # time at full speed that would bring as many
        return self._day_of(arrived / whole * speedy)

    def _day_of(self, operational: Floats) -> Floats:
        """Days from time at full speed: a ramp of R days is worth half of it."""
        ramp = self.ramp_up_days
        if ramp == 0.0:
            return operational
        return np.where(operational < 0.5 * ramp, np.sqrt(2.0 * ramp * operational), operational + 0.5 * ramp)


class DataCutoff(Part):
    """The day on which the data are cut: what happens later has not been seen.

    In the file a text is a calendar day: ``data_cutoff = "24 month"``.

    Attributes
    ----------
    at
        Time from the enrolment of the first patient.
    after_last
        Time from the enrolment of the last patient.
    events
        The cut is on the day of so many events, all arms together; at the end of follow-up if there are never so many.
    endpoint
        Whose events are counted: a time to event.
    """

    at: str = ""
    after_last: str = ""
    events: int | None = None
    endpoint: str = ""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, given: Any) -> Any:
        return {"at": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _sound(self) -> DataCutoff:
        ways = [bool(self.at), bool(self.after_last), self.events is not None]
        if sum(ways) != 1 or bool(self.endpoint) != (self.events is not None):
            raise CatalogError(
                f'"data_cutoff": expected one of a time, a time after the last, or events of an endpoint.{CUT_ADVICE}'
            )
        if self.at:
            _within("data_cutoff.at", self.at, self.at_days, CUT_ADVICE)
        if self.after_last:
            days = self.after_last_days
            if not 0.0 <= days <= LONGEST_DAYS:
                raise CatalogError(
                    f'"data_cutoff.after_last": got "{self.after_last}", expected 0 days to 100 years.{CUT_ADVICE}'
                )
        if self.events is not None and self.events < 1:
            raise CatalogError(f'"data_cutoff.events": got {self.events}, expected at least 1.{CUT_ADVICE}')
        return self

    @property
    def at_days(self) -> float:
        """Calendar day of the cut [day]; 0 where it is set otherwise."""
        return duration_days(self.at, "data_cutoff.at") if self.at else 0.0

    @property
    def after_last_days(self) -> float:
        """From the last enrolment to the cut [day]; 0 where it is set otherwise."""
        return duration_days(self.after_last, "data_cutoff.after_last") if self.after_last else 0.0

    def told(self) -> str:
        """In words."""
        if self.at:
            return f"data cut {self.at} after the first patient"
        if self.after_last:
            return f"data cut {self.after_last} after the last patient"
        return f"data cut at {self.events} events of {self.endpoint}"


def _within(key: str, text: str, days: float, advice: str) -> None:
    if not 0.0 < days <= LONGEST_DAYS:
        raise CatalogError(f'"{key}": got "{text}", expected more than 0 days and at most 100 years.{advice}')
