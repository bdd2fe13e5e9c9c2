"""Simon's two-stage design: stop after n1 patients with r1 responses or fewer; go after n with more than r."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from scipy.stats import binom

from livingdrug.catalog.arms import duration_days
from livingdrug.catalog.records.base import Part
from livingdrug.design.binary import look_after, paused, redrawn
from livingdrug.design.method import FUTILE, GO, NO_GO, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.foundation.errors import BadInput


class Keys(Part):
    """
    Attributes
    ----------
    p0, p1
        Response that is not enough, and one that should be found.
    alpha, beta
        Greatest errors.
    choice
        ``"optimal"``: fewest patients expected at p0; ``"minimax"``: fewest at most.
    most
        Patients of the largest design looked at.
    known_after
        From treatment to the day on which a response is known.
    pause_accrual
        Whether enrolment waits for the first look.
    """

    p0: float
    p1: float
    alpha: float = 0.05
    beta: float = 0.2
    choice: Literal["optimal", "minimax"] = "optimal"
    most: int = 100
    known_after: str = "3 month"
    pause_accrual: bool = False


@dataclass(frozen=True)
class TwoStages:
    """Bounds, and what they do at p0.

    Attributes
    ----------
    r1, n1
        Stop after n1 patients with r1 responses or fewer.
    r, n
        No go after n patients with r responses or fewer.
    expected
        Patients expected at p0.
    stops_early
        Probability of stopping after n1 at p0.
    """

    r1: int
    n1: int
    r: int
    n: int
    expected: float
    stops_early: float


def passes(r1: int, n1: int, r: int, n: int, p: float) -> float:
    """Probability of more than r1 responses of n1 and more than r of n."""
    x = np.arange(r1 + 1, n1 + 1)
    return float((binom.pmf(x, n1, p) * binom.sf(r - x, n - n1, p)).sum())


@cache
def two_stages(p0: float, p1: float, alpha: float, beta: float, choice: str, most: int) -> TwoStages:
    """Simon's optimal or minimax design, by looking at every one.

    Raises
    ------
    BadInput
        p1 is not above p0, or no design of at most `most` patients keeps both errors.

    Notes
    -----
    Source: Simon 1989, Controlled Clinical Trials 10:1-10, doi:10.1016/0197-2456(89)90015-9.

    Examples
    --------
    >>> found = two_stages(0.2, 0.4, 0.05, 0.2, "minimax", 60)
    >>> found.r1, found.n1, found.r, found.n
    (4, 18, 10, 33)
    """
    for name, value in (("p0", p0), ("p1", p1), ("alpha", alpha), ("beta", beta)):
        probability(name, value)
    if p1 <= p0:
        raise BadInput(f"p1: got {p1:g}, expected more than p0 = {p0:g}.\n  p1 is a response that should be found.")
    if not 2 <= most <= 500:
        raise BadInput(f"most: got {most}, expected 2 to 500 patients.")
    best: TwoStages | None = None
    for n in range(2, most + 1):
        if best is not None and choice == "minimax" and n > best.n:
            break
        if best is not None and best.expected <= 1:
            break
        found = _best_of_size(n, p0, p1, alpha, beta, best, choice)
        best = found or best
    if best is None:
        raise BadInput(
            f"no two-stage design of at most {most} patients tells {p1:g} from {p0:g} with errors {alpha:g} and {beta:g}.\n"
            "  Allow more patients (most) or larger errors."
        )
    return best


def _best_of_size(
    n: int, p0: float, p1: float, alpha: float, beta: float, best: TwoStages | None, choice: str
) -> TwoStages | None:
    """The best design of n patients, if it is better than what is known."""
    if binom.sf(binom.isf(alpha, n, p0) - 1, n, p1) < (1 - beta) * 0.5:
        return None
    found = None
    for n1 in range(1, n):
        ahead = found or (best if choice == "optimal" else None)
        if ahead is not None and n1 >= ahead.expected:
            break
        x = np.arange(n1 + 1)
        null, wanted = binom.pmf(x, n1, p0), binom.pmf(x, n1, p1)
        early = np.cumsum(null)
        missed = np.cumsum(wanted)
        for r1 in range(n1):
            if missed[r1] > beta:
                break
            expected = n1 + (1 - early[r1]) * (n - n1)
            held = found or (best if choice == "optimal" or (best is not None and best.n == n) else None)
            if held is not None and expected >= held.expected - 1e-12:
                continue
            rest = np.arange(r1 + 1, n1 + 1)
            r_all = np.arange(r1, n)
            tails0 = binom.sf(r_all[:, None] - rest[None, :], n - n1, p0) @ null[r1 + 1 :]
            fits = np.flatnonzero(tails0 <= alpha)
            if not fits.size:
                continue
            r = int(r_all[fits[0]])
            if float(binom.sf(r - rest, n - n1, p1) @ wanted[r1 + 1 :]) >= 1 - beta:
                found = TwoStages(r1, n1, r, n, float(expected), float(early[r1]))
    return found


@dataclass(frozen=True)
class Planned:
    """Keys and bounds of a rule."""

    keys: Keys
    bounds: TwoStages

    def bound(self, m: int) -> int:
        """No go with so many responses or fewer, when m patients are counted in all."""
        whole = m >= self.bounds.n
        return self.bounds.r if whole else attained(self.bounds, m, self.keys.p0, self.keys.alpha)


class Simon(Method):
    Keys = Keys
    kind = "proportion"

    def planned(self, keys: Any, n: int) -> Planned:
        duration_days(keys.known_after, "known_after")
        bounds = two_stages(keys.p0, keys.p1, keys.alpha, keys.beta, keys.choice, keys.most)
        if n < bounds.n1 + 1:
            raise BadInput(
                f"the design needs {bounds.n} patients, {bounds.n1} of them in its first stage; {n} are enrolled.\n"
                f"  Enrol {bounds.n} and those lost before treatment: --n {-(-bounds.n * 5 // 4)}."
            )
        return Planned(keys, bounds)

    def decide(self, design: Planned, seen: Observed) -> Decision:
        bounds, keys = design.bounds, design.keys
        if seen.m <= bounds.n1:  # never came to the end of the first stage: nothing may be concluded
            return Decision(NO_GO, 1, seen.n, float(seen.known.max(initial=seen.entry[-1])), float(seen.success.sum()))
        day, enrolled = look_after(seen, bounds.n1, 0.0, keys.pause_accrual)
        k1 = int(seen.success[: bounds.n1].sum())
        if k1 <= bounds.r1:
            # nobody is enrolled beyond those whom the second stage would have counted
            most = int(seen.place[min(bounds.n, seen.m) - 1]) + 1
            return Decision(FUTILE, 1, min(enrolled, most), day, float(k1))
        delay = paused(seen, bounds.n1, day, 0.0) if keys.pause_accrual else 0.0
        m = min(bounds.n, seen.m)
        r = design.bound(m)
        day, enrolled = look_after(seen, m, delay, True)
        k = int(seen.success[:m].sum())
        return Decision(GO if k > r else NO_GO, 2, enrolled, day, float(k))

    def null(self, design: Planned, seen: Observed, numbers: Any, effect: float | None) -> Observed:
        return redrawn(seen, numbers, design.keys.p0 if effect is None else effect)

    def exact(self, design: Planned, truth: float, m: int) -> Mapping[str, float] | None:
        bounds = design.bounds
        if m <= bounds.n1:  # the first stage never ends
            return {GO: 0.0, FUTILE: 0.0, NO_GO: 1.0}
        early = float(binom.cdf(bounds.r1, bounds.n1, truth))
        go = passes(bounds.r1, bounds.n1, design.bound(m), min(m, bounds.n), truth)
        return {GO: go, FUTILE: early, NO_GO: 1.0 - go - early}

    def short(self, design: Planned, seen: Observed, decision: Decision) -> bool:
        return decision.word != FUTILE and seen.m < design.bounds.n

    def caveat(self, design: Planned, n: int) -> str:
        b, keys = design.bounds, design.keys
        if n >= b.n:
            return ""
        r = design.bound(n)
        level, power = (passes(b.r1, b.n1, r, n, p) for p in (keys.p0, keys.p1))
        return (
            f"fewer than the {b.n} of the design: with all {n} counted it goes above {r}/{n}, at a level of {level:.3f} and a power"
            f" of {power:.2f} at {keys.p1:g} (planned: at most {keys.alpha:g}, at least {1 - keys.beta:g})"
        )

    def told(self, design: Planned) -> str:
        b = design.bounds
        return f"Simon, {design.keys.choice}: stop at {b.r1}/{b.n1} or fewer, go above {b.r}/{b.n}"


@cache
def attained(bounds: TwoStages, m: int, p0: float, alpha: float) -> int:
    """The bound when fewer patients than planned are counted: the least that keeps the level, given the first stage."""
    for r in range(bounds.r1, m + 1):
        if passes(bounds.r1, bounds.n1, r, m, p0) <= alpha:
            return r
    return m


METHOD = Simon()
