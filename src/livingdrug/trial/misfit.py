"""How far a simulated trial is from what was published, in units of the published standard error.

One comparison for all who need it: calibration, the report, the scoreboard. What a published number says of its own
error is in `published.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import LivingDrugError
from livingdrug.trial.published import USUAL_N, days_of, log_error, log_sd, published_limits, share_error

if TYPE_CHECKING:
    from livingdrug.catalog.records.evidence import Published
    from livingdrug.outcome.endpoint_result import EndpointResult
    from livingdrug.outcome.estimator import Reading
    from livingdrug.trial.result import Result

Limits = tuple[float, float]
UNKNOWN = (math.nan, math.nan)


@dataclass(frozen=True)
class Misfit:
    """One published number against the simulation.

    Attributes
    ----------
    row
        The published row.
    measure
        ``"value"``, or ``"spread"`` for a published coefficient of variation (compared as log standard deviation).
    published, simulated
        In the published unit (shares in percent).
    z
        (simulated - published) / published standard error; on the log scale unless a share.
    title
        The endpoint in words.
    share
        Whether it is a share of patients.
    timed
        Whether `row.at` is a time on a curve.
    published_limits, simulated_limits
        95 % limits (low, high) in the same unit; NaN when unknown.
    limits_from
        Where the published limits come from: ``"reported"``, ``"exact"`` (ours, from the count or the spread) or "".
    """

    row: Published
    measure: str
    published: float
    simulated: float
    z: float
    title: str = ""
    share: bool = False
    timed: bool = False
    published_limits: Limits = UNKNOWN
    simulated_limits: Limits = UNKNOWN
    limits_from: str = ""

    @property
    def inside(self) -> bool | None:
        """Whether the simulated value lies inside the published 95 % interval; None when there is none."""
        low, high = self.published_limits
        if math.isnan(low) and math.isnan(high):
            return None
        return not (self.simulated < low or self.simulated > high)


def misfits(result: Result, rows: Sequence[Published], arm: str | None = None) -> list[Misfit]:
    """Every row this run can answer; rows about endpoints or times it does not have are left out.

    Parameters
    ----------
    result
        A finished run.
    rows
        Published rows, e.g. ``catalog.load("evidence", "eliana").results``.
    arm
        Arm compared, of rows that do not name their own; the first when omitted.
    """
    usual = arm or result.trial.arms[0].name
    found = []
    for row in rows:
        arm = row.arm or usual
        try:
            endpoint = result.endpoint(row.endpoint, arm)
            found += compare_row(endpoint, row, arm)
        except LivingDrugError:
            continue
    return found


def compare_row(endpoint: EndpointResult, row: Published, arm: str) -> list[Misfit]:
    """One published row against one endpoint: its value, and its spread where that was published; or nothing.

    Parameters
    ----------
    endpoint
        The row's endpoint in a run; may hold more arms than the one compared.
    """
    share = bool(endpoint.shares)
    if share != (row.unit == "percent"):
        return []
    found = endpoint.reading(arm, day=days_of(row.at), statistic=row.statistic)
    if found is None:
        return []
    return _share(endpoint, row, found) if share else _amount(endpoint, row, found)


def _share(endpoint: EndpointResult, row: Published, found: Reading) -> list[Misfit]:
    low, high, origin = published_limits(row)
    simulated = 100.0 * found.estimate
    limits = (100.0 * found.ci_low, 100.0 * found.ci_high)
    z = (simulated - row.value) / share_error(row)
    timed = endpoint.over_time
    return [Misfit(row, "value", row.value, simulated, z, endpoint.title, True, timed, (low, high), limits, origin)]


def _amount(endpoint: EndpointResult, row: Published, found: Reading) -> list[Misfit]:
    if row.value <= 0:
        return []
    n = row.n or USUAL_N
    sd = log_sd(row.cv_percent) if row.cv_percent else found.log_sd
    low, high, origin = published_limits(row)
    z = (found.logarithm - math.log(row.value)) / log_error(row, sd)
    limits = (found.ci_low, found.ci_high)
    told = [
        Misfit(row, "value", row.value, found.estimate, z, endpoint.title, False, False, (low, high), limits, origin)
    ]
    if row.cv_percent:
        spread = found.log_sd
        told.append(Misfit(row, "spread", sd, spread, (spread - sd) / (sd / math.sqrt(2 * n)), endpoint.title))
    return told
