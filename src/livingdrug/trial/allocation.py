"""Who is treated in which arm: everyone in every arm, or each person in one, by stratified permuted blocks.

stratum of patient k ──► k-th place in its stratum ──► block ──► place in the block's own random order ──► arm

Every block has its own addressed random numbers, and a patient's arm depends on the patients enrolled before them alone: a larger
trial begins with the same people in the same arms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput
from livingdrug.population import draw

if TYPE_CHECKING:
    from livingdrug.catalog.plan import Plan
    from livingdrug.catalog.records.trial import Design

Integers = NDArray[np.int64]
DRAWN_TOGETHER = 20_000
FARTHEST = 1_000_000
"""The last patient whose arm is looked for: strata of all before are drawn."""


def allocate(plans: Sequence[Plan], design: Design, patients: int, seed: int, *, first: int = 1) -> list[Integers]:
    """The patients of each arm.

    Parameters
    ----------
    plans
        One for each arm of the trial; only those run are kept by the caller.
    design
        Randomised: each person in one arm, in the ratio and within the strata given. Otherwise everyone in every arm.
    patients
        How many are enrolled, numbered from `first` in order of enrolment.
    seed
        The run's seed.
    first
        Number of the first patient: replicates of a trial have people and blocks of their own.

    Returns
    -------
    Patient numbers of each arm, ascending.
    """
    everyone = np.arange(first, first + patients, dtype=np.int64)
    if design.kind != "randomised":
        return [everyone for _ in plans]
    ratio = design.ratio or (1,) * len(plans)
    arms = arms_of(_strata(plans[0], design, everyone, seed), ratio, design.block or 2 * sum(ratio), seed, first=first)
    return [everyone[arms == place] for place in range(len(plans))]


def arm_of_patient(plans: Sequence[Plan], design: Design, patient: int, seed: int) -> str:
    """The arm a person is in when a trial is randomised; the first arm otherwise, where everyone is in every arm.

    Parameters
    ----------
    plans
        One for each arm of the trial.

    Raises
    ------
    BadInput
        Too many are enrolled before.
    """
    if design.kind == "randomised":
        if patient > FARTHEST:
            raise BadInput(
                f"patient {patient:,}: in a randomised trial the arm depends on everyone enrolled before, and {FARTHEST:,} are looked at, at most.\n"
                "  Name the arm (--arm), or give an earlier patient."
            )
        for plan, group in zip(plans, allocate(plans, design, patient, seed), strict=True):
            if patient in group:
                return plan.arm.name
    return plans[0].arm.name


def arms_of(strata: Integers, ratio: Sequence[int], block: int, seed: int, *, first: int = 1) -> Integers:
    """Each patient's arm, in order of enrolment.

    Parameters
    ----------
    strata
        Each patient's stratum (n,).
    ratio
        Patients of each arm in a block are in this ratio.
    block
        Patients in a block, a multiple of the ratio's sum.
    seed
        The run's seed.
    first
        Number of the first patient; another first patient means other blocks.

    Returns
    -------
    Place of the arm (n,).

    Examples
    --------
    >>> arms = arms_of(np.zeros(8, dtype=np.int64), (1, 1), 4, seed=1)
    >>> [int(arms[:4].sum()), int(arms[4:].sum())]
    [2, 2]
    """
    template = np.repeat(np.arange(len(ratio)), np.asarray(ratio) * (block // sum(ratio)))
    found = np.empty(len(strata), dtype=np.int64)
    for stratum in np.unique(strata):
        here = np.flatnonzero(strata == stratum)
        n_blocks = -(-len(here) // block)
        places = np.arange(n_blocks * block, dtype=np.int64)
        numbers = streams.uniform(seed, f"allocation/{int(stratum)}", places + (first - 1)).reshape(n_blocks, block)
        order = np.argsort(np.argsort(numbers, axis=1), axis=1)  # rank of each place within its block
        found[here] = template[order].ravel()[: len(here)]
    return found


def _strata(plan: Plan, design: Design, everyone: Integers, seed: int) -> Integers:
    """Each patient's stratum: one number for the classes of all stratifying covariates together."""
    if not design.strata:
        return np.zeros(len(everyone), dtype=np.int64)
    pieces = []
    for first in range(0, len(everyone), DRAWN_TOGETHER):
        cohort = draw(plan.population, everyone[first : first + DRAWN_TOGETHER], seed)
        pieces.append(design.stratum_of({one.covariate: cohort[one.covariate] for one in design.strata}))
    return np.concatenate(pieces)
