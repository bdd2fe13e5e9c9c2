"""Shares of patients over time: what Kaplan-Meier and Aalen-Johansen have in common as estimators of an endpoint."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.foundation.units import factor
from livingdrug.outcome.estimator import Asked, Contrast, Estimator, Floats, Reading, Row
from livingdrug.outcome.estimators.paired import Difference, incidence_influence, paired_incidences
from livingdrug.outcome.kinds import time_to_event

if TYPE_CHECKING:
    import polars as pl

_LAST: deque[tuple[weakref.ref[Any], Asked, Any]] = deque(maxlen=2)
"""The curves fitted last, with the patients whose curves they are: one is told at many times, drawn and compared, one after the other."""
CARRIED = 0.05  # how far beyond the last time watched a curve is carried on, as a share of that time


class OverTime(Estimator):
    """The probability of the event, or of being free of it, by a time."""

    kind = "time_to_event"
    Keys = time_to_event.Keys
    shares = ("probability",)
    over_time = True

    def rows(self, asked: Asked, patients: pl.DataFrame) -> list[Row]:
        """One line for each of the endpoint's times."""
        return self.rows_at(asked, lambda days: self.at(asked, patients, days), counted(patients))

    def rows_at(self, asked: Asked, at: Callable[[Floats], dict[str, Floats]], counted: tuple[int, int]) -> list[Row]:
        """The same of a curve that is there: `at` reads it on given days, `counted` are patients and events."""
        times, unit = asked.record.at, asked.record.at_unit
        found = at(np.array(times, dtype=np.float64) * factor(unit, "day"))
        return [
            Row("probability", *_three(found, i), "", *counted, time=time, time_unit=unit)
            for i, time in enumerate(times)
        ]

    def reading(self, asked: Asked, patients: pl.DataFrame, *, day: float | None, statistic: str) -> Reading | None:
        if day is None:
            return None
        estimate, low, high = _three(self.at(asked, patients, np.array([day])), 0)
        return None if np.isnan(estimate) else Reading(estimate, low, high)

    def fitted(self, asked: Asked, patients: pl.DataFrame) -> Any:
        """As `fit`, and of the same question and frame as before what was found then; nobody may change either."""
        for frame, known, curve in tuple(_LAST):
            if known is asked and frame() is patients:
                return curve
        curve = self.fit(asked, patients)
        _LAST.append((weakref.ref(patients), asked, curve))
        return curve

    def free(self, asked: Asked) -> bool:
        """Whether the share shown is of those free of the event."""
        return False

    def contrasts(self, asked: Asked, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
        """At each of the endpoint's times at which both arms were still watched."""
        sides = [(side["time_days"].to_numpy(), side["cause"].to_numpy()) for side in (first, second)]
        free, unit = self.free(asked), asked.record.at_unit
        found = []
        for time in asked.record.at:
            day = time * factor(unit, "day")
            if any(_unwatched(times, causes, day) for times, causes in sides):
                continue
            values = [incidence_influence(times, causes, day)[0] for times, causes in sides]
            apart = paired_incidences(sides[0], sides[1], day, level=asked.level)
            if free:
                values = [1 - value for value in values]
                apart = Difference(-apart.estimate, -apart.ci_high, -apart.ci_low, apart.n)
            statistic = "survival" if free else "incidence"
            found.append(Contrast(statistic, values[0], values[1], apart, "share", time=time, time_unit=unit))
        return found


def without_events(known: Floats, level: float) -> Floats:
    """The lower limit of being free of an event that nobody had: Clopper and Pearson's, of those of whom it is known.

    Parameters
    ----------
    known
        How many are known not to have had it by a time, shaped (k,).

    Examples
    --------
    >>> without_events(np.array([10.0, 0.0]), 0.95).round(4)
    array([0.6915,    nan])
    """
    with np.errstate(divide="ignore"):
        return np.where(known > 0, (0.5 - level / 2) ** (1 / np.maximum(known, 1)), np.nan)


def counted(patients: pl.DataFrame) -> tuple[int, int]:
    """Patients, and how many of them had the event."""
    return patients.height, int((patients["cause"] == 1).sum())


def _three(found: dict[str, Floats], i: int) -> tuple[float, float, float]:
    return tuple(float(found[key][i]) for key in ("estimate", "ci_low", "ci_high"))  # type: ignore[return-value]


def _unwatched(times: Any, causes: Any, day: float) -> bool:
    """Nobody was watched as long as this, and not because everybody had an event."""
    return times.size == 0 or (times.max() < day and bool((causes[times == times.max()] == 0).any()))
