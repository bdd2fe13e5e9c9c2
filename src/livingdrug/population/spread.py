"""Between-patient spread: each patient's own value of every parameter that has one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from livingdrug.foundation import streams
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.quantities import Quantity

KEPT = {
    "tumour_growth": "leukaemia_growth",
    "tumour_turnover": "leukaemia_turnover",
    "tumour_ceiling": "leukaemia_ceiling",
    "tumour_start": "leukaemia_start",
    "tumour_capacity": "marrow_capacity",
}
"""Parameters that were renamed keep the address of their random numbers, so that patient 137 stays the same person."""


def individual_parameters(
    quantities: Mapping[str, Quantity],
    patients: NDArray[np.int64],
    seed: int,
    *,
    scope: str = "parameter",
    between_patient: bool = True,
) -> dict[str, NDArray[np.float64]]:
    """Every parameter's value in every patient.

    ========  =======================================
    spread    a patient's value (z standard normal)
    ========  =======================================
    log       value * exp(spread * z)
    logit     expit(logit(value) + spread * z)
    normal    value + spread * z
    exponential  value * e (e standard exponential; spread is 1)
    none      value
    ========  =======================================

    Parameters
    ----------
    quantities
        Name -> typical value with its spread.
    patients
        Patient numbers, shaped (n,).
    seed
        The run's seed.
    scope
        First part of the random streams' address ``"<scope>/<name>"``: the same scope and name give the same patient
        the same deviation wherever it is asked for.
    between_patient
        False switches the spread off: every patient is typical.

    Returns
    -------
    Name -> float64 array shaped (n,), in the quantity's unit.

    Raises
    ------
    BadInput
        A logit spread around a value that is not between 0 and 1.

    Examples
    --------
    >>> growth = Quantity(value=0.08, unit="1/day", meaning="growth", kind="assumed", source="example", spread=0.3)
    >>> individual_parameters({"growth": growth}, np.arange(2), 7, between_patient=False)["growth"]
    array([0.08, 0.08])
    """
    numbers = np.ascontiguousarray(patients, dtype=np.int64)
    return {
        name: _individual(name, quantity, numbers, seed, scope, between_patient)
        for name, quantity in quantities.items()
    }


def _individual(
    name: str, quantity: Quantity, patients: NDArray[np.int64], seed: int, scope: str, between_patient: bool
) -> NDArray[np.float64]:
    if not between_patient or quantity.spread == 0.0:
        return np.full(patients.shape, quantity.value)
    if quantity.spread_scale == "exponential":
        return quantity.value * streams.exponential(seed, f"{scope}/{KEPT.get(name, name)}", patients)
    deviation = quantity.spread * streams.normal(seed, f"{scope}/{KEPT.get(name, name)}", patients)
    if quantity.spread_scale == "log":
        return quantity.value * np.exp(deviation)
    if quantity.spread_scale == "normal":
        return quantity.value + deviation
    if not 0.0 < quantity.value < 1.0:
        raise BadInput(
            f"{name}: value {quantity.value:g} with a logit spread, expected a value between 0 and 1.\n"
            '  Use spread_scale = "log" or "normal".'
        )
    return expit(logit(quantity.value) + deviation)
