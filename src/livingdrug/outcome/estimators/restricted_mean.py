"""The restricted mean: expected event-free time within a horizon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field
from scipy.special import gammaincc, ndtri

from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.units import factor
from livingdrug.outcome.checks import check_events, check_level, check_number, check_times
from livingdrug.outcome.estimator import Asked, Contrast, Estimator, GroupTest, Reading, Row
from livingdrug.outcome.estimators.kaplan_meier import SurvivalCurve, kaplan_meier, survival_curve
from livingdrug.outcome.estimators.paired import Difference, interval_with_two_more
from livingdrug.outcome.kinds import time_to_event
from livingdrug.outcome.over_time import CARRIED, counted
from livingdrug.outcome.strata import not_stratified

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class RestrictedMean:
    """Area under the Kaplan-Meier curve up to `horizon`, in the unit of the times; without an event before it nobody knows an interval."""

    horizon: float
    estimate: float
    standard_error: float
    ci_low: float
    ci_high: float


def restricted_mean(
    times: ArrayLike, events: ArrayLike, horizon: float, *, level: float = 0.95, beyond: float = 0.0
) -> RestrictedMean:
    """Restricted mean event-free time.

    Parameters
    ----------
    times, events
        As for `kaplan_meier`.
    horizon
        Upper limit of time, positive, in the unit of the times.
    level
        Confidence level.
    beyond
        Share of the last time by which its value is carried on.

    Raises
    ------
    BadInput
        As `kaplan_meier`; or the horizon is not positive, or lies where nobody was watched any more.

    Notes
    -----
    Variance: Klein and Moeschberger 2003, "Survival Analysis", 4.5.

    Examples
    --------
    >>> restricted_mean([1, 2, 3], [1, 1, 1], 3).estimate
    2.0
    """
    horizon = check_number("horizon", horizon, above=0.0)
    curve = kaplan_meier(times, events, level=level)
    if not _watched(curve, horizon, beyond):
        last = f"until {curve.time[-1]:g}" if curve.time.size else "at all"
        raise BadInput(
            f"got a horizon of {horizon:g}, but nobody was watched {last}, with patients still event-free.\n"
            "  Choose an earlier horizon: the curve beyond the last time is not known."
        )
    inside = curve.time < horizon
    edges = np.concatenate([[0.0], curve.time[inside], [horizon]])
    areas = np.diff(edges) * np.concatenate([[1.0], curve.survival[inside]])
    mean = float(areas.sum())
    ahead = np.cumsum(areas[::-1])[::-1][1:]  # area from each observed time to the horizon
    d, r = curve.n_events[inside].astype(np.float64), curve.n_at_risk[inside].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = float(np.sqrt(np.where(r > d, ahead**2 * d / (r * (r - d)), 0.0).sum()))
    half = float(ndtri(0.5 + curve.level / 2)) * error
    low, high = (mean - half, mean + half) if error > 0 else (np.nan, np.nan)
    return RestrictedMean(horizon, mean, error, low, high)


def paired_restricted_means(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], horizon: float, *, level: float = 0.95
) -> Difference:
    """Difference of two restricted means among the same people, second minus first.

    Parameters
    ----------
    first, second
        (times, events) of each person, shaped (n,), in the same order.
    horizon, level
        As for `restricted_mean`.

    Notes
    -----
    As for `livingdrug.outcome.estimators.paired.paired_incidences`: the variance is the sum of squares of the
    differences of each person's influence on either mean, and one pair is added on either side that differs by the horizon.
    """
    level = check_level(level)
    one, influence_1 = _influence(*first, horizon)
    two, influence_2 = _influence(*second, horizon)
    if influence_1.shape != influence_2.shape:
        raise BadInput(
            f"pairs need two columns of one length, got {influence_1.shape} and {influence_2.shape}.\n"
            "  Give the same patients in the same order."
        )
    variance = float(((influence_2 - influence_1) ** 2).sum())
    known = [(np.asarray(times) >= horizon) | (np.asarray(events) > 0) for times, events in (first, second)]
    n_known = int((known[0] & known[1]).sum())
    low, high = interval_with_two_more(two - one, variance, n_known, largest=horizon, level=level)
    return Difference(two - one, low, high, int(influence_1.size))


def _influence(times: ArrayLike, events: ArrayLike, horizon: float) -> tuple[float, NDArray[np.float64]]:
    """The restricted mean, and how much each person moves it; shaped (n,), adding up to nothing."""
    time = check_times(times)
    event = check_events(events, time.size) & (time < horizon)
    mean = restricted_mean(time, event, horizon, beyond=np.inf).estimate
    curve = kaplan_meier(time, event)
    steps = curve.n_events > 0
    days, d, r = curve.time[steps], curve.n_events[steps].astype(np.float64), curve.n_at_risk[steps].astype(np.float64)
    widths = np.diff(np.concatenate([days, [horizon]]))
    ahead = np.cumsum((widths * curve.survival[steps])[::-1])[::-1]
    stays = 1 - d / r
    per_person = np.divide(ahead, stays * r, out=np.zeros(days.size), where=stays > 0)
    drift = np.concatenate([[0.0], np.cumsum(per_person * d / r)])
    place = np.searchsorted(days, time)
    own = np.where(event, np.append(per_person, 0.0)[np.minimum(place, days.size)], 0.0)
    return mean, drift[np.searchsorted(days, time, side="right")] - own


def _watched(curve: SurvivalCurve, horizon: float, beyond: float) -> bool:
    if curve.time.size == 0:
        return False
    return bool(curve.survival[-1] <= 0 or horizon <= curve.time[-1] * (1 + beyond))


class Keys(time_to_event.Keys):
    """
    Attributes
    ----------
    horizon, horizon_unit
        Until when event-free time is counted, from the origin; the mean is told in the same unit.
    """

    horizon: float = Field(gt=0)
    horizon_unit: str = "month"


class RestrictedMeanTime(Estimator):
    """Mean time free of the event within a horizon; a competing event ends the watch."""

    kind = "time_to_event"
    Keys = Keys

    def fit(self, asked: Asked, patients: pl.DataFrame) -> RestrictedMean | None:
        """In days; None when the horizon lies beyond the last time anybody was watched."""
        time, event = patients["time_days"].to_numpy(), patients["cause"].to_numpy() == 1
        days = _horizon_days(asked)
        if not _watched(survival_curve(time, event), days, CARRIED):
            return None
        return restricted_mean(time, event, days, level=asked.level, beyond=CARRIED)

    def rows(self, asked: Asked, patients: pl.DataFrame) -> list[Row]:
        unit, (n, n_events), found = asked.keys.horizon_unit, counted(patients), self.fit(asked, patients)
        when = {"time": asked.keys.horizon, "time_unit": unit, "unit": unit, "n": n, "n_events": n_events}
        if found is None:
            return [Row("restricted mean", None, absent="not known: nobody was watched as long", **when)]
        one = factor(unit, "day")
        return [Row("restricted mean", found.estimate / one, found.ci_low / one, found.ci_high / one, **when)]

    def beside(self, asked: Asked) -> str:
        return f"mean within {asked.keys.horizon:g} {asked.keys.horizon_unit} ({super().beside(asked)})"

    def unit(self, asked: Asked) -> str:
        return asked.keys.horizon_unit

    def contrasts(self, asked: Asked, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
        if self.fit(asked, first) is None or self.fit(asked, second) is None:
            return []
        sides = [(side["time_days"].to_numpy(), side["cause"].to_numpy() == 1) for side in (first, second)]
        days, one = _horizon_days(asked), factor(asked.keys.horizon_unit, "day")
        apart = paired_restricted_means(sides[0], sides[1], days, level=asked.level)
        values = [restricted_mean(*side, days, beyond=CARRIED).estimate / one for side in sides]
        scaled = Difference(apart.estimate / one, apart.ci_low / one, apart.ci_high / one, apart.n)
        unit = asked.keys.horizon_unit
        return [
            Contrast(
                "restricted mean", values[0], values[1], scaled, unit=unit, time=asked.keys.horizon, time_unit=unit
            )
        ]

    def tests(self) -> dict[str, Callable[[pl.DataFrame, Asked], GroupTest]]:
        return {"equal_means": equal_means}

    def reading(self, asked: Asked, patients: pl.DataFrame, *, day: float | None, statistic: str) -> Reading | None:
        found = self.fit(asked, patients)
        if found is None or found.estimate <= 0 or (day is not None and abs(day - _horizon_days(asked)) > 1):
            return None
        one = factor(asked.keys.horizon_unit, "day")
        spread = found.standard_error * np.sqrt(patients.height) / found.estimate  # of the logarithm, by linearisation
        mean = found.estimate / one
        return Reading(mean, found.ci_low / one, found.ci_high / one, float(np.log(mean)), float(spread))


def equal_means(patients: pl.DataFrame, asked: Asked) -> GroupTest:
    """Wald's test of equal restricted means in two or more independent groups."""
    arms, days = patients["arm"].unique().sort().to_list(), _horizon_days(asked)
    found = []
    for arm in arms:
        rows = patients.filter(patients["arm"] == arm)
        found.append(restricted_mean(rows["time_days"].to_numpy(), rows["cause"].to_numpy() == 1, days, beyond=CARRIED))
    mean = np.array([one.estimate for one in found])
    variance = np.array([one.standard_error**2 for one in found])
    freedom = float(len(arms) - 1)
    if not (variance > 0).all():
        if np.ptp(mean) == 0:
            return GroupTest(not_stratified("equal restricted means", patients), 0.0, freedom, 1.0)
        raise BadInput(
            "a group has no event before the horizon, its restricted mean has no error to compare with.\n"
            "  Choose a later horizon, or compare the curves (log_rank)."
        )
    middle = (mean / variance).sum() / (1 / variance).sum()
    statistic = float(((mean - middle) ** 2 / variance).sum())
    return GroupTest(
        not_stratified("equal restricted means", patients),
        statistic,
        freedom,
        float(gammaincc(freedom / 2, statistic / 2)),
    )


def _horizon_days(asked: Asked) -> float:
    return asked.keys.horizon * factor(asked.keys.horizon_unit, "day")


ESTIMATOR = RestrictedMeanTime()
