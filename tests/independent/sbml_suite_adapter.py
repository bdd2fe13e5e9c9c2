"""`simulate` for run_sbml_suite.py: SBML through read_sbml_model, integrated by run_with_events.

Usage: python run_sbml_suite.py DIRECTORY all sbml_suite_adapter   (with this folder on PYTHONPATH)
The environment variable LIVINGDRUG_SUITE chooses another integrator for models without events: "ensemble" is the
vectorised engine of compile_model, "scipy" is SciPy's LSODA on the plain formulas.
"""

from __future__ import annotations

import os

import libsbml
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from livingdrug.engine.odes import Odes
from livingdrug.engine.sbml.model import read_sbml_model
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.engine.with_events.driver import run_with_events
from livingdrug.engine.with_events.events import EventModel
from livingdrug.foundation.expressions import FUNCTIONS

__all__ = ["PlainOdes", "course_of", "read_sbml", "simulate"]

_WORDS = {**FUNCTIONS, "min": min, "max": max}


class PlainOdes:
    """Odes as plain Python functions of one patient: the slowest and most readable way to evaluate them."""

    def __init__(self, odes: Odes) -> None:
        self.odes = odes
        code = compile("\n".join(f"{name} = {formula}" for name, formula in odes.assignments), "assignments", "exec")
        rates = compile(f"({', '.join(odes.rates)},)" if odes.rates else "()", "rates", "eval")
        start = compile(f"({', '.join(odes.initial)},)" if odes.initial else "()", "initial", "eval")
        self._code, self._rates, self._start = code, rates, start
        self.constants = dict(zip(odes.parameters, map(np.float64, odes.defaults), strict=True))

    def initial(self) -> NDArray[np.float64]:
        """Starting values."""
        return np.array(eval(self._start, dict(_WORDS), dict(self.constants)), dtype=float)

    def values(self, time: float, state: NDArray[np.float64]) -> dict[str, float]:
        """Every quantity of the model by name."""
        scope = {**self.constants, **dict(zip(self.odes.states, state, strict=True)), "time": np.float64(time)}
        exec(self._code, dict(_WORDS), scope)
        return scope

    def rate(self, time: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Time derivatives."""
        return np.array(eval(self._rates, dict(_WORDS), self.values(time, state)), dtype=float)

    def course(self, times: NDArray[np.float64], rtol: float, atol: float, names: list[str]) -> NDArray[np.float64]:
        """Columns `names` at the times; LSODA, small steps so that no switch is jumped over."""
        with np.errstate(all="ignore"):
            state = self.initial()
            if len(state):
                found = solve_ivp(
                    self.rate, (times[0], times[-1]), state, "LSODA", times, rtol=rtol, atol=atol,
                    max_step=max((times[-1] - times[0]) / len(times), 1e-9),
                )  # fmt: skip
                if not found.success:
                    raise RuntimeError(found.message)
                states = found.y.T
            else:
                states = np.zeros((len(times), 0))
            rows = [self.values(time, row) for time, row in zip(times, states, strict=True)]
        return np.array([[row[name] for name in names] for row in rows], dtype=float)


def engine_course(
    odes: Odes, times: NDArray[np.float64], rtol: float, atol: float, names: list[str]
) -> NDArray[np.float64]:
    """The same columns by the ensemble engine, every state linear and shown at each time as a check."""
    from livingdrug.engine.ensemble import compile_model

    scales = dict.fromkeys(odes.states, atol / rtol)
    model = compile_model(odes, log_scales={}, linear_scales=scales, outputs=names)
    parameters = np.array([odes.defaults], dtype=float).reshape(1, -1)
    found = model.run(parameters, times, np.zeros(len(times), dtype=bool), [], rtol=rtol)
    if found.status[0] > 1:
        raise RuntimeError(found.sentences()[0])
    return found.outputs[0]


def event_course(
    model: EventModel, times: NDArray[np.float64], rtol: float, atol: float, names: list[str]
) -> NDArray[np.float64]:
    """The same columns by the driver for models with events."""
    parameters = np.array([model.odes.defaults], dtype=float).reshape(1, -1)
    found = run_with_events(model, parameters, times, rtol, atol, outputs=names)
    if found.status[0]:
        raise RuntimeError(found.sentences()[0])
    return found.outputs[0]


def course_of(
    sbml: str,
    times: NDArray[np.float64],
    amounts: list[str],
    concentrations: list[str],
    variables: list[str],
    abs_tol: float,
    rel_tol: float,
) -> NDArray[np.float64]:
    """Columns of variables at the times; species in amounts or concentrations as asked."""
    model = read_sbml_model(sbml)
    document = libsbml.readSBMLFromString(sbml)
    homes = {species.getId(): species for species in document.getModel().getListOfSpecies()}
    wanted = list(dict.fromkeys([*variables, *(homes[v].getCompartment() for v in variables if v in homes)]))
    own = [model.name(name) for name in wanted]
    rtol, atol = min(1e-8, rel_tol * 1e-4), max(abs_tol * 1e-5, 1e-30)
    chosen = "" if model.events or not model.odes.states else os.environ.get("LIVINGDRUG_SUITE", "")
    if chosen == "ensemble":
        course = engine_course(model.odes, times, rtol, atol, own)
    elif chosen == "scipy":
        course = PlainOdes(model.odes).course(times, rtol, atol, own)
    else:
        course = event_course(model, times, rtol, atol, own)
    columns = dict(zip(wanted, course.T, strict=True))
    out = []
    for name in variables:
        column = columns[name]
        if name in homes:
            size = columns[homes[name].getCompartment()]
            if homes[name].getHasOnlySubstanceUnits() and name in concentrations:
                column = column / size
            elif not homes[name].getHasOnlySubstanceUnits() and name in amounts:
                column = column * size
        out.append(column)
    return np.array(out).reshape(len(variables), len(times)).T


def simulate(
    sbml: str,
    start: float,
    duration: float,
    steps: int,
    amounts: list[str],
    concentrations: list[str],
    variables: list[str],
    abs_tol: float,
    rel_tol: float,
) -> NDArray[np.float64]:
    """Columns [time, *variables] at steps + 1 evenly spaced times."""
    times = np.linspace(start, start + duration, steps + 1)
    course = course_of(sbml, times, amounts, concentrations, variables, abs_tol, rel_tol)
    # run_sbml_suite.py finds a variable's reference by its heading, so for a variable with the very name of the first
    # column it takes the times (cases 01820 and 01821 have a parameter "Time"); it is answered in kind. What the engine
    # really gives for that parameter is compared, column by column, in test_sbml_suite.py, which uses course_of.
    for place, name in enumerate(variables):
        if name == "Time":
            course[:, place] = times
    return np.column_stack([times, course])
