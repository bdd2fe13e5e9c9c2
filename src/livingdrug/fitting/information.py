"""Fisher information of a population model for a schedule of samples, by linearisation around the typical patient.

levels at the typical values ─► gradients ─► variance of one patient's samples ─► information of typical values, spreads, errors

Typical values and variances are taken as independent (the block-diagonal, "reduced" matrix of the programs). Sources: Mentré, Mallet and
Baccar 1997, Biometrika 84:429-442, doi:10.1093/biomet/84.2.429; compared between programs by Nyberg 2015, doi:10.1111/bcp.12352.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEP = 1e-5
"""Of a central difference, on the scale on which patients vary."""


@dataclass(frozen=True)
class Linear:
    """A population model, linear around its typical patient, at the m times that may be sampled.

    Attributes
    ----------
    typical
        d level / d typical value, shaped (m, p).
    random
        d level / d η, shaped (m, q).
    omega
        Covariance of η, shaped (q, q).
    pairs
        Entries (i, j), i >= j, of `omega` that are estimated.
    noise
        Variance of the residual error, shaped (m,).
    noise_slopes
        Its derivatives by the error's own numbers, shaped (e, m).
    """

    typical: Floats
    random: Floats
    omega: Floats
    pairs: tuple[tuple[int, int], ...]
    noise: Floats
    noise_slopes: Floats

    @property
    def size(self) -> int:
        """Numbers estimated."""
        return self.typical.shape[1] + len(self.pairs) + self.noise_slopes.shape[0]


def information(model: Linear, chosen: Sequence[int]) -> Floats:
    """Information that one patient brings, sampled at these times (each number once for each sample).

    Parameters
    ----------
    model
        At the times that may be sampled.
    chosen
        Their numbers, shaped (k,).

    Returns
    -------
    Shaped (P, P): typical values, then `pairs` of omega (variances and covariances), then the error's numbers.

    Examples
    --------
    A level that everybody shares, measured twice with variance 1/2: information 4.

    >>> flat = Linear(np.ones((1, 1)), np.zeros((1, 0)), np.zeros((0, 0)), (), np.array([0.5]), np.zeros((0, 1)))
    >>> float(information(flat, [0, 0])[0, 0])
    4.0
    """
    at = np.asarray(chosen, dtype=np.int64)
    slopes, random = model.typical[at], model.random[at]
    variance = random @ model.omega @ random.T + np.diag(model.noise[at])
    inverse = np.linalg.inv(variance)
    p = slopes.shape[1]
    parts = []  # V^-1 dV for every number of the variance
    for i, j in model.pairs:
        outer = np.outer(random[:, i], random[:, j])
        parts.append(inverse @ (outer if i == j else outer + outer.T))
    parts += [inverse * slope[at] for slope in model.noise_slopes]
    found = np.zeros((model.size, model.size))
    found[:p, :p] = slopes.T @ inverse @ slopes
    for a, first in enumerate(parts):
        for b, second in enumerate(parts[: a + 1]):
            found[p + a, p + b] = found[p + b, p + a] = 0.5 * float((first * second.T).sum())
    return found


def gradients(levels: Callable[[Floats], Floats], centre: Floats) -> Floats:
    """d levels / d parameters by central differences, shaped (m, p); `centre` is shaped (p,)."""
    columns = []
    for k, value in enumerate(centre):
        step = STEP * max(abs(value), 1.0)
        ends = [centre + sign * step * (np.arange(centre.size) == k) for sign in (1, -1)]
        columns.append((levels(ends[0]) - levels(ends[1])) / (2 * step))
    return np.stack(columns, axis=1) if columns else np.empty((0, 0))


def log_determinant(matrix: Floats) -> float:
    """Of a positive definite matrix; minus infinity for another: a schedule that does not determine everything.

    Scaled by its diagonal first, so that numbers of very different sizes do not hide that.
    """
    size = np.sqrt(np.diag(matrix))
    if not (np.isfinite(size).all() and (size > 0).all()):
        return -np.inf
    scaled = matrix / size[:, None] / size[None, :]
    values = np.linalg.eigvalsh(scaled)
    if values.min() <= 1e-10:
        return -np.inf
    return float(np.log(values).sum() + 2 * np.log(size).sum())


def best_times(
    model: Linear, times: Floats, n: int, *, gap: float = 0.0, always: Sequence[int] = (), starts: int = 4
) -> tuple[int, ...]:
    """Numbers of the n times at which one patient's samples tell most: the greatest determinant of the information.

    Begins from times spread evenly, by rank or by logarithm, and exchanges one at a time until none helps.

    Parameters
    ----------
    model, times
        The times that may be sampled, ascending, shaped (m,), and the model there.
    n
        Samples of a patient.
    gap
        Least time between two of them.
    always
        Numbers of times that are sampled anyway.
    starts
        Beginnings tried; the best end is kept.
    """
    best: tuple[float, tuple[int, ...]] = (-np.inf, ())
    for start in _starts(times, n, gap, tuple(always), starts):
        found = _exchanged(model, times, start, gap, set(always))
        if found[0] > best[0] or not best[1]:
            best = found
    return best[1]


def _exchanged(
    model: Linear, times: Floats, chosen: tuple[int, ...], gap: float, always: set[int]
) -> tuple[float, tuple[int, ...]]:
    now = list(chosen)
    value = log_determinant(information(model, now))
    for _ in range(50):
        before = value
        for place, old in enumerate(now):
            if old in always:
                continue
            others = now[:place] + now[place + 1 :]
            free = [k for k in range(times.size) if all(_apart(times, k, other, gap) for other in others)]
            for k in free:
                tried = log_determinant(information(model, [*others, k]))
                if tried > value + 1e-9 or (value == -np.inf and tried > value):
                    value, now[place] = tried, k
        if value <= before + 1e-9:
            break
    return value, tuple(sorted(now, key=lambda k: times[k]))


def _apart(times: Floats, one: int, other: int, gap: float) -> bool:
    return one != other and abs(times[one] - times[other]) >= gap - 1e-12


def _starts(times: Floats, n: int, gap: float, always: tuple[int, ...], starts: int) -> list[tuple[int, ...]]:
    """Beginnings: evenly over the range, in its logarithm, early, late; each filled up so far as the gap allows."""
    span = times[-1] - times[0]
    shapes = [
        np.linspace(0, 1, n),
        np.linspace(0, 1, n) ** 3,
        np.linspace(0, 1, n) ** 1.7,
        1 - np.linspace(1, 0, n) ** 2,
    ]
    found = []
    for shape in shapes[:starts]:
        chosen = list(always)
        wanted = times[0] + span * shape
        for target in [*wanted, *times]:
            if len(chosen) >= n:
                break
            order = np.argsort(np.abs(times - target), kind="stable")
            fit = next((int(k) for k in order if all(_apart(times, int(k), other, gap) for other in chosen)), None)
            if fit is not None:
                chosen.append(fit)
        if len(chosen) == n:
            found.append(tuple(chosen))
    return found
