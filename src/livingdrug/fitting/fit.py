"""A population fit in one call: data and the name of a model in, estimates and diagnostics out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.fitting.checkpoint import Checkpoint
from livingdrug.fitting.data import KineticsData
from livingdrug.fitting.importance import (
    Coordinates,
    Proposals,
    covariance_of,
    determined,
    examine,
    refine,
    rise,
)
from livingdrug.fitting.likelihood import likelihood_of
from livingdrug.fitting.modes import conditional_modes
from livingdrug.fitting.result import Fit
from livingdrug.fitting.saem import Progress, Settings, approximate, conditional_moments
from livingdrug.fitting.specification import Specification, specify
from livingdrug.fitting.structure import StructuralModel, load_model, refuse_missing_doses
from livingdrug.foundation.arguments import in_words
from livingdrug.foundation.errors import BadInput, Interrupted, UnknownName

if TYPE_CHECKING:
    import polars as pl

MOST_STARTS = 1000
_SAME = 0.5
"""Two fits whose -2 log likelihoods differ by less are one and the same."""
_LARGEST, _LONGEST = 8e9, 1e13
"""Bytes and evaluations beyond which a fit is refused: at 50 nanoseconds each, six days."""
_DOUBT = 0.5
"""Monte Carlo error of -2 log likelihood beyond which models can hardly be compared."""
_SWEEPS = 50
"""Of the chains at the estimates, for each patient's moments."""
_WITHIN_REACH = 0.02
"""A rise of the log likelihood that one more step surely makes: then more samples are drawn for the last ones."""
_BUDGET, _FEWEST, _MOST = 46_000, 256, 8192
"""Points of a shift times patients that are worth their time for the likelihood that is told, and their bounds."""
_SURE = 0.9
"""Share of that error for which samples are counted beforehand."""
_NEAR = 0.7
"""Standard errors that steps with new samples may go at the end: farther, and the ones before had not arrived."""
_WIDER, _ADAPTED = 1.5, 2
"""The chains' covariance is widened for the first samples; how often samples are drawn anew from their own moments."""


