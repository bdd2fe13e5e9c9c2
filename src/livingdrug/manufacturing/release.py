"""Release: each lot against the quality tests of its making file, which lots are given although they fail, how much is filled, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.catalog.arms import LABEL_WEIGHT_KG, Infusion
from livingdrug.catalog.records.making import Making, QualityTest
from livingdrug.foundation.quantities import Quantity
from livingdrug.manufacturing.culture import Harvest, Seeded
from livingdrug.manufacturing.variation import Steps

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Reasons in the order in which the first one found is reported.
REASONS = ("growth", "viability", "purity", "transduction", "other")
RELEASED = ""


@dataclass(frozen=True)
class Release:
    """The decision on each lot; arrays shaped (n,).

    Attributes
    ----------
    released
        The lot may be given.
    out_of_specification
        It may be given although it fails one test.
    failed
        It fails a test, whether given or not.
    ended
        The culture was ended early because a test in process failed.
    reason
        The first reason for which it fails, one of `REASONS`; empty when it does not.
    days
        Start of culture to the decision [day].
    """

    released: Mask
    out_of_specification: Mask
    failed: Mask
    ended: Mask
    reason: NDArray[np.str_]
    days: Array


def decide(harvest: Harvest, seeded: Seeded, least_dose: Array, making: Making, steps: Steps, clocks: Steps) -> Release:
    """Hold each lot against its specification.

    A lot that fails exactly one test by no more than ``given_from`` may be given out of specification, in the share
    ``out_of_specification_given``. A dose below the arm's least is a failure of growth that cannot be given.

    Parameters
    ----------
    harvest, seeded
        The lots, and what they were grown from (tests in process look at the culture on their day).
    least_dose
        Lowest dose the arm allows [cell], shaped (n,).
    making, steps
        The making file, and its numbers for this attempt.
    clocks
        The waiting numbers of this attempt: ``review`` follows the last test.
    """
    n = len(harvest.cells)
    few = harvest.car_t_cells < least_dose
    failures: dict[str, Mask] = {reason: np.zeros(n, dtype=bool) for reason in REASONS}
    n_failed, near_enough = few.astype(int), ~few
    ended_on = np.full(n, np.inf)
    answered = np.zeros(n)
    for name, test in making.test.items():
        drawn = _Test(name, test, replace(steps, quantities=_numbers(test), place=f"{steps.place}/test/{name}"))
        if test.after_release:
            continue
        fails = drawn.fails(_measured(test, harvest, seeded, making, steps))
        days = drawn.days()
        if test.on_day is None:
            failures[test.reason] |= fails
            n_failed = n_failed + fails
            near_enough &= ~fails | drawn.near(harvest)
            answered = np.maximum(answered, harvest.days + days)
        else:
            day = np.minimum(test.on_day.value, harvest.days)
            failures[test.reason] |= fails
            ended_on = np.where(fails, np.minimum(ended_on, day + days), ended_on)
            answered = np.maximum(answered, day + days)
    failures["growth"] |= few
    ended = np.isfinite(ended_on)
    failed = (n_failed > 0) | ended
    given_anyway = failed & ~ended & (n_failed == 1) & near_enough & steps.happens("out_of_specification_given")
    reason = np.select([failures[name] for name in REASONS], REASONS, default=RELEASED)
    return Release(
        released=~failed | given_anyway,
        out_of_specification=given_anyway,
        failed=failed,
        ended=ended,
        reason=reason,
        days=np.where(ended, ended_on, np.maximum(answered, harvest.days) + clocks.drawn("review")),
    )


@dataclass(frozen=True)
class _Test:
    """One test and its luck for each lot."""

    name: str
    test: QualityTest
    luck: Steps

    def fails(self, value: Array | None) -> Mask:
        """Which lots fail it."""
        found = np.zeros(len(self.luck.patients), dtype=bool)
        if value is not None and self.test.least is not None:
            found |= value < self.test.least.value
        if value is not None and self.test.most is not None:
            found |= value > self.test.most.value
        return found | self.luck.happens("fails") if self.test.fails is not None else found

    def near(self, harvest: Harvest) -> Mask:
        """Which of those that fail may be given all the same."""
        if self.test.given_from is None:
            return np.full(len(harvest.cells), self.test.may_be_given)
        value = getattr(harvest, self.test.of)
        bound = self.test.given_from.value
        below = self.test.least is not None and bound <= self.test.least.value
        return value >= bound if below else value <= bound

    def days(self) -> Array:
        """From sample to answer [day]."""
        return self.luck.drawn("days")


def _numbers(test: QualityTest) -> Mapping[str, Quantity]:
    found = {"days": test.days}
    if test.fails is not None:
        found["fails"] = test.fails
    return found


def _measured(test: QualityTest, harvest: Harvest, seeded: Seeded, making: Making, steps: Steps) -> Array | None:
    """What the test measures of each lot, shaped (n,); None where it measures nothing."""
    if not test.of:
        return None
    if test.on_day is not None and test.of == "viable_cells":
        on = np.minimum(test.on_day.value, harvest.days)
        return np.sum(seeded.grown(making, on, steps), axis=0)
    return getattr(harvest, test.of)


def fill(available: Array, weight_kg: Array, infusion: Infusion, steps: Steps) -> Array:
    """Dose in the bag [cell]: what the maker aims at, what there is, and never outside the arm's limits.

    Parameters
    ----------
    available
        CAR-positive viable cells [cell], shaped (n,).
    weight_kg
        Shaped (n,).
    infusion
        The arm's dose limits.
    steps
        The making numbers of this attempt.
    """
    lowest, highest = infusion.dose_limits(weight_kg)
    by_weight = (weight_kg <= LABEL_WEIGHT_KG) | bool(infusion.dose_per_kg)
    wanted = np.where(
        by_weight,
        steps.drawn("dose_wanted_per_kg") * weight_kg,
        steps.drawn("dose_wanted_fixed"),
    )
    return np.clip(np.minimum(wanted, available), lowest, highest)
