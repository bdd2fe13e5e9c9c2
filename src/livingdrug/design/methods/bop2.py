"""One arm, a response, many looks: a bound that rises with the data, chosen for the greatest power at the level wanted (BOP2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import beta as beta_law
from scipy.stats import binom

from livingdrug.catalog.records.base import Part
from livingdrug.design.binary import look_after, paused, redrawn
from livingdrug.design.method import FUTILE, GO, NO_GO, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.foundation.errors import BadInput

_LEVELS = np.round(np.arange(0.5, 0.996, 0.01), 3)
_POWERS = np.round(np.arange(0.0, 1.01, 0.1), 2)


class Keys(Part):
    """
    Attributes
    ----------
    p0, p1
        Response that is not enough, and one that should be found.
    alpha
        Greatest probability of a go at p0.
    size
        Patients counted at the end.
    looks
        Patients counted at each interim look.
    known_after
        From treatment to the day on which a response is known.
    pause_accrual
        Whether enrolment waits for looks.
    """

    p0: float
    p1: float
    size: int
    alpha: float = 0.1
    looks: tuple[int, ...] = ()
    known_after: str = "3 month"
    pause_accrual: bool = False


@dataclass(frozen=True)
class Planned:
    """Stop at a look with as many responses or fewer; the last bound is that of the end."""

    keys: Keys
    counts: tuple[int, ...]
    stop_at: tuple[int, ...]
    level: float
    power: float


class Bop2(Method):
    """Source: Zhou, Lee and Yuan 2017, Statistics in Medicine 36:3302-3314, doi:10.1002/sim.7338."""

    Keys = Keys
    kind = "proportion"

    def planned(self, keys: Any, n: int) -> Planned:
        for name in ("p0", "p1", "alpha"):
            probability(name, getattr(keys, name))
        if keys.p1 <= keys.p0:
            raise BadInput(f"p1: got {keys.p1:g}, expected more than p0 = {keys.p0:g}.")
        looks = [*keys.looks, keys.size]
        if looks != sorted(set(looks)) or looks[0] < 1 or keys.size > 500:
            raise BadInput(
                f"looks: got {list(keys.looks)}, expected rising numbers of patients below size = {keys.size} (500 at most)."
            )
        if n < keys.size:
            raise BadInput(
                f"the design counts {keys.size} patients, {n} are enrolled.\n  Enrol more (--n), or plan fewer (size)."
            )
        return _optimal(keys)

    def decide(self, design: Planned, seen: Observed) -> Decision:
        delay = 0.0
        look, day, enrolled, k = 1, float(seen.entry[-1]), seen.n, 0
        for look, (count, stop) in enumerate(zip(design.counts, design.stop_at, strict=True), start=1):
            if count > seen.m:
                return Decision(NO_GO, look, seen.n, float(seen.known.max(initial=day)) + delay, float(k))
            ends = look == len(design.counts)
            day, enrolled = look_after(seen, count, delay, ends or design.keys.pause_accrual)
            k = int(seen.success[:count].sum())
            if k <= stop:
                # nobody is enrolled beyond those who would have been counted at the end
                most = int(seen.place[min(design.counts[-1], seen.m) - 1]) + 1
                return Decision(NO_GO if ends else FUTILE, look, min(enrolled, most), day, float(k))
            delay = paused(seen, count, day, delay) if design.keys.pause_accrual else 0.0
        return Decision(GO, look, enrolled, day, float(k))

    def null(self, design: Planned, seen: Observed, numbers: Any, effect: float | None) -> Observed:
        return redrawn(seen, numbers, design.keys.p0 if effect is None else effect)

    def exact(self, design: Planned, truth: float, m: int) -> Mapping[str, float] | None:
        if m < design.keys.size:
            return None
        return passes(design.counts, design.stop_at, truth)

    def short(self, design: Planned, seen: Observed, decision: Decision) -> bool:
        return decision.word == NO_GO and seen.m < design.counts[-1]

    def told(self, design: Planned) -> str:
        told = ", ".join(f"{stop}/{count}" for count, stop in zip(design.counts, design.stop_at, strict=True))
        return f"BOP2 (level {design.level:g}, power {design.power:g}): stop at {told} or fewer"


def stops(counts: tuple[int, ...], p0: float, level: float, power: float) -> tuple[int, ...]:
    """At each look the greatest number of responses that stops: P(p > p0) below level (n / N)^power, prior Beta(p0, 1 - p0)."""
    found = []
    for count in counts:
        k = np.arange(count + 1)
        sure = beta_law.sf(p0, p0 + k, 1 - p0 + count - k)
        found.append(int((sure < level * (count / counts[-1]) ** power).sum()) - 1)
    return tuple(found)


def passes(counts: tuple[int, ...], stop_at: tuple[int, ...], truth: float) -> dict[str, float]:
    """Exact probability of each decision."""
    found = {GO: 0.0, FUTILE: 0.0, NO_GO: 0.0}
    mass, before = np.array([1.0]), 0
    for look, (count, stop) in enumerate(zip(counts, stop_at, strict=True)):
        mass = np.convolve(mass, binom.pmf(np.arange(count - before + 1), count - before, truth))
        found[NO_GO if look == len(counts) - 1 else FUTILE] += float(mass[: stop + 1].sum())
        mass[: stop + 1] = 0.0
        before = count
    found[GO] = float(mass.sum())
    return found


@cache
def _optimal(keys: Keys) -> Planned:
    counts = (*keys.looks, keys.size)
    best: tuple[float, float, Planned] | None = None
    known: dict[tuple[int, ...], tuple[float, float, float]] = {}
    for level in _LEVELS:
        for power in _POWERS:
            stop = stops(counts, keys.p0, float(level), float(power))
            if stop not in known:
                null = passes(counts, stop, keys.p0)
                known[stop] = (null[GO], passes(counts, stop, keys.p1)[GO], null[FUTILE])
            go, won, early = known[stop]
            if go <= keys.alpha and (best is None or (won, early) > best[:2]):
                best = (won, early, Planned(keys, counts, stop, float(level), float(power)))
    if best is None:
        raise BadInput(
            f"no bound keeps the level {keys.alpha:g} with {keys.size} patients.\n  Allow more patients (size) or a larger alpha."
        )
    return best[2]


METHOD = Bop2()