@in_words
def fit(
    data: KineticsData,
    model: str | Path | StructuralModel,
    *,
    error: str | Sequence[str] | Mapping[str, str] | None = None,
    covariates: Mapping[str, Sequence[str]] | None = None,
    correlations: Sequence[Sequence[str]] | str = (),
    no_spread: Sequence[str] = (),
    fixed: Mapping[str, float] | None = None,
    start: Mapping[str, float] | None = None,
    spread: Mapping[str, float] | None = None,
    fixed_error: Mapping[str, float] | None = None,
    by_occasion: Sequence[str] = (),
    mixture: Sequence[str] | Mapping[str, float] = (),
    starts: int = 1,
    seed: int = 1,
    threads: int | None = None,
    settings: Settings | None = None,
    refined: bool = True,
    progress: Progress | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
) -> Fit:
    """Fit a population model to kinetics; results below the limit count by their probability (M3).

    Parameters
    ----------
    data
        From `livingdrug.read_kinetics`.
    model
        A name of `livingdrug.fitting.structure.model_names()`, a TOML file that describes an SBML or Antimony model (see
        `livingdrug.fitting.engine_model`), or a model of your own.
    error
        Residual error, one for all outputs or one each (in their order, or by name): additive, proportional, combined, combined_root, lognormal; the
        model's usual one by default.
    covariates
        Parameter -> formulas of covariates, each an effect on the parameter's own scale:
        ``{"CL": ["log(WT/70)"], "Cmax": ["SEX"]}``. Words become one effect per word against the commonest.
    correlations
        Groups of parameters that vary together, or ``"full"`` for all.
    no_spread
        Parameters in which patients do not differ.
    fixed
        Parameters that are not estimated, with their values; covariate effects too, as ``"beta(CL, log(WT/70))"``.
    start, spread
        Typical values and standard deviations (on the parameter's own scale) to begin with; proposed from the data.
    fixed_error
        Error sizes a and b that are not estimated.
    by_occasion
        Parameters that differ within a patient from occasion to occasion (the column OCC): a measurement's level is that
        of its occasion's parameters, all doses counted.
    mixture
        Parameters with another typical value in a second, hidden group of patients (non-responders), or their values there
        to begin with: ``["Cmax"]``, ``{"Cmax": 200}``. The share of that group is estimated.
    starts
        Fits from so many starts, the proposed one and others around it; the most likely is kept, and all are told in
        `Fit.extras["starts"]`.
    seed
        The same seed gives the same bytes, with any number of threads.
    threads
        Processor threads; all by default.
    settings
        Iterations and chains.
    refined
        Whether the last steps to the maximum are taken by Newton's method on the sampled likelihood.
    progress
        Called after each iteration with (done, total, values).
    folder
        Where the result is saved, as by `Fit.save`; what is done is kept there when the user interrupts.
    resume
        Go on with what an interrupted fit left in `folder`: to the same bytes.

    Raises
    ------
    UnknownName, BadInput
        Something asked for does not exist or cannot be.
    Interrupted
        Stopped by the user; what was done is in `folder`.

    Examples
    --------
    >>> data = read_kinetics("ck.csv", lloq="25 copy/ug")                              # doctest: +SKIP
    >>> fit(data, "stein2019", seed=1, covariates={"Cmax": ["log(WT/70)"]})            # doctest: +SKIP
    """
    import os

    model = str(model) if isinstance(model, Path) else model
    structure = load_model(model) if isinstance(model, str) else model
    name = model if isinstance(model, str) else structure.title
    refuse_missing_doses(structure, data)
    _refuse_outputs(structure, data)
    chosen = Settings(**{**asdict(settings or Settings()), "seed": seed})
    options = {
        "error": error, "spread": spread, "no_spread": list(no_spread), "fixed": fixed, "start": start,
        "correlations": correlations, "covariates": covariates, "fixed_error": fixed_error,
        "by_occasion": list(by_occasion), "mixture": dict(mixture) if isinstance(mixture, Mapping) else list(mixture),
    }  # fmt: skip
    specification = specify(structure, data, **options)
    refuse_absurd(data, specification, chosen)
    likelihood = likelihood_of(
        structure, data, threads or os.cpu_count() or 1, specification.occasions, specification.population.classes
    )
    asked = {key: value for key, value in options.items() if value}
    if not 1 <= starts <= MOST_STARTS:
        raise BadInput(f"starts: got {starts}, expected 1 to {MOST_STARTS}.")
    place = Checkpoint.of(folder, name, data, asked, chosen)
    try:
        every = [
            estimate(
                name, structure, data, one, likelihood, chosen, refined=refined, progress=progress, options=asked,
                checkpoint=place.of_start(k) if place is not None else None, resume=resume,
            )
            for k, one in enumerate(several_starts(specification, starts, seed))
        ]  # fmt: skip
        found = best_of(every)
    except KeyboardInterrupt:
        where = f"; what was done is in {folder}.\n  Go on with resume=True (--resume)" if folder is not None else ""
        raise Interrupted(f"the fit was stopped{where}.") from None
    if folder is not None:
        found.save(folder)
    return found


def refuse_absurd(data: KineticsData, specification: Specification, settings: Settings) -> None:
    """Say what a fit would need before it begins, when that is more than a computer has.

    Raises
    ------
    BadInput
        More memory than `_LARGEST` or more evaluations than `_LONGEST`.
    """
    population = specification.population
    d, k = population.random.size, len(population.coefficients)
    rows = settings.n_chains(population.n_patients) * population.n_patients
    memory = 8 * (
        population.design.size + population.n_patients * d * d * 8 + rows * (d + 4) * (d + 20) + 60_000 * (d + k) * 4
    )
    evaluations = rows * (data.time.size / data.n_patients) * (settings.explore + settings.settle) * (2 * d + 3)
    if memory > _LARGEST or evaluations > _LONGEST:
        raise BadInput(
            f"this fit would need about {memory / 1e9:.0f} GB and {evaluations:.1g} evaluations of the model: "
            f"{data.n_patients:,} patients, {data.time.size:,} results, {d} parameters that vary.\n"
            "  Fit a part of the patients, fewer iterations (--explore, --settle), or fewer parameters."
        )


def several_starts(specification: Specification, n: int, seed: int) -> list[Specification]:
    """The start that was proposed, and n - 1 others whose typical values lie around it."""
    from livingdrug.fitting.draws import normals

    population, start = specification.population, specification.start
    moving = population.estimated & (np.arange(len(population.coefficients)) < len(population.names))
    size = np.array([0.7 if scale != "normal" else 0.0 for scale in population.transforms])
    typical = start.beta[: len(population.names)]
    size = np.where(size > 0, size, 0.5 * np.maximum(np.abs(typical), 1e-3))
    found = [specification]
    for k in range(1, n):
        z = normals(
            seed, "fit/starts", np.arange(typical.size, dtype=np.int64), np.full(typical.size, k, np.int64), 0, 1
        )[0]
        beta = start.beta.copy()
        beta[: typical.size] += np.where(moving[: typical.size], size * z, 0.0)
        found.append(replace(specification, start=start.replaced(beta=beta)))
    return found


