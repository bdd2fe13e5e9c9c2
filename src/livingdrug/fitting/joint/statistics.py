"""What a simulated group says to a published row, as a number that moves smoothly with the parameters.

=========  ==========================  ======================================  =========================
measure    scale                       number                                  its own simulation error
=========  ==========================  ======================================  =========================
share      arcsine of the square root  of patients, or of a survival curve     1 / (2 sqrt(n + 1/2))
middle     logarithm                   mean or median of the logarithms        s / sqrt(n), median 1.25 s
quartile   logarithm                   a quarter or three quarters             1.36 s / sqrt(n)
spread     logarithm of s              s, deviation of the logarithms          1 / sqrt(2 (n - 1))
median     logarithm of months         by which half had the event; +infinity  not told
time                                   where the curve stays above one half
=========  ==========================  ======================================  =========================

The arcsine's error does not depend on the share, and 0 and 100 % stay finite. Medians of whole days are read off the
mid-distribution (ties stand for the interval around them), so that they move a little when a few patients move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation.units import factor
from livingdrug.trial.published import MEDIAN_LOSS

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.outcome.endpoint_result import EndpointResult

Measure = Literal[
    "share", "middle", "low quartile", "high quartile", "spread", "median time",
    "log ratio", "concordance", "at least", "at most", "contrast",
]  # fmt: skip
"""The last five are associations within cohorts (`livingdrug.fitting.joint.within`)."""
OWN_VALUE = ("share", "middle")
"""Measures of a published row's own value; its quartiles and the spread between patients are further numbers of the row."""
QUARTILES = {"low quartile": 0.25, "high quartile": 0.75}
QUARTILE_LOSS = 1.3626
"""Standard error of a quartile over that of a mean, for normal numbers: sqrt(3)/4 / density at the quartile."""
LEAST_GROUP = 3


@dataclass(frozen=True)
class Answer:
    """A simulated number on its row's scale.

    Attributes
    ----------
    number
        On the scale; NaN when nobody or too few were counted.
    error
        Its standard error from the finite number simulated.
    log_sd
        Deviation of the logarithms between patients, of amounts.
    n
        Patients counted.
    """

    number: float
    error: float
    log_sd: float = math.nan
    n: int = 0


NOTHING = Answer(math.nan, math.nan)


def answer(found: EndpointResult, arm: str, measure: Measure, day: float | None, statistic: str) -> Answer:
    """What one arm of a simulated endpoint says.

    Parameters
    ----------
    found
        The endpoint.
    arm
        Which arm.
    measure
        What was published of it.
    day
        Of a curve: days from its origin.
    statistic
        Published words: an amount is a mean where they say so, a median otherwise.
    """
    patients = found.patients.filter(found.patients["arm"] == arm) if len(found.arms) > 1 else found.patients
    n = patients.height
    if n < LEAST_GROUP:
        return NOTHING
    if measure == "share":
        if found.over_time:
            share = (
                None
                if day is None
                else float(found.asked.estimator.at(found.asked, patients, _one(day))["estimate"][0])
            )
        else:
            share = float(patients["success"].mean()) if "success" in patients.columns else None  # type: ignore[arg-type]
        if share is None or not 0.0 <= share <= 1.0:
            return NOTHING
        return Answer(arcsine(share, n), arcsine_error(n), n=n)
    if measure == "median time":
        return _median_time(found, patients) if found.over_time else NOTHING
    if "value" not in patients.columns:
        return NOTHING
    return _amount(patients["value"].to_numpy(), measure, statistic)


def _median_time(found: EndpointResult, patients: pl.DataFrame) -> Answer:
    """Logarithm of the months by which half had the event; +infinity when not reached, nothing for curves without a median."""
    fit = getattr(found.asked.estimator, "fit", None)
    curve = fit(found.asked, patients) if fit else None
    if curve is None or not hasattr(curve, "quantile"):
        return NOTHING
    months = curve.quantile(0.5)[0] / factor("month", "day")
    return Answer(math.log(months) if months > 0 else -math.inf, math.nan, n=patients.height)


def _amount(values: NDArray[np.float64], measure: Measure, statistic: str) -> Answer:
    logs = np.log(values[values > 0])
    n = logs.size
    if n < LEAST_GROUP:
        return NOTHING
    mean, arithmetic = "mean" in statistic, "arithmetic" in statistic
    sd = arithmetic_log_sd(np.exp(logs)) if arithmetic else float(logs.std(ddof=1))
    if measure == "spread":
        return Answer(math.log(max(sd, 1e-3)), 1 / math.sqrt(2 * (n - 1)), sd, n)
    if measure in QUARTILES:
        return Answer(smooth_quantile(logs, QUARTILES[measure]), QUARTILE_LOSS * sd / math.sqrt(n), sd, n)
    if arithmetic:
        return Answer(math.log(float(np.exp(logs).mean())), sd / math.sqrt(n), sd, n)
    number = float(logs.mean()) if mean else smooth_quantile(logs, 0.5)
    return Answer(number, sd / math.sqrt(n) * (1.0 if mean else MEDIAN_LOSS), sd, n)


