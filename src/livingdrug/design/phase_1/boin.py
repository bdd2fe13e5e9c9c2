"""BOIN: up or down by comparing the rate of toxicity at the current dose with two limits; in time, with who is still watched."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.design.finder import STOP, WAIT, Data, DoseKeys, Finder, Floats, rising, too_toxic
from livingdrug.design.method import probability


class Keys(DoseKeys):
    """
    Attributes
    ----------
    target
        Rate of toxicity wanted.
    low, high
        Rates that are too low and too high, as shares of the target.
    certain
        A dose, and those above it, are given up when its rate is above the target with this probability.
    in_time
        Whether cohorts are treated while earlier ones are watched (TITE-BOIN): the toxicities of those still watched are
        imputed, and nobody is treated while more than half at the dose are.
    """

    target: float = 0.3
    low: float = 0.6
    high: float = 1.4
    certain: float = 0.95
    in_time: bool = False


class Boin(Finder):
    """Sources: Liu and Yuan 2015, JRSS C 64:507-523, doi:10.1111/rssc.12089; in time: Yuan et al. 2018, Clinical Cancer Research
    24:4921-4930, doi:10.1158/1078-0432.CCR-18-0246."""

    Keys = Keys

    def in_time(self, keys: Any) -> bool:
        return keys.in_time

    def refuse(self, keys: Any, n_doses: int) -> None:
        keys.refuse(n_doses)
        probability("target", keys.target)
        probability("low", keys.low)
        probability("certain", keys.certain)
        probability("high x target", keys.high * keys.target, low=keys.target)

    def next(self, keys: Any, data: Data) -> tuple[int, int]:
        ceiling = too_toxic(data, keys.target, keys.certain)
        if ceiling == 0:
            return STOP, 0
        here = data.current
        mine = data.dose == here
        pending = mine & (data.watched < 1.0)
        if keys.in_time and pending.sum() > 0.5 * mine.sum():
            return WAIT, ceiling
        escalate, reduce = limits(keys.target, keys.low * keys.target, keys.high * keys.target)
        rate = _rate(keys, data, mine, pending)
        following = here + 1 if rate <= escalate else here - 1 if rate >= reduce else here
        return int(np.clip(following, 0, min(ceiling, data.n_doses) - 1)), ceiling

    def choose(self, keys: Any, data: Data) -> int:
        ceiling = too_toxic(data, keys.target, keys.certain)
        n, x = data.count(), data.toxicities()
        tried = np.flatnonzero(n[:ceiling] > 0)
        if not tried.size:
            return STOP
        middle, certainty = posterior(x[tried], n[tried])
        rate = rising(middle, certainty)
        # ties: the highest of equal rates below the target, the lowest above it
        apart = np.abs(rate - keys.target) - np.where(rate < keys.target, 1, -1) * np.arange(tried.size) * 1e-10
        return int(tried[int(np.argmin(apart))])


def posterior(toxic: NDArray[np.int64], treated: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean of the rate at each dose after the prior Beta(0.05, 0.05), and the inverse of its variance, by which doses are pooled.

    Parameters
    ----------
    toxic, treated
        At each dose (D,).

    Notes
    -----
    Source: R package BOIN, ``select.mtd`` (read): posterior mean and variance, pooled by the inverse of the variance.

    Examples
    --------
    >>> middle, certainty = posterior(np.array([0, 1]), np.array([3, 3]))
    >>> middle.round(4).tolist(), (1 / certainty).round(6).tolist()
    ([0.0161, 0.3387], [0.00387, 0.054631])
    """
    a, b = toxic + 0.05, treated - toxic + 0.05
    whole = a + b
    return a / whole, whole**2 * (whole + 1) / (a * b)


def limits(target: float, low: float, high: float) -> tuple[float, float]:
    """Up at or below the first rate, down at or above the second.

    >>> [round(one, 3) for one in limits(0.3, 0.18, 0.42)]
    [0.236, 0.359]
    """
    up = np.log((1 - low) / (1 - target)) / np.log(target * (1 - low) / (low * (1 - target)))
    down = np.log((1 - target) / (1 - high)) / np.log(high * (1 - target) / (target * (1 - high)))
    return float(up), float(down)


def _rate(keys: Keys, data: Data, mine: np.ndarray, pending: np.ndarray) -> float:
    """The rate at the current dose; of those still watched the toxicities to come are imputed from the others."""
    n, x = int(mine.sum()), int(data.toxic[mine].sum())
    if not keys.in_time or not pending.any():
        return x / n
    done = n - int(pending.sum())
    rate = (x + 0.5 * keys.target) / (done + 1)  # posterior mean with the prior Beta(target / 2, 1 - target / 2)
    rate = min(rate, 0.999)
    ahead = float((1 - data.watched[pending]).sum())
    return (x + rate / (1 - rate) * ahead) / n


FINDER = Boin()
