"""Any SBML or Antimony model as a structural model: a small TOML file says what is measured, dosed and estimated.

title = "Theophylline, one compartment"
antimony = "theo.ant"                  # or sbml = "model.xml"; beside this file
measured = "concentration"             # a state, assignment or parameter of the model; several:
                                       # [measured] cp = "concentration"  pca = "effect", by name in DVID
error = "combined"
[doses]
1 = "depot"                            # CMT of the data -> state that the amount is added to, at once or over its duration
[covariates]
weight = "WT"                          # parameter of the model -> column of the data, which may change within a patient
[log_states]                           # states over many decades, with a size below which they do not matter
effector = 1e-6
[parameter.ka]
start = 1.5
unit = "1/{time}"
meaning = "Rate of absorption"
transform = "log"                      # log, logit, probit, normal
varies = true
spread = 0.5
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.ensemble import CompiledModel, Dose, compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.engine.sbml.source import read_model_file
from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.engine_file import EngineFile, read_engine_file
from livingdrug.fitting.engine_inputs import first_values, infused_states, steps_of, with_inputs
from livingdrug.fitting.structure import Parameter, StructuralModel
from livingdrug.foundation.errors import BadInput, UnknownName, naming

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def read_engine_model(path: Path | str) -> StructuralModel:
    """A structural model from its TOML file; see the top of this file.

    Raises
    ------
    BadInput
        The file, the model or a name in it cannot be used.
    """
    path = Path(path)
    told = read_engine_file(path)
    odes = _equations(path, told)
    known = [*odes.states, *(name for name, _ in odes.assignments), *odes.parameters]
    measured = told.measured if isinstance(told.measured, dict) else {"value": told.measured}
    for quantity in measured.values():
        if quantity not in known:
            raise UnknownName("quantity of the model", str(quantity), known)
    quantities = list(dict.fromkeys(measured.values()))
    for name in told.parameter:
        if name not in odes.parameters:
            raise UnknownName("parameter of the model", name, odes.parameters)
    covariates, dosed, log_scales = told.covariates, told.doses, told.log_states
    for name in covariates:
        if name not in odes.parameters:
            raise UnknownName("parameter of the model", name, odes.parameters)
        if name in told.parameter:
            raise BadInput(
                f"{path}: {name} is both estimated and a covariate.\n  Take it out of [parameter] or of [covariates]."
            )
    for state in [*dosed.values(), *log_scales]:
        if state not in odes.states:
            raise UnknownName("state of the model", state, odes.states)

    @lru_cache(maxsize=4)
    def compiled(infused: tuple[str, ...]) -> CompiledModel:
        whole = with_inputs(odes, infused, covariates)
        linear = {name: 1e-3 for name in whole.states if name not in log_scales}
        return compile_model(whole, log_scales=log_scales, linear_scales=linear, outputs=quantities)

    with naming(str(path.parent / (told.sbml or told.antimony))):
        compiled(())  # what cannot be computed is told before any data are read
    parameters = tuple(
        Parameter(name, one.unit, one.meaning or name, one.transform, one.varies, one.spread)
        for name, one in told.parameter.items()
    )
    start = {name: one.start for name, one in told.parameter.items()}
    return StructuralModel(
        title=told.title or path.stem,
        source=told.source or path.name,
        parameters=parameters,
        predict=None,
        propose=lambda data: dict(start),
        error=told.error,
        needs_doses=bool(dosed),
        outputs=tuple(measured),
        equations=read_model_file(path.parent / (told.sbml or told.antimony)),
        measured=measured,
        doses=dosed or None,
        batch=lambda data: batch_predictor(
            compiled(tuple(infused_states(data, dosed))),
            [p.name for p in parameters],
            dosed,
            data,
            told.rtol,
            _columns(data, measured, quantities),
            covariates,
        ),
    )


def _equations(path: Path, told: EngineFile) -> Odes:
    file = path.parent / (told.sbml or told.antimony)
    if not file.is_file():
        raise BadInput(
            f"{path}: {'sbml' if told.sbml else 'antimony'} names {file.name}, which is not there.\n  Put the model beside this file, or correct the name."
        )
    return read_sbml(file)


def _columns(data: KineticsData, measured: Mapping[str, str], quantities: list[str]) -> Integers:
    """Which computed quantity each output of the data is."""
    if len(measured) == 1:
        return np.zeros(len(data.outputs), np.int64)
    return np.array([quantities.index(measured[name]) for name in data.outputs], np.int64)


def batch_predictor(
    compiled: CompiledModel, names: list[str], dosed: Mapping[str, str], data: KineticsData, rtol: float,
    quantity: Integers | None = None, covariates: Mapping[str, str] | None = None,
) -> Callable[[Floats, Integers], Floats]:  # fmt: skip
    """A function (parameters (rows, p), patients (rows,)) -> levels at the patients' times, one row after the other.

    Patients with the same times of measurement, of doses and of changing covariates are integrated together.
    """
    odes, asked = compiled.odes, covariates or {}
    columns = [odes.parameters.index(name) for name in names]
    own_columns = [odes.parameters.index(name) for name in asked]
    own = first_values(data, asked)
    schedules = _schedules(data, dosed, asked)
    first = data.first
    column = np.zeros(data.time.size, np.int64) if quantity is None else quantity[data.output]

    def predict(psi: Floats, who: Integers) -> Floats:
        lengths = np.diff(first)[who]
        start = np.concatenate([[0], np.cumsum(lengths)])
        result = np.empty(start[-1])
        values = compiled.default_parameters(len(who))
        values[:, columns] = psi
        values[:, own_columns] = own[who]
        for grid, steps, amounts, places, patients in schedules:
            rows = np.flatnonzero(np.isin(who, patients))
            if not rows.size:
                continue
            at = np.searchsorted(patients, who[rows])
            given = [Dose(check, state, amounts[at, k]) for k, (check, state) in enumerate(steps)]
            found = compiled.run(values[rows], grid, np.zeros(grid.size, bool), given, rtol=rtol)
            measured = column[first[patients[0]] : first[patients[0] + 1]]
            levels = np.where(found.status[:, None] <= 1, found.outputs[:, places, measured], np.nan)
            result[start[rows][:, None] + np.arange(places.size)] = levels
        return result

    return predict


def _schedules(
    data: KineticsData, dosed: Mapping[str, str], covariates: Mapping[str, str]
) -> list[tuple[Floats, list[tuple[int, str]], Floats, Integers, Integers]]:
    """By common times: grid, steps (check, state), amounts (patients, steps), places of the measurements, patients."""
    first = data.first
    steps = [steps_of(data, i, dosed, covariates) for i in range(data.n_patients)]
    groups: dict[Any, list[int]] = defaultdict(list)
    for i in range(data.n_patients):
        times = tuple(data.time[first[i] : first[i + 1]].tolist())
        outputs = tuple(data.output[first[i] : first[i + 1]].tolist())
        groups[times, outputs, tuple((step.time, step.state) for step in steps[i])].append(i)
    found = []
    for (times, _, given), members in groups.items():
        grid = np.unique(np.array([0.0, *times, *(when for when, _ in given)]))
        # what is measured at the time of a dose is measured before it: outputs are recorded, then the dose is given
        checks = [(int(np.searchsorted(grid, when)), state) for when, state in given]
        amounts = np.array([[step.amount for step in steps[i]] for i in members]).reshape(len(members), -1)
        found.append((grid, checks, amounts, np.searchsorted(grid, times).astype(np.int64), np.array(members)))
    return found
