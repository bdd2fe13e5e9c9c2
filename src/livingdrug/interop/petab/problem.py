"""A PEtab problem on our engine: simulations, likelihood, and a search for the best parameters.

Condition ──► parameters and starting states ──► (preequilibration) ──► course ──► observables ──► likelihood
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.ensemble import CompiledModel, compile_model
from livingdrug.engine.sbml.read import read_sbml
from livingdrug.foundation.errors import BadInput, SimulationFailed, UnknownName, naming
from livingdrug.foundation.expressions import read_formula
from livingdrug.interop.petab.checks import check, is_estimated, time
from livingdrug.interop.petab.files import PLACE, Files, Row, read_files
from livingdrug.interop.petab.formulas import as_ours
from livingdrug.interop.petab.priors import prior_of

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
RTOL = 1e-9
MOST_MEASUREMENTS = 1_000_000
MOST_WORK = 1e10
"""Measurements times evaluations of a search beyond which it is refused."""
LONGEST = 1e12
"""How long a model may take to its steady state, in its unit of time."""

_FORWARD: Mapping[str, Callable[[float], float]] = {"lin": float, "log": math.log, "log10": math.log10}
_BACK: Mapping[str, Callable[[float], float]] = {"lin": float, "log": math.exp, "log10": lambda x: 10.0**x}
_JACOBIAN: Mapping[str, Callable[[float], float]] = {
    "lin": lambda y: 0.0, "log": lambda y: -math.log(y), "log10": lambda y: -math.log(y * math.log(10)),
}  # fmt: skip
_DENSITY: Mapping[str, Callable[[float, float], float]] = {
    "normal": lambda z, s: -0.5 * math.log(2 * math.pi * s * s) - 0.5 * z * z,
    "laplace": lambda z, s: -math.log(2 * s) - abs(z),
}


@dataclass(frozen=True)
class Evaluation:
    """A problem at one set of parameters.

    Attributes
    ----------
    llh, chi2
        Log likelihood, and sum of squared residuals over their noise, on the scale of each observable.
    simulations
        One row per measurement: observableId, simulationConditionId, time, measurement, simulation, noise.
    """

    llh: float
    chi2: float
    simulations: pl.DataFrame


@dataclass(frozen=True)
class Problem:
    """A PEtab problem, ready to be evaluated.

    Attributes
    ----------
    files
        As they are written.
    """

    files: Files
    _model: CompiledModel = field(repr=False)

    @property
    def nominal(self) -> dict[str, float]:
        """The nominal value of each parameter, on a linear scale."""
        return {row["parameterId"]: float(row["nominalValue"]) for row in self.files.parameters if row["nominalValue"]}

    @property
    def estimated(self) -> list[str]:
        """Parameters that are to be estimated."""
        return [row["parameterId"] for row in self.files.parameters if is_estimated(row)]

    def evaluate(self, parameters: Mapping[str, float] | None = None) -> Evaluation:
        """Likelihood and simulations.

        Parameters
        ----------
        parameters
            Values on a linear scale that differ from the nominal ones.

        Raises
        ------
        UnknownName
            A parameter that the problem does not have.
        BadInput
            A parameter without a value; noise that is not above 0; something simulated that has no logarithm.
        SimulationFailed
            The integrator gave up, or there is no steady state.
        """
        import polars as pl

        values = self.nominal
        for name, value in (parameters or {}).items():
            if name not in {row["parameterId"] for row in self.files.parameters}:
                raise UnknownName("parameter", name, values)
            values[name] = float(value)
        for row in self.files.parameters:
            if row["parameterId"] not in values:
                raise BadInput(
                    f"{row[PLACE]}: {row['parameterId']} has no nominalValue to be evaluated at.\n"
                    "  Give it one, or estimate it (--estimate)."
                )
        observables = {row["observableId"]: row for row in self.files.observables}
        courses: dict[tuple[str, str], dict[float, dict[str, float]]] = {}
        llh = chi2 = 0.0
        rows = []
        for row in self.files.measurements:
            key = _conditions_of(row)
            if key not in courses:
                courses[key] = self._course(*key, values)
            here = courses[key][time(row)]
            observable = observables[row["observableId"]]
            measured = float(row["measurement"])
            simulated, noise = self._observed(observable, row, here)
            scale = observable.get("observableTransformation") or "lin"
            if not noise > 0:
                raise BadInput(
                    f"{row[PLACE]}: the noise of {row['observableId']} is {noise:g}, expected more than 0.\n  Look at its noiseFormula and the parameters."
                )
            if not math.isfinite(simulated) or (scale != "lin" and simulated <= 0):
                raise BadInput(
                    f"{row[PLACE]}: {row['observableId']} is simulated as {simulated:g}, which cannot be compared on its scale, {scale}.\n"
                    "  Look at its observableFormula and the parameters."
                )
            z = (_FORWARD[scale](measured) - _FORWARD[scale](simulated)) / noise
            density = _DENSITY[observable.get("noiseDistribution") or "normal"]
            llh += density(z, noise) + _JACOBIAN[scale](measured)
            chi2 += z * z
            rows.append((row["observableId"], row["simulationConditionId"], time(row), measured, simulated, noise))
        names = ["observableId", "simulationConditionId", "time", "measurement", "simulation", "noise"]
        return Evaluation(llh, chi2, pl.DataFrame(rows, schema=names, orient="row"))

    def estimate(
        self, *, starts: int = 10, seed: int = 1, evaluations: int = 2000
    ) -> tuple[dict[str, float], Evaluation]:
        """The most likely parameters that a gradient-free search from several starts finds, priors counted.

        Parameters
        ----------
        starts
            The nominal values, and so many others less one, even over the bounds on each parameter's scale.
        seed
            Of the starts.
        evaluations
            At most so many of each search.

        Returns
        -------
        Parameters on a linear scale, and the problem evaluated there.
        """
        if starts * evaluations * max(len(self.files.measurements), 1) > MOST_WORK or not self.estimated:
            raise BadInput(
                f"{self.files.source}: {starts} starts of up to {evaluations} evaluations over {len(self.files.measurements)} measurements"
                " are refused.\n  Ask for fewer starts."
                if self.estimated
                else f"{self.files.source}: no parameter is to be estimated (estimate is 0 everywhere).\n  Leave --estimate out."
            )
        from scipy.optimize import minimize
        from scipy.stats import qmc

        rows = {row["parameterId"]: row for row in self.files.parameters}
        names = self.estimated
        forward = [_FORWARD[rows[name].get("parameterScale") or "lin"] for name in names]
        back = [_BACK[rows[name].get("parameterScale") or "lin"] for name in names]
        bounds = np.array(
            [
                [f(float(rows[n][edge])) for edge in ("lowerBound", "upperBound")]
                for n, f in zip(names, forward, strict=True)
            ]
        )

        def linear(x: Floats) -> dict[str, float]:
            return {name: b(float(v)) for name, b, v in zip(names, back, x, strict=True)}

        priors = [prior_of(rows[name], self.files.source) for name in names]

        def cost(x: Floats) -> float:
            inside = np.clip(x, bounds[:, 0], bounds[:, 1])
            values = linear(inside)
            try:
                found = -self.evaluate(values).llh
                found -= sum(prior(float(v), values[n]) for prior, n, v in zip(priors, names, inside, strict=True))
            except (SimulationFailed, BadInput, ValueError, ZeroDivisionError):
                return 1e30
            return found if math.isfinite(found) else 1e30

        nominal = np.array([
            f(self.nominal[name]) if name in self.nominal else edges.mean()
            for name, f, edges in zip(names, forward, bounds, strict=True)
        ])  # fmt: skip
        self.evaluate(linear(nominal))  # what is wrong with the problem is told before the search
        others = qmc.scale(qmc.Sobol(len(names), rng=seed).random(max(starts - 1, 1)), bounds[:, 0], bounds[:, 1])
        options = {"maxfev": evaluations, "maxiter": evaluations, "xatol": 1e-6, "fatol": 1e-8, "adaptive": True}
        found = [
            minimize(cost, x, method="Nelder-Mead", bounds=bounds, options=options)
            for x in [nominal, *others[: starts - 1]]
        ]
        best = min(found, key=lambda one: one.fun)
        parameters = linear(np.asarray(best.x))
        return parameters, self.evaluate(parameters)

    # ---- inside -----------------------------------------------------------------------------------------------------

    @cached_property
    def _times(self) -> dict[tuple[str, str], list[float]]:
        """(condition before, condition) -> times at which it is measured, ascending."""
        found: dict[tuple[str, str], set[float]] = {}
        for row in self.files.measurements:
            found.setdefault(_conditions_of(row), set()).add(time(row))
        return {key: sorted(times) for key, times in found.items()}

    @cached_property
    def _conditions(self) -> dict[str, Row]:
        return {row["conditionId"]: row for row in self.files.conditions}

    def _course(self, before: str, condition: str, values: Mapping[str, float]) -> dict[float, dict[str, float]]:
        """Every quantity at every time that is measured in one condition; a course that fails says whose it is."""
        try:
            return self._followed(before, condition, values)
        except SimulationFailed as problem:
            after = f' after "{before}"' if before else ""
            raise SimulationFailed(
                f'{self.files.source}: the course of condition "{condition}"{after} failed: {problem}'
            ) from None

    def _followed(self, before: str, condition: str, values: Mapping[str, float]) -> dict[float, dict[str, float]]:
        start = None
        if before:
            parameters, changed = self._condition(before, values)
            start = self._steady(parameters, self._start(parameters, changed))
        parameters, changed = self._condition(condition, values)
        initial = self._start(parameters, changed) if start is None else self._changed(start, changed)
        times = self._times[before, condition]
        finite = [t for t in times if math.isfinite(t)]
        found = {}
        if finite:
            days = np.array(sorted({0.0, *finite}))
            outputs = self._run(parameters, days, initial)
            found = {t: self._named(parameters, outputs[int(np.searchsorted(days, t))], t, values) for t in finite}
        if len(finite) < len(times):
            state = self._steady(parameters, initial)
            found[math.inf] = self._named(
                parameters, self._run(parameters, np.array([0.0]), state)[0], math.inf, values
            )
        return found

    def _condition(self, name: str, values: Mapping[str, float]) -> tuple[Floats, dict[str, float]]:
        """Parameters of the model, and starting values that a condition sets."""
        odes = self._model.odes
        known = dict(zip(odes.parameters, odes.defaults, strict=True))
        known |= {key: value for key, value in values.items() if key in known}
        changed: dict[str, float] = {}
        for key, text in self._conditions[name].items():
            if key in (PLACE, "conditionId", "conditionName") or text.lower() in ("", "nan"):
                continue
            value = self._number(text, values)
            if key in known:
                known[key] = value
            elif key in odes.states:
                changed[key] = value
        return np.array([[known[key] for key in odes.parameters]]), changed

    def _number(self, text: str, values: Mapping[str, float]) -> float:
        try:
            return float(text)
        except ValueError:
            return values[text]

    def _start(self, parameters: Floats, changed: Mapping[str, float]) -> Floats:
        odes = self._model.odes
        columns = dict(zip(odes.parameters, parameters[0], strict=True))
        state = np.array([[float(read_formula(formula).evaluate(columns)) for formula in odes.initial]])
        return self._changed(state, changed)

    def _changed(self, state: Floats, changed: Mapping[str, float]) -> Floats:
        state = state.copy()
        for name, value in changed.items():
            state[0, self._model.odes.states.index(name)] = value
        return state

    def _run(self, parameters: Floats, days: Floats, initial: Floats) -> Floats:
        found = self._model.run(parameters, days, np.zeros(days.size, bool), initial=initial, rtol=RTOL)
        if found.status[0] > 1:
            raise SimulationFailed(f"{found.sentences()[0]}\n  Look at the parameters and the model.")
        return found.outputs[0]

    def _steady(self, parameters: Floats, initial: Floats) -> Floats:
        """The state from which the model moves no more."""
        states, state, span = len(self._model.odes.states), initial, 100.0
        while span < LONGEST:
            after = self._run(parameters, np.array([0.0, span]), state)[1, :states][None]
            if np.all(np.abs(after - state) <= 1e-8 * (1e-8 + np.abs(after))):
                return after
            state, span = after, span * 10
        raise SimulationFailed(
            f"it finds no steady state within {LONGEST:g} units of time.\n"
            "  Look at the model and its parameters, or at a time inf and a preequilibrationConditionId that ask for it."
        )

    def _named(self, parameters: Floats, outputs: Floats, time: float, values: Mapping[str, float]) -> dict[str, float]:
        odes = self._model.odes
        named = dict(values) | dict(zip(odes.parameters, parameters[0].tolist(), strict=True))
        return named | dict(zip(self._model.outputs, outputs.tolist(), strict=True)) | {"time": time}

    def _observed(self, observable: Row, row: Row, here: Mapping[str, float]) -> tuple[float, float]:
        """What is simulated for a measurement, and its noise."""
        name = observable["observableId"]
        scope = dict(here)
        for kind in ("observable", "noise"):
            texts = [text for text in row.get(f"{kind}Parameters", "").split(";") if text]
            scope |= {f"{kind}Parameter{k}_{name}": self._number(text, here) for k, text in enumerate(texts, start=1)}
        simulated = _evaluated(observable["observableFormula"], scope, self.files.source)
        scope[name] = simulated
        return simulated, _evaluated(observable["noiseFormula"], scope, self.files.source)


def _conditions_of(row: Row) -> tuple[str, str]:
    """The condition before that of a measurement, "" where there is none, and its own."""
    return row.get("preequilibrationConditionId", ""), row["simulationConditionId"]


def load_petab(path: Path | str) -> Problem:
    """A PEtab problem from its YAML file.

    Raises
    ------
    BadInput
        A file is missing or cannot be read; a table does not fit the model, with its row.
    """
    files = read_files(path)
    if len(files.measurements) > MOST_MEASUREMENTS:
        raise BadInput(
            f"{path}: {len(files.measurements):,} measurements, more than {MOST_MEASUREMENTS:,}.\n  Split the problem."
        )
    with naming(files.model_source):
        odes = read_sbml(files.sbml)
    check(files, odes)
    outputs = [*odes.states, *(name for name, _ in odes.assignments)]
    with naming(files.model_source, "Give a model in which something moves."):
        model = compile_model(odes, log_scales={}, linear_scales=dict.fromkeys(odes.states, 1e-3), outputs=outputs)
    return Problem(files, model)


def _evaluated(formula: str, scope: Mapping[str, Any], source: str) -> float:
    expression = read_formula(as_ours(formula))
    if missing := sorted(set(expression.names) - set(scope)):
        raise BadInput(
            f'{source}: the formula "{formula}" uses {", ".join(missing)}, which nothing gives.\n'
            "  Name a parameter, a species, or what the measurement gives."
        )
    return float(expression.evaluate(scope))
