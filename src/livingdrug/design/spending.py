"""Bounds of group-sequential tests, by recursive integration of the score's density from look to look.

information fractions + what may be spent at each ─► bound ─► density of those that go on ─► next look
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from livingdrug.foundation.errors import BadInput, UnknownName

Floats = NDArray[np.float64]
_POINTS = 1201
_CLOSEST, _MOST_LOOKS = 0.002, 200
"""Looks that lie closer are finer than the grid on which densities are integrated."""
_WIDE = 8.0  # standard deviations of a score that the integrals hold: what lies outside is below 1e-15


def obrien_fleming(t: float, alpha: float) -> float:
    """What Lan and DeMets spend until information t to come near O'Brien and Fleming's bounds; one-sided alpha.

    >>> round(obrien_fleming(0.5, 0.025), 6)
    0.001525
    """
    return float(2 - 2 * ndtr(ndtri(1 - alpha / 2) / np.sqrt(t)))


def pocock(t: float, alpha: float) -> float:
    """What Lan and DeMets spend until information t to come near Pocock's bounds."""
    return float(alpha * np.log(1 + (np.e - 1) * t))


def hwang_shih_decani(t: float, alpha: float, gamma: float) -> float:
    """What Hwang, Shih and DeCani's family spends until information t: early for large gamma, late for a negative one.

    >>> round(hwang_shih_decani(1 / 3, 0.025, -4.0), 4)
    0.0013
    """
    return float(alpha * t if gamma == 0 else alpha * np.expm1(-gamma * t) / np.expm1(-gamma))


SPENDING: dict[str, Callable[[float, float], float]] = {
    "obrien_fleming": obrien_fleming,
    "pocock": pocock,
    "linear": lambda t, alpha: alpha * t,
    "square": lambda t, alpha: alpha * t**2,
    "cube": lambda t, alpha: alpha * t**3,
}
"""Cumulative one-sided alpha spent until an information fraction.

Sources: Lan and DeMets 1983, Biometrika 70:659-663, doi:10.1093/biomet/70.3.659; powers of time: Kim and DeMets 1987,
Biometrika 74:149-154, doi:10.1093/biomet/74.1.149; the family ``hwang_shih_decani(-4)``: Hwang, Shih and DeCani 1990, Statistics in
Medicine 9:1439-1445, doi:10.1002/sim.4780091207."""
_FAMILY = re.compile(r"(hwang_shih_decani|power)\(\s*([-+]?\d+(?:\.\d+)?)\s*\)")


def spent_by(name: str, fractions: Sequence[float], alpha: float) -> list[float]:
    """Cumulative error spent at each look, all of it at the last.

    Parameters
    ----------
    name
        A name of `SPENDING`, ``hwang_shih_decani(gamma)`` with gamma between -40 and 40, or ``power(rho)``, alpha t^rho, with rho from 0.1 to 40.
    fractions
        Information at each look over that at the end.
    alpha
        What is spent in all.

    Raises
    ------
    UnknownName
        No such function.
    """
    family = _FAMILY.fullmatch(name.strip())
    shape = float(family[2]) if family is not None else 0.0
    if family is not None and family[1] == "power" and 0.1 <= shape <= 40:
        spent = [alpha * t**shape for t in fractions[:-1]]
    elif family is not None and family[1] != "power" and abs(shape) <= 40:
        spent = [hwang_shih_decani(t, alpha, shape) for t in fractions[:-1]]
    elif name in SPENDING:
        spent = [SPENDING[name](t, alpha) for t in fractions[:-1]]
    else:
        raise UnknownName("spending function", name, (*SPENDING, "hwang_shih_decani(-4)", "power(1.5)"))
    return [*(min(one, alpha) for one in spent), alpha]


@dataclass(frozen=True)
class Bounds:
    """Of each look: information fraction, upper bound of Z, and cumulative alpha spent."""

    fractions: tuple[float, ...]
    upper: tuple[float, ...]
    spent: tuple[float, ...]


@cache
def spending_bounds(fractions: tuple[float, ...], alpha: float, spending: str) -> Bounds:
    """Bounds of a test that spends its level over looks.

    Parameters
    ----------
    fractions
        Information at each look over that at the end, ascending, the last 1.
    alpha
        One-sided level.
    spending
        A name of `SPENDING`.

    Examples
    --------
    >>> [round(z, 3) for z in spending_bounds((0.5, 1.0), 0.025, "obrien_fleming").upper]
    [2.963, 1.969]
    """
    check_fractions(fractions)
    spent = spent_by(spending, fractions, alpha)
    upper: list[float] = []
    walk = Walk()
    before, at = 0.0, 0.0
    for t, total in zip(fractions, spent, strict=True):
        step = max(total - before, 0.0)
        bound = walk.bound(at, t, step)
        walk = walk.onwards(at, t, bound)
        upper.append(bound)
        before, at = total, t
    return Bounds(fractions, tuple(upper), tuple(spent))


