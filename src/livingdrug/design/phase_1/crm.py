"""CRM: one curve of toxicity through all doses, learnt from everybody; the next dose is the one nearest to the target."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.design.finder import STOP, Data, DoseKeys, Finder
from livingdrug.design.method import probability
from livingdrug.foundation.errors import BadInput

_A = np.linspace(-6.0, 6.0, 601)


class Keys(DoseKeys):
    """
    Attributes
    ----------
    target
        Rate of toxicity wanted.
    skeleton
        Rates expected at each dose, rising; the curve is skeleton^exp(a).
    prior_sd
        Standard deviation of a, whose prior is normal around 0.
    certain
        Stop when the lowest dose is above the target with this probability.
    in_time
        Whether cohorts are treated while earlier ones are watched (TITE-CRM): who is still watched counts by the share of the
        window gone by.
    """

    skeleton: tuple[float, ...]
    target: float = 0.3
    prior_sd: float = 1.158
    certain: float = 0.95
    in_time: bool = False


class Crm(Finder):
    """Sources: O'Quigley, Pepe and Fisher 1990, Biometrics 46:33-48, doi:10.2307/2531628; in time: Cheung and Chappell 2000,
    Biometrics 56:1177-1182, doi:10.1111/j.0006-341X.2000.01177.x. No dose is skipped on the way up."""

    Keys = Keys

    def in_time(self, keys: Any) -> bool:
        return keys.in_time

    def refuse(self, keys: Any, n_doses: int) -> None:
        keys.refuse(n_doses)
        probability("target", keys.target)
        probability("certain", keys.certain)
        if len(keys.skeleton) != n_doses or list(keys.skeleton) != sorted(set(keys.skeleton)):
            raise BadInput(f"skeleton: got {list(keys.skeleton)}, expected {n_doses} rising rates, one for each dose.")
        for rate in keys.skeleton:
            probability("skeleton", rate)
        if not 0 < keys.prior_sd <= 10:
            raise BadInput(f"prior_sd: got {keys.prior_sd:g}, expected more than 0 and at most 10.")

    def next(self, keys: Any, data: Data) -> tuple[int, int]:
        mass, curve = learnt(keys, data)
        if float(mass[curve[0] > keys.target].sum()) > keys.certain and data.dose.size >= 3:
            return STOP, 0
        wanted = int(np.argmin(np.abs(curve @ mass - keys.target)))
        return min(wanted, int(data.dose.max()) + 1), data.eliminated

    def choose(self, keys: Any, data: Data) -> int:
        mass, curve = learnt(keys, data)
        return int(np.argmin(np.abs(curve @ mass - keys.target)))


def learnt(keys: Keys, data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mass of a on a grid (601,), and the curve at each of its points (D, 601)."""
    curve = np.asarray(keys.skeleton)[:, None] ** np.exp(_A)[None, :]
    there = np.clip(curve[data.dose], 1e-12, 1 - 1e-12)
    log = np.where(data.toxic[:, None], np.log(there), np.log1p(-data.watched[:, None] * there)).sum(axis=0)
    log = log - 0.5 * (_A / keys.prior_sd) ** 2
    mass = np.exp(log - log.max())
    return mass / mass.sum(), curve


FINDER = Crm()
