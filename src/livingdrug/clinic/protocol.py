"""The protocol in days: which drug on which day in which amount, and on which days the clinic looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import CYCLE, Arm, LymphodepletionDrug
from livingdrug.catalog.records.trial import Visits
from livingdrug.foundation.errors import BadInput


@dataclass(frozen=True)
class PlannedDose:
    """One drug on one day: milligrams, or cycles of a regimen, shaped (patients,)."""

    day: float
    drug: str
    milligrams: NDArray[np.float64]
    unit: str = "mg"


CHECKS_PER_DAY = 3
"""Acute phase: the ward looks every 8 hours."""

ACUTE_UNTIL, DAILY_UNTIL, WEEKLY_UNTIL = 35, 60, 365
"""Days: 8-hourly, then daily, then weekly, then every second week. Our choice; rules act at these moments only."""


def doses(arm: Arm, weights: NDArray[np.float64], bsa: NDArray[np.float64]) -> list[PlannedDose]:
    """Every planned drug, by day and in the arm's order within a day.

    Parameters
    ----------
    arm
        A treatment arm.
    weights
        Body weights [kg], shaped (patients,).
    bsa
        Body surface areas [m^2], shaped (patients,).

    Raises
    ------
    BadInput
        A weight or surface is missing or not above 0.
    """
    for name, column, unit in (("weight", weights, "kg"), ("body surface", bsa, "m^2")):
        wrong = np.flatnonzero(~(np.asarray(column) > 0))
        if wrong.size:
            raise BadInput(
                f"{wrong.size} of {len(column)} patients have a {name} that is not above 0 {unit} (first in row {wrong[0]}).\n"
                "  Doses follow body size: correct the population."
            )
    planned = [
        PlannedDose(
            float(day), given.drug, np.asarray(given.milligrams(weights, bsa), dtype=np.float64), _counted(given)
        )
        for given in arm.drugs
        for day in given.days
    ]
    return sorted(planned, key=lambda dose: dose.day)


def _counted(given: LymphodepletionDrug) -> str:
    return CYCLE if given.dose_unit == CYCLE else "mg"


def check_days(
    arm: Arm, visits: Visits | Mapping[str, Sequence[float]] | None, follow_up_days: float
) -> NDArray[np.float64]:
    """When the course is looked at: treatment days, a grid that thins with time, planned visits, the end.

    Parameters
    ----------
    arm
        A treatment arm; its first day opens the course.
    visits
        The trial's visits, or group -> days; each planned day is a check. None for none.
    follow_up_days
        Length of follow-up from infusion [day].

    Returns
    -------
    Days from infusion, ascending, each once, shaped (checks,).

    Notes
    -----
    8-hourly to day 35, daily to day 60, weekly to day 365, two-weekly to the end.
    """
    infusion, end = float(arm.day_zero), float(follow_up_days)
    if not end > infusion:
        raise BadInput(f"follow-up of {end:g} days ends before the infusion on day {infusion:g}; lengthen it")
    grid = [
        np.arange(0, ACUTE_UNTIL * CHECKS_PER_DAY + 1) / CHECKS_PER_DAY,
        np.arange(ACUTE_UNTIL, DAILY_UNTIL + 1),
        np.arange(DAILY_UNTIL, WEEKLY_UNTIL + 1, 7),
        np.arange(WEEKLY_UNTIL, max(end, WEEKLY_UNTIL) + 1, 14),
    ]
    planned = visits.days if isinstance(visits, Visits) else (visits or {})
    treatment = [float(day) for given in arm.drugs for day in given.days]
    treatment += [float(portion.day) for portion in arm.infusions]
    before = np.arange(np.floor(arm.first_day), infusion)  # daily while lymphodepletion runs
    days = np.concatenate(
        [
            *(part + infusion for part in grid),
            before,
            np.array([arm.first_day, *treatment, infusion, end]),
            *(np.asarray(group, dtype=np.float64) for group in planned.values()),
        ]
    )
    return np.unique(days[(days >= arm.first_day) & (days <= end)].astype(np.float64))
