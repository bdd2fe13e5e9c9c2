"""When to sample: the times at which a fitted model's next trial would learn most, and how sure it would be then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting.error_models import noise_of
from livingdrug.fitting.information import Linear, best_times, gradients, information, log_determinant
from livingdrug.foundation.errors import BadInput
from livingdrug.foundation.notebook import as_html

if TYPE_CHECKING:
    import polars as pl

    from livingdrug.fitting.result import Fit

Floats = NDArray[np.float64]
MOST_TIMES, MOST_SAMPLES, MOST_PATIENTS = 400, 60, 1_000_000


@dataclass(frozen=True, repr=False)
class Schedule:
    """Times of samples, and what is expected of them.

    Attributes
    ----------
    times
        When one patient is sampled, in the fit's unit of time.
    patients
        For whom the errors are expected.
    expected
        One row a number estimated: parameter, kind, value, se, rse_percent with these times; se_reference, rse_percent_reference with the
        schedule it is held against.
    efficiency
        Information per number estimated over that of the reference schedule: 1.2 is worth a fifth more patients. None where the
        reference does not determine everything.
    reference
        Times held against.
    """

    times: tuple[float, ...]
    time_unit: str
    patients: int
    expected: pl.DataFrame
    efficiency: float | None
    reference: tuple[float, ...]

    def __repr__(self) -> str:
        told = ", ".join(f"{time:g}" for time in self.times)
        worth = (
            ""
            if self.efficiency is None
            else f"; {self.efficiency:.2f} times the information of the reference's {len(self.reference)}"
        )
        return f"{len(self.times)} samples at {told} {self.time_unit}{worth}"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return as_html(repr(self), self.expected, titles=(f"Expected with {self.patients} patients",))


def sampling_times(
    fit: Fit, samples: int, *, candidates: Sequence[float], gap: float = 0.0, patients: int | None = None,
    lloq: float | None = None, reference: Sequence[float] | None = None, always: Sequence[float] = (),
) -> Schedule:  # fmt: skip
    """The times of samples that tell most of a fitted model: D-optimal, the same for every patient.

    The model is linearised around the fit's typical patient with the doses of its first; typical values of parameters that the fit
    held fixed, and effects of covariates, are taken as known.

    Parameters
    ----------
    fit
        A fit of one output whose model has a formula in time (`livingdrug.fitting.models`).
    samples
        Of a patient.
    candidates
        Times that may be chosen.
    gap
        Least time between two samples.
    patients
        In the trial planned; those of the fit when omitted.
    lloq
        Times at which the typical patient would be below this are not chosen.
    reference
        Schedule held against; the times at which at least half of the fitted patients were measured when omitted.
    always
        Times among the candidates that are sampled anyway.

    Raises
    ------
    BadInput
        A fit that cannot be linearised so, too few or too many times or samples, or a schedule that cannot determine the model.

    Examples
    --------
    >>> sampling_times(fit, 8, candidates=range(0, 91), gap=2)                           # doctest: +SKIP
    """
    n = fit.data.n_patients if patients is None else patients
    if not 1 <= n <= MOST_PATIENTS:
        raise BadInput(f"patients: got {n:,}, expected 1 to {MOST_PATIENTS:,}.\n  Leave it out for those of the fit.")
    held = np.array(sorted(_usual(fit) if reference is None else map(float, reference)))
    if held.size > MOST_TIMES or not np.isfinite(held).all():
        raise BadInput(
            f"reference (--against): got {held.size:,} times, expected at most {MOST_TIMES} finite ones.\n  Give fewer."
        )
    times = _checked(fit, samples, candidates, gap, lloq)
    model = _linear(fit, times)
    kept = _numbers(times, always, "always")
    chosen = best_times(model, times, samples, gap=gap, always=kept)
    matrix = information(model, chosen) if chosen else np.zeros((model.size, model.size))
    if log_determinant(matrix) == -np.inf:
        raise BadInput(
            f"{samples} samples of a patient at these times do not determine the {model.size} numbers of the fit.\n"
            "  Allow more samples or other times, or fit with fewer spreads (--no-spread)."
        )
    other = information(_linear(fit, held), range(held.size)) if held.size else np.zeros_like(matrix)
    known = log_determinant(other) > -np.inf
    apart = log_determinant(matrix) - log_determinant(other) if known else 0.0
    return Schedule(
        tuple(float(times[k]) for k in chosen), fit.data.time_unit, n, _expected(fit, n * matrix, n * other if known else None),
        float(np.exp(apart / model.size)) if known else None, tuple(held.tolist()),
    )  # fmt: skip


def _checked(fit: Fit, samples: int, candidates: Sequence[float], gap: float, lloq: float | None) -> Floats:
    """The times that may be chosen, ascending; what cannot be is refused."""
    population = fit.specification.population
    if fit.model.predict is None or len(fit.data.outputs) > 1:
        raise BadInput(
            "times are chosen for a model of one output with a formula in time (livingdrug fit --model …), not for this one."
        )
    if population.classes > 1 or len(fit.data.occasions) > 1:
        raise BadInput("times are not chosen for fits with a hidden group or occasions.\n  Fit without them first.")
    times = np.unique(np.asarray(list(candidates), dtype=float))
    if times.size == 0 or not np.isfinite(times).all() or times.size > MOST_TIMES:
        raise BadInput(
            f"got {times.size} times to choose from, expected 1 to {MOST_TIMES} finite ones.\n  Give a wider step."
        )
    if not 1 <= samples <= min(MOST_SAMPLES, times.size):
        raise BadInput(
            f"samples: got {samples}, expected 1 to {min(MOST_SAMPLES, times.size)} (there are {times.size} times to choose from)."
        )
    if not 0 <= gap < np.inf or gap * (samples - 1) > times[-1] - times[0]:
        raise BadInput(
            f"gap: got {gap:g}, and {samples} samples so far apart do not fit between {times[0]:g} and {times[-1]:g}.\n  Give a smaller one."
        )
    if lloq is not None:
        seen = times[_levels(fit, times)(_centre(fit)) >= lloq]
        if seen.size < samples:
            raise BadInput(
                f"the typical patient is above {lloq:g} at {seen.size} of these times, fewer than {samples} samples."
            )
        return seen
    return times


def _centre(fit: Fit) -> Floats:
    return fit.specification.population.means(fit.theta.beta)[0].copy()


def _levels(fit: Fit, times: Floats):
    """Level of the first patient's doses at these times, from parameters on the scale on which patients vary."""
    population, data = fit.specification.population, fit.data
    doses = np.ascontiguousarray(data.doses[data.doses[:, 0] == 0]) if data.doses.size else np.empty((0, 5))

    def levels(phi: Floats) -> Floats:
        found = np.empty(times.size)
        natural = np.ascontiguousarray(population.natural(phi[None])[0])
        fit.model.predict(natural, np.ascontiguousarray(times), np.zeros(times.size, np.int64), doses, found)
        return found

    return levels