def influence(found: EndpointResult, arm: str, measure: Measure, day: float | None, statistic: str) -> dict[int, float]:
    """How each patient pulls at the number (up to a factor): patient -> pull; two rows of a trial err together as these do.

    Of a curve: free at that day or not; who was censored before has none. Of a median or quartile: below or above.
    """
    patients = found.patients.filter(found.patients["arm"] == arm)
    numbers = patients["patient"].to_numpy()
    if "value" in patients.columns:
        values = patients["value"].to_numpy()
        numbers, logs = numbers[values > 0], np.log(values[values > 0])
        if logs.size < LEAST_GROUP:
            return {}
        if measure == "spread":
            pull = (
                (values[values > 0] - values[values > 0].mean()) ** 2
                if "arithmetic" in statistic
                else (logs - logs.mean()) ** 2
            )
        elif measure == "middle" and "mean" in statistic:
            pull = values[values > 0] if "arithmetic" in statistic else logs
        else:
            pull = (logs > smooth_quantile(logs, QUARTILES.get(measure, 0.5))).astype(float)
    elif "success" in patients.columns:
        pull = patients["success"].to_numpy().astype(float)
    else:
        time, cause = patients["time_days"].to_numpy(), patients["cause"].to_numpy()
        known = (time > (day or 0.0)) | (cause > 0)
        numbers, pull = numbers[known], (time > (day or 0.0)).astype(float)[known]
        if not found.asked.estimator.free(found.asked):  # type: ignore[attr-defined]
            pull = -pull
    if not pull.size:
        return {}
    return dict(zip(numbers.tolist(), (pull - pull.mean()).tolist(), strict=True))


def correlation(pulls: list[dict[int, float]]) -> NDArray[np.float64]:
    """Correlation of the errors of several numbers of one group of patients, from each patient's pull (R, R)."""
    patients = sorted({patient for pull in pulls for patient in pull})
    table = np.array([[pull.get(patient, 0.0) for patient in patients] for pull in pulls]).reshape(len(pulls), -1)
    length = np.sqrt((table**2).sum(axis=1))
    table = np.divide(table, length[:, None], out=np.zeros_like(table), where=length[:, None] > 0)
    found = table @ table.T
    np.fill_diagonal(found, 1.0)
    return found


def arithmetic_log_sd(values: NDArray[np.float64]) -> float:
    """Deviation of the logarithms that a log-normal law with this coefficient of variation has.

    >>> round(arithmetic_log_sd(np.array([1.0, 3.0])) ** 2, 4)                # mean 2, deviation sqrt(2): ln 1.5
    0.4055
    """
    return math.sqrt(math.log1p(float(values.std(ddof=1) / values.mean()) ** 2))


def arcsine(share: float, n: float) -> float:
    """A share on the arcsine scale, pulled inwards by Anscombe's 3/8 so that no event is not no information.

    >>> round(arcsine(0.5, 100), 6) == round(math.pi / 4, 6)
    True
    """
    return math.asin(math.sqrt((share * n + 0.375) / (n + 0.75)))


def share_of(number: float, n: float) -> float:
    """The share whose `arcsine` is a number: what a count of n would have to be; 0 and 1 at the ends of the scale.

    >>> round(share_of(arcsine(0.3, 40), 40), 12), share_of(arcsine(0.0, 40) - 0.1, 40)
    (0.3, 0.0)
    """
    pulled = math.sin(min(max(number, 0.0), math.pi / 2)) ** 2
    return min(max((pulled * (n + 0.75) - 0.375) / n, 0.0), 1.0)


def arcsine_error(n: float) -> float:
    """Standard error of `arcsine` (Anscombe 1948)."""
    return 1 / (2 * math.sqrt(n + 0.5))


def count_of(error: float) -> float:
    """How many patients give a share this `arcsine_error`.

    >>> count_of(arcsine_error(40))
    40.0
    """
    return round(1 / (4 * error**2) - 0.5, 6)


def smooth_quantile(values: NDArray[np.float64], share: float) -> float:
    """A quantile of the mid-distribution: with ties it lies between the tied values, in proportion to their weights.

    >>> smooth_quantile(np.array([2.0, 2.0, 3.0, 3.0]), 0.5)
    2.5
    """
    distinct, counts = np.unique(values, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / values.size
    return float(np.interp(share, middle, distinct))


def _one(day: float) -> NDArray[np.float64]:
    return np.array([day])
