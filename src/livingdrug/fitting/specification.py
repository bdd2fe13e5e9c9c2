"""From what a user asks (model, covariates, correlations, fixed values) to what is estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.error_models import ErrorModel, error_model
from livingdrug.fitting.importance import AT
from livingdrug.fitting.likelihood import Occasions
from livingdrug.fitting.population import SECOND, Population, Theta, blocks
from livingdrug.fitting.structure import Parameter, StructuralModel
from livingdrug.fitting.transforms import CODES, TRANSFORMS
from livingdrug.foundation.errors import BadInput, UnknownName
from livingdrug.foundation.expressions import read_formula

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Specification:
    """Everything a fit needs besides the data.

    Attributes
    ----------
    population, errors
        What is estimated.
    start
        Values to begin with.
    covariates
        Column name -> values (n,) of the covariate columns that the design uses.
    error_fixed
        Whether error sizes stay at their start.
    occasions
        What differs within patients.
    """

    population: Population
    errors: tuple[ErrorModel, ...]
    start: Theta
    error_fixed: bool = False
    occasions: Occasions = field(default_factory=Occasions)


def specify(
    model: StructuralModel,
    data: KineticsData,
    *,
    error: str | Sequence[str] | Mapping[str, str] | None = None,
    spread: Mapping[str, float] | None = None,
    no_spread: Sequence[str] = (),
    fixed: Mapping[str, float] | None = None,
    start: Mapping[str, float] | None = None,
    correlations: Sequence[Sequence[str]] | str = (),
    covariates: Mapping[str, Sequence[str]] | None = None,
    fixed_error: Mapping[str, float] | None = None,
    by_occasion: Sequence[str] = (),
    mixture: Sequence[str] | Mapping[str, float] = (),
) -> Specification:
    """What is estimated; arguments as in `livingdrug.fitting.fit.fit`.

    Raises
    ------
    UnknownName
        A parameter, covariate, error or output that does not exist.
    BadInput
        A value outside a parameter's bounds, or a covariate that is missing for some patients.
    """
    names = model.names
    fixed, given = dict(fixed or {}), dict(start or {})
    columns = _covariate_columns(covariates or {}, data)
    effects = [f"beta({parameter}, {what})" for parameter, what, _ in columns]
    effects += [f"beta({parameter}, {SECOND})" for parameter in mixture]
    asked = [
        *(name for name in (*fixed, *given) if name not in effects),
        *no_spread,
        *(spread or {}),
        *(covariates or {}),
        *by_occasion,
        *mixture,
    ]
    _refuse_void(fixed, given, spread or {}, no_spread)
    _refuse_negative("spread", spread or {})
    _refuse_negative("fixed_error", fixed_error or {})
    groups = [list(names)] if correlations == "full" else [list(group) for group in correlations]
    for name in [*asked, *(name for group in groups for name in group)]:
        if name not in names:
            raise UnknownName("parameter", name, names, f"These are the parameters of: {model.title}.")
    varies = [p.varies and p.name not in no_spread for p in model.parameters]
    varies = [v or p.name in (spread or {}) for v, p in zip(varies, model.parameters, strict=True)]
    random = np.flatnonzero(varies).astype(np.int64)
    if not random.size:
        raise BadInput("no parameter differs between patients.\n  Leave at least one out of no_spread.")
    proposed = model.propose(data) | given | fixed
    typical = []
    for parameter in model.parameters:
        scale, value = TRANSFORMS[parameter.transform], float(proposed[parameter.name])
        if not scale.low < value < scale.high:
            raise BadInput(
                f"parameter {parameter.name}: got {value:g}, expected between {scale.low:g} and {scale.high:g}."
            )
        typical.append(float(scale.forward(np.asarray(value))))
    moves = _moves(model, data, by_occasion)
    population = _population(model, data, random, columns, effects, moves, groups, mixture, fixed)
    every, coefficients, random = population.names, population.coefficients, population.random
    errors = _errors(model, data, error)
    begin = []
    for r in random:
        i = names.index(every[r].split(AT)[0])
        share = (spread or {}).get(names[i], model.parameters[i].spread)
        begin.append((share if r < len(names) else 0.5 * share) * _plain_scale(model, i, typical[i]))
    beta = np.array([*typical, *[0.0] * len(moves), *(float((given | fixed).get(name, 0.0)) for name in effects)])
    for k, parameter in enumerate(mixture, start=len(every) + len(columns)):
        if coefficients[k] not in given | fixed:
            beta[k] = _second(model.parameters[names.index(parameter)], typical[names.index(parameter)], mixture)
    _refuse_errors(errors, fixed_error or {})
    sizes = _error_start(data, errors, fixed_error or {})
    theta = Theta(beta, np.diag(np.array(begin) ** 2), sizes, 0.3 if mixture else 0.0)
    return Specification(population, errors, theta, bool(fixed_error), _occasions(model, data, by_occasion))


def _population(
    model: StructuralModel, data: KineticsData, random: NDArray[np.int64], columns: Sequence[tuple[str, str, Floats]],
    effects: Sequence[str], moves: Sequence[str], groups: Sequence[Sequence[str]], mixture: Sequence[str] | Mapping[str, float],
    fixed: Mapping[str, float],
) -> Population:  # fmt: skip
    """Parameters with their moves, coefficients with their design, and what of the spread is estimated."""
    names = model.names
    every, scales = [*names, *moves], [*(p.transform for p in model.parameters), *["normal"] * len(moves)]
    coefficients = [*every, *effects]
    affected = [*(parameter for parameter, _, _ in columns), *mixture]
    owner = np.array([*range(len(every)), *(names.index(parameter) for parameter in affected)], np.int64)
    design = np.zeros((data.n_patients, len(every), len(coefficients)))
    design[:, np.arange(len(every)), np.arange(len(every))] = 1.0
    for k, (parameter, _, values) in enumerate(columns):
        design[:, names.index(parameter), len(every) + k] = values
    if mixture:
        second = design.copy()
        for k, parameter in enumerate(mixture, start=len(every) + len(columns)):
            second[:, names.index(parameter), k] = 1.0
        design = np.concatenate([design, second])
    estimated = np.array([name not in fixed and name not in moves for name in coefficients])
    random = np.concatenate([random, np.arange(len(names), len(every))]).astype(np.int64)
    ties = np.array([every[r].split(AT)[0] if every[r] in moves else f"{r}" for r in random])
    tied = np.unique(ties, return_inverse=True)[1].astype(np.int64)
    return Population(
        tuple(every), tuple(scales), random, tuple(coefficients), owner, design, estimated,
        blocks(every, random, groups), tied, 2 if mixture else 1,
    )  # fmt: skip


def _moves(model: StructuralModel, data: KineticsData, by_occasion: Sequence[str]) -> list[str]:
    """Names of the moves of parameters on each occasion: a random parameter each, all of one parameter with one spread."""
    if not by_occasion:
        return []
    if len(data.occasions) < 2:
        raise BadInput(
            "parameters are to differ between occasions, and the data have one.\n  Name the column that numbers them OCC, or "
            'with columns={"OCC": …} (--column OCC=HEADING).'
        )
    for name in by_occasion:
        if model.parameters[model.names.index(name)].transform == "probit":
            raise BadInput(f"parameter {name} is on the probit scale and cannot differ between occasions.")
    return [f"{name}{AT}{occasion}" for name in by_occasion for occasion in data.occasions]


def _occasions(model: StructuralModel, data: KineticsData, by_occasion: Sequence[str]) -> Occasions:
    if not by_occasion:
        return Occasions()
    varying = [
        (model.names.index(name), CODES[model.parameters[model.names.index(name)].transform]) for name in by_occasion
    ]
    return Occasions(len(data.occasions), np.ascontiguousarray(data.occasion), np.array(varying, np.int64))


def _second(parameter: Parameter, typical: float, mixture: Sequence[str] | Mapping[str, float]) -> float:
    """Where the second group of a mixture begins, as a step from the first on the parameter's own scale."""
    scale = TRANSFORMS[parameter.transform]
    if isinstance(mixture, Mapping):
        value = float(mixture[parameter.name])
        if not scale.low < value < scale.high:
            raise BadInput(
                f"mixture, {parameter.name}: got {value:g}, expected between {scale.low:g} and {scale.high:g}."
            )
        step = float(scale.forward(np.asarray(value))) - typical
        if step == 0:
            raise BadInput(
                f"mixture, {parameter.name}: the second group begins where the first does; give another value."
            )
        return step
    return -0.8 * max(abs(typical), 1e-3) if parameter.transform == "normal" else -2.0


