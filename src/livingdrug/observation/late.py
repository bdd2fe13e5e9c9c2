"""Late effects of cells: when each patient gets one, and when it kills. They come at rates that were seen, not from the model's states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams

if TYPE_CHECKING:
    from livingdrug.catalog.records.late_effect import LateEffect

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Late:
    """One late effect of each patient: days from infusion (n,), infinite for never.

    Attributes
    ----------
    event
        Its name among events.
    onset_day, death_day
        When it is diagnosed, and when it kills.
    """

    event: str
    onset_day: Floats
    death_day: Floats


def late_effects(effects: Sequence[LateEffect], patients: NDArray[np.int64], seed: int) -> tuple[Late, ...]:
    """Each late effect of each patient, had nothing else happened.

    Parameters
    ----------
    effects
        Those that follow the arm's product.
    patients, seed
        Address of the random numbers.

    Notes
    -----
    A lasting hazard is exponential in time; a probability with a median onset is lognormal. Time to death of those who die of it
    is exponential with the median stated.
    """
    return tuple(_one(effect, patients, seed) for effect in effects)


def _one(effect: LateEffect, patients: NDArray[np.int64], seed: int) -> Late:
    number = {name: one.value for name, one in effect.number.items()}
    place = f"late_effect/{effect.id}"
    if "hazard" in number:
        hazard = number["hazard"]
        onset = streams.exponential(seed, place, patients) / hazard if hazard > 0 else np.full(len(patients), np.inf)
    else:
        spread = number["onset_log_sd"] * streams.normal(seed, f"{place}/onset", patients)
        comes = streams.uniform(seed, place, patients) < number["probability"]
        onset = np.where(comes, number["onset_day"] * np.exp(spread), np.inf)
    fatal = streams.uniform(seed, f"{place}/fatal", patients) < number["fatal"]
    after = streams.exponential(seed, f"{place}/death", patients) * number["death_after_days"] / np.log(2.0)
    return Late(effect.called, onset, np.where(fatal, onset + after, np.inf))
