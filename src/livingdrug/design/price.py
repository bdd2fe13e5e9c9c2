"""What replicates would cost, before they start; what nobody would wait for is refused."""

from __future__ import annotations

import logging
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.foundation.errors import BadInput
from livingdrug.trial.estimate import USUAL_MEMORY_GB, estimate, refuse_at_once

if TYPE_CHECKING:
    from livingdrug.design.batch import Work

_LOG = logging.getLogger("livingdrug.design")
_TOLD_SECONDS = 120.0
_OF_ALONE = (
    0.5  # seconds that a simulation by itself costs besides its patients, measured on 100 patients of a lymphoma trial
)


@dataclass(frozen=True)
class Price:
    """What work costs.

    Attributes
    ----------
    patients
        Simulated in all.
    seconds
        On the threads asked for.
    """

    patients: int
    seconds: float

    def __str__(self) -> str:
        hours = self.seconds / 3600
        told = (
            f"{hours:,.0f} hours"
            if hours >= 2
            else f"{self.seconds / 60:.0f} minutes"
            if self.seconds >= 90
            else f"{self.seconds:.0f} seconds"
        )
        return f"{self.patients:,} virtual patients, about {told}"


def price(work: Work, replicates: int, threads: int | None) -> Price:
    """What replicates would cost; of one, times how many there are."""
    workers = threads or os.cpu_count() or 1
    shares = [work.trial.share_of(plan.arm.name) for plan in work.plans]
    n = work.patients * replicates
    needs = estimate(
        work.plans, patients=n, shares=shares, chunk=250, threads=workers, sample=0, memory_gb=USUAL_MEMORY_GB
    )
    alone = _OF_ALONE * replicates * len(work.plans) / workers if work.alone() else 0.0
    return Price(math.ceil(n * sum(shares)), needs.seconds + alone)


def refuse_price(work: Work, replicates: int, threads: int | None, hours: float) -> Price:
    """Stop at work that would take longer than allowed; say what a long one takes.

    Raises
    ------
    BadInput
        What it would take, and what to change.
    """
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not 0 < hours < math.inf:
        raise BadInput(f"hours: got {hours!r}, expected a positive number.\n  2 is the usual limit.")
    refuse_at_once(
        work.plans,
        [math.ceil(work.patients * work.trial.share_of(plan.arm.name)) for plan in work.plans],
        threads or os.cpu_count() or 1,
    )
    found = price(work, replicates, threads)
    if found.seconds > 3600 * hours:
        raise BadInput(
            f"{replicates:,} replicates of {work.patients:,} patients would take {found}; {hours:g} hours are allowed.\n"
            "  Ask for fewer replicates or patients, or allow more by hours=… (--hours)."
        )
    if found.seconds > _TOLD_SECONDS:
        _LOG.warning("This takes %s.", found)
    return found
