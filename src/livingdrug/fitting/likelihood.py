"""How likely a patient's measurements are, given that patient's parameters: the one door through which a fit sees data.

Two kinds of model stand behind it: closed forms as machine code (`CompiledLikelihood`), and models that are integrated
for many patients at once (`BatchLikelihood`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livingdrug.fitting import kernels
from livingdrug.fitting.data import NOT_CENSORED, KineticsData
from livingdrug.fitting.error_models import LOGNORMAL, ErrorModel
from livingdrug.fitting.structure import StructuralModel
from livingdrug.fitting.transforms import CODES, TRANSFORMS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ErrorSizes:
    """Residual errors by output: code, a and b, each shaped (outputs,)."""

    code: Integers
    a: Floats
    b: Floats

    @classmethod
    def of(cls, models: tuple[ErrorModel, ...], values: Floats) -> ErrorSizes:
        """From one row per output of a and b, shaped (outputs, 2)."""
        code = np.array([model.code for model in models], np.int64)
        return cls(code, np.ascontiguousarray(values[:, 0]), np.ascontiguousarray(values[:, 1]))


@dataclass(frozen=True)
class Terms:
    """Derivatives of each measurement's log density; row r's measurements begin at `start[r]`.

    Attributes
    ----------
    density, slope, weight
        Log density, its derivative in the level and expected curvature, shaped (k,).
    """

    start: Integers
    density: Floats
    slope: Floats
    weight: Floats


@dataclass(frozen=True)
class RowSums:
    """By row: log likelihood and its derivatives in the logarithms of the error sizes.

    Attributes
    ----------
    density
        Shaped (rows,).
    score
        In log a and log b of each output, shaped (rows, outputs, 2).
    bend, curvature
        Second derivatives, and a positive curvature, shaped (rows, outputs, 3): aa, ab, bb.
    """

    density: Floats
    score: Floats
    bend: Floats
    curvature: Floats

    @classmethod
    def empty(cls, rows: int, error: ErrorSizes) -> RowSums:
        """Room for so many rows."""
        outputs = error.code.size
        return cls(
            np.empty(rows), np.zeros((rows, outputs, 2)), np.zeros((rows, outputs, 3)), np.zeros((rows, outputs, 3))
        )


@dataclass(frozen=True)
class Moves:
    """Metropolis proposals of one sweep.

    Attributes
    ----------
    kinds
        -2 everything from the population, -1 everything by the patient's own root, j parameter j alone; (proposals,).
    z
        Normal numbers in units of the step, shaped (proposals d, rows).
    log_u
        Logarithms of uniform numbers, shaped (proposals, rows).
    scales, random
        Code of each parameter's scale (p,), and which parameters move (d,).
    centre
        Expected φ of the moving parameters, shaped (n, d).
    root, inverse_root
        L and L⁻ᵀ of Ω, shaped (d, d).
    own
        Roots of the patients' own covariances, shaped (n, d, d).
    """

    kinds: Integers
    z: Floats
    log_u: Floats
    scales: Integers
    random: Integers
    centre: Floats
    root: Floats
    inverse_root: Floats
    own: Floats


class Likelihood(Protocol):
    """What a fit asks of data and model together."""

    data: KineticsData

    def rows(self, psi: Floats, who: Integers, error: ErrorSizes) -> Floats:
        """Log likelihood of each row: parameters psi (rows, p) of patients `who` (rows,)."""
        ...

    def levels(self, psi: Floats, who: Integers) -> tuple[Integers, Floats]:
        """Where each row's levels begin (rows + 1,), and the levels at the patients' times, one after the other."""
        ...

    def sums(self, who: Integers, start: Integers, level: Floats, error: ErrorSizes) -> RowSums:
        """Log likelihoods of rows around given levels, with their derivatives in the error sizes."""
        ...


@dataclass(frozen=True)
class Occasions:
    """Parameters that differ within a patient from occasion to occasion.

    Attributes
    ----------
    n
        Occasions; 0 when nothing differs.
    number
        Occasion of each measurement, shaped (m,).
    varying
        Number and scale (`transforms.CODES`) of each parameter that differs, shaped (v, 2).
    """

    n: int = 0
    number: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    varying: Integers = field(default_factory=lambda: np.empty((0, 2), np.int64))


@dataclass(frozen=True)
class CompiledLikelihood:
    """Likelihood of a closed form.

    Attributes
    ----------
    threads
        Blocks computed side by side; no number depends on it.
    """

    model: StructuralModel
    data: KineticsData
    threads: int = 1
    occasions: Occasions = field(default_factory=Occasions)
    _pool: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        data, count = self.data, self.data.time.size
        kinds = {"time": data.time, "censored": data.censored, "output": data.output, "doses": data.doses}
        arrays = {name: np.ascontiguousarray(values) for name, values in kinds.items()}
        arrays |= {"first": data.first, "first_dose": data.first_dose}
        arrays |= {"occasion": self.occasions.number if self.occasions.n else np.zeros(count, np.int64)}
        object.__setattr__(self, "_arrays", arrays)
        object.__setattr__(self, "_scales", {})
        if self.threads > 1:
            object.__setattr__(self, "_pool", ThreadPoolExecutor(self.threads))

    def _scale(self, error: ErrorSizes) -> tuple[Floats, Floats]:
        """`compared` values and `jacobians`, computed once for each set of errors."""
        known: dict[bytes, tuple[Floats, Floats]] = self._scales  # type: ignore[attr-defined]
        key = error.code.tobytes()
        if key not in known:
            known[key] = compared(self.data, error.code), jacobians(self.data, error.code)
        return known[key]

    def rows(self, psi: Floats, who: Integers, error: ErrorSizes) -> Floats:
        """See `Likelihood`."""
        d: dict[str, Any] = self._arrays  # type: ignore[attr-defined]
        result = np.empty(len(who))
        value, jacobian = self._scale(error)

        def work(part: slice) -> None:
            kernels.row_likelihood(
                self.model.predict, psi[part], who[part], d["first"], d["first_dose"], d["time"], value,
                d["censored"], d["output"], d["occasion"], d["doses"], self.occasions.varying, self.occasions.n,
                error.code, error.a, error.b, result[part],
            )  # fmt: skip

        self._each(work, len(who))
        return result + jacobian[who]

    def sweep(self, moves: Moves, phi: Floats, fit: Floats, who: Integers, error: ErrorSizes) -> NDArray[np.bool_]:
        """Metropolis moves of all rows, in place, as `sampling.sweep` describes; which were taken (proposals, rows)."""
        d: dict[str, Any] = self._arrays  # type: ignore[attr-defined]
        taken = np.zeros((moves.kinds.size, who.size), dtype=bool)
        value, jacobian = self._scale(error)
        fit -= jacobian[who]

        def work(part: slice) -> None:
            kernels.row_sweep(
                self.model.predict, phi, fit, who, d["first"], d["first_dose"], d["time"], value, d["censored"],
                d["output"], d["occasion"], d["doses"], self.occasions.varying, self.occasions.n, error.code, error.a,
                error.b, moves.scales, moves.random, moves.centre, moves.root, moves.inverse_root, moves.own, moves.z,
                moves.log_u, moves.kinds, part.start, part.stop, taken,
            )  # fmt: skip

        self._each(work, who.size)
        fit += jacobian[who]
        return taken

    def levels(self, psi: Floats, who: Integers) -> tuple[Integers, Floats]:
        """See `Likelihood`."""
        d: dict[str, Any] = self._arrays  # type: ignore[attr-defined]
        start = _starts(d["first"], who)
        level = np.empty(start[-1])

        def work(part: slice) -> None:
            kernels.row_levels(
                self.model.predict, psi[part], who[part], d["first"], d["first_dose"], d["time"], d["output"],
                d["occasion"], d["doses"], self.occasions.varying, self.occasions.n, start[:-1][part], level,
            )  # fmt: skip

        self._each(work, len(who))
        return start, level

    def sums(self, who: Integers, start: Integers, level: Floats, error: ErrorSizes) -> RowSums:
        """See `Likelihood`."""
        found = RowSums.empty(who.size, error)
        value, jacobian = self._scale(error)
        self._each(lambda part: _sum_rows(self.data, value, who, start, level, error, found, part), who.size)
        found.density[:] += jacobian[who]
        return found

    def _each(self, work: Callable[[slice], None], n: int) -> None:
        if self._pool is None or n < 64:
            work(slice(0, n))
            return
        edges = np.linspace(0, n, self.threads + 1).astype(int)
        list(self._pool.map(work, [slice(a, b) for a, b in itertools.pairwise(edges)]))


@dataclass(frozen=True)
class BatchLikelihood:
    """Likelihood of a model that gives the levels of many rows at once.

    Attributes
    ----------
    predict
        (psi (rows, p), who (rows,)) -> levels at the patients' times, one row after the other; NaN where there is none.
    """

    predict: Callable[[Floats, Integers], Floats]
    data: KineticsData
    occasions: Occasions = field(default_factory=Occasions)

    def rows(self, psi: Floats, who: Integers, error: ErrorSizes) -> Floats:
        """See `Likelihood`."""
        start, level = self.levels(psi, who)
        return self.sums(who, start, level, error).density

    def sums(self, who: Integers, start: Integers, level: Floats, error: ErrorSizes) -> RowSums:
        """See `Likelihood`."""
        found = RowSums.empty(who.size, error)
        value = compared(self.data, error.code)
        _sum_rows(self.data, value, who, start, level, error, found, slice(0, who.size))
        found.density[:] += jacobians(self.data, error.code)[who]
        return found

    def levels(self, psi: Floats, who: Integers) -> tuple[Integers, Floats]:
        """See `Likelihood`."""
        start = _starts(self.data.first, who)
        if not self.occasions.n:
            return start, self.predict(psi, who)
        p = psi.shape[1] - len(self.occasions.varying) * self.occasions.n
        occasion, level = self.occasions.number[places(self.data, who, start)], np.full(start[-1], np.nan)
        for k in np.unique(occasion):
            own = psi[:, :p].copy()
            for v, (j, code) in enumerate(self.occasions.varying):
                scale = TRANSFORMS[list(CODES)[code]]
                own[:, j] = scale.back(scale.forward(own[:, j]) + psi[:, p + v * self.occasions.n + k])
            mine = occasion == k
            level[mine] = self.predict(np.ascontiguousarray(own), who)[mine]
        return start, level


def _starts(first: Integers, who: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(np.diff(first)[who])]).astype(np.int64)


def compared(data: KineticsData, code: Integers) -> Floats:
    """Values on the scale on which they are compared with levels: logarithms where the error is lognormal, (m,)."""
    value = np.array(data.value)
    logarithmic = code[data.output] == LOGNORMAL
    value[logarithmic] = np.log(value[logarithmic])
    return value


def jacobians(data: KineticsData, code: Integers) -> Floats:
    """What brings each patient's log likelihood from that scale to the values as they are given, shaped (n,)."""
    counted = (code[data.output] == LOGNORMAL) & (data.censored == NOT_CENSORED)
    each = np.zeros(data.time.size)
    each[counted] = -np.log(data.value[counted])
    return np.asarray(np.bincount(data.patient, each, data.n_patients), np.float64)