def crossings(
    fractions: Sequence[float], upper: Sequence[float], drift: float = 0.0, lower: Sequence[float] = ()
) -> tuple[Floats, Floats]:
    """Probability of first crossing each upper bound, and each lower one, at each look.

    Parameters
    ----------
    fractions
        Information fractions (k,).
    upper
        Bounds of Z (k,).
    drift
        Expected Z at full information.
    lower
        Bounds of Z below which the trial stops, at the looks before the last; none stops.
    """
    walk, at = Walk(), 0.0
    above, below = [], []
    for look, t in enumerate(fractions):
        floor = lower[look] if look < min(len(lower), len(fractions) - 1) else -np.inf
        above.append(walk.beyond(at, t, upper[look], drift))
        below.append(walk.under(at, t, floor, drift))
        walk = walk.onwards(at, t, upper[look], drift, floor)
        at = t
    return np.array(above), np.array(below)


def constant_bounds(fractions: tuple[float, ...], alpha: float, power: float) -> tuple[float, ...]:
    """Bounds c t^power of Z that keep a level: Pocock's with power 0, O'Brien and Fleming's with power -1/2.

    Examples
    --------
    >>> [round(z, 3) for z in constant_bounds((1 / 3, 2 / 3, 1.0), 0.025, -0.5)]
    [3.471, 2.454, 2.004]
    """
    check_fractions(fractions)
    shape = np.array(fractions) ** power
    level = brentq(lambda c: crossings(fractions, c * shape)[0].sum() - alpha, 0.5, 8.0, xtol=1e-10)
    return tuple(float(z) for z in level * shape)  # type: ignore[operator]


def check_fractions(fractions: Sequence[float]) -> None:
    """Stop at looks that do not rise to 1."""
    if (
        not fractions
        or fractions[-1] != 1.0
        or any(not 0 < t <= 1 for t in fractions)
        or list(fractions) != sorted(set(fractions))
    ):
        raise BadInput(
            f"looks: got {list(fractions)}, expected rising fractions of the information that end with 1.\n"
            "  Write [0.5, 1.0] for one look halfway."
        )
    apart = np.diff([0.0, *fractions])
    if apart.min() < _CLOSEST or len(fractions) > _MOST_LOOKS:
        raise BadInput(
            f"looks: got {list(fractions)}, expected at most {_MOST_LOOKS} looks, each at least {_CLOSEST:g} of the information"
            " after the one before.\n  Look less often."
        )


@dataclass(frozen=True)
class Walk:
    """The density of the score among trials that go on: on a grid (m,), or one point at 0 before the first look."""

    score: Floats | None = None
    mass: Floats | None = None

    def beyond(self, at: float, t: float, bound: float, drift: float = 0.0) -> float:
        """Probability of Z above a bound at information t."""
        step, wall = np.sqrt(t - at), bound * np.sqrt(t)
        if self.score is None or self.mass is None:
            return float(ndtr((drift * t - wall) / step))
        return float((self.mass * ndtr((self.score + drift * (t - at) - wall) / step)).sum())

    def under(self, at: float, t: float, bound: float, drift: float = 0.0) -> float:
        """Probability of Z below a bound at information t."""
        if not np.isfinite(bound):
            return 0.0
        step, wall = np.sqrt(t - at), bound * np.sqrt(t)
        if self.score is None or self.mass is None:
            return float(ndtr((wall - drift * t) / step))
        return float((self.mass * ndtr((wall - self.score - drift * (t - at)) / step)).sum())

    def bound(self, at: float, t: float, step: float) -> float:
        """The bound above which there is so much probability."""
        if step <= 1e-14:
            return _WIDE
        return float(brentq(lambda z: self.beyond(at, t, z) - step, -_WIDE, _WIDE, xtol=1e-10))  # type: ignore[arg-type]

    def onwards(self, at: float, t: float, upper: float, drift: float = 0.0, lower: float = -np.inf) -> Walk:
        """Those that go on after information t."""
        low = max(lower * np.sqrt(t), drift * t - _WIDE * np.sqrt(t))
        high = min(upper * np.sqrt(t), drift * t + _WIDE * np.sqrt(t))
        if high <= low:
            return Walk(np.array([0.0]), np.array([0.0]))
        grid = np.linspace(low, high, _POINTS)
        step = np.sqrt(t - at)
        if self.score is None or self.mass is None:
            density = _normal((grid - drift * t) / step) / step
        else:
            density = (_normal((grid[:, None] - self.score[None, :] - drift * (t - at)) / step) / step) @ self.mass
        weights = np.full(_POINTS, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        return Walk(grid, density * weights * (grid[1] - grid[0]) / 3.0)


def _normal(x: Floats) -> Floats:
    return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
