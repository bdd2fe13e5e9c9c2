"""A time to an event: from an origin to the first of event, competing event and censoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from livingdrug.foundation.errors import BadInput
from livingdrug.outcome import estimator


class Keys(estimator.Keys):
    """
    Attributes
    ----------
    origin_day, event_day, censor_day, competing_day
        Days; the first of event, competing event and censoring counts, the event winning ties.
    curve
        ``survival`` reports the probability of being event-free, ``incidence`` of having had the event.
    """

    event_day: str
    censor_day: str
    origin_day: str = "0"
    competing_day: str | None = None
    curve: Literal["survival", "incidence"] = "survival"


class TimeToEvent(estimator.Kind):
    """The columns ``time_days`` and ``cause``: 0 censored, 1 the event, 2 a competing event."""

    Keys = Keys

    def usual(self, given: Mapping[str, Any]) -> str:
        return "kaplan_meier" if given.get("competing_day") is None else "cumulative_incidence"

    def columns(self, asked: Any, formula: Any, counted: Any, patients: Any) -> Any:
        keys = asked.keys
        origin, event, censor = formula(keys.origin_day), formula(keys.event_day), formula(keys.censor_day)
        other = np.full(origin.shape, np.inf) if keys.competing_day is None else formula(keys.competing_day)
        last = np.fmin(np.fmin(event, other), censor)
        cause = np.where(event <= last, 1, np.where(other <= last, 2, 0))
        with np.errstate(invalid="ignore"):
            time = last - origin
        wrong = counted & ~(np.isfinite(time) & (time >= 0))
        if wrong.any():
            who = patients["patient"].to_numpy()[wrong]
            raise BadInput(
                f'endpoint "{asked.record.id}": {int(wrong.sum())} counted patients have no time from origin to event or'
                f" censoring (first: patient {who[0]}, {time[wrong][0]:g} days).\n"
                "  Give them a finite censor_day, or leave them out with `among`."
            )
        columns = {"time_days": np.where(np.isfinite(time), time, 0.0), "cause": cause}
        return columns, np.ones(patients.height, dtype=bool)


KIND = TimeToEvent()
