"""What an effect measure is: how the patients of a contrast become one number that tells how outcome goes with predictor.

An effect measure is one file in `outcome/effects/` with an object ``EFFECT``; an association in the catalogue asks for it by
the file's name. Where an estimator tells one number of a group, an effect tells one number of a contrast between patients.

    predictor, outcome of each patient ─ Sample ─► effect measure ─► estimate with its 95 % interval
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z95 = 1.959963984540054
LEAST = 8
"""Fewest patients of a group, and fewest patients with and without the event, that an effect is told from."""


@dataclass(frozen=True)
class Sample:
    """The patients of a contrast; every array has one entry a patient, nothing is missing.

    Attributes
    ----------
    predictor
        On the scale of the contrast: 1 and 0 for two groups, shaped (n,); all 1 where there is one group only.
    grouped
        Whether it tells two groups.
    value
        A number or a yes (1) or no (0), shaped (n,); None for a time.
    time, cause
        Days at risk, and 0 censored, 1 the event, 2 a competing one; None for a value.
    incidence
        Whether a share over time counts those with the event (True) or without.
    since
        Days from which a patient counts as exposed, infinite for never; None where exposure does not begin later.
    given
        Covariates adjusted for, shaped (n, k).
    at_days
        The time on a curve that a share is told at.
    """

    predictor: Floats
    grouped: bool
    value: Floats | None = None
    time: Floats | None = None
    cause: NDArray[np.int64] | None = None
    incidence: bool = False
    since: Floats | None = None
    given: Floats = field(default_factory=lambda: np.empty((0, 0)))
    at_days: float | None = None

    @property
    def n(self) -> int:
        """Patients."""
        return int(self.predictor.size)

    @property
    def event(self) -> NDArray[np.bool_]:
        """Who had the event (n,)."""
        if self.cause is not None:
            return self.cause == 1
        assert self.value is not None
        return self.value > 0

    def of_group(self, exposed: bool) -> Sample:
        """The patients of one of two groups, as a sample of one group."""
        keep = (self.predictor > 0) == exposed
        pick = lambda values: None if values is None else values[keep]  # noqa: E731
        return Sample(
            np.ones(int(keep.sum())), False, pick(self.value), pick(self.time), pick(self.cause), self.incidence,
            at_days=self.at_days,
        )  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """An estimate with its 95 % interval; NaN and a sentence where there is none.

    Attributes
    ----------
    n, n_events
        Patients, and how many of them had the event (None for an amount).
    """

    estimate: float
    low: float
    high: float
    n: int
    n_events: int | None = None
    absent: str = ""

    @property
    def known(self) -> bool:
        """Whether there is an estimate."""
        return bool(np.isfinite(self.estimate))


def absent(sample: Sample, why: str) -> Effect:
    """No estimate, and why."""
    return Effect(np.nan, np.nan, np.nan, sample.n, None, why)


class EffectMeasure:
    """How a contrast is told.

    Attributes
    ----------
    title
        In words.
    null
        The value that says: no association. NaN for a figure of one group, which says nothing of an association.
    log
        Whether it is a ratio.
    unit
        Of the estimate; ``percent`` for shares.
    """

    title: ClassVar[str]
    null: ClassVar[float] = np.nan
    log: ClassVar[bool] = False
    unit: ClassVar[str] = ""

    def estimate(self, sample: Sample) -> Effect:
        """The effect in these patients."""
        raise NotImplementedError


def too_few(sample: Sample) -> str:
    """Why a contrast of two groups, or of patients with and without an event, cannot be told; empty when it can."""
    if sample.grouped:
        exposed = int((sample.predictor > 0).sum())
        if min(exposed, sample.n - exposed) < LEAST:
            return f"{exposed} of {sample.n} simulated patients are in the group; at least {LEAST} in each are needed"
    elif sample.n < LEAST:
        return f"only {sample.n} simulated patients are asked"
    elif sample.n and np.ptp(sample.predictor) == 0:
        return "the predictor is the same in every simulated patient"
    return ""


def too_few_events(sample: Sample) -> str:
    """Why a yes-or-no outcome tells nothing: nearly nobody, or nearly everybody, has it; empty when it does."""
    n_events = int(sample.event.sum())
    least = n_events if sample.cause is not None else min(n_events, sample.n - n_events)
    if least < LEAST:
        return f"{n_events} of {sample.n} simulated patients have the event; at least {LEAST} are needed"
    return ""