def _linear(fit: Fit, times: Floats) -> Linear:
    population, theta = fit.specification.population, fit.theta
    error = fit.specification.errors[0]
    centre, levels = _centre(fit), _levels(fit, times)
    logs = error.name == "lognormal"
    level = levels(centre)
    if logs and not (level > 0).all():
        raise BadInput(
            "the typical level is 0 at a time to choose from, and the error is lognormal.\n  Leave that time out."
        )
    slopes = gradients((lambda phi: np.log(levels(phi))) if logs else levels, centre)
    noise, by = noise_of(error, theta.error[0], level)
    estimated = [q for q in range(len(population.names)) if population.estimated[q]]
    letters = [] if fit.specification.error_fixed else list(error.parameters)
    return Linear(
        slopes[:, estimated], slopes[:, population.random], theta.omega, tuple(population.elements), noise,
        np.stack([by[letter] for letter in letters]) if letters else np.zeros((0, times.size)),
    )  # fmt: skip


def _expected(fit: Fit, matrix: Floats, other: Floats | None) -> pl.DataFrame:
    """Expected errors of every number, in the words of `Fit.parameters`."""
    import polars as pl

    population, theta = fit.specification.population, fit.theta
    errors = [
        np.sqrt(np.diag(np.linalg.inv(one))) if one is not None else np.full(matrix.shape[0], np.nan)
        for one in (matrix, other)
    ]
    natural = population.natural(_centre(fit)[None])[0]
    slopes = population.slopes(_centre(fit)[None])[0]
    rows, place = [], 0
    for q, name in enumerate(population.names):
        if population.estimated[q]:
            rows.append((name, "typical value", natural[q], *(one[place] * abs(slopes[q]) for one in errors)))
            place += 1
    random = [population.names[r] for r in population.random]
    for i, j in population.elements:
        name, kind = (
            (f"variance({random[i]})", "variance between patients")
            if i == j
            else (f"cov({random[i]}, {random[j]})", "covariance")
        )
        rows.append((name, kind, theta.omega[i, j], *(one[place] for one in errors)))
        place += 1
    for letter in () if fit.specification.error_fixed else fit.specification.errors[0].parameters:
        rows.append((letter, "residual error", theta.error[0]["ab".index(letter)], *(one[place] for one in errors)))
        place += 1
    told = [
        (name, kind, float(v), float(s), 100 * float(s) / abs(v), float(r), 100 * float(r) / abs(v))
        for name, kind, v, s, r in rows
    ]
    columns = ("parameter", "kind", "value", "se", "rse_percent", "se_reference", "rse_percent_reference")
    return pl.DataFrame(told, schema=list(columns), orient="row").fill_nan(None)


def _usual(fit: Fit) -> list[float]:
    """Times at which at least half of the patients were measured."""
    times, counts = np.unique(fit.data.time, return_counts=True)
    return [float(t) for t in times[2 * counts >= fit.data.n_patients] if t >= 0]


def _numbers(times: Floats, wanted: Sequence[float], what: str) -> list[int]:
    found = []
    for one in wanted:
        near = np.flatnonzero(np.abs(times - one) <= 1e-9)
        if not near.size:
            raise BadInput(f"{what}: {one:g} is not among the times to choose from.")
        found.append(int(near[0]))
    return found