def best_of(fits: Sequence[Fit]) -> Fit:
    """The most likely of several fits of one model, with a table of all of them and what they say of each other."""
    import polars as pl

    if len(fits) == 1:
        return fits[0]
    best = min(fits, key=lambda one: one.minus_two_ll)
    told = [(k, one.minus_two_ll, one.minus_two_ll - best.minus_two_ll, one.converged) for k, one in enumerate(fits)]
    table = pl.DataFrame(told, schema=["start", "minus_two_ll", "above_best", "converged"], orient="row")
    near = sum(row[2] < _SAME + 3 * best.minus_two_ll_error for row in told)
    words = f"{near} of {len(fits)} starts ended at the same likelihood" + (
        "" if near > 1 else "; try more of them (--starts)"
    )
    return replace(best, judgement={**best.judgement, "starts": (near > 1, words)}).with_extra(starts=table)


def _refuse_outputs(structure: StructuralModel, data: KineticsData) -> None:
    if len(structure.outputs) > 1 and structure.batch is not None:  # found by name
        for name in data.outputs:
            if name not in structure.outputs:
                raise UnknownName(
                    "output of the model", name, structure.outputs, "The data's DVID must name one of them."
                )
    elif len(data.outputs) != len(structure.outputs):
        raise BadInput(
            f"the data hold {len(data.outputs)} outputs ({', '.join(data.outputs)}), {structure.title} gives "
            f"{len(structure.outputs)}.\n  Keep one when reading: output=… (--output NAME)."
        )


def estimate(
    name: str,
    structure: StructuralModel,
    data: KineticsData,
    specification: Any,
    likelihood: Any,
    settings: Settings,
    *,
    refined: bool = True,
    progress: Progress | None = None,
    options: Mapping[str, Any] | None = None,
    checkpoint: Checkpoint | None = None,
    resume: bool = False,
) -> Fit:
    """The fit of a specification: SAEM, then the likelihood, its curvature, and each patient's mode."""
    population, errors = specification.population, specification.errors
    coordinates = Coordinates(population, errors, specification.error_fixed)
    state = checkpoint.load() if checkpoint is not None and resume else None
    found = approximate(
        likelihood, population, specification.start, errors, settings, error_fixed=specification.error_fixed,
        progress=progress, state=state, keep=checkpoint.keep if checkpoint is not None else None,
    )  # fmt: skip
    if not np.isfinite(found.chains.fit).all():
        lost = sorted({data.patients[i % data.n_patients] for i in found.chains.who[~np.isfinite(found.chains.fit)]})
        raise BadInput(
            f"{name}: no parameters were found that make the data of {len(lost)} patients possible ({', '.join(lost[:8])}).\n"
            "  1. Look at their rows (livingdrug data check). 2. Give start values. 3. Try another residual error."
        )
    mean, covariance = conditional_moments(found, likelihood, population, errors, _SWEEPS)
    begin, theta, examined = _at_the_maximum(
        likelihood, coordinates, found.theta, mean, covariance, settings.seed, refined
    )
    modes = conditional_modes(likelihood, population, theta, errors, examined.mean)
    judgement = _judge(coordinates, found, begin, theta, examined)
    return Fit(
        name, structure, data, specification, theta, examined, modes, _trace(coordinates, found.trace), judgement,
        asdict(settings), dict(options or {}), likelihood,
    )  # fmt: skip


