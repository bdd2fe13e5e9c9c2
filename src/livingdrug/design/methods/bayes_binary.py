"""One arm, a response, and a beta prior: go when p is above p0 almost surely; stop when the end is predicted to fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import beta as beta_law
from scipy.stats import betabinom, binom

from livingdrug.catalog.records.base import Part
from livingdrug.design.binary import look_after, paused, redrawn
from livingdrug.design.method import FUTILE, GO, NO_GO, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.foundation.errors import BadInput


class Keys(Part):
    """
    Attributes
    ----------
    p0
        Response that is not enough.
    prior
        a and b of the beta prior.
    certain
        Go at the end when the posterior probability of p > p0 is at least this.
    looks
        Patients counted at each interim look.
    futile_below
        Stop when the predictive probability of a go at the end is below this; 0 never stops.
    early_above
        Go early when it is above this; 1 never does.
    known_after
        From treatment to the day on which a response is known.
    pause_accrual
        Whether enrolment waits for looks.
    """

    p0: float
    prior: tuple[float, float] = (0.5, 0.5)
    certain: float = 0.975
    looks: tuple[int, ...] = ()
    futile_below: float = 0.0
    early_above: float = 1.0
    known_after: str = "3 month"
    pause_accrual: bool = False


@dataclass(frozen=True)
class Planned:
    keys: Keys


class BayesBinary(Method):
    Keys = Keys
    kind = "proportion"

    def planned(self, keys: Any, n: int) -> Planned:
        probability("p0", keys.p0)
        probability("certain", keys.certain)
        if not all(part > 0 for part in keys.prior):
            raise BadInput(f"prior: got {list(keys.prior)}, expected two positive numbers a and b.")
        if list(keys.looks) != sorted(set(keys.looks)) or any(look < 1 for look in keys.looks):
            raise BadInput(f"looks: got {list(keys.looks)}, expected rising numbers of patients from 1.")
        if not 0 <= keys.futile_below < keys.early_above <= 1:
            raise BadInput("futile_below and early_above: expected 0 <= futile_below < early_above <= 1.")
        return Planned(keys)

    def decide(self, design: Planned, seen: Observed) -> Decision:
        keys, delay, look = design.keys, 0.0, 0
        for look, count in enumerate((n for n in keys.looks if n < seen.m), start=1):
            day, enrolled = look_after(seen, count, delay, keys.pause_accrual)
            chance = _predicted(keys, int(seen.success[:count].sum()), count, seen.m)  # pyright: ignore[reportArgumentType]
            if chance < keys.futile_below:
                return Decision(FUTILE, look, enrolled, day, chance)
            if chance > keys.early_above:
                return Decision(GO, look, enrolled, day, chance)
            delay = paused(seen, count, day, delay) if keys.pause_accrual else 0.0
        sure = posterior(int(seen.success.sum()), seen.m, keys.p0, *keys.prior)
        day = float(seen.known.max(initial=float(seen.entry[-1]))) + delay
        return Decision(GO if sure >= keys.certain else NO_GO, look + 1, seen.n, day, sure)

    def null(self, design: Planned, seen: Observed, numbers: Any, effect: float | None) -> Observed:
        return redrawn(seen, numbers, design.keys.p0 if effect is None else effect)

    def exact(self, design: Planned, truth: float, m: int) -> Mapping[str, float]:
        return _walked(design.keys, truth, m)

    def short(self, design: Planned, seen: Observed, decision: Decision) -> bool:
        held = sum(look < seen.m for look in design.keys.looks)
        return decision.look > held and held < len(design.keys.looks)

    def caveat(self, design: Planned, n: int) -> str:
        never = [str(look) for look in design.keys.looks if look >= n]
        return f"looks at {', '.join(never)} are never held" if never else ""

    def told(self, design: Planned) -> str:
        keys = design.keys
        looks = f", looks at {', '.join(map(str, keys.looks))}" if keys.looks else ""
        return f"Bayesian: go when P(p > {keys.p0:g}) >= {keys.certain:g}{looks}"


def posterior(k: int, m: int, p0: float, a: float, b: float) -> float:
    """Posterior probability that the response is above p0 after k of m."""
    return float(beta_law.sf(p0, a + k, b + m - k))


def predictive_probability(k: int, count: int, m: int, p0: float, certain: float, a: float, b: float) -> float:
    """Probability, after k of `count` patients, that P(p > p0) will be at least `certain` after m.

    Notes
    -----
    Source: Lee and Liu 2008, Clinical Trials 5:93-106, doi:10.1177/1740774508089279.

    Examples
    --------
    >>> round(predictive_probability(16, 23, 40, 0.6, 0.9, 0.6, 0.4), 3)
    0.566
    """
    more = np.arange(m - count + 1)
    success = beta_law.sf(p0, a + k + more, b + m - k - more) >= certain
    return float(betabinom.pmf(more[success], m - count, a + k, b + count - k).sum())


@cache
def _predicted(keys: Keys, k: int, count: int, m: int) -> float:
    return predictive_probability(k, count, m, keys.p0, keys.certain, *keys.prior)


def _walked(keys: Keys, truth: float, m: int) -> dict[str, float]:
    """Exact probabilities by following the number of responses from look to look."""
    found = {GO: 0.0, NO_GO: 0.0, FUTILE: 0.0}
    mass, before = np.array([1.0]), 0
    for count in [*(n for n in keys.looks if n < m), m]:
        mass = np.convolve(mass, binom.pmf(np.arange(count - before + 1), count - before, truth))
        before = count
        for k in range(mass.size):
            if count == m:
                word = GO if posterior(k, m, keys.p0, *keys.prior) >= keys.certain else NO_GO
            else:
                chance = _predicted(keys, k, count, m)  # pyright: ignore[reportArgumentType]
                word = FUTILE if chance < keys.futile_below else GO if chance > keys.early_above else ""
            if word:
                found[word] += float(mass[k])
                mass[k] = 0.0
    return found


METHOD = BayesBinary()
