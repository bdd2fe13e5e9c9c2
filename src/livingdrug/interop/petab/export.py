"""A population fit as a PEtab problem: every patient is a condition, and patients' parameters are estimated under the
fitted population as their prior, so that another program finds the individual estimates of this fit again.

PEtab (version 1) knows no censored results: they are left out, and the note beside the files says how many. It knows no
random effects either: population values stay at the fit's estimates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.engine.sbml.source import sbml_text
from livingdrug.fitting.error_models import ErrorModel
from livingdrug.foundation.errors import BadInput
from livingdrug.trial.storage import make_folder, write_bytes

if TYPE_CHECKING:
    from livingdrug.fitting.result import Fit

_SCALES = {"log": "log", "normal": "lin"}
_WIDE = 20.0
"""Bounds lie so many standard deviations from the expected value."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    yaml
        The problem's file.
    measurements, left_out
        Results written, and censored ones that PEtab cannot hold.
    """

    yaml: Path
    measurements: int
    left_out: int


def export_petab(fit: Fit, folder: Path | str) -> Exported:
    """Write a fit as a PEtab problem.

    Parameters
    ----------
    fit
        Of a model with equations: one that is a formula of time, or an SBML or Antimony model on the engine.
    folder
        Where the files go: problem.yaml, model.xml, four tables and README.txt.

    Raises
    ------
    BadInput
        The model's doses or scales cannot be told in PEtab.
    """
    _refuse(fit)
    place = make_folder(Path(folder))
    sbml, formulas = _model(fit)
    tables = {
        "conditions.tsv": _conditions(fit), "parameters.tsv": _parameters(fit), "observables.tsv": _observables(fit, formulas),
        "measurements.tsv": _measurements(fit),
    }  # fmt: skip
    for name, rows in tables.items():
        write_bytes(place / name, ("\n".join("\t".join(row) for row in rows) + "\n").encode("utf-8"))
    write_bytes(place / "model.xml", sbml.encode("utf-8"))
    left_out = int((fit.data.censored != 0).sum())
    note = (
        f"{fit.model.title}: individual parameters of {fit.data.n_patients} patients under the fitted population.\n"
        f"{left_out} censored results are left out: PEtab 1 cannot hold them.\n"
        "Population values and error sizes stay at the fit's estimates.\nSimulation; not for patient care.\n"
    )
    write_bytes(place / "README.txt", note.encode("utf-8"))
    told = (
        "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n- condition_files:\n  - conditions.tsv\n  measurement_files:\n"
        "  - measurements.tsv\n  observable_files:\n  - observables.tsv\n  sbml_files:\n  - model.xml\n"
    )
    write_bytes(place / "problem.yaml", told.encode("utf-8"))
    return Exported(place / "problem.yaml", int(fit.data.time.size) - left_out, left_out)


def _refuse(fit: Fit) -> None:
    population = fit.specification.population
    if not fit.model.equations:
        raise BadInput(
            f"{fit.name} has no equations that PEtab can hold.\n  Models of levels over time (stein2019 …) and models on the engine do."
        )
    if population.classes > 1 or fit.specification.occasions.n:
        raise BadInput("a mixture or occasions cannot be told in PEtab 1.\n  Export a fit without them.")
    strange = [n for n, s in zip(population.names, population.transforms, strict=True) if s not in _SCALES]
    if strange:
        raise BadInput(
            f"{', '.join(strange)}: PEtab 1 knows no logit or probit scale.\n  Fit with a model whose parameters are on the log or plain scale."
        )
    if fit.model.doses is not None:
        late = fit.data.doses[(fit.data.doses[:, 1] != 0) | (fit.data.doses[:, 3] > 0)]
        if len(late) or (np.bincount(fit.data.doses[:, 0].astype(int), minlength=1) > 1).any():
            raise BadInput("PEtab 1 holds one dose at time 0 of each patient, given at once; these data have others.")


def _model(fit: Fit) -> tuple[str, Sequence[str]]:
    """The model as SBML, and the formula of each output."""
    sbml = sbml_text(fit.model.equations)
    measured = [
        fit.model.measured[name] if len(fit.model.measured) > 1 else next(iter(fit.model.measured.values()))
        for name in fit.data.outputs
    ]
    return sbml, measured


def _number(value: float) -> str:
    return repr(float(value))


def _conditions(fit: Fit) -> list[list[str]]:
    population = fit.specification.population
    doses = fit.model.doses or {}
    states = sorted(set(doses.values()))
    rows = [["conditionId", *population.names, *states]]
    first = fit.data.first_dose
    for i in range(fit.data.n_patients):
        own = fit.data.doses[first[i] : first[i + 1]]
        given = {doses[f"{dose[4]:g}"]: dose[2] for dose in own if f"{dose[4]:g}" in doses} if doses else {}
        rows.append(
            [
                f"patient_{i}",
                *(f"{name}_{i}" for name in population.names),
                *(_number(given.get(s, 0.0)) for s in states),
            ]
        )
    return rows


def _parameters(fit: Fit) -> list[list[str]]:
    population = fit.specification.population
    rows = [["parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate",
             "objectivePriorType", "objectivePriorParameters"]]  # fmt: skip
    centre = population.means(fit.theta.beta)
    deviation = dict(zip(population.random.tolist(), np.sqrt(np.diag(fit.theta.omega)), strict=True))
    back = {"log": math.exp, "normal": float}
    for i in range(fit.data.n_patients):
        for p, name in enumerate(population.names):
            scale = population.transforms[p]
            value, mean, sd = fit.modes[i, p], centre[i, p], deviation.get(p, 0.0)
            wide = _WIDE * (sd or max(abs(mean), 1.0))
            bounds = [
                back[scale](min(max(mean + side * wide, -600.0), 600.0) if scale == "log" else mean + side * wide)
                for side in (-1, 1)
            ]
            prior = ["parameterScaleNormal", f"{_number(mean)};{_number(sd)}"] if p in deviation else ["", ""]
            rows.append(
                [
                    f"{name}_{i}",
                    _SCALES[scale],
                    *map(_number, bounds),
                    _number(back[scale](value)),
                    "1" if p in deviation else "0",
                    *prior,
                ]
            )
    return rows


def _noise(error: ErrorModel, a: float, b: float, observable: str) -> str:
    return {
        "additive": _number(a), "lognormal": _number(a), "proportional": f"{_number(b)} * {observable}",
        "combined": f"{_number(a)} + {_number(b)} * {observable}",
        "combined_root": f"sqrt({_number(a)}^2 + ({_number(b)} * {observable})^2)",
    }[error.name]  # fmt: skip


def _observables(fit: Fit, formulas: Sequence[str]) -> list[list[str]]:
    rows = [["observableId", "observableFormula", "observableTransformation", "noiseFormula", "noiseDistribution"]]
    for k, error in enumerate(fit.specification.errors):
        name, (a, b) = f"observed_{k}", fit.theta.error[k]
        rows.append(
            [name, formulas[k], "log" if error.name == "lognormal" else "lin", _noise(error, a, b, name), "normal"]
        )
    return rows


def _measurements(fit: Fit) -> list[list[str]]:
    data = fit.data
    rows = [["observableId", "simulationConditionId", "measurement", "time"]]
    for i in np.flatnonzero(data.censored == 0):
        rows.append(
            [f"observed_{data.output[i]}", f"patient_{data.patient[i]}", _number(data.value[i]), _number(data.time[i])]
        )
    return rows