def _plain_scale(model: StructuralModel, i: int, value: float) -> float:
    """Spreads are given as shares; on a plain scale they are shares of the value."""
    return max(abs(value), 1e-3) if model.parameters[i].transform == "normal" else 1.0


def _errors(
    model: StructuralModel, data: KineticsData, asked: str | Sequence[str] | Mapping[str, str] | None
) -> tuple[ErrorModel, ...]:
    if isinstance(asked, Mapping):
        for name in asked:
            if name not in data.outputs:
                raise UnknownName("output", name, data.outputs)
        wanted = [asked.get(name, model.error) for name in data.outputs]
    elif asked is None or isinstance(asked, str):
        wanted = [asked or model.error] * len(data.outputs)
    else:
        wanted = list(asked)
    if len(wanted) != len(data.outputs):
        raise BadInput(
            f"{len(wanted)} residual errors for {len(data.outputs)} outputs ({', '.join(data.outputs)}); give one for each."
        )
    found = tuple(error_model(name) for name in wanted)
    for k, one in enumerate(found):
        mine = data.output == k
        if one.name == "lognormal" and (data.value[mine] <= 0).any():
            rows = data.row[mine & (data.value <= 0)]
            raise BadInput(
                f"{data.source or 'the data'}: {rows.size} values are 0 or negative (rows {', '.join(map(str, rows[:8]))}), "
                "which a lognormal error cannot have.\n  State the limit of quantification (lloq=…, --lloq) so that they "
                "count as below it, or choose another error, such as combined."
            )
    return found