def places(data: KineticsData, who: Integers, start: Integers) -> Integers:
    """Number of the measurement behind each level of rows that begin at `start`."""
    first = data.first
    shift = np.repeat(first[who] - start[:-1], np.diff(start))
    return np.arange(start[-1]) + shift


def level_terms(data: KineticsData, who: Integers, start: Integers, level: Floats, error: ErrorSizes) -> Terms:
    """Log densities of measurements around given levels, on the compared scale, with their derivatives in the level."""
    place = places(data, who, start)
    density, slope, weight = np.empty(level.size), np.empty(level.size), np.empty(level.size)
    kernels.level_terms(
        np.ascontiguousarray(level), compared(data, error.code)[place], data.censored[place], data.output[place],
        error.code, error.a, error.b, density, slope, weight,
    )  # fmt: skip
    return Terms(start, density, slope, weight)


def _sum_rows(
    data: KineticsData, value: Floats, who: Integers, start: Integers, level: Floats, error: ErrorSizes, found: RowSums,
    part: slice,
) -> None:  # fmt: skip
    """Fill some rows of `found`."""
    kernels.row_sums(
        level, start[part.start : part.stop + 1], who[part], data.first, value, data.censored, data.output,
        error.code, error.a, error.b, found.density[part],
        *(array[part].reshape(part.stop - part.start, -1) for array in (found.score, found.bend, found.curvature)),
    )  # fmt: skip


def likelihood_of(
    model: StructuralModel, data: KineticsData, threads: int = 1, occasions: Occasions | None = None, classes: int = 1
) -> CompiledLikelihood | BatchLikelihood:
    """The likelihood of data under a model, whatever stands behind it; with classes each patient stands in every one."""
    known = occasions or Occasions()
    if classes > 1:
        data = data.taken(np.tile(np.arange(data.n_patients, dtype=np.int64), classes))
        known = replace(known, number=np.tile(known.number, classes))
    if model.batch is not None:
        return BatchLikelihood(model.batch(data), data, known)
    return CompiledLikelihood(model, data, threads, known)
