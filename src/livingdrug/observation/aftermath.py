"""After remission is lost, or never reached: further therapy, and death from the disease.

The model follows the tumour under CAR T cells only. From relapse or treatment failure on, further therapy decides;
its numbers are the trial's (`[conduct]`), fitted to overall survival as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.foundation import streams
from livingdrug.foundation.errors import CatalogError, UnitError
from livingdrug.foundation.quantities import Quantity
from livingdrug.foundation.units import factor

NEEDED = {
    "salvage_success": "share of patients whom further therapy keeps alive in the long run",
    "survival_after_failure": "median survival of the others after relapse or treatment failure [day]",
    "survival_shape": "Weibull shape of that survival",
    "transplant_in_remission": "share of responders who are transplanted in remission",
    "transplant_day": "median day of that transplant",
    "transplant_day_log_sd": "spread of that day (log scale)",
    "further_therapy_delay": "median days from relapse or failure to further therapy",
    "lost_to_follow_up": "rate of loss to follow-up [1/day]",
    "other_death": "rate of death from other causes in remission [1/day]",
}

RANGES = {
    "salvage_success": ("", 0.0, 1.0),
    "survival_after_failure": ("day", 1.0, 1e5),
    "survival_shape": ("", 0.1, 10.0),
    "transplant_in_remission": ("", 0.0, 1.0),
    "transplant_day": ("day", 0.0, 1e5),
    "transplant_day_log_sd": ("", 0.0, 5.0),
    "further_therapy_delay": ("day", 0.0, 1e5),
    "lost_to_follow_up": ("1/day", 0.0, 1.0),
    "other_death": ("1/day", 0.0, 1.0),
}
"""Unit of each, and between what values it can lie: shares, days and rates."""


@dataclass(frozen=True)
class Aftermath:
    """Days (n,), infinite when the event does not happen."""

    disease_death_day: NDArray[np.float64]
    other_death_day: NDArray[np.float64]
    subsequent_therapy_day: NDArray[np.float64]
    lost_day: NDArray[np.float64]


def check_conduct(conduct: Mapping[str, Quantity], trial: str) -> None:
    """Hold the numbers needed of a trial's ``[conduct]`` against their units and ranges.

    Raises
    ------
    CatalogError
        One is missing, in another unit, or out of range: says which, what it means, and what was expected.
    """
    for name, value in _values(conduct, trial).items():
        unit, low, high = RANGES[name]
        written = conduct[name].unit
        try:
            same = factor(written, unit) == 1.0  # the number is used as it stands: "4 month" is not 4 days
        except UnitError:
            same = False
        if not same:
            raise CatalogError(
                f'trial "{trial}", "conduct.{name}": got the unit "{written}", expected "{unit}".\n  Correct the unit.'
            )
        if not low <= value <= high:
            raise CatalogError(
                f'trial "{trial}", "conduct.{name}": got {value:g} {written}, expected {low:g} to {high:g}'
                f" ({NEEDED[name]}).\n  Correct the value."
            )


def _values(conduct: Mapping[str, Quantity], trial: str) -> dict[str, float]:
    missing = [name for name in NEEDED if name not in conduct]
    if missing:
        raise CatalogError(
            f'trial "{trial}": [conduct] lacks {missing[0]} ({NEEDED[missing[0]]}).\n'
            "  Add it with value, unit, meaning, kind and source; see trial/eliana.toml."
        )
    return {name: conduct[name].value for name in NEEDED}


def aftermath(
    conduct: Mapping[str, Quantity],
    trial: str,
    patients: NDArray[np.int64],
    responded: NDArray[np.bool_],
    failure_day: NDArray[np.float64],
    seed: int,
) -> Aftermath:
    """Further therapy, deaths that follow loss of remission, and loss to follow-up.

    Parameters
    ----------
    conduct
        The trial's numbers, see `NEEDED`.
    trial
        Catalogue id, for messages.
    patients, seed
        Address of the random numbers.
    responded
        Whether a remission was seen (n,).
    failure_day
        Day of relapse or treatment failure (n,), infinite for none.
    """
    value = _values(conduct, trial)
    failed = np.isfinite(failure_day)
    saved = streams.uniform(seed, "aftermath/salvage", patients) < value["salvage_success"]
    shape = value["survival_shape"]
    scale = value["survival_after_failure"] / np.log(2.0) ** (1.0 / shape)
    survival = scale * streams.exponential(seed, "aftermath/survival", patients) ** (1.0 / shape)
    disease_death = np.where(failed & ~saved, failure_day + survival, np.inf)

    transplanted = responded & (
        streams.uniform(seed, "aftermath/transplant", patients) < value["transplant_in_remission"]
    )
    spread = value["transplant_day_log_sd"] * streams.normal(seed, "aftermath/transplant_day", patients)
    transplant = np.where(transplanted, value["transplant_day"] * np.exp(spread), np.inf)
    delay = value["further_therapy_delay"] * 2.0 * streams.uniform(seed, "aftermath/delay", patients)
    further = np.where(failed, failure_day + delay, np.inf)
    further = np.where(further < disease_death, further, np.inf)
    further = np.where(transplant < failure_day, transplant, further)

    lost = streams.exponential(seed, "aftermath/lost", patients) / max(value["lost_to_follow_up"], 1e-12)
    other = streams.exponential(seed, "aftermath/other_death", patients) / max(value["other_death"], 1e-12)
    return Aftermath(disease_death, other, further, lost)