def _refuse_void(
    fixed: Mapping[str, float], start: Mapping[str, float], spread: Mapping[str, float], no_spread: Sequence[str]
) -> None:
    """What another option makes void: a start of what is not estimated, a spread of what does not differ."""
    for name in (name for name in start if name in fixed):
        raise BadInput(
            f"{name} is fixed and has a start: got {fixed[name]:g} and {start[name]:g}.\n  Take one of them out."
        )
    for name in (name for name in spread if name in no_spread):
        raise BadInput(f"{name} has a spread ({spread[name]:g}) and is in no_spread.\n  Take one of them out.")


def _refuse_negative(argument: str, values: Mapping[str, float]) -> None:
    for name in (name for name, value in values.items() if value < 0):
        raise BadInput(f"{argument} of {name}: got {values[name]:g}, expected 0 or more.\n  Give it without its sign.")


def _refuse_errors(errors: tuple[ErrorModel, ...], fixed: Mapping[str, float]) -> None:
    """Sizes of errors are given all or none: what is not given would stay where it begins."""
    wanted = [
        letter + (f"_{k + 1}" if len(errors) > 1 else "")
        for k, error in enumerate(errors)
        for letter in error.parameters
    ]
    for name in (name for name in fixed if name not in wanted):
        raise UnknownName(
            "size of the residual error", name, wanted, f"These belong to: {', '.join(one.name for one in errors)}."
        )
    absent = [name for name in wanted if name not in fixed]
    if fixed and absent:
        raise BadInput(
            f"fixed_error: {', '.join(absent)} is not given; expected {', '.join(wanted)}, all or none.\n  Give it, too, or leave fixed_error out."
        )


def _error_start(data: KineticsData, errors: tuple[ErrorModel, ...], fixed: Mapping[str, float]) -> Floats:
    """Large enough to begin with: a third of the spread of the data, or of the level."""
    sizes = np.zeros((len(errors), 2))
    for k, error in enumerate(errors):
        values = data.value[data.output == k]
        typical = float(np.std(values)) / 3 or 1.0
        sizes[k] = (0.8, 0.0) if error.name == "lognormal" else (typical, 0.3)
        for which, letter in enumerate("ab"):
            label = letter + (f"_{k + 1}" if len(errors) > 1 else "")
            sizes[k, which] = fixed.get(label, sizes[k, which]) if letter in error.parameters else 0.0
    return sizes


def _covariate_columns(asked: Mapping[str, Sequence[str]], data: KineticsData) -> list[tuple[str, str, Floats]]:
    """(parameter, name, values (n,)) of each column; words become one column per word but the commonest."""
    import polars as pl

    frame = data.covariates
    known = [name for name in frame.columns if name != "patient"]
    columns: list[tuple[str, str, Floats]] = []
    for parameter, formulas in asked.items():
        for formula in [formulas] if isinstance(formulas, str) else formulas:
            if formula in known and frame[formula].dtype == pl.String:
                _refuse_missing(formula, frame[formula].is_null().to_numpy(), data)
                words = frame[formula].value_counts(sort=True)[formula].to_list()
                reference = sorted(
                    w for w in words if (frame[formula] == w).sum() == (frame[formula] == words[0]).sum()
                )[0]
                for word in sorted(set(words) - {reference}):
                    columns.append((parameter, f"{formula}={word}", (frame[formula] == word).to_numpy().astype(float)))
                continue
            columns.append((parameter, formula, _evaluated(formula, frame, known, data)))
    return columns


def _evaluated(formula: str, frame: pl.DataFrame, known: list[str], data: KineticsData) -> Floats:
    import polars as pl

    expression = read_formula(formula)
    missing = sorted(set(expression.names) - set(known))
    if missing:
        raise UnknownName(
            "covariate", missing[0], known, "Covariates are the columns of the data that hold one value a patient."
        )
    values = {name: frame[name].cast(pl.Float64, strict=False).to_numpy() for name in expression.names}
    with np.errstate(all="ignore"):
        result = np.broadcast_to(np.asarray(expression.evaluate(values), float), (data.n_patients,)).copy()
    _refuse_missing(formula, ~np.isfinite(result), data)
    if np.ptp(result) == 0:
        raise BadInput(
            f"covariate {formula} is the same for all patients ({result[0]:g}); its effect cannot be estimated."
        )
    return result


def _refuse_missing(formula: str, missing: NDArray[np.bool_], data: KineticsData) -> None:
    if missing.any():
        who = [data.patients[i] for i in np.flatnonzero(missing)]
        raise BadInput(
            f"covariate {formula} has no value for {len(who)} patients ({', '.join(who[:8])}{', …' if len(who) > 8 else ''}).\n"
            "  Fill them in, take these patients out, or leave the covariate out."
        )
