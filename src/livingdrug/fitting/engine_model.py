"""Any SBML or Antimony model as a structural model: a small TOML file says what is measured, dosed and estimated.

title = "Theophylline, one compartment"
antimony = "theo.ant"                  # or sbml = "model.xml"; beside this file
measured = "concentration"             # a state, assignment or parameter of the model; several:
                                       # [measured] cp = "concentration"  pca = "effect", by name in DVID
error = "combined"
[doses]
1 = "depot"                            # CMT of the data -> state that the amount is added to
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

import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.ensemble import CompiledModel, Dose, compile_model
from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.structure import COMPARTMENT, TIME, Parameter, StructuralModel
from livingdrug.foundation.errors import BadInput, UnknownName

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RTOL = 1e-6
_KEYS = ("title", "source", "sbml", "antimony", "measured", "error", "doses", "log_states", "parameter", "rtol")


def read_engine_model(path: Path | str) -> StructuralModel:
    """A structural model from its TOML file; see the top of this file.

    Raises
    ------
    BadInput
        The file, the model or a name in it cannot be used.
    """
    path = Path(path)
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BadInput(
            f"{path}: there is no such file.\n  Give a model's TOML file, or a name of --list-models."
        ) from None
    except tomllib.TOMLDecodeError as problem:
        raise BadInput(f"{path}: not TOML ({problem}).") from None
    for key in told:
        if key not in _KEYS:
            raise UnknownName(f"entry of {path.name}", key, _KEYS)
    if "measured" not in told or not told.get("parameter"):
        raise BadInput(f'{path}: expected measured = "…" and at least one [parameter.NAME].')
    odes = _equations(path, told)
    known = [*odes.states, *(name for name, _ in odes.assignments), *odes.parameters]
    measured = told["measured"] if isinstance(told["measured"], dict) else {"value": told["measured"]}
    for quantity in measured.values():
        if quantity not in known:
            raise UnknownName("quantity of the model", str(quantity), known)
    quantities = list(dict.fromkeys(measured.values()))
    for name in told["parameter"]:
        if name not in odes.parameters:
            raise UnknownName("parameter of the model", name, odes.parameters)
    dosed = {str(key): state for key, state in told.get("doses", {}).items()}
    for state in [*dosed.values(), *told.get("log_states", {})]:
        if state not in odes.states:
            raise UnknownName("state of the model", state, odes.states)
    log_scales = {name: float(scale) for name, scale in told.get("log_states", {}).items()}
    linear = {name: 1e-3 for name in odes.states if name not in log_scales}
    compiled = compile_model(odes, log_scales=log_scales, linear_scales=linear, outputs=quantities)
    parameters = tuple(_parameter(path, name, entry) for name, entry in told["parameter"].items())
    start = {name: float(entry["start"]) for name, entry in told["parameter"].items()}
    rtol = float(told.get("rtol", RTOL))
    return StructuralModel(
        title=str(told.get("title", path.stem)),
        source=str(told.get("source", path.name)),
        parameters=parameters,
        predict=None,
        propose=lambda data: dict(start),
        error=str(told.get("error", "combined")),
        needs_doses=bool(dosed),
        outputs=tuple(measured),
        equations=_text(path, told),
        measured=measured,
        doses=dosed or None,
        batch=lambda data: batch_predictor(
            compiled, [p.name for p in parameters], dosed, data, rtol, _columns(data, measured, quantities)
        ),
    )


def _parameter(path: Path, name: str, entry: Mapping[str, Any]) -> Parameter:
    if "start" not in entry:
        raise BadInput(f"{path}, parameter.{name}: no start; give the typical value to begin with.")
    known = {"unit": "", "meaning": name, "transform": "log", "varies": True, "spread": 0.5}
    for key in entry:
        if key not in (*known, "start"):
            raise UnknownName(f"entry of parameter.{name}", key, [*known, "start"])
    return Parameter(name, **{key: entry.get(key, value) for key, value in known.items()})


def _text(path: Path, told: Mapping[str, Any]) -> str:
    return (path.parent / str(told["sbml" if "sbml" in told else "antimony"])).read_text(encoding="utf-8-sig")


def _equations(path: Path, told: Mapping[str, Any]) -> Odes:
    given = [key for key in ("sbml", "antimony") if key in told]
    if len(given) != 1:
        raise BadInput(f"{path}: expected one of sbml and antimony, the model's file.")
    file = path.parent / str(told[given[0]])
    if not file.is_file():
        raise BadInput(f"{path}: {given[0]} names {told[given[0]]}, which is not there.")
    return read_sbml(file)


def _columns(data: KineticsData, measured: Mapping[str, str], quantities: list[str]) -> Integers:
    """Which computed quantity each output of the data is."""
    if len(measured) == 1:
        return np.zeros(len(data.outputs), np.int64)
    return np.array([quantities.index(measured[name]) for name in data.outputs], np.int64)


def batch_predictor(
    compiled: CompiledModel, names: list[str], dosed: Mapping[str, str], data: KineticsData, rtol: float,
    quantity: Integers | None = None,
) -> Callable[[Floats, Integers], Floats]:  # fmt: skip
    """A function (parameters (rows, p), patients (rows,)) -> levels at the patients' times, one row after the other.

    Patients with the same times of measurement and doses are integrated together.
    """
    odes = compiled.odes
    columns = [odes.parameters.index(name) for name in names]
    schedules = _schedules(data, dosed)
    first = data.first
    column = np.zeros(data.time.size, np.int64) if quantity is None else quantity[data.output]

    def predict(psi: Floats, who: Integers) -> Floats:
        lengths = np.diff(first)[who]
        start = np.concatenate([[0], np.cumsum(lengths)])
        result = np.empty(start[-1])
        values = compiled.default_parameters(len(who))
        values[:, columns] = psi
        for grid, doses, amounts, places, patients in schedules:
            rows = np.flatnonzero(np.isin(who, patients))
            if not rows.size:
                continue
            at = np.searchsorted(patients, who[rows])
            given = [Dose(check, state, amounts[at, k]) for k, (check, state) in enumerate(doses)]
            found = compiled.run(values[rows], grid, np.zeros(grid.size, bool), given, rtol=rtol)
            own = column[first[patients[0]] : first[patients[0] + 1]]
            levels = np.where(found.status[:, None] <= 1, found.outputs[:, places, own], np.nan)
            result[start[rows][:, None] + np.arange(places.size)] = levels
        return result

    return predict


def _schedules(data: KineticsData, dosed: Mapping[str, str]) -> list[tuple[Floats, list[tuple[int, str]], Floats, Integers, Integers]]:  # fmt: skip
    """By common times: grid, doses (check, state), amounts (patients, doses), places of the measurements, patients."""
    first, first_dose = data.first, data.first_dose
    groups: dict[Any, list[int]] = defaultdict(list)
    for i in range(data.n_patients):
        doses = data.doses[first_dose[i] : first_dose[i + 1]]
        if (doses[:, 3] > 0).any():
            raise BadInput(
                f"patient {data.patients[i]} has an infusion over time; models on the engine take doses at once."
            )
        times = tuple(data.time[first[i] : first[i + 1]].tolist())
        outputs = tuple(data.output[first[i] : first[i + 1]].tolist())
        groups[times, outputs, tuple(doses[:, TIME].tolist()), tuple(doses[:, COMPARTMENT].tolist())].append(i)
    found = []
    for (times, _, when, where), members in groups.items():
        grid = np.unique(np.array([0.0, *times, *when]))
        # what is measured at the time of a dose is measured before it: outputs are recorded, then the dose is given
        states = []
        for compartment in where:
            key = f"{compartment:g}"
            if key not in dosed:
                raise UnknownName("compartment of a dose", key, dosed, "Say in the model's [doses] where it goes.")
            states.append(dosed[key])
        checks = [(int(np.searchsorted(grid, time)), state) for time, state in zip(when, states, strict=True)]
        amounts = np.array([data.doses[first_dose[i] : first_dose[i + 1], 2] for i in members]).reshape(
            len(members), -1
        )
        found.append((grid, checks, amounts, np.searchsorted(grid, times).astype(np.int64), np.array(members)))
    return found
