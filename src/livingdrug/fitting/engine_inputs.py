"""What flows into a model on the engine over time: infusions with a duration, and covariates that change within a patient.

Both are steps in time, and the engine knows amounts added to states. So each becomes a state of its own that stands still between
its steps: the present rate of an infusion, and how far a covariate has moved from its first value. The solution is that of the
equations with the step written in, to the integrator's tolerance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.odes import Odes
from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.structure import AMOUNT, COMPARTMENT, DURATION, TIME
from livingdrug.foundation.errors import BadInput, UnknownName

Floats = NDArray[np.float64]

EARLIER = 1e-9
"""A covariate's new value holds for what is measured at the same moment: it steps this share of the time before it."""


@dataclass(frozen=True)
class Step:
    """An amount added to a state at a time."""

    time: float
    state: str
    amount: float


def with_inputs(odes: Odes, infused: Collection[str], covariates: Collection[str]) -> Odes:
    """The equations with a state for the rate into each of `infused` and for the change of each parameter of `covariates`.

    Examples
    --------
    >>> decay = Odes(("x",), ("k",), (0.1,), (), ("-k * x",), ("1",))
    >>> with_inputs(decay, ["x"], ["k"]).rates
    ('-(k + change_of_k) * x + rate_into_x', '0', '0')
    """
    told = {name: f"({name} + {_change(name)})" for name in covariates}

    def written(formula: str) -> str:
        return re.sub(r"[A-Za-z_]\w*", lambda word: told.get(word[0], word[0]), formula)

    rates = [written(rate) for rate in odes.rates]
    for state in infused:
        place = odes.states.index(state)
        rates[place] = f"{rates[place]} + {_rate(state)}"
    own = [*(_rate(state) for state in infused), *(_change(name) for name in covariates)]
    taken = {*odes.states, *odes.parameters, *(name for name, _ in odes.assignments)} & set(own)
    if taken:
        raise BadInput(
            f"the model uses the name {sorted(taken)[0]}, which is kept for what is given over time.\n  Rename it."
        )
    return replace(
        odes,
        states=(*odes.states, *own),
        rates=(*rates, *("0" for _ in own)),
        initial=(*odes.initial, *("0" for _ in own)),
        assignments=tuple((name, written(formula)) for name, formula in odes.assignments),
    )  # fmt: skip


def _rate(state: str) -> str:
    return f"rate_into_{state}"


def _change(name: str) -> str:
    return f"change_of_{name}"


def infused_states(data: KineticsData, dosed: Mapping[str, str]) -> list[str]:
    """States that somebody receives something over a duration into, in a fixed order."""
    over_time = data.doses[data.doses[:, DURATION] > 0]
    return sorted({state_of(place, dosed) for place in over_time[:, COMPARTMENT].tolist()})


def state_of(compartment: float, dosed: Mapping[str, str]) -> str:
    """The state that a dose goes to.

    Raises
    ------
    UnknownName
        The model's file does not say.
    """
    key = f"{compartment:g}"
    if key not in dosed:
        raise UnknownName("compartment of a dose", key, dosed, "Say in the model's [doses] where it goes.")
    return dosed[key]


def covariate_course(data: KineticsData, i: int, column: str) -> tuple[float, Floats, Floats]:
    """A covariate of patient number `i`: its value where the record begins, then the times and values of later steps."""
    when, values = data.course_of(i, column)
    if not when.size:
        return float(data.covariates[column][i]), when, values
    first, first_dose = data.first, data.first_dose
    given = data.doses[first_dose[i] : first_dose[i + 1], TIME]
    begin = min(0.0, float(data.time[first[i]]), float(given.min(initial=0.0)))
    before = max(int(np.searchsorted(when, begin, side="right")) - 1, 0)
    return float(values[before]), when[before + 1 :], values[before + 1 :]


def first_values(data: KineticsData, covariates: Mapping[str, str]) -> Floats:
    """Value of each covariate in the equations where each patient's record begins, shaped (patients, covariates).

    Raises
    ------
    UnknownName, BadInput
        The table has no such column, words in it, or patients without a value.
    """
    known = [name for name in data.covariates.columns if name != "patient"]
    found = np.empty((data.n_patients, len(covariates)))
    for k, column in enumerate(covariates.values()):
        if column not in known:
            raise UnknownName("covariate", column, known, "The model's [covariates] names a column of the data.")
        values = data.covariates[column]
        absent = [data.patients[i] for i in np.flatnonzero(values.is_null().to_numpy())]
        if absent:
            raise BadInput(
                f"covariate {column} has no value for {len(absent)} patients ({', '.join(absent[:8])}{', …' if len(absent) > 8 else ''}).\n"
                "  Fill them in, or take these patients out."
            )
        if not values.dtype.is_numeric():
            raise BadInput(f'covariate {column}: words ("{values[0]}"), expected numbers.\n  Code them as 0 and 1.')
        found[:, k] = [covariate_course(data, i, column)[0] for i in range(data.n_patients)]
    return found


def steps_of(data: KineticsData, i: int, dosed: Mapping[str, str], covariates: Mapping[str, str]) -> list[Step]:
    """All that patient number `i` is given over time, ascending; what is measured at a dose is measured before it."""
    first = data.first_dose
    found = []
    for dose in data.doses[first[i] : first[i + 1]]:
        state = state_of(dose[COMPARTMENT], dosed)
        if dose[DURATION] > 0:
            rate = dose[AMOUNT] / dose[DURATION]
            found += [Step(dose[TIME], _rate(state), rate), Step(dose[TIME] + dose[DURATION], _rate(state), -rate)]
        else:
            found.append(Step(dose[TIME], state, dose[AMOUNT]))
    for name, column in covariates.items():
        value, when, values = covariate_course(data, i, column)
        for time, later in zip(when.tolist(), values.tolist(), strict=True):
            found.append(Step(time - EARLIER * max(abs(time), 1.0), _change(name), later - value))
            value = later
    return sorted(found, key=lambda step: (step.time, step.state))
