"""Two arms, a time to event, looks at shares of the events: alpha is spent over looks, and a hopeless trial stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.design.beta_spending import beta_spending_bounds
from livingdrug.design.method import FUTILE, GO, NO_GO, Analysis, Decision, Method, probability
from livingdrug.design.observed import Observed
from livingdrug.design.spending import Bounds, check_fractions, crossings, spending_bounds
from livingdrug.design.two_samples import scores
from livingdrug.foundation.errors import BadInput


class Keys(Analysis):
    """
    Attributes
    ----------
    alpha
        One-sided level.
    looks
        Shares of the events at which the data are looked at, the last 1.
    spending
        A name of `livingdrug.design.spending.SPENDING`.
    futile_below
        Z below which the trial stops at each look before the last; bounds do not bind, so alpha is kept whatever is done.
    beta
        One less the power planned for; with `beta_spending`.
    beta_spending
        Spends beta over the looks instead of `futile_below`: bounds below which the trial stops (`livingdrug.design.beta_spending`).
    binding
        With `beta_spending`: who falls below a bound has to stop, or alpha is not kept; upper bounds are lower for it.
    weight
        (rho, gamma) of Fleming and Harrington's weight.
    stratified
        Whether arms are compared within the trial's strata.
    """

    alpha: float = 0.025
    looks: tuple[float, ...] = (0.5, 1.0)
    spending: str = "obrien_fleming"
    futile_below: tuple[float, ...] = ()
    beta: float = 0.1
    beta_spending: str = ""
    binding: bool = False
    weight: tuple[float, float] = (0.0, 0.0)
    stratified: bool = True


@dataclass(frozen=True)
class Planned:
    keys: Keys
    bounds: Bounds
    lower: tuple[float, ...] = ()
    inflation: float | None = None


class GroupSequential(Method):
    Keys = Keys
    kind = "time_to_event"
    arms = 2

    def planned(self, keys: Any, n: int) -> Planned:
        probability("alpha", keys.alpha)
        keys.refuse()
        check_fractions(keys.looks)
        if keys.after_last or not keys.wanted(n):
            raise BadInput(
                "a group-sequential rule counts events, and does not say how many.\n"
                "  Write events = 162 or events_per_patient = 0.6 in the rule (--set events=162)."
            )
        if len(keys.futile_below) not in (0, len(keys.looks) - 1):
            raise BadInput(
                f"futile_below: got {len(keys.futile_below)} bounds, expected {len(keys.looks) - 1}, one for each look before the last."
            )
        if keys.beta_spending:
            return self._two_sided(keys)
        if keys.binding:
            raise BadInput(
                "binding: futility that nobody spends for cannot bind.\n"
                '  Add beta_spending = "obrien_fleming", or leave binding out.'
            )
        bounds = spending_bounds(tuple(keys.looks), keys.alpha, keys.spending)
        if any(low >= high for low, high in zip(keys.futile_below, bounds.upper, strict=False)):
            raise BadInput("futile_below: a bound lies above that for efficacy.\n  Give lower ones.")
        return Planned(keys, bounds, tuple(keys.futile_below))

    def _two_sided(self, keys: Any) -> Planned:
        """Bounds for efficacy and futility, both spent for."""
        probability("beta", keys.beta)
        if keys.futile_below:
            raise BadInput("got futile_below and beta_spending.\n  Give bounds, or what is spent; not both.")
        if keys.beta >= 1 - keys.alpha:
            raise BadInput(
                f"beta: got {keys.beta:g}, expected less than {1 - keys.alpha:g}.\n  beta = 0.1 is a power of 90 %."
            )
        found = beta_spending_bounds(
            tuple(keys.looks), keys.alpha, keys.beta, keys.spending, keys.beta_spending, binding=keys.binding
        )
        bounds = Bounds(found.fractions, found.upper, found.spent)
        return Planned(keys, bounds, found.lower[:-1], found.inflation)

    def decide(self, design: Planned, seen: Observed) -> Decision:
        keys, wanted, days = design.keys, design.keys.wanted(seen.n), seen.event_days()
        look, z, day = 0, np.nan, seen.last_day()
        for look, share in enumerate(keys.looks, start=1):
            events = max(1, int(np.ceil(share * wanted - 1e-9)))
            ends = look == len(keys.looks)
            if days.size < events and not ends:
                continue  # so many never came: the next look that is held is the last
            day = float(days[events - 1]) if days.size >= events else seen.last_day()
            now = seen.by(day)
            z = float(
                scores(now.time, now.event, now.arm, (keys.weight,), now.stratum if keys.stratified else None).z[0]
            )
            enrolled = seen.enrolled_by(day)
            if z >= design.bounds.upper[look - 1]:
                return Decision(GO, look, enrolled, day, z)
            if not ends and look <= len(design.lower) and z < design.lower[look - 1]:
                return Decision(FUTILE, look, enrolled, day, z)
        return Decision(NO_GO, look, seen.enrolled_by(day), day, z)

    def exact(self, design: Planned, truth: float, m: int) -> Mapping[str, float] | None:
        keys = design.keys
        if tuple(keys.weight) != (0.0, 0.0):
            return None
        drift = -np.log(truth) * np.sqrt(keys.wanted(m)) / 2
        above, below = crossings(keys.looks, design.bounds.upper, float(drift), design.lower)
        go, futile = float(above.sum()), float(below.sum())
        return {GO: go, FUTILE: futile, NO_GO: 1.0 - go - futile}

    def short(self, design: Planned, seen: Observed, decision: Decision) -> bool:
        return decision.look == len(design.keys.looks) and design.keys.too_few(seen)

    def told(self, design: Planned) -> str:
        told = ", ".join(f"{z:.3f} at {t:g}" for t, z in zip(design.bounds.fractions, design.bounds.upper, strict=True))
        words = f"group sequential, {design.keys.spending} spending of one-sided {design.keys.alpha:g}: Z {told}"
        if design.inflation is None:
            return words
        keys = design.keys
        low = ", ".join(f"{z:.3f} at {t:g}" for t, z in zip(design.bounds.fractions, design.lower, strict=False))
        how = "binding" if keys.binding else "not binding"
        return (
            f"{words}; futile ({how}, {keys.beta_spending} spending of {keys.beta:g}) below {low};"
            f" information x {design.inflation:.3f} of one look's for power {1 - keys.beta:g}"
        )


METHOD = GroupSequential()
