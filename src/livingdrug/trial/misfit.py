"""How far a simulated trial is from what was published, in units of the published sampling error.

A published number is an estimate with an error of its own, never a point: a share has its binomial or Kaplan-Meier
interval, a median or geometric mean the error that follows from the spread between patients and their number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.foundation.errors import LivingDrugError

if TYPE_CHECKING:
    from livingdrug.catalog.records.evidence import Published
    from livingdrug.trial.result import Result

Z95 = 1.959964
MEDIAN_LOSS = 1.2533
"""Standard error of a median over that of a mean, for normal numbers: sqrt(pi/2)."""


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
    """

    row: Published
    measure: str
    published: float
    simulated: float
    z: float


def misfits(result: Result, rows: Sequence[Published], arm: str | None = None) -> list[Misfit]:
    """Every row this run can answer; rows about endpoints or times it does not have are left out.

    Parameters
    ----------
    result
        A finished run.
    rows
        Published rows, e.g. ``catalog.load("evidence", "eliana").results``.
    arm
        Arm compared; the first when omitted.
    """
    arm = arm or result.trial.arms[0].name
    found = []
    for row in rows:
        try:
            found += _one(result, row, arm)
        except LivingDrugError:
            continue
    return found


def _one(result: Result, row: Published, arm: str) -> list[Misfit]:
    endpoint = result.endpoint(row.endpoint, arm)
    if endpoint.record.kind == "time_to_event":
        if not row.at:
            return []
        amount, unit = row.at.split()
        estimate = endpoint.at([float(amount)], unit)["estimate"][0]
        return [] if estimate is None else [_share(row, 100.0 * estimate)]
    if endpoint.record.kind == "proportion":
        estimate = endpoint.table()["estimate"][0]
        return [] if estimate is None else [_share(row, 100.0 * estimate)]
    values = endpoint.patients["value"].to_numpy()
    values = values[values > 0]
    if values.size < 2 or row.value <= 0:
        return []
    logs = np.log(values)
    middle = float(np.mean(logs) if "mean" in row.statistic else np.median(logs))
    n = row.n or 75
    sd = math.sqrt(math.log1p((row.cv_percent / 100) ** 2)) if row.cv_percent else float(np.std(logs))
    error = sd / math.sqrt(n) * (1.0 if "mean" in row.statistic else MEDIAN_LOSS)
    told = [Misfit(row, "value", row.value, math.exp(middle), (middle - math.log(row.value)) / max(error, 0.02))]
    if row.cv_percent:
        spread = float(np.std(logs))
        told.append(Misfit(row, "spread", sd, spread, (spread - sd) / (sd / math.sqrt(2 * n))))
    return told


def _share(row: Published, simulated: float) -> Misfit:
    if row.ci_low is not None and row.ci_high is not None:
        error = (row.ci_high - row.ci_low) / (2 * Z95)
    else:
        n = row.n or 75
        p = (row.value / 100 * n + 0.5) / (n + 1)  # half an event added: a published 100 % is not without error
        error = 100 * math.sqrt(p * (1 - p) / n)
    return Misfit(row, "value", row.value, simulated, (simulated - row.value) / error)