def _at_the_maximum(
    likelihood: Any, coordinates: Coordinates, theta: Any, mean: Any, covariance: Any, seed: int, refined: bool
) -> tuple[Any, Any, Any]:
    """The likelihood where SAEM ended, the last steps from there, and the likelihood again with samples drawn there.

    Returns where the steps with the last samples began, where they ended, and the likelihood there.
    """
    fair = 2 ** round(np.log2(_BUDGET / len(mean)))
    most = int(np.clip(fair, _FEWEST, _MOST))
    proposals = Proposals.around(mean, _WIDER * covariance, theta.omega, seed, points=most // 8)
    for _ in range(_ADAPTED):
        seen = examine(likelihood, coordinates, theta, proposals)
        proposals = proposals.again(seen, theta.omega, points=most // 4)
    if not refined:
        proposals = replace(proposals, points=np.full_like(proposals.points, most))
        return theta, theta, examine(likelihood, coordinates, theta, proposals, curvature=True)
    theta, here, proposals = refine(likelihood, coordinates, theta, proposals, steps=8, enough=_WITHIN_REACH)
    begin, proposals = theta, proposals.again(here, theta.omega, points=most)
    theta, here, proposals = refine(likelihood, coordinates, theta, proposals, steps=2)
    seen = here
    while 2 * seen.monte_carlo_error >= _DOUBT:
        # the error of a sum over patients grows with their number; the maximum and its curvature are as well known as with few
        points = proposals.needed(seen, _SURE * _DOUBT / 2, _MOST)
        if (points <= proposals.points).all():
            break
        proposals = proposals.again(seen, theta.omega, points=points)
        seen = examine(likelihood, coordinates, theta, proposals)
        here = replace(seen, gradient=here.gradient, information=here.information)
    return begin, theta, here


def _moved(coordinates: Coordinates, begin: Any, end: Any, examined: Any) -> Any:
    """How far each number went between two places, in its standard errors; 0 for what is not determined."""
    error = np.sqrt(np.diag(covariance_of(coordinates, examined.information)))
    return np.nan_to_num(np.abs(coordinates.pack(end) - coordinates.pack(begin)) / error)


def _trace(coordinates: Coordinates, values: Any) -> pl.DataFrame:
    import polars as pl

    population = coordinates.population
    full = Coordinates(population, coordinates.errors)
    names = [*population.coefficients, *full.names[full.beta.size :]]
    frame = pl.DataFrame({"iteration": np.arange(1, len(values) + 1)})
    return frame.with_columns(pl.Series(name, values[:, i]) for i, name in enumerate(names))


def _judge(coordinates: Coordinates, found: Any, begin: Any, theta: Any, examined: Any) -> dict[str, tuple[bool, str]]:
    """What was checked about convergence."""
    names, settings = coordinates.names, found.settings
    covariance = covariance_of(coordinates, examined.information)
    error = np.sqrt(np.diag(covariance))
    lost = [name for name, keep in zip(names, determined(coordinates, examined.information), strict=True) if not keep]
    curved = bool(np.isfinite(error).any())
    judgement: dict[str, tuple[bool, str]] = {}
    if lost:
        judgement["spread"] = (
            False,
            f"{', '.join(lost)} cannot be told from no spread in these data; take it away with no_spread (--no-spread)",
        )
    judgement["curvature"] = (
        curved,
        "the likelihood bends down in every direction"
        if curved
        else "the data do not determine every number: the likelihood is flat in some direction; fix a parameter (--fix), or "
        "take its spread away (--no-spread)",
    )
    if curved:
        moved = _moved(coordinates, begin, theta, examined)
        far = int(np.argmax(moved))
        judgement["maximum"] = (
            bool(moved[far] < _NEAR),
            f"the last steps, with samples of their own, moved {names[far]} most, by {moved[far]:.2f} standard errors"
            f"; all steps from where the chains ended, by {_moved(coordinates, found.theta, theta, examined).max():.2f}"
            + ("" if moved[far] < _NEAR else "; run more iterations (--settle)"),
        )
    left = rise(coordinates, examined)
    judgement["gradient"] = (left < 1e-2, f"the log likelihood could still rise by about {left:.1g}")
    tail = found.trace[settings.explore // 2 : settings.explore]
    if len(tail) >= 20:
        half = len(tail) // 2
        full = Coordinates(coordinates.population, coordinates.errors)
        labels = [*coordinates.population.coefficients, *full.names[full.beta.size :]]
        noise = tail.std(axis=0) + 1e-12 * (1 + np.abs(tail).mean(axis=0))
        drift = np.abs(tail[half:].mean(axis=0) - tail[:half].mean(axis=0)) / noise
        worst = int(np.argmax(drift))
        steady = drift[worst] < 1.5 or bool(lost)
        judgement["steady"] = (
            bool(steady),
            f"while exploring, {labels[worst]} drifted most, by {drift[worst]:.1f} of its own fluctuation"
            + ("" if steady else "; run more iterations (--explore)"),
        )
    doubt, share = 2 * examined.monte_carlo_error, float(examined.effective.min())
    judgement["samples"] = (
        doubt < _DOUBT,
        f"-2 log likelihood is known to {doubt:.2f}; in the worst patient the samples are worth {100 * share:.0f} % of as many "
        "independent ones" + ("" if doubt < _DOUBT else "; a parameter may hardly be determined (--no-spread, --fix)"),
    )
    return judgement
