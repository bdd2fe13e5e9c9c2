"""Who is in which replicate, in which arm, and when they enrol.

Person k of replicate r has the number (r - 1) * `STRIDE` + k: other people in each, the same in every size of trial, and those of
replicate 1 are the people of a plain run with this seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.trial.allocation import allocate
from livingdrug.trial.calendar import entry_days

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Trial
    from livingdrug.design.layers import Layers

Integers = NDArray[np.int64]
STRIDE = 1_000_000
"""Patients that a replicate may have."""


def first_number(replicate: int, layers: Layers) -> int:
    """The number of the first patient of a replicate (from 1); the same for all where patients are switched off."""
    return (replicate - 1) * STRIDE + 1 if layers.on("patients") else 1


def arms_of_replicate(
    trial: Trial, plans: Sequence[Plan], patients: int, replicate: int, seed: int, layers: Layers
) -> list[Integers]:
    """Patient numbers of each arm of a replicate, ascending."""
    return allocate(plans, trial.planned_design, patients, seed, first=first_number(replicate, layers))


def entry_days_of(trial: Trial, patients: int, replicate: int, seed: int, layers: Layers) -> NDArray[np.float64]:
    """The calendar day on which each patient of a replicate enrols (n,), in order; all on day 0 without an enrolment."""
    if trial.enrolment is None:
        return np.zeros(patients)
    # accrual is a layer of its own: with patients switched off it still differs from replicate to replicate
    numbers = np.arange(patients, dtype=np.int64) + (replicate - 1) * STRIDE + 1
    return entry_days(trial.enrolment, numbers, seed, random=layers.on("accrual"))


def seed_of(seed: int, replicate: int, purpose: str) -> int:
    """A seed of a replicate's own, for what is not addressed by patient."""
    return int.from_bytes(hashlib.sha256(f"{seed}\x00{purpose}\x00{replicate}".encode()).digest()[:7], "little")
